/* Reading JSON whose fields may be missing or of another type; bytes that are not UTF-8. */
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* ------------------------------------------------------------------------------------- any bytes */

/* The private characters, U+10FF80 to U+10FFFF, begin so in UTF-8; two bytes follow. */
static const char private_start[] = "\xf4\x8f";

/* How many bytes of a sequence its first byte announces; 0: it begins none. */
static size_t announced(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first < 0xe0)
        return 2;
    if (first >= 0xe0 && first < 0xf0)
        return 3;
    return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/* The byte that a private character stands for, or -1. */
static int private_byte(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;

    if (strncmp(p, private_start, 2) != 0 || (u[2] != 0xbe && u[2] != 0xbf) ||
        (u[3] & 0xc0) != 0x80)
        return -1;
    return (u[2] == 0xbe ? 0x80 : 0xc0) + (u[3] & 0x3f);
}

/* The length of the character at p; 0 when there is none in UTF-8 (RFC 3629). */
static size_t utf8_length(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    size_t len = announced(u[0]);

    for (size_t i = 1; i < len; i++)
        if ((u[i] & 0xc0) != 0x80)
            return 0;
    bool too_long = (u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xf0 && u[1] < 0x90);
    bool surrogate = u[0] == 0xed && u[1] >= 0xa0;
    bool too_large = u[0] == 0xf4 && u[1] >= 0x90;
    return too_long || surrogate || too_large ? 0 : len;
}

/* Each character as it is, each other byte by the format. */
static json_t *escape(const char *bytes, void (*add_byte)(struct str *out, unsigned char byte))
{
    auto_str struct str out = STR_INIT;

    for (const char *p = bytes; *p;) {
        size_t len = private_byte(p) >= 0 ? 0 : utf8_length(p);
        if (len)
            str_append(&out, p, len);
        else
            add_byte(&out, (unsigned char)*p);
        p += len ? len : 1;
    }
    json_t *json = json_string(out.buf);
    if (!json)
        BUG("escaped text is not UTF-8");
    return json;
}

static void add_private(struct str *out, unsigned char byte)
{
    str_add(out, private_start);
    str_addch(out, (char)(byte < 0xc0 ? 0xbe : 0xbf));
    str_addch(out, (char)(0x80 | (byte & 0x3f)));
}

static void add_hex(struct str *out, unsigned char byte)
{
    str_addf(out, "\\x%02X", byte);
}

json_t *json_bytes(const char *bytes)
{
    return escape(bytes, add_private);
}

json_t *json_readable(const char *bytes)
{
    return escape(bytes, add_hex);
}

char *json_bytes_value(const json_t *string)
{
    const char *text = json_string_value(string);
    struct str out = STR_INIT;

    if (!text)
        return NULL;
    while (*text) {
        int byte = private_byte(text);
        str_addch(&out, byte >= 0 ? (char)byte : *text);
        text += byte >= 0 ? 4 : 1;
    }
    return str_detach(&out);
}

char *json_bytes_in(const json_t *object, const char *field)
{
    return json_bytes_value(json_object_get(object, field));
}

void json_decode_bytes(json_t *value)
{
    json_t *inner;
    const char *name;
    size_t i;

    if (json_is_string(value)) {
        auto_free char *bytes = json_bytes_value(value);
        (void)json_string_set_nocheck(value, bytes);
    }
    json_object_foreach(value, name, inner) json_decode_bytes(inner);
    json_array_foreach(value, i, inner) json_decode_bytes(inner);
}

/* ------------------------------------------------------------------------------------ reading */

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
    {
        char *bytes = json_bytes_value(item);
        strv_push_owned(list, bytes ? bytes : xstrdup(""));
    }
}

json_t *json_from_strings(const struct strv *list)
{
    json_t *array = json_array();

    for (size_t i = 0; i < list->count; i++)
        (void)json_array_append_new(array, json_bytes(list->items[i]));
    return array;
}
