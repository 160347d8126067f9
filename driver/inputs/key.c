/* Named parts, their canonical text, its digest. */
#include "inputs/key.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"

static const char first_line[] = "truewheel key 1\n";

void key_release(struct key *key)
{
    for (size_t i = 0; i < key->count; i++) {
        free(key->items[i].name);
        free(key->items[i].value);
    }
    free(key->items);
    *key = (struct key)KEY_INIT;
}

void key_add(struct key *key, const char *name, const char *value)
{
    VEC_GROW(key);
    key->items[key->count++] = (struct key_part){.name = xstrdup(name), .value = xstrdup(value)};
}

void key_addf(struct key *key, const char *name, const char *fmt, ...)
{
    auto_str struct str value = STR_INIT;
    va_list ap;

    va_start(ap, fmt);
    str_vaddf(&value, fmt, ap);
    va_end(ap);
    key_add(key, name, value.buf);
}

void key_add_list(struct key *key, const char *name, const struct strv *list)
{
    auto_str struct str value = STR_INIT;

    for (size_t i = 0; i < list->count; i++)
        str_addf(&value, "%s%s", i ? "\n" : "", list->items[i]);
    key_add(key, name, value.buf);
}

void key_add_digest(struct key *key, const char *name, const void *bytes, size_t len)
{
    char hex[SHA256_HEX];

    sha256_hex_of(bytes, len, hex);
    key_add(key, name, hex);
}

void key_extend(struct key *key, const struct key *more)
{
    for (size_t i = 0; i < more->count; i++)
        key_add(key, more->items[i].name, more->items[i].value);
    key->incomplete = key->incomplete || more->incomplete;
}

static void add_escaped(struct str *out, const char *value)
{
    for (; *value; value++) {
        if (*value == '\n')
            str_add(out, "\\n");
        else if (*value == '\\')
            str_add(out, "\\\\");
        else
            str_addch(out, *value);
    }
}

char *key_text(const struct key *key)
{
    struct str text = STR_INIT;

    str_add(&text, first_line);
    for (size_t i = 0; i < key->count; i++) {
        str_addf(&text, "%s: ", key->items[i].name);
        add_escaped(&text, key->items[i].value);
        str_addch(&text, '\n');
    }
    return str_detach(&text);
}

void key_digest(const struct key *key, char ret_hex[SHA256_HEX])
{
    auto_free char *text = key_text(key);

    sha256_hex_of(text, strlen(text), ret_hex);
}

const char *key_get(const struct key *key, const char *name)
{
    for (size_t i = 0; i < key->count; i++)
        if (strcmp(key->items[i].name, name) == 0)
            return key->items[i].value;
    return NULL;
}

json_t *key_to_json(const struct key *key)
{
    json_t *object = json_object();

    for (size_t i = 0; i < key->count; i++) {
        const char *name = key->items[i].name, *value = key->items[i].value;
        const char *before = json_text(object, name);
        auto_free char *both = before[0] ? xasprintf("%s\n%s", before, value) : xstrdup(value);
        (void)json_object_set_new(object, name, json_readable(both));
    }
    return object;
}
