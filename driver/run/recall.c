/* An earlier run's answer, checked and delivered once more. */
#include "run/recall.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/json.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "system/publish.h"
#include "inputs/listing.h"
#include "store/runs.h"
#include "run/delivery.h"
#include "run/engine_state.h"
#include "run/look_around.h"
#include "run/mode.h"
#include "run/remembered.h"
#include "run/run_key.h"

/* Why an answer does not hold: an error of this kind sends the run the long way. */
static int differs(struct err *err, const char *what)
{
    return err_set(err, ERR_BUILD, "%s", what);
}

/* --------------------------------------------------------------------------------- what it rests on */

static int check_files(struct builder *b, const json_t *files, struct err *err)
{
    const char *path;
    json_t *was;

    json_object_foreach((json_t *)files, path, was)
    {
        int64_t newest_ns = 0;
        json_t *is = remembered_file(&b->digests, path, &newest_ns);
        bool same = json_equal(is, was);
        json_decref(is);
        if (!same)
            return err_set(err, ERR_BUILD, "'%s' was changed", path);
    }
    return 0;
}

static int check_directories(const json_t *directories, struct err *err)
{
    const char *path;
    json_t *was;

    json_object_foreach((json_t *)directories, path, was)
    {
        char hex[SHA256_HEX];
        int64_t newest_ns;
        int ret = listing_stamp(path, hex, &newest_ns, err);
        if (ret < 0)
            return ret;
        if (!str_eq(hex, json_string_value(was) ? json_string_value(was) : ""))
            return err_set(err, ERR_BUILD, "what is in '%s' was changed", path);
    }
    return 0;
}

static int check_engine(struct builder *b, const struct remembered *r, struct err *err)
{
    json_t *state = NULL;
    int ret = engine_state(b->environment.python, b->options, &b->digests, &state, err);
    bool same = ret == 0 && json_equal(state, json_object_get(r->facts, "state"));

    json_decref(state);
    if (ret == 0 && !same)
        ret = differs(err, "truewheel, its Python or its pip was changed");
    return ret;
}

static int check_machine(struct builder *b, const struct remembered *r, struct err *err)
{
    const struct interpreter_facts facts = {
        .version = json_text(r->facts, "version"),
        .tag = json_text(r->facts, "tag"),
        .executable = json_text(r->facts, "executable"),
        .prefix = json_text(r->facts, "prefix"),
        .config = json_text(r->facts, "config"),
        .shim = json_text(r->facts, "shim"),
        .guest = json_text(r->facts, "guest"),
        .pip = json_text(r->facts, "pip"),
    };
    char hex[SHA256_HEX];
    int ret = look_at_machine(b, -1, err);

    if (ret == 0)
        ret = look_at_interpreter(b, &facts, err);
    if (ret < 0)
        return ret;
    key_digest(&b->machine, hex);
    return str_eq(hex, r->machine) ? 0 : differs(err, "this machine was changed");
}

/* What was built in a sandbox serves every run; without one, only a run that would have none either. */
static int check_mode(struct builder *b, const struct remembered *r, struct err *err)
{
    if (str_eq(r->mode, sandbox_mode_name(SANDBOX_NAMESPACES)))
        return 0;
    b->root = xstrdup(b->options->build_root ? b->options->build_root : DEFAULT_BUILD_ROOT);
    int ret = sandbox_probe(b->root, -1, &b->caps, err);
    if (ret == 0)
        ret = mode_choose(b, err);
    if (ret == 0 && !str_eq(r->mode, sandbox_mode_name(b->mode)))
        ret = differs(err, "its builds had no sandbox");
    return ret;
}

static int check_all(struct builder *b, const struct remembered *r, struct err *err)
{
    if (!r->closed && !b->options->offline)
        return differs(err, "an index may have another answer today");
    int ret = check_files(b, r->files, err);
    if (ret == 0)
        ret = check_directories(r->directories, err);
    if (ret == 0)
        ret = environment_find(b->options->python, b->options->activated, &b->environment, err);
    if (ret == 0)
        ret = check_engine(b, r, err);
    if (ret == 0)
        ret = check_machine(b, r, err);
    return ret == 0 ? check_mode(b, r, err) : ret;
}

/* ------------------------------------------------------------------------------------------ delivery */

static bool has_bytes(int fd, const char *sha256)
{
    char hex[SHA256_HEX];

    return sha256_hex_fd(fd, hex, NULL) == 0 && str_eq(hex, sha256);
}

/* Whether the wheel lies in its place already, as publish_file would leave it. */
static bool is_in_place(int dir, const struct record_item *item)
{
    auto_close int fd =
        dir < 0 ? -1 : openat(dir, item->file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;

    return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 07777) == 0644 &&
           has_bytes(fd, item->sha256);
}

/* Notes that the entry was used, so that what is asked for each day is not cleaned away. */
static int open_stored(struct builder *b, const struct record_item *item, int *ret_fd,
                       struct err *err)
{
    auto_close int entry = -1;
    int ret = item->build && strlen(item->build->key) == SHA256_HEX - 1
                  ? store_entry_open(&b->store, STORE_WHEELS, item->build->key, &entry, err)
                  : -ENOENT;

    *ret_fd = ret == 0 ? openat(entry, item->file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (*ret_fd >= 0)
        return 0;
    return err_set(err, ERR_BUILD, "%s %s is not in the store", item->name, item->version);
}

/* Nothing is put anywhere before all of it is known to be there, and whole. */
static int check_wheels(struct builder *b, int dir, const struct run_record *record, bool *in_place,
                        struct err *err)
{
    for (size_t i = 0; i < record->wheels.count; i++) {
        const struct record_item *item = &record->wheels.items[i];
        auto_close int fd = -1;
        if (!path_is_safe_member(item->file, strlen(item->file)) || strchr(item->file, '/'))
            return differs(err, "a wheel has a strange name");
        in_place[i] = is_in_place(dir, item);
        if (in_place[i] && !item->build)
            continue;
        auto_err struct err why = ERR_INIT;
        int ret = open_stored(b, item, &fd, &why);
        if (in_place[i])
            continue;
        if (ret < 0) {
            err_move(err, &why);
            return ret;
        }
        if (!has_bytes(fd, item->sha256))
            return err_set(err, ERR_BUILD, "%s in the store is damaged", item->file);
    }
    return 0;
}

static int put_wheels(struct builder *b, const char *dir, const struct run_record *record,
                      const bool *in_place, struct err *err)
{
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < record->wheels.count; i++) {
        auto_close int fd = -1;
        if (in_place[i])
            continue;
        ret = open_stored(b, &record->wheels.items[i], &fd, err);
        if (ret == 0)
            ret = publish_file(dir, record->wheels.items[i].file, fd, NULL, err);
    }
    return ret;
}

static int deliver(struct builder *b, const char *wheel_dir, struct outcome *outcome,
                   struct err *err)
{
    const struct run_record *record = &outcome->record;
    auto_free bool *in_place = xcalloc(record->wheels.count, sizeof(bool));
    auto_close int dir = open(wheel_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int ret = check_wheels(b, dir, record, in_place, err);

    if (ret == 0)
        ret = delivery_make_dir(outcome, wheel_dir, err);
    if (ret == 0)
        ret = put_wheels(b, wheel_dir, record, in_place, err);
    for (size_t i = 0; ret == 0 && i < record->wheels.count; i++) {
        record->wheels.items[i].from_store = record->wheels.items[i].build != NULL;
        outcome->unchanged += in_place[i];
    }
    return ret;
}

/* ------------------------------------------------------------------------------------------ the whole */

static int answer(struct builder *b, const char *digest, const struct remembered *r,
                  struct outcome *outcome, struct err *err)
{
    const char *dir = b->options->wheel_dir ? b->options->wheel_dir : r->wheel_dir;
    int ret = check_all(b, r, err);

    if (ret == 0)
        ret = run_record_from_json(r->record, &outcome->record, err);
    if (ret == 0)
        ret = deliver(b, dir ? dir : ".", outcome, err);
    if (ret == 0 && b->options->report)
        outcome->report = stored_run_report(&b->store, digest);
    if (ret == 0)
        progress_say(b->progress, MOOD_PLAIN,
                     "nothing has changed since the run of %s: its answer holds "
                     "(--ask-again resolves anew)",
                     r->began);
    return ret;
}

static int find(struct builder *b, char digest[SHA256_HEX], struct remembered *ret, struct err *err)
{
    json_t *about = NULL;

    run_key(b->options, digest);
    int found =
        store_is_open(&b->store) ? stored_run_find(&b->store, digest, &about, err) : -ENOENT;
    if (found == -ENOENT)
        return differs(err, "no run is known that was asked the same");
    if (found == 0)
        found = remembered_from_json(about, ret, err);
    json_decref(about);
    return found;
}

static int try(struct builder *b, struct outcome *outcome, struct err *err)
{
    struct remembered r = {0};
    char digest[SHA256_HEX];
    int ret = look_for_store(b, 0, -1, err);

    if (ret == 0)
        ret = find(b, digest, &r, err);
    if (ret == 0)
        ret = answer(b, digest, &r, outcome, err);
    remembered_release(&r);
    return ret;
}

/* What is wanted besides wheels and records only the long way has. */
static bool may_be_short(const struct wheel_options *options)
{
    return !options->ask_again && !options->refresh.count && !options->log_dir &&
           !options->pip_log && !options->no_cache && !options->lock && !options->locked;
}

static int has_no_other_way(const struct err *why, struct err *err)
{
    int ret = err_set(err, ERR_NOT_FOUND, "--offline: %s", why->message);

    err_hint(err, "the same command without --offline asks the index, and builds what is missing");
    return ret;
}

static void release(struct builder *b)
{
    keep_digests(b);
    environment_release(&b->environment);
    sandbox_caps_release(&b->caps);
    key_release(&b->machine);
    digests_release(&b->digests);
    store_close(&b->store);
    free(b->root);
}

int recall_run(const struct wheel_options *options, struct progress *progress,
               struct outcome *ret_outcome, struct err *err)
{
    auto_err struct err why = ERR_INIT;
    struct builder b = BUILDER_INIT;

    b.options = options;
    b.progress = progress;
    int ret = may_be_short(options)
                  ? try(&b, ret_outcome, &why)
                  : differs(&why, "--ask-again, --refresh, --log, --log-dir, --no-cache "
                                  "and lock files want another one");
    release(&b);
    if (ret == 0)
        return 1;
    outcome_release(ret_outcome);
    if (options->offline)
        return has_no_other_way(&why, err);
    log_debug("the long way: %s", why.message);
    return 0;
}
