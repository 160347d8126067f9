/* The beginning and the end of a run: options checked, engine started, machine looked at. */
#include "run/run_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/guard.h"
#include "base/io.h"
#include "base/json.h"
#include "base/log.h"
#include "base/num.h"
#include "base/path.h"
#include "base/str.h"
#include "system/private.h"
#include "system/processors.h"
#include "system/tmp.h"
#include "system/user_dir.h"
#include "zip/deflate.h"
#include "wheel/pep508.h"
#include "inputs/compiler.h"
#include "inputs/hook_env.h"
#include "inputs/named_paths.h"
#include "store/clean.h"
#include "build/build_key.h"
#include "run/look_around.h"
#include "run/mode.h"

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

static int check_memory(struct builder *b, struct err *err)
{
    const char *asked = b->options->memory;
    uint64_t bytes = 0;

    if (asked && (!parse_size(asked, &bytes) || bytes < BUDGET_MIN_BYTES))
        return err_set(err, ERR_USAGE, "--memory wants a size of at least 64M, not '%s'", asked);
    budget_init(&b->budget, bytes);
    return 0;
}

static void add_bind(struct builder *b, const char *path, bool writable)
{
    for (size_t i = 0; i < b->binds.count; i++)
        if (str_eq(b->binds.items[i].path, path))
            return;
    VEC_GROW(&b->binds);
    b->binds.items[b->binds.count++] =
        (struct sandbox_bind){.path = xstrdup(path), .writable = writable};
}

static int check_binds(struct builder *b, struct err *err)
{
    const struct strv *binds = &b->options->binds;

    for (size_t i = 0; i < binds->count; i++) {
        bool writable = false;
        auto_free char *path = wheel_bind_path(binds->items[i], &writable);
        struct stat st;
        if (path[0] != '/')
            return err_set(err, ERR_USAGE, "--bind wants an absolute path, not '%s'", path);
        if (stat(path, &st) < 0)
            return err_set(err, ERR_USAGE, "--bind '%s': %s", path, strerror(errno));
        add_bind(b, path, writable);
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

/* pip would say only later, and once for each line, that it cannot write there. */
static int check_pip_log(const char *path, struct err *err)
{
    struct stat st;

    if (!is_utf8(path))
        return err_set(err, ERR_USAGE, "--log: '%s' is not UTF-8", path);
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        int ret = err_set(err, ERR_USAGE, "--log wants a file, and '%s' is a directory", path);
        err_hint(err, "--log-dir %s keeps the log of every build there", path);
        return ret;
    }
    auto_free char *dir = path_dir(path);
    int ret = make_dirs(dir, 0777, err);
    if (ret < 0)
        return err_wrap(err, "--log");
    auto_close int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0666);
    return fd < 0 ? err_errno(err, errno, "--log: cannot write '%s'", path) : 0;
}

/* An empty name would match every project whose name is not known yet. */
static int check_names(const struct strv *names, const char *option, struct err *err)
{
    for (size_t i = 0; i < names->count; i++) {
        auto_requirement struct requirement parsed = REQUIREMENT_INIT;
        if (requirement_parse(&parsed, names->items[i], NULL) < 0 ||
            !str_eq(parsed.name, names->items[i]))
            return err_set(err, ERR_USAGE, "%s wants the name of a project, not '%s'", option,
                           names->items[i]);
    }
    return 0;
}

static int check_options(struct builder *b, struct err *err)
{
    b->root = xstrdup(b->options->build_root ? b->options->build_root : DEFAULT_BUILD_ROOT);
    int ret = mode_check(b->options, err);
    if (ret == 0)
        ret = check_arguments(&b->options->pip_args, err);
    if (ret == 0 && b->options->pip_log)
        ret = check_pip_log(b->options->pip_log, err);
    if (ret == 0)
        ret = check_root(b->root, err);
    if (ret == 0)
        ret = check_env(&b->options->env, err);
    if (ret == 0)
        ret = check_names(&b->options->allow_network, "--allow-network", err);
    if (ret == 0)
        ret = check_names(&b->options->allow_url, "--allow-url", err);
    if (ret == 0)
        ret = check_memory(b, err);
    return ret == 0 ? check_binds(b, err) : ret;
}

/* --------------------------------------------------------------------------------- directories */

/*
 * Whatever the caller's umask takes from others: directories that their owner cannot enter could be
 * neither used nor removed.
 */
static void keep_owners_rights(void)
{
    (void)umask(umask(0777) & 077);
}

static int make_log_dir(struct builder *b, struct err *err)
{
    const char *asked = b->options->log_dir;

    auto_free char *state = user_dir("XDG_STATE_HOME", ".local/state");
    b->kept_logs = state ? path_join(state, "log") : NULL;
    b->log_dir = asked ? path_absolute(asked) : xasprintf("%s/log", b->dir);
    return make_dirs(b->log_dir, 0777, err);
}

static int make_run_dir(struct builder *b, int stop_fd, struct err *err)
{
    int ret = tmp_dir_create(&b->tmp, stop_fd, err);

    if (ret == 0) {
        b->dir = b->tmp.path;
        ret = make_log_dir(b, err);
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
static void join_jobserver(struct builder *b)
{
    auto_err struct err why = ERR_INIT;
    auto_jobserver_flags struct jobserver_flags flags = JOBSERVER_FLAGS_INIT;

    b->slots = b->options->jobs ? sane_slots(b->options->jobs) : processors_count();
    jobserver_parse(getenv("MAKEFLAGS"), &flags);
    if (flags.style == JOBSERVER_NONE || flags.dry_run)
        return;
    if (b->options->jobs) {
        log_warn("-j %d wins over make's jobserver", b->options->jobs);
        return;
    }
    if (jobserver_open(&flags, &b->jobserver, &why) < 0) {
        b->slots = 1;
        log_warn("%s; one build at a time (%s)", why.message, why.hint ? why.hint : "use -j");
    } else if (flags.jobs) {
        b->slots = sane_slots(flags.jobs);
    }
}

/* Before there is a child that could stay outside. */
static int make_cgroup(struct builder *b, struct err *err)
{
    auto_err struct err why = ERR_INIT;
    auto_free char *bytes = xasprintf("%llu", (unsigned long long)b->budget.max_bytes);

    if (cgroup_open(&b->cgroup, "memory pids", &why) < 0) {
        log_debug("memory of builds is counted, not bounded by a cgroup: %s", why.message);
        return 0;
    }
    log_info("builds are in the cgroup %s", b->cgroup.top);
    return cgroup_limit(&b->cgroup, "memory.max", bytes, err);
}

static int make_slots(struct builder *b, struct err *err)
{
    struct jobserver *server = jobserver_is_open(&b->jobserver) ? &b->jobserver : NULL;

    return slots_new(b->slots, server, &b->job_slots, err);
}

static bool is_bound(const struct builder *b, const char *path)
{
    for (size_t i = 0; i < b->binds.count; i++)
        if (path_is_below(path, b->binds.items[i].path))
            return true;
    return false;
}

/* Toolchains, and what variables name that builds do not see: their wheels may differ by that. */
static void show_named_paths(struct builder *b)
{
    auto_strv struct strv named = STRV_INIT;
    struct named_paths paths = {0};

    json_add_strings(json_object_get(b->engine.greeting, "named"), &named);
    named_paths_list(&b->options->env, &named, &paths);
    for (size_t i = 0; i < paths.shown.count; i++)
        add_bind(b, paths.shown.items[i], false);
    for (size_t i = 0; i < paths.unseen.count; i++)
        if (!is_bound(b, strchr(paths.unseen.items[i], '=') + 1))
            log_warn("builds do not see the path in %s: --bind shows it", paths.unseen.items[i]);
    named_paths_release(&paths);
}

/* What the interpreter needs to run inside, and what it says of itself. */
static void use_greeting(struct builder *b)
{
    auto_strv struct strv paths = STRV_INIT;

    json_add_strings(json_object_get(b->engine.greeting, "paths"), &paths);
    for (size_t i = 0; i < paths.count; i++)
        add_bind(b, paths.items[i], false);
    if (b->mode == SANDBOX_NAMESPACES)
        show_named_paths(b);
    if (json_is_false(json_object_get(b->engine.greeting, "has_headers")))
        log_warn("Python %s has no headers (%s): C extensions will not build; install its "
                 "development package",
                 engine_fact(&b->engine, "python"), engine_fact(&b->engine, "include"));
}

static int find_environment(struct builder *b, struct err *err)
{
    const struct wheel_options *options = b->options;
    int ret = environment_find(options->python, options->activated, &b->environment, err);

    if (ret == 0 && b->environment.prefix && !is_utf8(b->environment.prefix))
        ret = err_set(err, ERR_USAGE, "the path of the virtual environment '%s' is not UTF-8",
                      b->environment.prefix);
    return ret;
}

/*
 * Two installations of one version have other paths and compilers in their configuration. What was
 * named is what builds; an activated environment may be there by chance, and counts for what pip reads.
 */
static int check_environment(const struct builder *b, struct err *err)
{
    const struct environment *environment = &b->environment;
    const char *ours = engine_fact(&b->engine, "executable");

    if (environment_has(environment, ours))
        return 0;
    if (str_eq(environment->named_by, "VIRTUAL_ENV")) {
        log_warn("the virtual environment %s is of %s; builds are for %s", environment->prefix,
                 environment->base, ours);
        return 0;
    }
    int ret = err_set(err, ERR_ENVIRONMENT, "%s means %s, and the engine for Python %s is of %s",
                      environment->named_by, environment->base, environment->python, ours);
    err_hint(err, "build its engine: make PYTHON=%s", environment->base);
    return ret;
}

static void say_what_cannot_be_had(const struct builder *b)
{
    if (!b->caps.fixed_addresses)
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

/* ------------------------------------------------------------------------------------- the whole */

static void say_what_is_not_settled(const struct builder *b)
{
    if (!b->options->real_clock && !build_can_preload(b))
        log_warn("builds see the machine's clock and random numbers, wheels may differ: the loader "
                 "takes no library from '%s', for the blank or colon in it",
                 b->mode == SANDBOX_MAPPED ? b->dir : b->root);
}

static int check_guest(const struct builder *b, const struct interpreter_facts *facts,
                       struct err *err)
{
    if (facts->guest[0] || b->options->real_clock)
        return 0;
    return err_set(err, ERR_ENVIRONMENT,
                   "truewheel is not whole: share/truewheel/libtruewheel-guest.so is missing");
}

/* What can be refused before anything is started. */
static int check_and_count(struct builder *b, struct err *err)
{
    int ret = guards_check(err);

    if (ret == 0 && guards_off())
        log_warn("guards are off for a test, wheels may differ: %s", guards_off());
    if (ret == 0)
        ret = check_options(b, err);
    if (ret == 0)
        ret = make_slots(b, err);
    if (ret == 0)
        ret = make_cgroup(b, err);
    if (ret == 0)
        ret = deflate_self_test(err);
    return ret == 0 ? find_environment(b, err) : ret;
}

/* While the engine imports pip. */
static int look_at_the_rest(struct builder *b, int stop_fd, struct err *err)
{
    progress_phase(b->progress, b, "what sandboxes there can be");
    int ret = sandbox_probe(b->root, stop_fd, &b->caps, err);

    if (ret == 0)
        ret = mode_choose(b, err);
    if (ret == 0) {
        say_what_cannot_be_had(b);
        say_what_is_left_out();
        progress_phase(b->progress, b, "store");
        ret = look_for_store(b, DEADLINE_NEVER, stop_fd, err);
    }
    if (ret == 0) {
        progress_phase(b->progress, b, "machine");
        b->compiler = compiler_identity(&b->options->env, stop_fd);
        ret = look_at_machine(b, stop_fd, err);
    }
    if (ret == 0)
        ret = make_run_dir(b, stop_fd, err);
    if (ret == 0)
        say_what_is_not_settled(b);
    return ret;
}

static int meet_engine(struct builder *b, int stop_fd, struct err *err)
{
    progress_phase(b->progress, b, "waiting for the engine");
    int ret = engine_wait_ready(&b->engine, stop_fd, err);
    if (ret < 0)
        return ret;
    progress_phase(b->progress, &b->engine, "serving");
    use_greeting(b);
    ret = check_environment(b, err);
    if (ret < 0)
        return ret;
    const struct interpreter_facts facts = facts_of_engine(&b->engine);
    ret = check_guest(b, &facts, err);
    return ret == 0 ? look_at_interpreter(b, &facts, err) : ret;
}

/* Until engine_stop: what is asked of it has rows of its own. */
static int start_engine(struct builder *b, struct err *err)
{
    progress_begin(b->progress, PROGRESS_ENGINE, &b->engine, "engine", "starting, importing pip");
    return engine_start(&b->engine, b->environment.python, b->options->pip, err);
}

static int set_up(struct builder *b, int stop_fd, struct err *err)
{
    join_jobserver(b);
    env_stamps_init(&b->stamps);
    private_begin();
    keep_owners_rights();
    int ret = cancel_init(&b->cancel, err);
    if (ret == 0)
        ret = check_and_count(b, err);
    if (ret == 0)
        ret = start_engine(b, err);
    if (ret == 0)
        ret = look_at_the_rest(b, stop_fd, err);
    return ret == 0 ? meet_engine(b, stop_fd, err) : ret;
}

int run_setup(struct builder *b, int stop_fd, struct err *err)
{
    progress_begin(b->progress, PROGRESS_RUN, b, "set-up", "options");
    int ret = set_up(b, stop_fd, err);
    progress_end(b->progress, b);
    return ret;
}

void run_release(struct builder *b)
{
    engine_stop(&b->engine);
    progress_end(b->progress, &b->engine);
    cgroup_close(&b->cgroup);
    budget_release(&b->budget);
    env_stamps_release(&b->stamps);
    environment_release(&b->environment);
    slots_free(b->job_slots);
    jobserver_close(&b->jobserver);
    tmp_dir_release(&b->tmp);
    locked_release(&b->locked);
    keep_digests(b);
    store_tidy(&b->store);
    store_close(&b->store);
    cancel_release(&b->cancel);
    sandbox_caps_release(&b->caps);
    for (size_t i = 0; i < b->binds.count; i++)
        free(b->binds.items[i].path);
    free(b->binds.items);
    free(b->log_dir);
    free(b->kept_logs);
    strv_release(&b->logs);
    free(b->compiler);
    key_release(&b->machine);
    digests_release(&b->digests);
    bases_release(&b->bases);
    json_decref(b->settings);
    free(b->root);
}
