/* Finds out whether a cgroup is delegated to this process, and divides it. */
#include "system/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "base/vec.h"

static const char prefix[] = "truewheel-";

int cgroup_set(const char *path, const char *file, const char *value, struct err *err)
{
    auto_free char *at = path_join(path, file);
    auto_close int fd = open(at, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", at);
    if (write(fd, value, strlen(value)) < 0)
        return err_errno(err, errno, "cannot write '%s' to '%s'", value, at);
    return 0;
}

static bool read_words(const char *path, const char *file, struct strv *ret_words)
{
    auto_free char *at = path_join(path, file);
    auto_str struct str text = STR_INIT;

    if (read_file(at, 1 << 16, &text, NULL) < 0)
        return false;
    strv_split(ret_words, text.buf, " \n");
    return true;
}

uint64_t cgroup_count(const char *path, const char *file, const char *key)
{
    auto_strv struct strv words = STRV_INIT;

    if (!read_words(path, file, &words))
        return 0;
    for (size_t i = 0; i + 1 < words.count; i += 2)
        if (str_eq(words.items[i], key))
            return strtoull(words.items[i + 1], NULL, 10);
    return 0;
}

/* ------------------------------------------------------------------------------- where we are */

/* Where the v2 hierarchy is mounted, and which part of it; of the first mount. */
static bool find_mount(struct str *ret_mount, struct str *ret_root)
{
    auto_str struct str text = STR_INIT;
    auto_strv struct strv lines = STRV_INIT;

    if (read_file("/proc/self/mountinfo", 1 << 24, &text, NULL) < 0)
        return false;
    strv_split(&lines, text.buf, "\n");
    for (size_t i = 0; i < lines.count; i++) {
        auto_strv struct strv words = STRV_INIT;
        if (!strstr(lines.items[i], " - cgroup2 "))
            continue;
        strv_split(&words, lines.items[i], " ");
        str_add(ret_root, words.items[3]);
        str_add(ret_mount, words.items[4]);
        return true;
    }
    return false;
}

/* The directory of the cgroup that this process is in; NULL: it is not to be seen. */
static char *find_own(void)
{
    auto_str struct str text = STR_INIT;
    auto_str struct str mount = STR_INIT;
    auto_str struct str root = STR_INIT;
    auto_strv struct strv lines = STRV_INIT;

    if (!find_mount(&mount, &root) || read_file("/proc/self/cgroup", 1 << 16, &text, NULL) < 0)
        return NULL;
    strv_split(&lines, text.buf, "\n");
    for (size_t i = 0; i < lines.count; i++) {
        const char *path = lines.items[i] + strlen("0::");
        if (!str_starts(lines.items[i], "0::") || !path_is_below(path, root.buf))
            continue;
        return xasprintf("%s%s", mount.buf, str_eq(root.buf, "/") ? path : path + root.len);
    }
    return NULL;
}

static int check_controllers(const char *own, const char *controllers, struct err *err)
{
    auto_strv struct strv there = STRV_INIT;
    auto_strv struct strv wanted = STRV_INIT;

    (void)read_words(own, "cgroup.controllers", &there); /* if it fails, there is none */
    strv_split(&wanted, controllers, " ");
    for (size_t i = 0; i < wanted.count; i++)
        if (!strv_contains(&there, wanted.items[i]))
            return err_set(err, ENOTSUP, "the cgroup has no controller '%s'", wanted.items[i]);
    return 0;
}

static int check_own(const char *own, const char *controllers, struct err *err)
{
    static const char *const files[] = {"cgroup.procs", "cgroup.subtree_control"};

    if (!own || access(own, W_OK) < 0)
        return err_set(err, EACCES, "no cgroup is delegated");
    auto_free char *events = path_join(own, "cgroup.events");
    if (access(events, F_OK) < 0) /* only the root of all has none */
        return err_set(err, EACCES, "the root cgroup is nobody's to divide");
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        auto_free char *path = path_join(own, files[i]);
        if (access(path, W_OK) < 0)
            return err_set(err, EACCES, "no cgroup is delegated");
    }
    return check_controllers(own, controllers, err);
}

/* ------------------------------------------------------------------------------ making and removing */

/* Children first; it stays when somebody is alive in it. */
static void remove_with_children(const char *path)
{
    DIR *dir = opendir(path);

    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        auto_free char *child = path_join(path, entry->d_name);
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            remove_with_children(child);
    }
    if (dir)
        (void)closedir(dir);
    (void)rmdir(path);
}

static void remove_abandoned(const char *own)
{
    DIR *dir = opendir(own);

    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        auto_free char *path = path_join(own, entry->d_name);
        if (str_starts(entry->d_name, prefix))
            remove_with_children(path);
    }
    if (dir)
        (void)closedir(dir);
}

static int make(const char *path, struct err *err)
{
    return mkdir(path, 0755) < 0 ? err_errno(err, errno, "cannot make the cgroup '%s'", path) : 0;
}

/* "+memory +pids", or with '-'. */
static int switch_controllers(const char *path, const char *controllers, char sign, struct err *err)
{
    auto_strv struct strv words = STRV_INIT;
    auto_str struct str text = STR_INIT;

    strv_split(&words, controllers, " ");
    for (size_t i = 0; i < words.count; i++)
        str_addf(&text, "%s%c%s", i ? " " : "", sign, words.items[i]);
    return cgroup_set(path, "cgroup.subtree_control", text.buf, err);
}

static int divide(const struct cgroup *cgroup, const char *controllers, struct err *err)
{
    auto_free char *run = path_join(cgroup->top, "run");
    auto_free char *builds = path_join(cgroup->top, "builds");
    int ret;

    if ((ret = make(cgroup->top, err)) < 0 || (ret = make(run, err)) < 0 ||
        (ret = make(builds, err)) < 0 || (ret = cgroup_set(run, "cgroup.procs", "0", err)) < 0 ||
        (ret = switch_controllers(cgroup->parent, controllers, '+', err)) < 0 ||
        (ret = switch_controllers(cgroup->top, controllers, '+', err)) < 0)
        return ret;
    return switch_controllers(builds, controllers, '+', err);
}

int cgroup_open(struct cgroup *ret_cgroup, const char *controllers, struct err *err)
{
    auto_free char *own = find_own();
    int ret = check_own(own, controllers, err);

    *ret_cgroup = (struct cgroup){0};
    if (ret < 0)
        return ret;
    remove_abandoned(own);
    ret_cgroup->top = xasprintf("%s/%s%d", own, prefix, getpid());
    ret_cgroup->parent = steal(&own);
    ret = divide(ret_cgroup, controllers, err);
    if (ret < 0)
        cgroup_close(ret_cgroup);
    return ret;
}

void cgroup_close(struct cgroup *cgroup)
{
    auto_strv struct strv enabled = STRV_INIT;

    if (!cgroup->parent)
        return;
    /* From the inside out: who has a child with controllers keeps its own, and takes no process back. */
    auto_free char *builds = path_join(cgroup->top, "builds");
    remove_with_children(builds);
    if (read_words(cgroup->parent, "cgroup.subtree_control", &enabled))
        for (size_t i = 0; i < enabled.count; i++) {
            (void)switch_controllers(cgroup->top, enabled.items[i], '-', NULL);
            (void)switch_controllers(cgroup->parent, enabled.items[i], '-', NULL);
        }
    (void)cgroup_set(cgroup->parent, "cgroup.procs", "0", NULL);
    remove_with_children(cgroup->top); /* what is left then, the next process removes */
    free(cgroup->top);
    free(cgroup->parent);
    *cgroup = (struct cgroup){0};
}

/* ------------------------------------------------------------------------------------ one build */

int cgroup_limit(const struct cgroup *cgroup, const char *file, const char *value, struct err *err)
{
    auto_free char *builds = path_join(cgroup->top, "builds");

    return cgroup_set(builds, file, value, err);
}

int cgroup_add(const struct cgroup *cgroup, const char *name, char **ret_path, struct err *err)
{
    auto_free char *path = xasprintf("%s/builds/%s", cgroup->top, name);
    int ret = make(path, err);

    if (ret == 0)
        *ret_path = steal(&path);
    return ret;
}

void cgroup_remove(const char *path)
{
    (void)rmdir(path); /* if somebody is still dying in it, cgroup_close removes it */
}

int cgroup_open_door(const char *path, int *ret_fd, struct err *err)
{
    auto_free char *at = path_join(path, "cgroup.procs");

    *ret_fd = open(at, O_WRONLY | O_CLOEXEC);
    return *ret_fd < 0 ? err_errno(err, errno, "cannot open '%s'", at) : 0;
}

int cgroup_enter(int door, struct err *err)
{
    return write(door, "0", 1) < 0 ? err_errno(err, errno, "cannot enter the cgroup") : 0;
}
