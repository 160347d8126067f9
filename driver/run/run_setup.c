#include "run/run_setup.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/io.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "system/processors.h"
#include "system/tmp.h"
#include "wheel/deflate.h"
#include "inputs/compiler.h"
#include "inputs/hook_env.h"

static const char default_root[] = "/tmp/truewheel";

/* ------------------------------------------------------------------------------------- options */

static int check_root(const char *root, struct err *err)
{
    if (root[0] != '/' || !path_is_safe_member(root + 1, strlen(root + 1)))
        return err_set(err, ERR_USAGE,
                       "--build-root wants an absolute path without '.' and '..', not '%s'", root);
    return 0;
}

/* The engine is told in JSON, which has no other bytes; left out it would change the meaning. */
static bool is_utf8(const char *text)
{
    json_t *json = json_string(text);
    bool valid = json != NULL;

    json_decref(json);
    return valid;
}

static int check_env(const struct strv *env, struct err *err)
{
    for (size_t i = 0; i < env->count; i++) {
        if (!hook_env_is_assignment(env->items[i]))
            return err_set(err, ERR_USAGE, "--env wants NAME=VALUE, not '%s'", env->items[i]);
        if (!is_utf8(env->items[i]))
            return err_set(err, ERR_USAGE, "the value in --env '%s' is not UTF-8", env->items[i]);
    }
    return 0;
}

static void add_bind(struct run *run, const char *path, bool writable)
{
    for (size_t i = 0; i < run->binds.count; i++)
        if (str_eq(run->binds.items[i].path, path))
            return;
    VEC_GROW(&run->binds);
    run->binds.items[run->binds.count++] =
        (struct sandbox_bind){.path = xstrdup(path), .writable = writable};
}

static int check_binds(struct run *run, struct err *err)
{
    const struct strv *binds = &run->options->binds;

    for (size_t i = 0; i < binds->count; i++) {
        const char *text = binds->items[i];
        bool writable = str_ends(text, ":rw");
        size_t len = strlen(text) - (writable || str_ends(text, ":ro") ? 3 : 0);
        auto_free char *path = xstrndup(text, len);
        struct stat st;
        if (path[0] != '/')
            return err_set(err, ERR_USAGE, "--bind wants an absolute path, not '%s'", path);
        if (stat(path, &st) < 0)
            return err_set(err, ERR_USAGE, "--bind '%s': %s", path, strerror(errno));
        add_bind(run, path, writable);
    }
    return 0;
}

static int check_arguments(const struct strv *args, struct err *err)
{
    for (size_t i = 0; i < args->count; i++)
        if (!is_utf8(args->items[i]))
            return err_set(err, ERR_USAGE, "the argument '%s' is not UTF-8", args->items[i]);
    return 0;
}

static int check_options(struct run *run, struct err *err)
{
    enum sandbox_mode mode;
    const char *asked = run->options->mode;

    run->root = xstrdup(run->options->build_root ? run->options->build_root : default_root);
    if (asked && !str_eq(asked, "auto") && !sandbox_mode_parse(asked, &mode))
        return err_set(err, ERR_USAGE, "--mode is auto, namespaces, locked or mapped, not '%s'",
                       asked);
    int ret = check_arguments(&run->options->pip_args, err);
    if (ret == 0)
        ret = check_root(run->root, err);
    if (ret == 0)
        ret = check_env(&run->options->env, err);
    return ret == 0 ? check_binds(run, err) : ret;
}

/* ---------------------------------------------------------------------------------------- mode */

static int environment_error(struct err *err, const char *what, const char *reason,
                             const char *hint)
{
    (void)err_set(err, ERR_ENVIRONMENT, "%s: %s", what, reason ? reason : "not possible here");
    if (hint)
        err_hint(err, "%s", hint);
    return err->code;
}

static int use_mapped(struct run *run, struct err *err)
{
    const struct sandbox_caps *caps = &run->caps;

    if (run->options->require_stable)
        return environment_error(err, "no stable path can be had (--require-stable)",
                                 caps->lock_reason, "--build-root names another place");
    run->mode = SANDBOX_MAPPED;
    log_warn("builds are not at their stable path %s, only mapped to it: equal bytes are not "
             "promised (%s)",
             run->root, caps->lock_reason ? caps->lock_reason : "--mode mapped");
    return 0;
}

static int choose_mode(struct run *run, struct err *err)
{
    const struct sandbox_caps *caps = &run->caps;
    const char *asked = run->options->mode ? run->options->mode : "auto";

    if (str_eq(asked, "mapped"))
        return use_mapped(run, err);
    if (str_eq(asked, "namespaces") && !caps->namespaces)
        return environment_error(err, "--mode namespaces", caps->reason, caps->hint);
    if (str_eq(asked, "locked") && !caps->lockable) {
        auto_free char *what = xasprintf("--mode locked: cannot build at '%s'", run->root);
        return environment_error(err, what, caps->lock_reason, "--build-root names another place");
    }
    if (caps->namespaces && !str_eq(asked, "locked")) {
        run->mode = SANDBOX_NAMESPACES;
        return 0;
    }
    if (!caps->lockable)
        return use_mapped(run, err);
    run->mode = SANDBOX_LOCKED;
    if (str_eq(asked, "auto"))
        log_info("no namespaces here (%s): building at %s under a lock", caps->reason, run->root);
    return 0;
}

/* --------------------------------------------------------------------------------- directories */

static int make_log_dir(struct run *run, struct err *err)
{
    const char *asked = run->options->log_dir;

    run->log_dir = asked ? path_absolute(asked) : xasprintf("%s/log", run->dir);
    return make_dirs(run->log_dir, 0777, err);
}

static int make_run_dir(struct run *run, int stop_fd, struct err *err)
{
    int ret = tmp_dir_create(&run->tmp, stop_fd, err);

    if (ret == 0) {
        run->dir = run->tmp.path;
        ret = make_log_dir(run, err);
    }
    return ret;
}

/* ------------------------------------------------------------------------------------ the rest */

/* Each is a thread, and more of them than this only wait for processors. */
static int sane_slots(int asked)
{
    enum { MAX_SLOTS = 512 };

    if (asked <= MAX_SLOTS)
        return asked;
    log_warn("%d builds at once are too many; %d it is", asked, MAX_SLOTS);
    return MAX_SLOTS;
}

/*
 * Below make -jN: its jobserver says how many builds run, one when it cannot be reached. Comes before
 * anything else opens a descriptor, which could have the number of one that make names.
 */
static void join_jobserver(struct run *run)
{
    auto_err struct err why = ERR_INIT;
    auto_jobserver_flags struct jobserver_flags flags = JOBSERVER_FLAGS_INIT;

    run->slots = run->options->jobs ? sane_slots(run->options->jobs) : processors_count();
    jobserver_parse(getenv("MAKEFLAGS"), &flags);
    if (flags.style == JOBSERVER_NONE || flags.dry_run)
        return;
    if (run->options->jobs) {
        log_warn("-j %d wins over make's jobserver", run->options->jobs);
        return;
    }
    if (jobserver_open(&flags, &run->jobserver, &why) < 0) {
        run->slots = 1;
        log_warn("%s; one build at a time (%s)", why.message, why.hint ? why.hint : "use -j");
    } else if (flags.jobs) {
        run->slots = sane_slots(flags.jobs);
    }
}

static int make_slots(struct run *run, struct err *err)
{
    struct jobserver *server = jobserver_is_open(&run->jobserver) ? &run->jobserver : NULL;

    return slots_new(run->slots, server, &run->job_slots, err);
}

static struct progress *make_progress(const struct wheel_options *options)
{
    const char *variable = getenv("NO_COLOR");
    bool colour = !options->no_color && !(variable && variable[0]);
    const char *term = getenv("TERM");
    bool terminal = isatty(STDERR_FILENO) && !str_eq(term, "dumb");
    enum progress_style style = terminal ? PROGRESS_TERMINAL : PROGRESS_PLAIN;

    if (options->quiet)
        style = PROGRESS_QUIET;
    return progress_new(style, terminal && colour, options->verbose);
}

/* What the interpreter needs to run inside, and what it says of itself. */
static void use_greeting(struct run *run)
{
    const json_t *paths = json_object_get(run->engine.greeting, "paths");
    const json_t *path;
    size_t i;

    json_array_foreach(paths, i, path)
    {
        if (json_string_value(path))
            add_bind(run, json_string_value(path), false);
    }
    if (json_is_false(json_object_get(run->engine.greeting, "has_headers")))
        log_warn("Python %s has no headers (%s): C extensions will not build; install its "
                 "development package",
                 engine_fact(&run->engine, "python"), engine_fact(&run->engine, "include"));
}

static void say_what_cannot_be_had(const struct run *run)
{
    if (!run->caps.fixed_addresses)
        log_info("address-space randomisation stays on in builds: personality() is forbidden here, "
                 "by a container's filter perhaps");
}

static void say_what_is_left_out(void)
{
    auto_strv struct strv names = STRV_INIT;

    hook_env_left_out(&names);
    for (size_t i = 0; i < names.count; i++)
        log_warn("builds do not get %s: its value is not UTF-8", names.items[i]);
}

bool run_is_on_terminal(const struct run *run)
{
    return !run->options->quiet && isatty(STDERR_FILENO);
}

int run_setup(struct run *run, int stop_fd, struct err *err)
{
    const struct wheel_options *options = run->options;

    run->tmp = (struct tmp_dir)TMP_DIR_INIT;
    run->cancel.fd = -1;
    log_set_level(options->quiet
                      ? LOG_ERROR
                      : (enum log_level)(LOG_WARN + (options->verbose > 2 ? 2 : options->verbose)));
    if (guards_off())
        log_warn("guards are off for a test, wheels may differ: %s", guards_off());
    run->progress = make_progress(options);
    run->jobserver = (struct jobserver)JOBSERVER_INIT;
    join_jobserver(run);
    int ret = cancel_init(&run->cancel, err);
    if (ret == 0)
        ret = check_options(run, err);
    if (ret == 0)
        ret = make_slots(run, err);
    if (ret == 0)
        ret = deflate_self_test(err);
    if (ret == 0)
        ret = engine_start(&run->engine, options->python, options->pip, err);
    if (ret == 0) /* while the engine imports pip */
        ret = sandbox_probe(run->root, stop_fd, &run->caps, err);
    if (ret == 0)
        ret = choose_mode(run, err);
    if (ret == 0) {
        say_what_cannot_be_had(run);
        say_what_is_left_out();
    }
    if (ret == 0)
        run->compiler = compiler_identity(&options->env, stop_fd);
    if (ret == 0)
        ret = make_run_dir(run, stop_fd, err);
    if (ret == 0)
        ret = engine_wait_ready(&run->engine, stop_fd, err);
    if (ret == 0)
        use_greeting(run);
    return ret;
}

void run_release(struct run *run)
{
    engine_stop(&run->engine);
    slots_free(run->job_slots);
    jobserver_close(&run->jobserver);
    tmp_dir_release(&run->tmp);
    cancel_release(&run->cancel);
    sandbox_caps_release(&run->caps);
    for (size_t i = 0; i < run->binds.count; i++)
        free(run->binds.items[i].path);
    free(run->binds.items);
    free(run->log_dir);
    free(run->compiler);
    free(run->root);
    progress_free(run->progress);
}
