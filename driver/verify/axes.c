/* The axes of a rebuild, and how one process changes them about itself. */
#include "verify/axes.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "system/processors.h"

/* 0: changed. 1: cannot be changed here, and *ret_why, which is static, says why. */
typedef int change_fn(struct changed_world *world, const char **ret_why, struct err *err);

struct axis {
    struct axis_info info;
    change_fn *change;
};

static int set_variable(const char *name, const char *value, struct err *err)
{
    return setenv(name, value, 1) < 0 ? err_errno(err, errno, "cannot set %s", name) : 0;
}

/* A list of names and values, one after the other, that ends with NULL. */
static int set_variables(const char *const *pairs, struct err *err)
{
    int ret = 0;

    for (; ret == 0 && *pairs; pairs += 2)
        ret = set_variable(pairs[0], pairs[1], err);
    return ret;
}

static int make_place(const struct changed_world *world, const char *name, char **ret_path,
                      struct err *err)
{
    *ret_path = xasprintf("%s/%s", world->dir, name);
    return mkdir(*ret_path, 0700) < 0 ? err_errno(err, errno, "cannot make '%s'", *ret_path) : 0;
}

/* ------------------------------------------------------------------------------------- the axes */

/* What a build began in the same second as the first one would not show. */
static int change_second(struct changed_world *world UNUSED, const char **ret_why UNUSED,
                         struct err *err UNUSED)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    const struct timespec next = {.tv_sec = now.tv_sec + 1};
    while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &next, NULL) == EINTR) {
    }
    return 0;
}

static int change_umask(struct changed_world *world UNUSED, const char **ret_why UNUSED,
                        struct err *err UNUSED)
{
    (void)umask(umask(0) == 077 ? 002 : 077);
    return 0;
}

/* The variable, or where a program looks without it. */
static int keep_place(const char *name, const char *below, struct err *err)
{
    const char *home = getenv("HOME");

    if (getenv(name) || !home)
        return 0;
    auto_free char *path = xasprintf("%s/%s", home, below);
    return set_variable(name, path, err);
}

/* Toolchains stay those of the user, and so does the place where logs of failures are kept. */
static int change_home(struct changed_world *world, const char **ret_why UNUSED, struct err *err)
{
    auto_free char *home = NULL;
    int ret = keep_place("CARGO_HOME", ".cargo", err);

    if (ret == 0)
        ret = keep_place("RUSTUP_HOME", ".rustup", err);
    if (ret == 0)
        ret = keep_place("XDG_STATE_HOME", ".local/state", err);
    if (ret == 0)
        ret = make_place(world, "second-home", &home, err);
    return ret == 0 ? set_variable("HOME", home, err) : ret;
}

static int change_tmpdir(struct changed_world *world, const char **ret_why UNUSED, struct err *err)
{
    auto_free char *path = NULL;
    int ret = make_place(world, "second-tmp", &path, err);

    return ret == 0 ? set_variable("TMPDIR", path, err) : ret;
}

static int change_cwd(struct changed_world *world, const char **ret_why UNUSED, struct err *err)
{
    auto_free char *path = NULL;
    int ret = make_place(world, "second-cwd", &path, err);

    if (ret == 0 && chdir(path) < 0)
        ret = err_errno(err, errno, "cannot enter '%s'", path);
    return ret;
}

static int change_hash_seed(struct changed_world *world UNUSED, const char **ret_why UNUSED,
                            struct err *err)
{
    const char *old = getenv("PYTHONHASHSEED");

    return set_variable("PYTHONHASHSEED", str_eq(old, "1") ? "2" : "1", err);
}

static int change_host(struct changed_world *world UNUSED, const char **ret_why, struct err *err)
{
    static const char name[] = "second-host";

    if (geteuid() != 0 || unshare(CLONE_NEWUTS) < 0) {
        *ret_why = "only root can, where it may make namespaces";
        return 1;
    }
    if (sethostname(name, strlen(name)) < 0)
        return err_errno(err, errno, "cannot change the host name");
    return set_variable("HOSTNAME", name, err);
}

static int change_user(struct changed_world *world UNUSED, const char **ret_why UNUSED,
                       struct err *err)
{
    static const char *const pairs[] = {"USER", "second-user",      "LOGNAME", "second-user",
                                        "MAIL", "/var/mail/second", "EMAIL",   "second@example",
                                        "NAME", "Second User",      NULL};

    return set_variables(pairs, err);
}

static int change_timezone(struct changed_world *world UNUSED, const char **ret_why UNUSED,
                           struct err *err)
{
    const char *old = getenv("TZ");

    return set_variable("TZ", str_eq(old, "GMT-14") ? "GMT+12" : "GMT-14", err);
}

static int change_locale(struct changed_world *world UNUSED, const char **ret_why UNUSED,
                         struct err *err)
{
    static const char *const pairs[] = {"LC_ALL",   "et_EE.UTF-8", "LANG", "et_EE.UTF-8",
                                        "LANGUAGE", "et",          NULL};

    return set_variables(pairs, err);
}

static int change_environment(struct changed_world *world UNUSED, const char **ret_why UNUSED,
                              struct err *err)
{
    static const char *const pairs[] = {"SECOND_BUILD",   "yes",      "EDITOR", "/bin/ed",
                                        "PYTHONWARNINGS", "ignore",   "PAGER",  "cat",
                                        "LS_COLORS",      "di=01;34", NULL};

    return set_variables(pairs, err);
}

static int limit(int which, rlim_t value, const char *what, struct err *err)
{
    struct rlimit limit;

    if (getrlimit(which, &limit) < 0)
        return err_errno(err, errno, "cannot read the limit of %s", what);
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < value)
        value = limit.rlim_max;
    limit.rlim_cur = limit.rlim_cur == value ? value / 2 : value;
    return setrlimit(which, &limit) < 0 ? err_errno(err, errno, "cannot limit %s", what) : 0;
}

static int change_limits(struct changed_world *world UNUSED, const char **ret_why UNUSED,
                         struct err *err)
{
    enum { STACK = 12 << 20, FILES = 900 };
    int ret = limit(RLIMIT_STACK, STACK, "the stack", err);

    return ret == 0 ? limit(RLIMIT_NOFILE, FILES, "open files", err) : ret;
}

static int change_addresses(struct changed_world *world UNUSED, const char **ret_why,
                            struct err *err UNUSED)
{
    int old = personality(0xffffffff);

    if (old < 0 || personality((unsigned long)old ^ ADDR_NO_RANDOMIZE) < 0) {
        *ret_why = "personality() is forbidden here";
        return 1;
    }
    return 0;
}

static int change_jobs(struct changed_world *world, const char **ret_why UNUSED, struct err *err)
{
    static const char *const pairs[] = {"CMAKE_BUILD_PARALLEL_LEVEL", "7", "MAX_JOBS", "7", NULL};

    if (!world->options->jobs)
        world->options->jobs = processors_count() + 1;
    (void)unsetenv("MAKEFLAGS");
    return set_variables(pairs, err);
}

static int change_processors(struct changed_world *world UNUSED, const char **ret_why,
                             struct err *err)
{
    cpu_set_t set, first;

    if (sched_getaffinity(0, sizeof(set), &set) < 0)
        return err_errno(err, errno, "cannot read which processors there are");
    CPU_ZERO(&first);
    for (size_t i = 0; CPU_COUNT(&first) == 0 && i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &set))
            CPU_SET(i, &first);
    if (CPU_EQUAL(&first, &set)) {
        *ret_why = "there is only one";
        return 1;
    }
    return sched_setaffinity(0, sizeof(first), &first) < 0
               ? err_errno(err, errno, "cannot leave processors")
               : 0;
}

static int change_neighbours(struct changed_world *world, const char **ret_why UNUSED,
                             struct err *err UNUSED)
{
    world->options->backwards = true;
    return 0;
}

static int change_filesystem(struct changed_world *world, const char **ret_why UNUSED,
                             struct err *err UNUSED)
{
    world->options->on_disk = true;
    return 0;
}

/* ------------------------------------------------------------------------------------ the table */

static const struct axis table[] = {
    {{"wall-clock", "a later second", true}, change_second},
    {{"umask", "077 (or 002)", true}, change_umask},
    {{"home", "HOME: an empty directory", true}, change_home},
    {{"tmpdir", "TMPDIR, and with it where the run's own files lie", true}, change_tmpdir},
    {{"cwd", "the current directory", true}, change_cwd},
    {{"hash-seed", "PYTHONHASHSEED", true}, change_hash_seed},
    {{"host", "the host name (root only)", true}, change_host},
    {{"user", "USER, LOGNAME, MAIL, EMAIL, NAME", true}, change_user},
    {{"timezone", "TZ: GMT-14 (or GMT+12)", true}, change_timezone},
    {{"locale", "LC_ALL, LANG and LANGUAGE: Estonian", true}, change_locale},
    {{"environment", "variables that are nobody's input", true}, change_environment},
    {{"limits", "of the stack and of open files", true}, change_limits},
    {{"addresses", "address-space randomisation, the other way", true}, change_addresses},
    {{"jobs", "-j: one more than processors, unless given; variables that mean it", true},
     change_jobs},
    {{"neighbours", "what is built beside it: the requirements in the opposite order", true},
     change_neighbours},
    {{"processors", "one alone may be used", false}, change_processors},
    {{"work-filesystem", "builds lie on disk, which lists directories in its own order", false},
     change_filesystem},
};

bool axes_describe(size_t index, struct axis_info *ret_info)
{
    if (index >= ARRAY_SIZE(table))
        return false;
    *ret_info = table[index].info;
    return true;
}

static int unknown_axis(const char *name, struct err *err)
{
    auto_str struct str names = STR_INIT;

    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        str_addf(&names, ", %s", table[i].info.name);
    return err_set(err, ERR_USAGE, "--axes: there is no '%s', but default, all, none%s", name,
                   names.buf);
}

static int turn_on(const char *name, struct axes *axes, struct err *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(table); i++)
        if (str_eq(table[i].info.name, name)) {
            axes->on[i] = true;
            return 0;
        }
    return unknown_axis(name, err);
}

int axes_parse(const char *text, struct axes *ret_axes, struct err *err)
{
    auto_strv struct strv names = STRV_INIT;
    int ret = 0;

    *ret_axes = (struct axes){0};
    strv_split(&names, text, ",");
    for (size_t i = 0; ret == 0 && i < names.count; i++) {
        const char *name = names.items[i];
        bool all = str_eq(name, "all"), usual = str_eq(name, "default");
        if (!all && !usual && !str_eq(name, "none"))
            ret = turn_on(name, ret_axes, err);
        for (size_t k = 0; (all || usual) && k < ARRAY_SIZE(table); k++)
            ret_axes->on[k] = ret_axes->on[k] || all || table[k].info.is_default;
    }
    return ret;
}

int axes_apply(const struct axes *axes, struct changed_world *world, struct err *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        const char *name = table[i].info.name, *why = NULL;
        if (!axes->on[i])
            continue;
        int ret = table[i].change(world, &why, err);
        if (ret < 0)
            return err_wrap(err, "the axis %s", name);
        if (ret == 0)
            (void)json_array_append_new(world->changed, json_string(name));
        else
            (void)json_object_set_new(world->kept, name, json_string(why));
    }
    return 0;
}
