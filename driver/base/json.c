/* Reading JSON whose fields may be missing or of another type. */
#include "base/json.h"

const char *json_text(const json_t *object, const char *field)
{
    const char *text = json_string_value(json_object_get(object, field));

    return text ? text : "";
}

void json_add_strings(const json_t *array, struct strv *list)
{
    const json_t *item;
    size_t i;

    json_array_foreach(array, i, item)
        strv_push(list, json_is_string(item) ? json_string_value(item) : "");
}

json_t *json_from_strings(const struct strv *list)
{
    json_t *array = json_array();

    for (size_t i = 0; i < list->count; i++)
        (void)json_array_append_new(array, json_string(list->items[i]));
    return array;
}
