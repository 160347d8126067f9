/* What a run has built, proven. */
#include "verify/prove.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "store/proofs.h"

static bool wants_store(const struct wheel_options *options)
{
    const char *variable = getenv("TRUEWHEEL_NO_CACHE");

    return !options->no_cache && !(variable && variable[0]);
}

/* Without one, what was proven before is not known, and is proven again. */
static void open_store(const struct wheel_options *options, struct store *store)
{
    const struct lock_wait wait = {.deadline_ms = DEADLINE_NEVER, .cancel_fd = -1};
    auto_err struct err err = ERR_INIT;
    bool named = false;

    if (!wants_store(options))
        return;
    auto_free char *place = store_place(NULL, &named);
    if (place && store_open(store, place, named, &wait, &err) < 0)
        log_warn("%s; proofs are neither known nor kept", err.message);
}

/* Only of what the store gave: what was built anew is proven anew. */
static void recall_proofs(struct store *store, struct run_record *record)
{
    for (size_t i = 0; store_is_open(store) && i < record->wheels.count; i++) {
        struct record_item *item = &record->wheels.items[i];
        if (item->from_store && item->build)
            item->build->proof = stored_proof_find(store, item->build->key, item->sha256);
    }
}

static void keep_proof(struct store *store, const struct record_item *item)
{
    auto_err struct err err = ERR_INIT;

    if (store_is_open(store) && store->writable &&
        stored_proof_put(store, item->build->key, item->sha256, item->build->proof, &err) < 0)
        log_warn("the proof of %s is not kept: %s", item->file, err.message);
}

/* The record without what needs no proof. */
static int make_house(const struct run_record *record, const char *dir, struct wheelhouse *house,
                      struct err *err)
{
    json_t *json = run_record_to_json(record), *wheels = json_object_get(json, "wheels");
    struct run_record rest = {0};

    for (size_t i = record->wheels.count; i-- > 0;)
        if (!record->wheels.items[i].build || record->wheels.items[i].build->proof)
            (void)json_array_remove(wheels, i);
    int ret = run_record_from_json(json, &rest, err);
    if (ret == 0 && rest.wheels.count)
        wheelhouse_add_record(house, &rest, dir);
    run_record_release(&rest);
    json_decref(json);
    return ret;
}

static const struct verified *find(const struct verification *v, const char *file)
{
    for (size_t i = 0; i < v->wheels.count; i++)
        if (str_eq(v->wheels.items[i].file, file))
            return &v->wheels.items[i];
    return NULL;
}

static json_t *list_causes(const struct comparison *c)
{
    json_t *list = json_array();

    for (int cause = 0; cause < CAUSE_COUNT; cause++)
        if (comparison_tells(c, (enum cause)cause))
            (void)json_array_append_new(list, json_string(cause_id((enum cause)cause)));
    return list;
}

/* A wheel that differs from itself is said to, and is what the store has all the same. */
static json_t *describe(const struct verification *v, const struct verified *wheel)
{
    json_t *proof =
        json_pack("{s:s, s:O}", "verdict", verdict_id(wheel->verdict), "axes", v->changed);

    if (wheel->why)
        (void)json_object_set_new(proof, "why", json_readable(wheel->why));
    if (wheel->comparison.findings.count)
        (void)json_object_set_new(proof, "causes", list_causes(&wheel->comparison));
    return proof;
}

static void add_proofs(struct store *store, const struct verification *v, struct run_record *record)
{
    for (size_t i = 0; i < record->wheels.count; i++) {
        struct record_item *item = &record->wheels.items[i];
        const struct verified *wheel = item->build ? find(v, item->file) : NULL;
        if (!wheel || item->build->proof)
            continue;
        item->build->proof = describe(v, wheel);
        if (wheel->verdict == VERDICT_PROVEN)
            keep_proof(store, item);
    }
}

/* The options of pip that say where files are found stand before the requirements. */
static void take_options(const struct strv *args, struct strv *ret_options)
{
    for (size_t i = 0; i < args->count && !str_eq(args->items[i], "--"); i++)
        strv_push(ret_options, args->items[i]);
}

static int prove_house(const struct verify_spec *spec, const struct wheelhouse *house,
                       struct verification *ret_verification, struct err *err)
{
    struct wheel_options given = *spec->given;
    struct verify_spec own = *spec;

    given.pip_args = (struct strv)STRV_INIT;
    own.given = &given;
    take_options(&spec->given->pip_args, &given.pip_args);
    int ret = verify_wheelhouse(&own, house, ret_verification, err);
    strv_release(&given.pip_args);
    return ret;
}

int prove_wheels(const struct verify_spec *spec, const char *dir, struct run_record *record,
                 struct verification *ret_verification, struct err *err)
{
    struct wheelhouse house = WHEELHOUSE_INIT;
    struct store store = STORE_INIT;

    open_store(spec->given, &store);
    recall_proofs(&store, record);
    int ret = make_house(record, dir, &house, err);
    if (ret == 0 && house.count)
        ret = prove_house(spec, &house, ret_verification, err);
    if (ret == 0)
        add_proofs(&store, ret_verification, record);
    store_close(&store);
    wheelhouse_release(&house);
    return ret;
}
