/* Wheels built once more and compared. */
#include "verify/verify.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/str.h"
#include "compare/compare.h"
#include "system/tmp.h"
#include "verify/rebuild.h"

const char *verdict_text(enum verdict verdict)
{
    static const char *const texts[] = {"proven", "differs", "cannot be rebuilt", "from the index"};

    return texts[verdict];
}

const char *verdict_id(enum verdict verdict)
{
    static const char *const ids[] = {"proven", "differs", "not-rebuilt", "index"};

    return ids[verdict];
}

void verification_release(struct verification *verification)
{
    for (size_t i = 0; i < verification->wheels.count; i++) {
        struct verified *wheel = &verification->wheels.items[i];
        free(wheel->file);
        free(wheel->path);
        free(wheel->job_dir);
        free(wheel->why);
        comparison_release(&wheel->comparison);
    }
    free(verification->wheels.items);
    json_decref(verification->changed);
    json_decref(verification->kept);
    *verification = (struct verification)VERIFICATION_INIT;
}

size_t verification_count(const struct verification *verification, enum verdict verdict)
{
    size_t count = 0;

    for (size_t i = 0; i < verification->wheels.count; i++)
        count += verification->wheels.items[i].verdict == verdict;
    return count;
}

static void decide(struct verified *wheel, enum verdict verdict, char *why)
{
    wheel->verdict = verdict;
    free(wheel->why);
    wheel->why = why;
}

static struct verified *add_wheel(struct verification *v, const char *path)
{
    VEC_GROW(&v->wheels);
    struct verified *wheel = &v->wheels.items[v->wheels.count++];

    *wheel = (struct verified){.file = xstrdup(path_base(path)), .path = xstrdup(path)};
    return wheel;
}

/* ------------------------------------------------------------------------------------- one wheel */

/* A wheel's file, the recorded one or the new one. */
struct side {
    int fd; /* -1: there is none */
    char sha256[SHA256_HEX];
    const struct run_record *record;
};

static int open_side(const char *path, struct side *side, struct err *err)
{
    struct stat st;

    side->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (side->fd < 0 && errno == ENOENT)
        return 0;
    if (side->fd < 0 || fstat(side->fd, &st) < 0)
        return err_errno(err, errno, "cannot open '%s'", path);
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_FORMAT, "'%s' is not a regular file", path);
    return sha256_hex_fd(side->fd, side->sha256, err);
}

static int compare(struct verified *wheel, const struct side *a, const struct side *b,
                   struct err *err)
{
    const struct compared_wheel wheels[] = {
        {.fd = a->fd, .file = wheel->file, .record = a->record},
        {.fd = b->fd, .file = wheel->file, .record = b->record},
    };
    auto_err struct err why = ERR_INIT;
    int ret = compare_wheels(&wheels[0], &wheels[1], &wheel->comparison, &why);

    if (ret == -ERR_FORMAT) { /* one of them is damaged: that is the difference */
        decide(wheel, VERDICT_DIFFERS, steal(&why.message));
        return 0;
    }
    if (ret < 0)
        err_move(err, &why);
    return ret;
}

/* Of a wheel that is here, or of which the record alone tells. */
static int judge(struct verified *wheel, const struct record_item *item, const struct side *a,
                 const struct side *b, struct err *err)
{
    const char *was = a->fd >= 0 ? a->sha256 : item->sha256;
    bool altered = !str_eq(was, item->sha256);

    if (str_eq(b->sha256, was)) {
        decide(wheel, altered ? VERDICT_DIFFERS : VERDICT_PROVEN,
               altered ? xstrdup("what it is built to is not what its record says") : NULL);
        return 0;
    }
    decide(wheel, VERDICT_DIFFERS, NULL);
    if (a->fd < 0) {
        decide(wheel, VERDICT_DIFFERS,
               xasprintf("its sha256 is %s now, not %s, and the recorded wheel is not here to be "
                         "compared",
                         b->sha256, item->sha256));
        return 0;
    }
    int ret = compare(wheel, a, b, err);
    if (ret == 0 && altered) {
        const char *built = str_eq(b->sha256, item->sha256) ? ", to which it is built" : "";
        decide(wheel, VERDICT_DIFFERS,
               xasprintf("it was changed after it was built: its record says another sha256%s",
                         built));
    }
    return ret;
}

/* ------------------------------------------------------------------------- what was built once more */

static const struct record_item *find_rebuilt(const struct run_record *record, const char *job_dir)
{
    for (size_t i = 0; i < record->wheels.count; i++)
        if (record->wheels.items[i].build && str_eq(record->wheels.items[i].build->path, job_dir))
            return &record->wheels.items[i];
    return NULL;
}

static char *why_not_built(const struct record_item *item, const struct child_result *result)
{
    const char *lost = json_string_value(json_object_get(result->lost, item->build->path));

    if (lost)
        return xstrdup(lost);
    for (size_t i = 0; i < result->record.failures.count; i++) {
        const struct record_failure *failure = &result->record.failures.items[i];
        if (str_eq(failure->name, item->name) ||
            (!failure->name && strstr(failure->message, item->build->source.url)))
            return xasprintf("%s%s%s", failure->message, failure->log ? "; its log: " : "",
                             failure->log ? failure->log : "");
    }
    return xstrdup("it was not built");
}

/* A directory or a checkout need not be what it was. */
static bool has_other_source(const struct record_item *item, const struct record_item *now)
{
    return !str_eq(item->build->source.sha256, now->build->source.sha256);
}

static int verify_built(struct verified *wheel, const struct wheel_group *group,
                        const struct record_item *item, const struct child_result *result,
                        const char *built_dir, struct err *err)
{
    const struct record_item *now = find_rebuilt(&result->record, item->build->path);
    struct side sides[] = {{.fd = -1, .record = &group->record},
                           {.fd = -1, .record = &result->record}};

    if (!now || json_object_get(result->lost, item->build->path)) {
        decide(wheel, VERDICT_CANNOT, why_not_built(item, result));
        return 0;
    }
    if (has_other_source(item, now)) {
        decide(wheel, VERDICT_CANNOT,
               xasprintf("its source is another one now: %s", now->build->source.url));
        return 0;
    }
    auto_free char *path = path_join(built_dir, now->file);
    int ret = open_side(wheel->path, &sides[0], err);
    if (ret == 0)
        ret = open_side(path, &sides[1], err);
    if (ret == 0 && sides[1].fd < 0)
        ret = err_set(err, ERR_PROTOCOL, "'%s' is not there", path);
    if (ret == 0)
        ret = judge(wheel, item, &sides[0], &sides[1], err);
    close_fd(&sides[0].fd);
    close_fd(&sides[1].fd);
    return ret;
}

/* Nothing of it was built here: it is the recorded file, or it is not. */
static int verify_taken(struct verified *wheel, const struct record_item *item, struct err *err)
{
    struct side side = {.fd = -1};
    int ret = open_side(wheel->path, &side, err);

    if (ret == 0 && side.fd < 0)
        decide(wheel, VERDICT_CANNOT, xstrdup("it comes from an index, and is not here"));
    else if (ret == 0 && !str_eq(side.sha256, item->sha256))
        decide(wheel, VERDICT_DIFFERS,
               xasprintf("it is not the wheel of the index: sha256 %s, not %s", side.sha256,
                         item->sha256));
    else
        decide(wheel, VERDICT_TAKEN, NULL);
    close_fd(&side.fd);
    return ret;
}

/* ---------------------------------------------------------------------------------------- groups */

static bool is_safe_name(const char *file)
{
    return path_is_safe_member(file, strlen(file)) && !strchr(file, '/');
}

static bool has_builds(const struct run_record *record)
{
    for (size_t i = 0; i < record->wheels.count; i++)
        if (record->wheels.items[i].build)
            return true;
    return false;
}

static void note_axes(struct verification *v, const struct child_result *result)
{
    if (!v->changed)
        v->changed = json_incref(result->changed);
    if (!v->kept)
        v->kept = json_incref(result->kept);
    if (!v->signal)
        v->signal = result->signal;
}

static int verify_item(struct verification *v, const struct wheel_group *group,
                       const struct record_item *item, const struct child_result *result,
                       const char *built_dir, struct err *err)
{
    if (!is_safe_name(item->file))
        return err_set(err, ERR_FORMAT, "the record names a strange file '%s'", item->file);
    auto_free char *path = path_join(group->dir, item->file);
    struct verified *wheel = add_wheel(v, path);
    if (!item->build)
        return verify_taken(wheel, item, err);
    wheel->job_dir = xstrdup(item->build->path);
    return verify_built(wheel, group, item, result, built_dir, err);
}

/* What cannot be built at all is said of each wheel: another group may be another Python's. */
static void cannot(const struct wheel_group *group, const char *why, struct child_result *result)
{
    if (!result->lost)
        result->lost = json_object();
    for (size_t i = 0; i < group->record.wheels.count; i++) {
        const struct record_item *item = &group->record.wheels.items[i];
        if (item->build && !json_object_get(result->lost, item->build->path))
            (void)json_object_set_new(result->lost, item->build->path, json_readable(why));
    }
}

static int verify_group(const struct verify_spec *spec, const struct wheel_group *group,
                        const char *dir, struct verification *v, struct err *err)
{
    const struct rebuild_spec again = {.record = &group->record,
                                       .given = spec->given,
                                       .trusted = spec->trusted,
                                       .axes = spec->axes,
                                       .dir = dir,
                                       .run = spec->run,
                                       .arg = spec->arg};
    struct child_result result = {0};
    auto_err struct err why = ERR_INIT;
    auto_free char *built_dir = path_join(dir, "wheels");
    int ret = 0;

    if (has_builds(&group->record) && rebuild(&again, &result, &why) < 0)
        cannot(group, why.message, &result);
    note_axes(v, &result);
    for (size_t i = 0; ret == 0 && !v->signal && i < group->record.wheels.count; i++)
        ret = verify_item(v, group, &group->record.wheels.items[i], &result, built_dir, err);
    child_result_release(&result);
    return ret;
}

static int verify_groups(const struct verify_spec *spec, const struct wheelhouse *house,
                         const char *dir, struct verification *v, struct err *err)
{
    int ret = 0;

    for (size_t i = 0; ret == 0 && !v->signal && i < house->count; i++) {
        auto_free char *own = xasprintf("%s/%zu", dir, i);
        ret = verify_group(spec, &house->items[i], own, v, err);
    }
    for (size_t i = 0; ret == 0 && !v->signal && i < house->unrecorded.count; i++)
        decide(add_wheel(v, house->unrecorded.items[i]), VERDICT_CANNOT,
               xstrdup("it has no record (wheel --record-beside, --record)"));
    return ret;
}

int verify_wheelhouse(const struct verify_spec *spec, const struct wheelhouse *house,
                      struct verification *ret_verification, struct err *err)
{
    struct tmp_dir tmp = TMP_DIR_INIT;
    int ret = tmp_dir_create(&tmp, -1, err);

    if (ret == 0)
        ret = verify_groups(spec, house, tmp.path, ret_verification, err);
    tmp_dir_release(&tmp);
    return ret;
}

/* ----------------------------------------------------------------------------------------- locks */

static int build_locked(const struct verify_spec *spec, const char *lock, const char *dir,
                        struct child_result *ret_result, struct err *err)
{
    struct wheel_options options = *spec->given;
    auto_free char *wheels = path_join(dir, "locked");
    const struct child_run child = {
        .options = &options, .dir = dir, .run = spec->run, .arg = spec->arg};

    options.locked = lock;
    options.wheel_dir = wheels;
    options.keep_going = options.other_bytes = true;
    return child_run(&child, ret_result, err);
}

static void add_failures(const struct run_record *record, struct verification *v)
{
    for (size_t i = 0; i < record->failures.count; i++) {
        const struct record_failure *failure = &record->failures.items[i];
        decide(add_wheel(v, failure->name ? failure->name : "?"), VERDICT_CANNOT,
               xstrdup(failure->message));
    }
}

/* What is not the locked wheel is no less so for being the same twice. */
static void mark_others(const json_t *others, struct verification *v)
{
    for (size_t i = 0; i < v->wheels.count; i++) {
        struct verified *wheel = &v->wheels.items[i];
        const char *why =
            wheel->job_dir ? json_string_value(json_object_get(others, wheel->job_dir)) : NULL;
        if (why)
            decide(wheel, VERDICT_DIFFERS, xstrdup(why));
    }
}

static int verify_locked(const struct verify_spec *spec, const char *lock, const char *dir,
                         struct verification *v, struct err *err)
{
    struct child_result result = {0};
    struct wheelhouse house = WHEELHOUSE_INIT;
    struct verify_spec own = *spec;
    auto_free char *wheels = path_join(dir, "locked");
    int ret = build_locked(spec, lock, dir, &result, err);

    v->signal = result.signal;
    if (ret == 0 && !v->signal) {
        add_failures(&result.record, v);
        wheelhouse_add_record(&house, &result.record, wheels);
        own.trusted = true; /* it is the record of a run of ours */
        ret = verify_groups(&own, &house, dir, v, err);
        mark_others(result.others, v);
    }
    wheelhouse_release(&house);
    child_result_release(&result);
    return ret;
}

int verify_lock(const struct verify_spec *spec, const char *lock,
                struct verification *ret_verification, struct err *err)
{
    struct tmp_dir tmp = TMP_DIR_INIT;
    int ret = tmp_dir_create(&tmp, -1, err);

    if (ret == 0)
        ret = verify_locked(spec, lock, tmp.path, ret_verification, err);
    tmp_dir_release(&tmp);
    return ret;
}
