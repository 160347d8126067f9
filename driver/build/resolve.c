/* One resolver job: its request, its sdists, what it chose. */
#include "build/resolve.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "system/fds.h"
#include "jobs/job.h"
#include "jobs/kinds.h"
#include "build/builder.h"

/* A source that the resolver has named. */
struct named_source {
    json_int_t id;
    struct build *build;
    bool told;  /* the resolver has its metadata, or knows that there will be none */
    bool asked; /* it wanted it: it was no mere guess */
};

/* What one running resolver has told so far. */
struct resolving {
    struct builder *builder;
    const struct resolve_request *request;
    struct resolution *result;
    struct {
        struct named_source *items; /* ids grow */
        size_t count, cap;
    } sources;
    char *staging;
    struct job_log log;
    int inherited[JOB_MAX_FDS]; /* the caller's descriptors */
    size_t inherited_count;
    bool done;
};

/* ------------------------------------------------------------------------------------- sdists */

/*
 * Enough for pip to go on without a package whose build will be reported as failed. The directory's
 * name stands for one that nobody knows: it is a valid name, and nothing else has it.
 */
static char *stub_metadata(const struct source *source)
{
    return xasprintf("Metadata-Version: 2.1\nName: %s\nVersion: %s\n",
                     source->name[0] ? source->name : source->dir,
                     source->version[0] ? source->version : "0");
}

static struct named_source *find_source(const struct resolving *r, json_int_t id)
{
    for (size_t i = 0; i < r->sources.count; i++)
        if (r->sources.items[i].id == id)
            return &r->sources.items[i];
    return NULL;
}

static int answer_metadata(struct resolving *r, struct job *job, struct named_source *source,
                           struct err *err)
{
    auto_err struct err why = ERR_INIT;
    auto_free char *text = NULL;
    struct build *build = source->build;

    int ret = plan_wait_metadata(r->builder->plan, build, r->request->for_env, &text, &why);
    if (ret == -ERR_CANCELLED) {
        err_move(err, &why);
        return ret;
    }
    source->told = true;
    if (ret < 0 && r->request->keep_going)
        text = stub_metadata(build->source);
    if (text)
        return job_send(job,
                        json_pack("{s:s, s:I, s:o}", "t", "metadata", "id", source->id, "text",
                                  json_bytes(text)),
                        err);
    return job_send(
        job, json_pack("{s:s, s:I, s:s}", "t", "failed", "id", source->id, "message", why.message),
        err);
}

/* Of the user's resolver: what it asks for, or before that what is known of another one. */
static struct named_source *wait_for_any(struct resolving *r, struct named_source *wanted)
{
    struct build **others = xcalloc(r->sources.count, sizeof(struct build *));
    struct named_source *found = wanted;

    for (size_t i = 0; i < r->sources.count; i++)
        if (!r->sources.items[i].told)
            others[i] = r->sources.items[i].build;
    struct build *build =
        plan_wait_any_metadata(r->builder->plan, wanted->build, others, r->sources.count);
    for (size_t i = 0; build != wanted->build && i < r->sources.count; i++)
        if (others[i] == build)
            found = &r->sources.items[i];
    free(others);
    return found;
}

static int on_want(struct resolving *r, struct job *job, const json_t *frame, struct err *err)
{
    json_int_t id = json_integer_value(json_object_get(frame, "id"));
    struct named_source *wanted = find_source(r, id);

    if (!wanted || wanted->told)
        return err_set(err, ERR_PROTOCOL, "the resolver wants metadata that it never named");
    wanted->asked = true;
    if (r->request->ahead)
        wanted = wait_for_any(r, wanted);
    return answer_metadata(r, job, wanted, err);
}

static int on_certain(struct resolving *r, const json_t *frame, struct err *err)
{
    struct named_source *source = find_source(r, json_integer_value(json_object_get(frame, "id")));

    if (!source)
        return err_set(err, ERR_PROTOCOL, "the resolver is certain of an sdist it never named");
    plan_mark_certain(r->builder->plan, source->build);
    return 0;
}

static int on_sdist(struct resolving *r, const json_t *frame, struct err *err)
{
    json_int_t id = json_integer_value(json_object_get(frame, "id"));
    size_t count = r->sources.count;
    struct source *source = NULL;

    if (id < 1 || (count && id <= r->sources.items[count - 1].id))
        return err_set(err, ERR_PROTOCOL, "the resolver counts its sdists wrongly");
    int ret = source_parse(frame, r->builder->options->image, &source, err);
    if (ret < 0)
        return ret;
    ret = builder_is_locked(r->builder) ? locked_apply(&r->builder->locked, source, err) : 0;
    if (ret < 0) {
        source_free(source);
        return ret;
    }
    bool promised = source->promise != NULL;
    VEC_GROW(&r->sources);
    r->sources.items[r->sources.count++] = (struct named_source){
        .id = id,
        .build = plan_add_build(r->builder->plan, source, r->request->for_env),
        .told = promised,
    };
    return 0;
}

/* ------------------------------------------------------------------------------------- results */

static int take_wheel(struct resolving *r, const json_t *item, struct resolved *out,
                      struct err *err)
{
    auto_free char *file = json_bytes_in(item, "file");
    const char *sha256 = json_text(item, "sha256");

    if (!file || !path_is_below(file, r->staging) || strlen(sha256) != SHA256_HEX - 1)
        return err_set(err, ERR_PROTOCOL, "the resolver named a strange file '%s'",
                       file ? file : "");
    out->wheel.name = xstrdup(path_base(file));
    out->wheel.path = steal(&file);
    out->wheel.project = xstrdup(out->project);
    out->wheel.version = xstrdup(out->version);
    const char *url = builder_is_locked(r->builder)
                          ? locked_url(&r->builder->locked, out->wheel.name)
                          : json_text(item, "url");
    out->wheel.url = url ? xstrdup(url) : NULL;
    memcpy(out->wheel.sha256, sha256, SHA256_HEX);
    return 0;
}

static int take_item(struct resolving *r, const json_t *item, struct err *err)
{
    VEC_GROW(r->result);
    struct resolved *out = &r->result->items[r->result->count++];
    *out = (struct resolved){.project = xstrdup(json_text(item, "name")),
                             .version = xstrdup(json_text(item, "version")),
                             .extras = json_incref(json_object_get(item, "extras")),
                             .yanked = json_bytes_in(item, "yanked")};

    if (str_eq(json_text(item, "kind"), "wheel"))
        return take_wheel(r, item, out, err);
    struct named_source *source = find_source(r, json_integer_value(json_object_get(item, "id")));
    if (!source)
        return err_set(err, ERR_PROTOCOL, "the resolver chose an sdist it never named");
    out->build = source->build;
    return 0;
}

static int on_done(struct resolving *r, const json_t *msg, struct err *err)
{
    const json_t *item;
    size_t i;

    r->done = true;
    r->result->report = json_incref(json_object_get(msg, "report"));
    bases_add(&r->builder->bases, json_object_get(msg, "basis"), !r->request->for_env);
    json_array_foreach(json_object_get(msg, "items"), i, item)
    {
        int ret = take_item(r, item, err);
        if (ret < 0)
            return ret;
    }
    return 0;
}

/* With --keep-going pip went on without what had failed: that may be why it found no solution. */
static void blame_failed_builds(const struct resolving *r, struct err *err)
{
    for (size_t i = 0; r->request->keep_going && i < r->sources.count; i++) {
        const struct named_source *source = &r->sources.items[i];
        auto_err struct err failure = ERR_INIT;
        if (source->asked && plan_failure(r->builder->plan, source->build, &failure) < 0) {
            auto_free char *sides = xstrdup(err->detail ? err->detail : "");
            str_make_line(sides);
            (void)err_wrap(&failure, "%s%s%s", err->message, sides[0] ? ": " : "", sides);
            err_move(err, &failure);
            return;
        }
    }
}

static int on_error(struct resolving *r, const json_t *msg, struct err *err)
{
    const char *kind = json_text(msg, "kind");
    const struct named_source *source =
        find_source(r, json_integer_value(json_object_get(msg, "id")));

    r->done = true;
    if (source) {
        /* the build's own error says more than what pip made of it */
        int ret = plan_failure(r->builder->plan, source->build, err);
        r->result->failed = ret < 0 ? source->build : NULL;
        if (ret < 0)
            return ret;
    }
    auto_free char *message = json_bytes_in(msg, "message");
    (void)err_set(err, kind_to_code(kind), "%s", message ? message : "");
    err_cause(err, kind_to_cause(kind));
    if (str_eq(kind, "network"))
        err_hint(err, "is the index reachable? --no-index with --find-links works without one");
    if (json_text(msg, "detail")[0])
        err_detail(err, json_text(msg, "detail"));
    blame_failed_builds(r, err);
    return err->code;
}

/* pip's own warnings: a missing extra, a yanked version, an index that does not answer at once. */
static void on_warning(const struct resolving *r, const char *said)
{
    if (r->request->for_env)
        log_warn("%s: %s", r->request->what, said);
    else
        log_warn("%s", said);
}

static int on_frame(void *arg, struct job *job, struct frame *frame, bool trusted UNUSED,
                    struct err *err)
{
    struct resolving *r = arg;
    const char *type = json_text(frame->msg, "t");

    if (str_eq(type, "phase"))
        progress_phase(r->builder->progress, r, json_text(frame->msg, "text"));
    else if (str_eq(type, "warning"))
        on_warning(r, json_text(frame->msg, "text"));
    else if (str_eq(type, "url"))
        plan_note_url(r->builder->plan, json_text(frame->msg, "name"));
    else if (str_eq(type, "options") && json_text(frame->msg, "wheel_dir")[0])
        r->result->wheel_dir = json_bytes_in(frame->msg, "wheel_dir");
    else if (str_eq(type, "sdist"))
        return on_sdist(r, frame->msg, err);
    else if (str_eq(type, "want"))
        return on_want(r, job, frame->msg, err);
    else if (str_eq(type, "certain"))
        return on_certain(r, frame->msg, err);
    else if (str_eq(type, "done"))
        return on_done(r, frame->msg, err);
    else if (str_eq(type, "error"))
        return on_error(r, frame->msg, err);
    return 0;
}

/* ------------------------------------------------------------------------------------- request */

/* What the user shows to builds may be shown of what lies around a local project, too. */
static json_t *binds_of_user(const struct wheel_options *options)
{
    json_t *list = json_array();

    for (size_t i = 0; i < options->binds.count; i++) {
        auto_free char *path = wheel_bind_path(options->binds.items[i], NULL);
        (void)json_array_append_new(list, json_bytes(path));
    }
    return list;
}

/*
 * The user names files by descriptors as well: -r /dev/stdin, -c <(...). Only the resolver of the
 * user's own requirements gets them, under the numbers that they have here, and no build.
 */
static void find_inherited(struct resolving *r)
{
    size_t count;

    if (r->request->for_env)
        return;
    count = fds_inherited(r->inherited, JOB_MAX_FDS);
    r->inherited_count = count < JOB_MAX_FDS ? count : JOB_MAX_FDS;
    if (count > r->inherited_count)
        log_warn("truewheel was started with %zu open descriptors: requirements can be read from "
                 "the first %zu of them, up to number %d",
                 count, r->inherited_count, r->inherited[r->inherited_count - 1]);
}

static json_t *list_inherited(const struct resolving *r)
{
    json_t *numbers = json_array();

    for (size_t i = 0; i < r->inherited_count; i++)
        (void)json_array_append_new(numbers, json_integer(r->inherited[i]));
    return numbers;
}

/* By --python or PIP_PYTHON, which count more than pip's configuration; Bazel's rules say it all. */
static bool is_named(const struct resolving *r)
{
    const char *by = r->builder->environment.named_by;

    return !r->builder->options->activated || (by && !str_eq(by, "VIRTUAL_ENV"));
}

static json_t *make_request(const struct resolving *r)
{
    const struct resolve_request *request = r->request;
    auto_free char *cwd = getcwd(NULL, 0);
    auto_free char *kept = xasprintf("%s/kept", r->builder->dir);
    json_t *args = json_from_strings(&request->args);
    bool root = !request->for_env;
    const char *prefix = r->builder->environment.prefix;

    return json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:s, s:b, s:b, s:b, s:o, s:o, s:o, s:b, s:o, s:O*, s:{s:o}}",
        "op", "resolve", "args", args, "staging", json_bytes(r->staging), "kept", json_bytes(kept),
        "cwd", json_bytes(cwd ? cwd : "/"), "purpose", root ? "root" : "build", "ahead",
        request->ahead, "keep_going", request->keep_going, "from_source", request->from_source,
        "inherited", list_inherited(r), "allow_urls",
        json_from_strings(&r->builder->options->allow_url), "prefix",
        json_bytes(prefix ? prefix : ""), "python_named", is_named(r), "binds",
        binds_of_user(r->builder->options), "settings", r->builder->settings, "environ", "TMPDIR",
        json_bytes(r->staging));
}

static int make_staging(struct resolving *r, struct err *err)
{
    int ret = builder_new_dir(r->builder, "resolve", &r->staging, err);

    if (ret < 0)
        return ret;
    auto_free char *log = xasprintf("%s.log", r->staging);
    return job_log_open(&r->log, log, err);
}

int resolve_run(struct builder *builder, const struct resolve_request *request,
                struct resolution *ret_resolution, struct err *err)
{
    struct resolving r = {
        .builder = builder, .request = request, .result = ret_resolution, .log = JOB_LOG_INIT};
    int ret = make_staging(&r, err);

    find_inherited(&r);
    if (ret == 0) {
        json_t *msg = make_request(&r);
        struct job_spec spec = {
            .engine = &builder->engine,
            .request = msg,
            .log = &r.log,
            .fds = r.inherited,
            .fd_count = r.inherited_count,
            .cancel = &builder->cancel,
            .on_frame = on_frame,
            .arg = &r,
        };
        progress_begin(builder->progress, PROGRESS_RESOLVER, &r, request->what, "resolving");
        ret = job_run(&spec, err);
        progress_end(builder->progress, &r);
        json_decref(msg);
    }
    if (ret == 0 && !r.done) {
        auto_free char *lines = job_log_last_lines(&r.log, 20);
        ret = err_set(err, ERR_PROTOCOL, "the resolver died");
        err_detail(err, lines);
    }
    job_log_release(&r.log);
    free(r.staging);
    free(r.sources.items);
    return ret;
}

void resolution_release(struct resolution *resolution)
{
    for (size_t i = 0; i < resolution->count; i++) {
        struct resolved *item = &resolution->items[i];
        free(item->project);
        free(item->version);
        free(item->yanked);
        json_decref(item->extras);
        wheel_file_release(&item->wheel);
    }
    free(resolution->items);
    free(resolution->wheel_dir);
    json_decref(resolution->report);
    *resolution = (struct resolution){0};
}
