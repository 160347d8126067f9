/* Structs as JSON objects by a table of their fields. */
#include "base/fields.h"

#include <stdlib.h>

#include "base/json.h"

static void *member(const void *object, const struct field *field)
{
    return (char *)object + field->offset;
}

static json_t *write_field(const void *from, const struct field *field)
{
    const void *value = member(from, field);
    const char *text;

    switch (field->kind) {
    case FIELD_TEXT:
        text = *(char *const *)value;
        return text ? json_readable(text) : NULL;
    case FIELD_BYTES:
        text = *(char *const *)value;
        return text ? json_bytes(text) : NULL;
    case FIELD_BOOL:
        return json_boolean(*(const bool *)value);
    case FIELD_INT:
        return json_integer(*(const int *)value);
    case FIELD_REAL:
        return json_real(*(const double *)value);
    case FIELD_JSON:
        return json_incref(*(json_t *const *)value);
    }
    BUG("field kind %d", (int)field->kind);
}

json_t *fields_write(const void *from, const struct field *fields, size_t count)
{
    json_t *object = json_object();

    for (size_t i = 0; i < count; i++) {
        json_t *value = write_field(from, &fields[i]);
        if (value)
            (void)json_object_set_new(object, fields[i].name, value);
    }
    return object;
}

/* False: of another type. */
static bool read_field(json_t *value, void *to, const struct field *field)
{
    switch (field->kind) {
    case FIELD_TEXT:
        if (!json_is_string(value))
            return false;
        free(*(char **)to);
        *(char **)to = xstrdup(json_string_value(value));
        return true;
    case FIELD_BYTES:
        free(*(char **)to);
        *(char **)to = json_bytes_value(value);
        return *(char **)to != NULL;
    case FIELD_BOOL:
        *(bool *)to = json_is_true(value);
        return json_is_boolean(value);
    case FIELD_INT:
        *(int *)to = (int)json_integer_value(value);
        return json_is_integer(value) && json_integer_value(value) == *(int *)to;
    case FIELD_REAL:
        *(double *)to = json_number_value(value);
        return json_is_number(value);
    case FIELD_JSON:
        json_decref(*(json_t **)to);
        *(json_t **)to = json_incref(value);
        return true;
    }
    BUG("field kind %d", (int)field->kind);
}

int fields_read(const json_t *object, void *to, const struct field *fields, size_t count,
                struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        json_t *value = json_object_get(object, fields[i].name);
        if (!value && fields[i].optional)
            continue;
        if (!value)
            return err_set(err, ERR_FORMAT, "'%s' is missing", fields[i].name);
        if (!read_field(value, member(to, &fields[i]), &fields[i]))
            return err_set(err, ERR_FORMAT, "'%s' is of another type", fields[i].name);
    }
    return 0;
}

void fields_release(void *of, const struct field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        void *value = member(of, &fields[i]);
        if (fields[i].kind == FIELD_TEXT || fields[i].kind == FIELD_BYTES) {
            free(*(char **)value);
            *(char **)value = NULL;
        } else if (fields[i].kind == FIELD_JSON) {
            json_decref(*(json_t **)value);
            *(json_t **)value = NULL;
        }
    }
}
