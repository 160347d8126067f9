/* Client of GNU make's jobserver. */
#include "system/jobserver.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"
#include "base/path.h"
#include "base/str.h"
#include "base/vec.h"
#include "system/sig.h"

/* -------------------------------------------------------------------------------------- parsing */

static bool strip_prefix(const char *word, const char *prefix, const char **ret_value)
{
    if (!str_starts(word, prefix))
        return false;
    *ret_value = word + strlen(prefix);
    return true;
}

static void parse_auth(const char *value, struct jobserver_flags *ret_flags)
{
    const char *comma = strchr(value, ',');
    auto_free char *first = xstrndup(value, comma ? (size_t)(comma - value) : 0);
    const char *path;
    int r, w;

    free(ret_flags->path);
    ret_flags->path = NULL;
    ret_flags->style = JOBSERVER_UNKNOWN;
    if (strip_prefix(value, "fifo:", &path) && path[0]) {
        ret_flags->style = JOBSERVER_FIFO;
        ret_flags->path = xstrdup(path);
    } else if (comma && parse_int(first, 0, INT32_MAX, &r) &&
               parse_int(comma + 1, 0, INT32_MAX, &w)) {
        ret_flags->style = JOBSERVER_PIPE;
        ret_flags->read_fd = r;
        ret_flags->write_fd = w;
    } else if (value[0] == '-') {
        ret_flags->style = JOBSERVER_DISABLED;
    }
}

static void parse_word(const char *word, struct jobserver_flags *ret_flags)
{
    const char *value;
    int jobs;

    if (strip_prefix(word, "--jobserver-auth=", &value) ||
        strip_prefix(word, "--jobserver-fds=", &value)) /* make before 4.2 */
        parse_auth(value, ret_flags);
    else if (strip_prefix(word, "-j", &value) && parse_int(value, 1, INT32_MAX, &jobs))
        ret_flags->jobs = jobs;
}

void jobserver_parse(const char *makeflags, struct jobserver_flags *ret_flags)
{
    auto_strv struct strv words = STRV_INIT;

    strv_split(&words, makeflags ? makeflags : "", " \t");
    for (size_t i = 0; i < words.count; i++) {
        const char *word = words.items[i];
        if (str_eq(word, "--"))
            break; /* variables of make's command line follow */
        if (i == 0 && word[0] != '-' && !strchr(word, '=')) /* single letters, without a dash */
            ret_flags->dry_run = strchr(word, 'n') != NULL;
        else
            parse_word(word, ret_flags);
    }
}

void jobserver_flags_release(struct jobserver_flags *flags)
{
    free(flags->path);
    *flags = (struct jobserver_flags)JOBSERVER_FLAGS_INIT;
}

/* ---------------------------------------------------------------------- the table of held bytes */

/*
 * An entry is 0, or a byte that is held together with the bit HELD (the byte itself may be 0).
 * Whoever exchanges an entry for 0 writes the byte back: so no byte is written back twice, however
 * many ways of releasing run at once.
 */
enum { HELD = 0x100, TABLE_SIZE = 1024 };

static atomic_int table[TABLE_SIZE];
static atomic_int table_fd = -1; /* where the bytes go; there is one jobserver in a process */

static bool add_to_table(char byte, int *ret_index)
{
    for (int i = 0; i < TABLE_SIZE; i++) {
        int empty = 0;
        if (atomic_compare_exchange_strong(&table[i], &empty, HELD | (unsigned char)byte)) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

static void write_byte(int fd, char byte)
{
    /* Never full: a pipe holds thousands of bytes, and make puts at most a few hundred into it. */
    (void)!retry_eintr(write(fd, &byte, 1));
}

static void release_entry(int index)
{
    int entry = atomic_exchange(&table[index], 0);

    if (entry)
        write_byte(atomic_load(&table_fd), (char)(entry & 0xff));
}

void jobserver_release_all(void)
{
    int saved = errno;

    for (int i = 0; i < TABLE_SIZE; i++)
        release_entry(i);
    errno = saved;
}

/* ---------------------------------------------------------------------------- exits and crashes */

static struct sigaction actions_before[SIG_CRASH_COUNT];

/* Writes the bytes back, then lets the signal do what it would have done without us. */
static void on_crash(int number)
{
    jobserver_release_all();
    for (size_t i = 0; i < SIG_CRASH_COUNT; i++)
        if (sig_crashes[i] == number)
            (void)sigaction(number, &actions_before[i], NULL);
    (void)raise(number); /* blocked until this handler returns */
}

static void release_at_exit(void)
{
    (void)atexit(jobserver_release_all); /* if it fails, there is still jobserver_release() */
}

static void release_at_crash(void)
{
    const struct sigaction ours = {.sa_handler = on_crash};

    for (size_t i = 0; i < SIG_CRASH_COUNT; i++) {
        struct sigaction now;
        if (sigaction(sig_crashes[i], NULL, &now) < 0 || now.sa_handler == on_crash)
            continue;
        actions_before[i] = now;
        (void)sigaction(sig_crashes[i], &ours, NULL); /* cannot fail: they can all be caught */
    }
}

/* -------------------------------------------------------------------------------------- opening */

/* Is fd a fifo that was inherited (ours are all CLOEXEC) and can be used in this direction? */
static bool is_inherited_fifo(int fd, int access, struct stat *ret_stat)
{
    int flags = fcntl(fd, F_GETFL);
    int close_on_exec = fcntl(fd, F_GETFD);

    if (flags < 0 || close_on_exec < 0 || (close_on_exec & FD_CLOEXEC))
        return false;
    if (fstat(fd, ret_stat) < 0 || !S_ISFIFO(ret_stat->st_mode))
        return false;
    return (flags & O_ACCMODE) == access || (flags & O_ACCMODE) == O_RDWR;
}

/* A file description of our own: O_NONBLOCK on the inherited one would be for every client. */
static int reopen(int fd, int access)
{
    auto_free char *path = xasprintf("/proc/self/fd/%d", fd);

    return open(path, access | O_NONBLOCK | O_CLOEXEC);
}

static int open_pipe(const struct jobserver_flags *flags, struct jobserver *ret_server,
                     struct err *err)
{
    struct stat r, w;

    if (!is_inherited_fifo(flags->read_fd, O_RDONLY, &r) ||
        !is_inherited_fifo(flags->write_fd, O_WRONLY, &w) || r.st_dev != w.st_dev ||
        r.st_ino != w.st_ino)
        return err_set(err, ERR_ENVIRONMENT, "make's jobserver is not open here");
    auto_close int read_fd = reopen(flags->read_fd, O_RDONLY);
    auto_close int write_fd = reopen(flags->write_fd, O_WRONLY);
    if (read_fd < 0 || write_fd < 0)
        return err_set(err, ERR_ENVIRONMENT, "make's jobserver cannot be reopened: %s",
                       strerror(errno));
    ret_server->read_fd = steal_fd(&read_fd);
    ret_server->write_fd = steal_fd(&write_fd);
    return 0;
}

static int open_fifo(const struct jobserver_flags *flags, struct jobserver *ret_server,
                     struct err *err)
{
    struct stat st;
    /* O_RDWR: to open one direction alone can block or fail. */
    auto_close int fd = open(flags->path, O_RDWR | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return err_set(err, ERR_ENVIRONMENT, "make's jobserver '%s': %s", flags->path,
                       strerror(errno));
    if (fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode))
        return err_set(err, ERR_ENVIRONMENT, "make's jobserver '%s' is not a fifo", flags->path);
    ret_server->write_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (ret_server->write_fd < 0)
        return err_errno(err, errno, "cannot duplicate a descriptor");
    ret_server->read_fd = steal_fd(&fd);
    return 0;
}

static int open_style(const struct jobserver_flags *flags, struct jobserver *ret_server,
                      struct err *err)
{
    switch (flags->style) {
    case JOBSERVER_PIPE:
        return open_pipe(flags, ret_server, err);
    case JOBSERVER_FIFO:
        return open_fifo(flags, ret_server, err);
    case JOBSERVER_DISABLED:
        return err_set(err, ERR_ENVIRONMENT, "make keeps its jobserver from this recipe");
    case JOBSERVER_UNKNOWN:
        return err_set(err, ERR_ENVIRONMENT, "make's jobserver is of an unknown kind");
    case JOBSERVER_NONE:
        break;
    }
    BUG("no jobserver to open");
}

int jobserver_open(const struct jobserver_flags *flags, struct jobserver *ret_server,
                   struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    int ret = open_style(flags, ret_server, err);

    if (ret < 0) {
        err_hint(err, "prefix the recipe with '+'");
        return ret;
    }
    atomic_store(&table_fd, ret_server->write_fd);
    (void)pthread_once(&once, release_at_exit);
    release_at_crash();
    return 0;
}

void jobserver_close(struct jobserver *server)
{
    if (jobserver_is_open(server))
        jobserver_release_all(); /* none is held unless a release was forgotten */
    atomic_store(&table_fd, -1);
    close_fd(&server->read_fd);
    close_fd(&server->write_fd);
}

bool jobserver_is_open(const struct jobserver *server)
{
    return server->read_fd >= 0;
}

/* --------------------------------------------------------------------------------------- tokens */

bool jobserver_acquire(struct jobserver *server, struct job_slot *ret_slot)
{
    char byte = 0;
    int index;

    /* EAGAIN: another client was faster. 0: make is gone. No token in either case. */
    if (retry_eintr(read(server->read_fd, &byte, 1)) != 1)
        return false;
    if (!add_to_table(byte, &index)) {
        write_byte(server->write_fd, byte);
        return false;
    }
    *ret_slot = (struct job_slot){.kind = JOB_SLOT_BYTE, .index = index};
    return true;
}

void jobserver_release(struct job_slot *slot)
{
    if (slot->kind == JOB_SLOT_BYTE) {
        release_entry(slot->index);
        *slot = (struct job_slot){.kind = JOB_SLOT_NONE};
    }
}
