/* Whether what a build left is the wheel that was asked for, and its normal form. */
#include "build/attempt.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/io.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "wheel/normal.h"
#include "wheel/pep508.h"
#include "wheel/wheel.h"
#include "build/promise.h"

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
        return err_set(err, ERR_BUILD,
                       "the backend wrote something beside its wheel, or the wheel "
                       "is not a regular file");
    return 0;
}

/*
 * The backend's list comes from inside: it is about to be given to a resolver that has network and
 * credentials, so it must be requirements, and few (the plan looks for files of this machine among
 * them); and a second list would go on for ever.
 */
static int judge_missing(const struct attempt *a, struct err *err)
{
    enum { MAX_COUNT = 200, MAX_BYTES = 1024 };
    const struct strv *list = &a->missing;

    if (a->build->requires_final)
        return err_set(err, ERR_BUILD,
                       "build requirements are still missing after they were installed");
    if (!list->count || list->count > MAX_COUNT)
        return err_set(err, ERR_BUILD, "the backend asked for %zu build requirements", list->count);
    for (size_t i = 0; i < list->count; i++) {
        auto_requirement struct requirement parsed = REQUIREMENT_INIT;
        if (strlen(list->items[i]) > MAX_BYTES ||
            requirement_parse(&parsed, list->items[i], NULL) < 0)
            return err_set(err, ERR_BUILD,
                           "the backend asked for '%.200s', which is no requirement",
                           list->items[i]);
    }
    return 0;
}

/* What the inside says that went wrong. */
static int judge_error(const struct attempt *a, struct err *err)
{
    int ret = err_set(err, ERR_BUILD, "%s", a->error);

    if (a->lacks_installed)
        err_hint(err, "install them for %s, or build without --no-build-isolation",
                 a->builder->environment.prefix ? a->builder->environment.prefix
                                                : engine_fact(&a->builder->engine, "executable"));
    return ret;
}

static int judge_end(const struct attempt *a, struct err *err)
{
    if (a->error)
        return judge_error(a, err);
    if (!a->ended)
        return err_set(err, ERR_PROTOCOL, "the build's supervisor died");
    if (a->signal)
        return err_set(err, ERR_BUILD, "killed by signal %d (%s)", a->signal, strsignal(a->signal));
    if (a->status)
        return err_set(err, ERR_BUILD, "the build ended with status %d", a->status);
    if (a->saw_missing)
        return judge_missing(a, err);
    return judge_files(a, err);
}

/* The build may still have failed for another reason: both are said, the earlier one first. */
static void blame_crates(const struct attempt *a, struct err *err)
{
    static const char failed[] = "failed: ";

    if (!a->result.crates || !str_starts(a->result.crates, failed))
        return;
    err_wrap(err, "crates could not be fetched: %s; the build without them",
             a->result.crates + strlen(failed));
    if (!err->hint)
        err_hint(err,
                 "crates are fetched before the hooks, with your cargo configuration and proxies: "
                 "see that 'cargo fetch' works for you");
}

/* What the kernel did for lack of memory shows in the build as a signal, or as a program that failed. */
static void blame_memory(const struct attempt *a, struct err *err)
{
    auto_free char *max = budget_text(a->builder->budget.max_bytes);

    if (!a->oom_kills)
        return;
    if (a->spec.cgroup) {
        err_wrap(err, "out of memory: the builds used more than %s (--memory)", max);
        err->code = -ERR_RESOURCE;
    }
    if (!err->hint)
        err_hint(err, "%s",
                 a->spec.cgroup ? "--memory SIZE lets builds use more; -j runs fewer at once"
                                : "the kernel ended processes for lack of memory while it ran; -j "
                                  "runs fewer builds "
                                  "at once, --memory bounds what they use");
}

int attempt_judge(const struct attempt *a, struct err *err)
{
    int ret = judge_end(a, err);

    if (ret == 0)
        return 0;
    blame_memory(a, err);
    blame_crates(a, err);
    return err_negative(err->code);
}

static const char *wheel_name_in(const struct attempt *a)
{
    for (size_t i = 0; i < a->files.count; i++)
        if (str_ends(a->files.items[i], ".whl"))
            return a->files.items[i];
    BUG("no wheel after judge");
}

/* What the resolver decided on is what has to be delivered. */
static int check_told(const struct attempt *a, const struct wheel *wheel, const char *name,
                      struct err *err)
{
    auto_metadata struct metadata told = METADATA_INIT;
    auto_free char *text = plan_metadata(a->builder->plan, a->build);
    bool promised = a->build->source->promise != NULL;

    if (!text || metadata_parse(text, strlen(text), &told, NULL) < 0 ||
        wheel_name_matches(&wheel->name, told.name, told.version))
        return 0;
    return err_set(err, ERR_BUILD, "%s %.100s %.100s, but %s wrote '%s'",
                   promised ? "the sdist's PKG-INFO promised" : "the backend prepared metadata of",
                   told.name, told.version, promised ? "the backend" : "it", name);
}

/* A wheel that is not what was asked for would be delivered under a false name. */
static int check_wheel(const struct attempt *a, const struct wheel *wheel, const char *name,
                       struct err *err)
{
    const struct source *source = a->build->source;
    const json_t *markers = json_object_get(a->builder->engine.greeting, "markers");

    if (source->name[0] && !wheel_dist_equal(wheel->name.dist, source->name))
        return err_set(err, ERR_BUILD, "the backend wrote a wheel of another project: '%s'", name);
    int ret = check_told(a, wheel, name, err);
    if (ret == 0 && source->promise)
        ret = promise_check(source->promise, &wheel->metadata, markers, err);
    return ret;
}

/* Opens the wheel, once for all that is to be known of it. */
static int open_wheel(const struct attempt *a, const char *name, struct wheel *ret_wheel,
                      struct err *err)
{
    if (a->wheel_name && !str_eq(a->wheel_name, name))
        return err_set(err, ERR_BUILD, "the backend named '%s' but wrote '%s'", a->wheel_name,
                       name);
    int ret = wheel_open(a->wheel_fd, name, ret_wheel, err);
    return ret < 0 ? err_wrap(err, "the backend wrote '%s'", name) : 0;
}

static void say_notes(const struct attempt *a, const struct wheel *wheel, const char *name)
{
    for (size_t i = 0; i < wheel->notes.count; i++)
        log_warn("%s: '%s': %s", a->build->label, name, wheel->notes.items[i]);
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

static int write_normal(const struct attempt *a, const struct wheel *wheel, int out,
                        struct normal_result *result, struct err *err)
{
    const struct normal_options options = {
        .trust_record = true, .run = pool_spread, .pool = a->builder->pool};

    progress_phase(a->builder->progress, a, "normal form");
    return guard_is_off("normal-form") ? leave_as_it_is(a->wheel_fd, out, result, err)
                                       : normal_form_of(wheel, out, &options, result, err);
}

static int write_wheel(const struct attempt *a, const struct wheel *wheel, const char *name,
                       struct wheel_file *ret_wheel, struct err *err)
{
    auto_free char *dir = NULL;
    struct normal_result result = {0};
    int ret = builder_new_dir(a->builder, "built", &dir, err);

    if (ret < 0)
        return ret;
    auto_free char *path = path_join(dir, name);
    auto_close int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_errno(err, errno, "cannot create '%s'", path);
    ret = write_normal(a, wheel, fd, &result, err);
    if (ret < 0)
        return err_wrap(err, "'%s'", name);
    *ret_wheel = (struct wheel_file){
        .name = xstrdup(name),
        .path = steal(&path),
        .project = xstrdup(wheel->name.dist),
        .version = xstrdup(wheel->name.version),
    };
    memcpy(ret_wheel->sha256, result.sha256, SHA256_HEX);
    return 0;
}

int attempt_normalise(struct attempt *a, struct wheel_file *ret_wheel, struct err *err)
{
    auto_wheel struct wheel wheel = WHEEL_INIT;
    const char *name = wheel_name_in(a);
    int ret = open_wheel(a, name, &wheel, err);

    if (ret == 0)
        ret = check_wheel(a, &wheel, name, err);
    if (ret < 0)
        return ret;
    say_notes(a, &wheel, name);
    return write_wheel(a, &wheel, name, ret_wheel, err);
}
