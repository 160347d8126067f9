#include "work/build.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/guard.h"
#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "wheel/normal.h"
#include "wheel/wheel_name.h"
#include "work/claim.h"
#include "work/hook_env.h"
#include "work/run.h"
#include "work/supervise.h"

/* Memory below which a job directory goes to disk, and the size of an archive that always does. */
enum { TMPFS_MIN_BYTES_MIB = 1536, TMPFS_MAX_ARCHIVE_MIB = 256 };

/* One attempt of one build, from its start on a worker to what the supervisor said at the end. */
struct attempt {
    struct run *run;
    struct plan *plan;
    struct build *build;
    struct sandbox_spec spec;
    struct job_log log;
    int64_t start_ms;
    struct slot_lease lease; /* while the hooks run */
    char *work_host;     /* a directory of this attempt; NULL when it lives in memory */
    /* what the inside claims */
    char phase[16];
    struct strv missing;
    char *metadata;
    char *wheel_name;
    char *error;
    /* what the supervisor says */
    bool ended;
    bool saw_missing;
    char *crates;        /* how they were fetched: "locked", "unlocked", "failed: …"; NULL: none */
    int status, signal;
    uint64_t cpu_ms;
    struct strv files;   /* names in out/ */
    int wheel_fd;
};

static const char *text_of(const json_t *object, const char *field)
{
    const char *text = json_string_value(json_object_get(object, field));

    return text ? text : "";
}

static void copy_strings(const json_t *array, struct strv *out)
{
    const json_t *item;
    size_t i;

    json_array_foreach(array, i, item)
        if (json_string_value(item))
            strv_push(out, json_string_value(item));
}

/* ------------------------------------------------------------------------------ from the inside */

static void set_phase(struct attempt *a, const char *phase)
{
    static const char *const known[] = {"fetch", "unpack", "requires", "metadata", "wheel"};

    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (str_eq(phase, known[i])) {
            (void)snprintf(a->phase, sizeof(a->phase), "%s", known[i]);
            progress_phase(a->run->progress, a, known[i]);
        }
}

static void on_metadata(struct attempt *a, const char *text)
{
    free(a->metadata);
    a->metadata = xstrdup(text);
    plan_set_metadata(a->plan, a->build, text);
}

static void on_crates(struct attempt *a, const json_t *msg)
{
    const char *state = text_of(msg, "state"), *message = text_of(msg, "message");

    free(a->crates);
    a->crates = message[0] ? xasprintf("%s: %s", state, message) : xstrdup(state);
    if (str_eq(state, "unlocked"))
        progress_say(a->run->progress, MOOD_PLAIN,
                     "%s: crates without a usable Cargo.lock: its bytes depend on the day",
                     a->build->label);
}

static int on_claim(struct attempt *a, const json_t *msg)
{
    const char *type = text_of(msg, "t");

    if (str_eq(type, "phase")) {
        set_phase(a, text_of(msg, "phase"));
    } else if (str_eq(type, "missing")) {
        a->saw_missing = true;
        strv_release(&a->missing);
        copy_strings(json_object_get(msg, "requires"), &a->missing);
    } else if (str_eq(type, "metadata")) {
        on_metadata(a, text_of(msg, "text"));
    } else if (str_eq(type, "wheel")) {
        free(a->wheel_name);
        a->wheel_name = xstrdup(text_of(msg, "name"));
    } else if (str_eq(type, "crates")) {
        on_crates(a, msg);
    } else if (str_eq(type, "error") && !a->error) {
        set_phase(a, text_of(msg, "phase"));
        a->error = xstrdup(text_of(msg, "message"));
    }
    return 0;
}

/* ------------------------------------------------------------------------- from the supervisor */

static void on_exit_frame(struct attempt *a, struct frame *frame)
{
    a->ended = true;
    a->status = (int)json_integer_value(json_object_get(frame->msg, "status"));
    a->signal = (int)json_integer_value(json_object_get(frame->msg, "signal"));
    a->cpu_ms = (uint64_t)(json_integer_value(json_object_get(frame->msg, "utime_ms")) +
                           json_integer_value(json_object_get(frame->msg, "stime_ms")));
    copy_strings(json_object_get(frame->msg, "files"), &a->files);
    if (frame->fd_count == 1)
        a->wheel_fd = steal_fd(&frame->fds[0]);
}

static int on_frame(void *arg, struct job *job UNUSED, struct frame *frame, bool trusted,
                    struct err *err)
{
    struct attempt *a = arg;
    const char *type = text_of(frame->msg, "t");

    if (!trusted)
        return on_claim(a, frame->msg);
    if (str_eq(type, "exit"))
        on_exit_frame(a, frame);
    if (!str_eq(type, "error"))
        return 0;
    int ret = err_set(err, ERR_ENVIRONMENT, "cannot make the sandbox: %s",
                      text_of(frame->msg, "message"));
    if (text_of(frame->msg, "hint")[0])
        err_hint(err, "%s", text_of(frame->msg, "hint"));
    return ret;
}

/* -------------------------------------------------------------------------------- the sandbox */

static bool network_allowed(const struct attempt *a)
{
    const struct strv *names = &a->run->options->allow_network;
    const char *name = text_of(a->build->source, "name");

    for (size_t i = 0; i < names->count; i++)
        if (wheel_dist_equal(names->items[i], name))
            return true;
    return false;
}

static char *source_path(const struct attempt *a, const char *field)
{
    const char *path = text_of(a->build->source, field);

    return path[0] ? xstrdup(path) : NULL;
}

/* Memory is faster and its directory order a function of the build; disk is for what is too big. */
static bool fits_in_memory(const struct attempt *a, uint64_t available)
{
    struct stat st;
    const uint64_t mib = 1 << 20;

    if (guard_is_off("tmpfs") || available / (uint64_t)a->run->slots < TMPFS_MIN_BYTES_MIB * mib)
        return false;
    return !a->spec.archive_host || stat(a->spec.archive_host, &st) < 0 ||
           (uint64_t)st.st_size < TMPFS_MAX_ARCHIVE_MIB * mib;
}

static int make_work_dir(struct attempt *a, struct err *err)
{
    static atomic_uint counter;

    a->work_host = xasprintf("%s/work-%u", a->run->dir, atomic_fetch_add(&counter, 1));
    a->spec.work_host = xstrdup(a->work_host);
    return make_dirs(a->work_host, 0700, err);
}

static void add_bind(struct attempt *a, const char *path, bool writable)
{
    VEC_GROW(&a->spec.binds);
    a->spec.binds.items[a->spec.binds.count++] =
        (struct sandbox_bind){.path = xstrdup(path), .writable = writable};
}

/* What the resolver found out about the crates of the source and the toolchain for them; or NULL. */
static const json_t *crates_of(const struct attempt *a)
{
    return json_object_get(a->build->source, "crates");
}

static void add_binds(struct attempt *a)
{
    const struct sandbox_binds *binds = &a->run->binds;

    for (size_t i = 0; i < binds->count; i++)
        add_bind(a, binds->items[i].path, binds->items[i].writable);
    if (crates_of(a))
        add_bind(a, text_of(crates_of(a), "sysroot"), false);
}

static int prepare_spec(struct attempt *a, struct err *err)
{
    struct sandbox_spec *spec = &a->spec;
    uint64_t available = sandbox_memory_available();

    spec->mode = a->run->mode;
    spec->root = xstrdup(a->run->root);
    spec->dir = guard_is_off("stable-path") ? xasprintf("%s-%d", a->build->dir, (int)getpid())
                                            : xstrdup(a->build->dir);
    spec->env_hash = xstrdup(a->build->env->hash);
    if (spec->mode == SANDBOX_NAMESPACES)
        spec->env_host = xstrdup(a->build->env->path);
    spec->archive_host = source_path(a, "archive");
    spec->tree_host = source_path(a, "tree");
    spec->network = network_allowed(a);
    spec->fetch = crates_of(a) != NULL;
    add_binds(a);
    spec->tmpfs = spec->mode == SANDBOX_NAMESPACES && fits_in_memory(a, available);
    spec->tmpfs_bytes = spec->tmpfs ? available / 4 * 3 : 0;
    if (!spec->tmpfs && spec->mode != SANDBOX_LOCKED)
        return make_work_dir(a, err);
    return 0;
}

/* --------------------------------------------------------------------------------- the request */

static json_t *make_source(const struct attempt *a, const char *job_path)
{
    static const char *const fields[] = {"subdirectory", "backend", "backend_path",
                                         "config_settings"};
    json_t *source = json_object();

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        (void)json_object_set(source, fields[i], json_object_get(a->build->source, fields[i]));
    if (a->spec.archive_host)
        (void)json_object_set_new(source, "archive",
                                  json_sprintf("%s/sdist/%s", job_path,
                                               path_base(a->spec.archive_host)));
    return source;
}

static json_t *make_request(const struct attempt *a)
{
    auto_free char *job_path = sandbox_job_path(&a->spec);
    auto_free char *env_path = a->run->mode == SANDBOX_MAPPED
                                   ? xstrdup(a->build->env->path)
                                   : xasprintf("%s/env/%s", a->run->root, a->build->env->hash);
    const char *tools = crates_of(a) ? text_of(crates_of(a), "bin") : NULL;
    json_t *variables = hook_env_make(job_path, env_path, &a->run->options->env, tools);
    json_t *fetch = NULL;

    if (crates_of(a))
        fetch = json_pack("{s:s, s:o}", "config", text_of(crates_of(a), "config"), "environ",
                          hook_env_for_fetch(job_path, tools));

    if (a->run->mode == SANDBOX_MAPPED)
        hook_env_map_paths(variables, a->run->root, a->build->dir, job_path, env_path,
                           a->build->env->hash);
    return json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:b, s:o*}", "op", "build", "spec",
                     sandbox_spec_to_json(&a->spec), "job", job_path, "env", env_path, "source",
                     make_source(a, job_path), "environ", variables, "requires_final",
                     a->build->requires_final, "fetch", fetch);
}

static int run_job(struct attempt *a, struct err *err)
{
    json_t *request = make_request(a);
    struct job_spec spec = {
        .engine = &a->run->engine,
        .request = request,
        .sandboxed = true,
        .log = &a->log,
        .cancel = &a->run->cancel,
        .timeout_ms = a->run->options->timeout_ms,
        .on_frame = on_frame,
        .arg = a,
    };
    int ret = job_run(&spec, err);

    json_decref(request);
    return ret;
}

/* ---------------------------------------------------------------------------------- the result */

static int judge_files(const struct attempt *a, struct err *err)
{
    size_t wheels = 0;

    for (size_t i = 0; i < a->files.count; i++)
        wheels += str_ends(a->files.items[i], ".whl");
    if (wheels == 0)
        return err_set(err, ERR_BUILD, "the backend wrote no wheel");
    if (wheels > 1)
        return err_set(err, ERR_BUILD, "the backend wrote %zu wheels instead of one", wheels);
    if (a->wheel_fd < 0)
        return err_set(err, ERR_BUILD, "the backend wrote something beside its wheel, or the wheel "
                                       "is not a regular file");
    return 0;
}

static int judge(const struct attempt *a, struct err *err)
{
    if (a->error)
        return err_set(err, ERR_BUILD, "%s", a->error);
    if (!a->ended)
        return err_set(err, ERR_PROTOCOL, "the build's supervisor died");
    if (a->signal)
        return err_set(err, ERR_BUILD, "killed by signal %d (%s)", a->signal,
                       strsignal(a->signal));
    if (a->status)
        return err_set(err, ERR_BUILD, "the build ended with status %d", a->status);
    if (a->saw_missing)
        return 0;
    return judge_files(a, err);
}

static const char *wheel_name_in(const struct attempt *a)
{
    for (size_t i = 0; i < a->files.count; i++)
        if (str_ends(a->files.items[i], ".whl"))
            return a->files.items[i];
    BUG("no wheel after judge");
}

/* A wheel that is not what was asked for would be delivered under a false name. */
static int check_name(const struct attempt *a, const char *name, struct err *err)
{
    auto_wheel_name struct wheel_name parsed = WHEEL_NAME_INIT;
    const char *project = text_of(a->build->source, "name");
    int ret = wheel_name_parse(name, &parsed, err);

    if (ret < 0)
        return ret;
    if (a->wheel_name && !str_eq(a->wheel_name, name))
        return err_set(err, ERR_BUILD, "the backend named '%s' but wrote '%s'", a->wheel_name,
                       name);
    if (project[0] && !wheel_dist_equal(parsed.dist, project))
        return err_set(err, ERR_BUILD, "the backend wrote a wheel of another project: '%s'", name);
    return 0;
}

/* For tests: the wheel as the backend wrote it. */
static int leave_as_it_is(int wheel, int out, struct normal_result *result, struct err *err)
{
    auto_str struct str data = STR_INIT;
    int ret = read_all(wheel, (size_t)1 << 30, &data, err);

    if (ret == 0 && write_full(out, data.buf, data.len) < 0)
        ret = err_errno(err, errno, "cannot copy a wheel");
    if (ret == 0)
        ret = sha256_hex_fd(out, result->sha256, err);
    return ret;
}

static int normalise(struct attempt *a, struct wheel_file *ret_wheel, struct err *err)
{
    static atomic_uint counter;
    auto_wheel_name struct wheel_name parsed = WHEEL_NAME_INIT;
    const char *name = wheel_name_in(a);
    auto_free char *dir = xasprintf("%s/built-%u", a->run->dir, atomic_fetch_add(&counter, 1));
    auto_free char *path = path_join(dir, name);
    struct normal_options options = {
        .file_name = name, .trust_record = true, .run = pool_spread, .pool = a->run->pool};
    struct normal_result result = {0};

    int ret = check_name(a, name, err);
    if (ret == 0)
        ret = wheel_name_parse(name, &parsed, err);
    if (ret == 0)
        ret = make_dirs(dir, 0700, err);
    if (ret < 0)
        return ret;
    auto_close int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_errno(err, errno, "cannot create '%s'", path);
    progress_phase(a->run->progress, a, "normal form");
    ret = guard_is_off("normal-form") ? leave_as_it_is(a->wheel_fd, fd, &result, err)
                                      : normal_form(a->wheel_fd, fd, &options, &result, err);
    if (ret < 0)
        return err_wrap(err, "'%s'", name);
    *ret_wheel = (struct wheel_file){
        .name = xstrdup(name),
        .path = steal(&path),
        .project = xstrdup(parsed.dist),
        .version = xstrdup(parsed.version),
    };
    memcpy(ret_wheel->sha256, result.sha256, SHA256_HEX);
    return 0;
}

/* ---------------------------------------------------------------------------------------- logs */

static char *log_name(const struct attempt *a)
{
    static atomic_uint counter;
    unsigned n = atomic_fetch_add(&counter, 1);

    if (a->run->options->log_dir)
        return xasprintf("%s/%s.log", a->run->log_dir, a->build->dir);
    return xasprintf("%s/%u-%s.log", a->run->log_dir, n, a->build->dir);
}

/* A failure's log outlives the run directory. */
static char *keep_log(const struct attempt *a)
{
    const char *tmp = getenv("TMPDIR");
    auto_free char *dir = xasprintf("%s/truewheel-log-XXXXXX", tmp && tmp[0] ? tmp : "/tmp");
    auto_str struct str text = STR_INIT;

    if (a->run->options->log_dir)
        return xstrdup(a->log.path);
    if (!mkdtemp(dir) || read_file(a->log.path, 64 << 20, &text, NULL) < 0)
        return NULL;
    char *kept = xasprintf("%s/%s.log", dir, a->build->dir);
    (void)write_file(kept, text.buf, text.len, 0644, NULL); /* the message names what there is */
    return kept;
}

static void explain(struct attempt *a, struct err *err)
{
    auto_free char *lines = job_log_last_lines(&a->log, 30);
    auto_free char *kept = NULL;

    if (err->code == -ERR_CANCELLED)
        return;
    job_log_note(&a->log, "truewheel: %s", err->message);
    job_log_close(&a->log);
    kept = keep_log(a);
    if (lines[0])
        err_detail(err, lines);
    a->build->log_path = kept ? xstrdup(kept) : NULL;
}

/* ------------------------------------------------------------------------------------- attempt */

static bool is_stopped(const struct attempt *a)
{
    (void)pthread_mutex_lock(&a->plan->lock);
    bool stopped = a->plan->stopped;
    (void)pthread_mutex_unlock(&a->plan->lock);
    return stopped || cancel_requested(&a->run->cancel);
}

/* Comes last before the hooks: nobody waits for a lock, or idles, with a slot in his hands. */
static int take_slot(struct attempt *a, struct err *err)
{
    static atomic_uint counter;

    a->spec.jobserver_host = xasprintf("%s/jobs-%u", a->run->dir, atomic_fetch_add(&counter, 1));
    progress_phase(a->run->progress, a, "waiting for a slot");
    int ret = slots_take(a->run->job_slots, a->spec.jobserver_host, &a->lease, err);
    if (ret == 0 && is_stopped(a))
        ret = err_set(err, ERR_CANCELLED, "not begun");
    a->start_ms = clock_ms();
    progress_phase(a->run->progress, a, "starting");
    return ret;
}

static int attempt_run(struct attempt *a, struct wheel_file *ret_wheel, struct err *err)
{
    struct lock claim = LOCK_INIT;
    int ret = prepare_spec(a, err);

    if (ret == 0)
        ret = claim_take(a->run, a->build->dir, &claim, err);
    if (ret == 0)
        ret = take_slot(a, err);
    if (ret == 0)
        ret = run_job(a, err);
    slots_give(&a->lease);
    claim_clean(a->run, a->build->dir, &claim);
    lock_release(&claim);
    if (ret == 0)
        ret = judge(a, err);
    if (ret == 0 && !a->saw_missing)
        ret = normalise(a, ret_wheel, err);
    return ret;
}

static void attempt_release(struct attempt *a)
{
    sandbox_spec_release(&a->spec);
    job_log_release(&a->log);
    strv_release(&a->missing);
    strv_release(&a->files);
    close_fd(&a->wheel_fd);
    free(a->metadata);
    free(a->wheel_name);
    free(a->crates);
    free(a->error);
    if (a->work_host)
        (void)remove_tree_at(AT_FDCWD, a->work_host, NULL); /* the run directory goes as well */
    free(a->work_host);
}

static int begin(struct attempt *a, struct err *err)
{
    auto_free char *path = log_name(a);

    (void)pthread_mutex_lock(&a->plan->lock);
    bool stopped = a->plan->stopped || a->build->dropped;
    if (!stopped)
        a->build->state = WORK_RUNNING;
    (void)pthread_mutex_unlock(&a->plan->lock);
    if (stopped || cancel_requested(&a->run->cancel))
        return err_set(err, ERR_CANCELLED, "not begun");
    progress_begin(a->run->progress, a, a->build->label, "starting");
    return job_log_open(&a->log, path, err);
}

void build_execute(struct build *build)
{
    auto_err struct err err = ERR_INIT;
    struct wheel_file wheel = {0};
    struct attempt a = {
        .run = build->plan->run,
        .plan = build->plan,
        .build = build,
        .log = JOB_LOG_INIT,
        .lease = SLOT_LEASE_INIT,
        .start_ms = clock_ms(),
        .wheel_fd = -1,
        .phase = "start",
    };

    int ret = begin(&a, &err);
    if (ret == 0)
        ret = attempt_run(&a, &wheel, &err);
    if (ret < 0)
        explain(&a, &err);
    progress_end(a.run->progress, &a);
    build->build_ms += clock_ms() - a.start_ms;
    build->cpu_ms += a.cpu_ms;
    free(build->crates);
    build->crates = steal(&a.crates);
    if (ret == 0 && a.saw_missing)
        plan_require_more(a.plan, build, &a.missing);
    else
        plan_finish_build(a.plan, build, &wheel, a.phase, &err);
    attempt_release(&a);
}
