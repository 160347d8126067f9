/* The record of one wheel, to lie beside it. */
#include "record/beside.h"

/* What is of one run, and not of what the wheel was made from. */
static const char *const of_run[] = {"from",  "seconds", "cpu_seconds", "memory",
                                     "clock", "extras",  "yanked"};

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

json_t *beside_to_json(const struct run_record *record, const struct record_item *item)
{
    json_t *object = run_record_to_json(record), *run = json_object();
    json_t *wheel = json_incref(
        json_array_get(json_object_get(object, "wheels"), (size_t)(item - record->wheels.items)));

    (void)json_object_del(object, "wheels");
    (void)json_object_del(object, "failures");
    for (size_t i = 0; i < ARRAY_SIZE(of_run); i++)
        move(wheel, run, of_run[i]);
    (void)json_object_set_new(object, "wheel", wheel);
    (void)json_object_set_new(object, "run", run);
    return object;
}
