/* The record of one wheel, to lie beside it. */
#include "record/beside.h"

/* What is of one run, and not of what the wheel was made from. */
static const char *const of_run[] = {"from",  "seconds", "cpu_seconds", "memory",
                                     "clock", "proof",   "extras",      "yanked"};

char *beside_name(const struct record_item *item)
{
    return xasprintf("%s.build.json", item->file);
}

static void move(json_t *from, json_t *to, const char *name)
{
    json_t *value = json_object_get(from, name);

    if (value)
        (void)json_object_set(to, name, value);
    (void)json_object_del(from, name);
}

static bool has_sha256(const json_t *list, const json_t *wheel)
{
    const json_t *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        if (json_equal(json_object_get(item, "sha256"), json_object_get(wheel, "sha256")))
            return true;
    }
    return false;
}

/* Moves what a wheel's build environment has of `all` to `needed`, and what that needed in turn. */
static void take_needed(const json_t *wheel, const json_t *all, json_t *needed)
{
    const json_t *requires = json_object_get(json_object_get(wheel, "environment"), "requires");
    json_t *item;
    size_t i;

    json_array_foreach((json_t *)all, i, item)
    {
        if (has_sha256(requires, item) && !has_sha256(needed, item)) {
            (void)json_array_append(needed, item);
            take_needed(item, all, needed);
        }
    }
}

/* Those of this wheel alone, which do not depend on what else was built; nothing of the one run. */
static void keep_needed(json_t *object, const json_t *wheel)
{
    json_t *needed = json_array(), *item;
    size_t i;

    take_needed(wheel, json_object_get(object, "build_requirements"), needed);
    json_array_foreach(needed, i, item)
    {
        for (size_t k = 0; k < ARRAY_SIZE(of_run); k++)
            (void)json_object_del(item, of_run[k]);
    }
    (void)json_object_del(object, "build_requirements");
    if (json_array_size(needed))
        (void)json_object_set(object, "build_requirements", needed);
    json_decref(needed);
}

json_t *beside_to_json(const struct run_record *record, const struct record_item *item)
{
    json_t *object = run_record_to_json(record), *run = json_object();
    json_t *wheel = json_incref(
        json_array_get(json_object_get(object, "wheels"), (size_t)(item - record->wheels.items)));

    keep_needed(object, wheel);
    (void)json_object_del(object, "wheels");
    (void)json_object_del(object, "failures");
    for (size_t i = 0; i < ARRAY_SIZE(of_run); i++)
        move(wheel, run, of_run[i]);
    (void)json_object_set_new(object, "wheel", wheel);
    (void)json_object_set_new(object, "run", run);
    return object;
}
