/* Filling one build environment, on a thread of its own: resolve, wait for builds, lay out, share. */
#include "build/env_fill.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/json.h"
#include "base/str.h"
#include "system/thread.h"
#include "sandbox/paths.h"
#include "jobs/job.h"
#include "build/build_key.h"
#include "build/claim.h"
#include "build/env_share.h"
#include "build/resolve.h"
#include "build/stored_env.h"

struct filling {
    struct builder *builder;
    struct env *env;
    char *label; /* "build requirements (setuptools, wheel)" */
    struct env_result result;
};

/* ------------------------------------------------------------------------------------ resolving */

/* Waits for the sdists among the items; what the base already has wins over a second answer. */
static int collect(struct filling *f, const struct resolution *resolution, struct err *err)
{
    struct wheel_files *files = &f->result.wheels;

    for (size_t i = 0; i < resolution->count; i++) {
        const struct resolved *item = &resolution->items[i];
        if (wheel_files_have(files, item->project))
            continue;
        if (item->build) {
            int ret = plan_wait_build(f->builder->plan, item->build, err);
            if (ret == 0)
                ret = build_check_locked(f->builder, item->build, err);
            if (ret < 0)
                return ret;
        }
        wheel_files_add(files, item->build ? &item->build->result.wheel : &item->wheel,
                        item->project);
    }
    return 0;
}

static void add_base(struct filling *f)
{
    const struct env *base = f->env->base;

    for (size_t i = 0; base && i < base->result.wheels.count; i++)
        wheel_files_add(&f->result.wheels, &base->result.wheels.items[i],
                        base->result.wheels.items[i].project);
}

static int resolve(struct filling *f, struct err *err)
{
    struct resolve_request request = {.what = f->label, .for_env = f->env};
    struct resolution resolution = {0};

    add_base(f);
    if (!f->env->isolated || !f->env->requires.count) {
        plan_leave_place(f->builder->plan, f->env);
        return 0;
    }
    strv_extend(&request.args, &f->env->finder_args);
    if (!builder_is_locked(f->builder)) { /* else they name the locked set, which has it all */
        strv_push(&request.args, "--");
        strv_extend(&request.args, &f->env->requires);
    }
    int ret = resolve_run(f->builder, &request, &resolution, err);
    plan_leave_place(f->builder->plan, f->env); /* the builds may need environments themselves */
    if (ret == 0)
        ret = collect(f, &resolution, err);
    resolution_release(&resolution);
    strv_release(&request.args);
    return ret;
}

/* ----------------------------------------------------------------------------------- installing */

struct install_state {
    const struct filling *filling;
    bool done;
};

static int on_install_frame(void *arg, struct job *job UNUSED, struct frame *frame,
                            bool trusted UNUSED, struct err *err)
{
    struct install_state *state = arg;
    const char *type = json_text(frame->msg, "t");

    if (str_eq(type, "error"))
        return err_set(err, ERR_BUILD, "%s", json_text(frame->msg, "message"));
    if (str_eq(type, "phase"))
        progress_phase(state->filling->builder->progress, state->filling,
                       json_text(frame->msg, "text"));
    if (str_eq(type, "done"))
        state->done = true;
    return 0;
}

static json_t *install_request(const struct filling *f, const char *target, const char *final)
{
    const char *prefix = f->builder->environment.prefix;
    json_t *wheels = json_array();

    for (size_t i = 0; i < f->result.wheels.count; i++)
        (void)json_array_append_new(wheels, json_bytes(f->result.wheels.items[i].path));
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:b, s:o, s:i}", "op", "install", "wheels", wheels, "target",
        json_bytes(target), "final", json_bytes(final), "system_site", !f->env->isolated, "prefix",
        json_bytes(prefix && !f->env->isolated ? prefix : ""), "jobs", f->builder->slots);
}

static int install(struct filling *f, const char *target, const char *final, struct err *err)
{
    auto_free char *log_path = xasprintf("%s.log", target);
    struct job_log log = JOB_LOG_INIT;
    struct install_state state = {.filling = f};
    int ret = job_log_open(&log, log_path, err);

    if (ret == 0) {
        json_t *request = install_request(f, target, final);
        struct job_spec spec = {
            .engine = &f->builder->engine,
            .request = request,
            .log = &log,
            .cancel = &f->builder->cancel,
            .on_frame = on_install_frame,
            .arg = &state,
        };
        progress_begin(f->builder->progress, PROGRESS_ENVIRONMENT, f, f->label, "installing");
        ret = job_run(&spec, err);
        progress_end(f->builder->progress, f);
        json_decref(request);
    }
    if (ret == 0 && !state.done) {
        auto_free char *lines = job_log_last_lines(&log, 20);
        ret = err_set(err, ERR_PROTOCOL, "the installer died");
        err_detail(err, lines);
    }
    job_log_release(&log);
    return ret;
}

static int share(struct filling *f, const char *target, struct err *err)
{
    auto_free char *path = xasprintf(SANDBOX_ENV_DIR "/%s", f->env->hash);
    struct claim_wait wait;

    claim_wait_init(&wait, f->builder, path);
    return env_share(f->builder->root, target, f->env->hash, &wait.lock, &f->result.lease, err);
}

static char *seen_path(const struct filling *f, const char *target)
{
    return sandbox_path_env(f->builder->mode, f->builder->root, f->env->hash, target);
}

/* Installs into `target`, in one of the places that there are. */
static int install_in_place(struct filling *f, const char *target, struct err *err)
{
    auto_free char *seen = seen_path(f, target);
    int ret = plan_take_place(f->builder->plan, f->env, err);

    if (ret == 0)
        ret = install(f, target, seen, err);
    plan_leave_place(f->builder->plan, f->env);
    return ret;
}

static int install_for_store(void *arg, const char *target, struct err *err)
{
    return install_in_place(arg, target, err);
}

static int lay_out_in_run_dir(struct filling *f, char **ret_path, struct err *err)
{
    auto_free char *target = NULL;
    int ret = builder_new_dir(f->builder, "env", &target, err);

    if (ret == 0 && chmod(target, 0755) < 0)
        ret = err_errno(err, errno, "cannot open '%s' to builds", target);
    if (ret == 0)
        ret = install_in_place(f, target, err);
    if (ret == 0)
        *ret_path = steal(&target);
    return ret;
}

/*
 * From its digest to builds: from the store, else laid out there, else in the run directory. Builds see
 * it at R/env/<hash>, which is a bind mount with namespaces and, in locked mode, a real directory that
 * runs share; in mapped mode they see it where it is.
 */
static int lay_out(struct filling *f, struct err *err)
{
    auto_free char *path = NULL;
    int ret = -ENOENT;

    if (stored_env_serves(f->builder, f->env))
        ret =
            stored_env_get(f->builder, f->env, &f->result.wheels, install_for_store, f, &path, err);
    if (ret == -ENOENT)
        ret = lay_out_in_run_dir(f, &path, err);
    if (ret == 0 && f->builder->mode == SANDBOX_LOCKED) {
        ret = share(f, path, err);
        f->result.path = seen_path(f, NULL);
    } else {
        f->result.path = steal(&path);
    }
    if (ret == 0 && f->builder->mode != SANDBOX_NAMESPACES)
        ret = env_stamps_add(&f->builder->stamps, f->result.path, err);
    return ret;
}

/* Without isolation builds import what is installed for another Python of the same version. */
static int check_interpreter(const struct filling *f, struct err *err)
{
    const struct environment *environment = &f->builder->environment;
    const char *ours = engine_fact(&f->builder->engine, "executable");

    if (f->env->isolated || environment_has(environment, ours))
        return 0;
    int ret =
        err_set(err, ERR_ENVIRONMENT, "the virtual environment %s is of %s, and builds run %s",
                environment->prefix, environment->base, ours);
    err_hint(err, "build its engine: make PYTHON=%s", environment->base);
    return ret;
}

static int fill(struct filling *f, struct err *err)
{
    struct env_digests digests;
    int ret = check_interpreter(f, err);

    if (ret == 0)
        ret = resolve(f, err);
    if (ret < 0)
        return err_wrap(err, "%s", f->label);
    wheel_files_sort(&f->result.wheels);
    env_digest(f->builder, f->env, &f->result.wheels, &digests);
    f->result.path = plan_name_env(f->builder->plan, f->env, digests.path, digests.content);
    if (!f->result.path) /* else another requirement set has come out as the same environment */
        ret = lay_out(f, err);
    return ret < 0 ? err_wrap(err, "%s", f->label) : 0;
}

/* It stands in every message about the environment, so it names a few of a thousand. */
static char *make_label(const struct env *env)
{
    enum { MAX_BYTES = 300 };
    struct str label = STR_INIT;
    size_t i = 0;

    str_add(&label, "build requirements (");
    for (; i < env->requires.count && label.len < MAX_BYTES; i++)
        str_addf(&label, "%s%.100s", i ? ", " : "", env->requires.items[i]);
    if (i < env->requires.count)
        str_addf(&label, ", and %zu more", env->requires.count - i);
    str_addch(&label, ')');
    return str_detach(&label);
}

static void filling_free(struct filling *f)
{
    env_result_release(&f->result);
    free(f->label);
    free(f);
}

static void *thread(void *arg)
{
    struct filling *f = arg;
    auto_err struct err err = ERR_INIT;

    (void)fill(f, &err);
    plan_finish_env(f->builder->plan, f->env, &f->result, &err);
    filling_free(f);
    return NULL;
}

int env_fill_start(struct env *env, struct err *err)
{
    struct filling *f = xcalloc(1, sizeof(*f));
    pthread_t id;

    f->builder = env->plan->arg;
    f->env = env;
    f->label = make_label(env);
    f->result = (struct env_result)ENV_RESULT_INIT;
    int ret = thread_start(&id, thread, f, err);
    if (ret < 0) {
        (void)err_wrap(err, "%s", f->label);
        filling_free(f);
        return ret;
    }
    (void)pthread_detach(id);
    return 0;
}
