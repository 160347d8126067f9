/* METADATA and WHEEL: lines into fields, fields into the structs that the driver uses. */
#include "wheel/meta.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct cursor {
    const char *at, *end;
};

/* One line without its end ("\n", "\r\n" or "\r"); the cursor moves behind it. */
static size_t take_line(struct cursor *c, const char **ret_line)
{
    const char *p = c->at;

    *ret_line = p;
    while (p < c->end && *p != '\n' && *p != '\r')
        p++;
    size_t len = (size_t)(p - c->at);
    if (p < c->end && *p == '\r' && p + 1 < c->end && p[1] == '\n')
        p++;
    c->at = p < c->end ? p + 1 : p;
    return len;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool next_is_continuation(const struct cursor *c)
{
    return c->at < c->end && is_blank(*c->at);
}

/* The length of the field name in front of ':', 0 when the line is no header. */
static size_t name_length(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (line[i] == ':')
            return i;
        if (line[i] <= ' ' || line[i] >= 0x7f)
            return 0;
    }
    return 0;
}

static void append_trimmed(struct str *out, const char *text, size_t len)
{
    while (len && is_blank(*text)) {
        text++;
        len--;
    }
    while (len && is_blank(text[len - 1]))
        len--;
    if (out->len && len)
        str_addch(out, ' ');
    str_append(out, text, len);
}

/* Licences that are given in full have form feeds between their pages. */
static bool is_control(char c)
{
    return ((unsigned char)c < ' ' && !strchr("\t\v\f", c)) || c == 0x7f || c == '\0';
}

static int check_value(const struct str *value, const char *name, struct err *err)
{
    if (value->len > META_MAX_VALUE)
        return err_set(err, ERR_FORMAT, "field '%.64s' is longer than %d bytes", name,
                       META_MAX_VALUE);
    for (size_t i = 0; i < value->len; i++)
        if (is_control(value->buf[i]))
            return err_set(err, ERR_FORMAT, "field '%.64s' has a control byte", name);
    return 0;
}

/* License and similar fields may be folded text of many lines; they become one line here. */
static int take_field(struct cursor *c, const char *line, size_t len, size_t name_len,
                      struct meta_fields *fields, struct err *err)
{
    auto_free char *name = xstrndup(line, name_len);
    auto_str struct str value = STR_INIT;

    append_trimmed(&value, line + name_len + 1, len - name_len - 1);
    while (next_is_continuation(c) && value.len <= META_MAX_VALUE) {
        len = take_line(c, &line);
        append_trimmed(&value, line, len);
    }
    int ret = check_value(&value, name, err);
    if (ret < 0)
        return ret;
    if (fields->count == META_MAX_FIELDS)
        return err_set(err, ERR_FORMAT, "more than %d fields", META_MAX_FIELDS);
    VEC_GROW(fields);
    fields->items[fields->count++] =
        (struct meta_field){.name = steal(&name), .value = str_detach(&value)};
    return 0;
}

int meta_fields_parse(const char *text, size_t len, struct meta_fields *ret_fields, struct err *err)
{
    struct cursor c = {.at = text, .end = text + len};
    auto_meta_fields struct meta_fields fields = META_FIELDS_INIT;

    if (len > META_MAX_BYTES)
        return err_set(err, ERR_FORMAT, "larger than %d bytes", META_MAX_BYTES);
    while (c.at < c.end) {
        const char *line;
        size_t line_len = take_line(&c, &line);
        size_t name_len = name_length(line, line_len);
        if (name_len == 0)
            break;
        int ret = take_field(&c, line, line_len, name_len, &fields, err);
        if (ret < 0)
            return ret;
    }
    *ret_fields = fields;
    fields = (struct meta_fields)META_FIELDS_INIT;
    return 0;
}

void meta_fields_release(struct meta_fields *f)
{
    for (size_t i = 0; i < f->count; i++) {
        free(f->items[i].name);
        free(f->items[i].value);
    }
    free(f->items);
    *f = (struct meta_fields)META_FIELDS_INIT;
}

const char *meta_fields_get(const struct meta_fields *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcasecmp(f->items[i].name, name) == 0)
            return f->items[i].value;
    return NULL;
}

void meta_fields_get_all(const struct meta_fields *f, const char *name, struct strv *out)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcasecmp(f->items[i].name, name) == 0)
            strv_push(out, f->items[i].value);
}

static char *copy_optional(const struct meta_fields *f, const char *name)
{
    const char *value = meta_fields_get(f, name);

    return value && value[0] ? xstrdup(value) : NULL;
}

/* A field that must be there exactly once: a second one would be read differently by others. */
static int copy_single(const struct meta_fields *f, const char *name, char **ret_value,
                       struct err *err)
{
    auto_strv struct strv values = STRV_INIT;

    meta_fields_get_all(f, name, &values);
    if (values.count == 0 || !values.items[0][0])
        return err_set(err, ERR_FORMAT, "no field '%s'", name);
    if (values.count > 1)
        return err_set(err, ERR_FORMAT, "field '%s' is there %zu times", name, values.count);
    *ret_value = xstrdup(values.items[0]);
    return 0;
}

static void lower_all(struct strv *v)
{
    for (size_t i = 0; i < v->count; i++)
        for (char *p = v->items[i]; *p; p++)
            if (*p >= 'A' && *p <= 'Z')
                *p = (char)(*p - 'A' + 'a');
}

static int fill_metadata(const struct meta_fields *f, struct metadata *m, struct err *err)
{
    int ret = copy_single(f, "Metadata-Version", &m->metadata_version, err);

    if (ret == 0)
        ret = copy_single(f, "Name", &m->name, err);
    if (ret == 0)
        ret = copy_single(f, "Version", &m->version, err);
    if (ret < 0)
        return ret;
    m->requires_python = copy_optional(f, "Requires-Python");
    meta_fields_get_all(f, "Requires-Dist", &m->requires_dist);
    meta_fields_get_all(f, "Provides-Extra", &m->provides_extra);
    meta_fields_get_all(f, "Dynamic", &m->dynamic);
    lower_all(&m->dynamic);
    return 0;
}

int metadata_parse(const char *text, size_t len, struct metadata *ret_metadata, struct err *err)
{
    auto_meta_fields struct meta_fields fields = META_FIELDS_INIT;
    auto_metadata struct metadata m = METADATA_INIT;
    int ret = meta_fields_parse(text, len, &fields, err);

    if (ret == 0)
        ret = fill_metadata(&fields, &m, err);
    if (ret < 0)
        return err_wrap(err, "METADATA");
    *ret_metadata = m;
    m = (struct metadata)METADATA_INIT;
    return 0;
}

void metadata_release(struct metadata *m)
{
    free(m->metadata_version);
    free(m->name);
    free(m->version);
    free(m->requires_python);
    strv_release(&m->requires_dist);
    strv_release(&m->provides_extra);
    strv_release(&m->dynamic);
    *m = (struct metadata)METADATA_INIT;
}

static int fill_wheel_info(const struct meta_fields *f, struct wheel_info *w, struct err *err)
{
    const char *purelib = meta_fields_get(f, "Root-Is-Purelib");
    int ret = copy_single(f, "Wheel-Version", &w->wheel_version, err);

    if (ret < 0)
        return ret;
    size_t major = strcspn(w->wheel_version, ".");
    if (major != 1 || w->wheel_version[0] < '0' || w->wheel_version[0] > '1')
        return err_set(err, ERR_FORMAT, "wheel format '%.32s' is not known", w->wheel_version);
    w->generator = copy_optional(f, "Generator");
    w->build = copy_optional(f, "Build");
    w->root_is_purelib = purelib && strcasecmp(purelib, "true") == 0;
    meta_fields_get_all(f, "Tag", &w->tags);
    return 0;
}

int wheel_info_parse(const char *text, size_t len, struct wheel_info *ret_info, struct err *err)
{
    auto_meta_fields struct meta_fields fields = META_FIELDS_INIT;
    auto_wheel_info struct wheel_info w = WHEEL_INFO_INIT;
    int ret = meta_fields_parse(text, len, &fields, err);

    if (ret == 0)
        ret = fill_wheel_info(&fields, &w, err);
    if (ret < 0)
        return err_wrap(err, "WHEEL");
    *ret_info = w;
    w = (struct wheel_info)WHEEL_INFO_INIT;
    return 0;
}

void wheel_info_release(struct wheel_info *w)
{
    free(w->wheel_version);
    free(w->generator);
    free(w->build);
    strv_release(&w->tags);
    *w = (struct wheel_info)WHEEL_INFO_INIT;
}
