/* Adds up what /proc says of each process, and what lies in the tmpfs of the sandbox. */
#include "sandbox/usage.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/io.h"
#include "base/num.h"
#include "base/str.h"
#include "base/vec.h"

/* Above it, processes are looked at one by one, which takes the kernel a walk over their pages. */
#define EXACT_ABOVE ((uint64_t)64 << 20)

struct pids {
    pid_t *items;
    size_t count, cap;
};

static void add_pid(struct pids *pids, const char *text)
{
    int pid;

    if (!parse_int(text, 1, INT32_MAX, &pid) || pid == getpid())
        return;
    VEC_GROW(pids);
    pids->items[pids->count++] = pid;
}

static void list_all(struct pids *pids)
{
    DIR *dir = opendir("/proc");

    for (struct dirent *entry; dir && (entry = readdir(dir));)
        add_pid(pids, entry->d_name);
    if (dir)
        (void)closedir(dir);
}

/* Each thread has a list of the children that it made. */
static void list_children(pid_t pid, struct pids *pids)
{
    auto_free char *tasks = xasprintf("/proc/%d/task", pid);
    DIR *dir = opendir(tasks);

    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        auto_free char *path = xasprintf("%s/%s/children", tasks, entry->d_name);
        auto_str struct str text = STR_INIT;
        auto_strv struct strv words = STRV_INIT;
        if (entry->d_name[0] == '.' || read_file(path, 1 << 20, &text, NULL) < 0)
            continue;
        strv_split(&words, text.buf, " \n");
        for (size_t i = 0; i < words.count; i++)
            add_pid(pids, words.items[i]);
    }
    if (dir)
        (void)closedir(dir);
}

static void list_descendants(struct pids *pids)
{
    list_children(getpid(), pids);
    for (size_t i = 0; i < pids->count; i++)
        list_children(pids->items[i], pids);
}

/* What is resident and neither of a file nor shared. */
static uint64_t own_memory_of(pid_t pid)
{
    auto_free char *path = xasprintf("/proc/%d/statm", pid);
    auto_str struct str text = STR_INIT;
    unsigned long resident = 0, shared = 0;

    if (read_file(path, 256, &text, NULL) < 0 ||
        sscanf(text.buf, "%*u %lu %lu", &resident, &shared) != 2 || shared > resident)
        return 0;
    return (uint64_t)(resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t kib_behind(const char *text, const char *key)
{
    const char *at = strstr(text, key);

    return at ? strtoull(at + strlen(key), NULL, 10) * 1024 : 0;
}

struct exact {
    uint64_t own; /* each process's share of memory that they share counts once in all */
    uint64_t
        shared; /* mapped memory that is no file of a disk: of the tmpfs, or of no file at all */
};

/* Of a process that keeps others from looking, or on an older kernel. */
static void add_upper_bound(pid_t pid, struct exact *sum)
{
    auto_free char *path = xasprintf("/proc/%d/status", pid);
    auto_str struct str text = STR_INIT;

    if (read_file(path, 1 << 14, &text, NULL) < 0)
        return;
    sum->own += kib_behind(text.buf, "\nRssAnon:") + kib_behind(text.buf, "\nVmSwap:");
    sum->shared += kib_behind(text.buf, "\nRssShmem:");
}

static void add_exact(pid_t pid, struct exact *sum)
{
    auto_free char *path = xasprintf("/proc/%d/smaps_rollup", pid); /* since Linux 4.14 */
    auto_str struct str text = STR_INIT;

    if (read_file(path, 1 << 14, &text, NULL) < 0) {
        add_upper_bound(pid, sum);
        return;
    }
    sum->own += kib_behind(text.buf, "\nPss_Anon:") + kib_behind(text.buf, "\nSwapPss:");
    sum->shared += kib_behind(text.buf, "\nPss_Shmem:");
}

/* /tmp, /dev/shm and, when it lies in memory, the job directory are one tmpfs (root.c). */
static uint64_t files_in_memory(void)
{
    struct statvfs fs;

    return statvfs("/tmp", &fs) < 0 ? 0 : (uint64_t)(fs.f_blocks - fs.f_bfree) * fs.f_frsize;
}

void sandbox_measure(bool namespaces, struct sandbox_usage *ret_usage)
{
    struct pids pids = {0};
    struct exact exact = {0};
    uint64_t files = namespaces ? files_in_memory() : 0, own = 0;

    if (namespaces)
        list_all(&pids);
    else
        list_descendants(&pids);
    for (size_t i = 0; i < pids.count; i++)
        own += own_memory_of(pids.items[i]);
    for (size_t i = 0; own > EXACT_ABOVE && i < pids.count; i++)
        add_exact(pids.items[i], &exact);
    if (own > EXACT_ABOVE)
        own = exact.own + (exact.shared > files ? exact.shared - files : 0);
    *ret_usage = (struct sandbox_usage){.bytes = files + own, .processes = pids.count};
    free(pids.items);
}
