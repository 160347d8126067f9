/* What came of one comparison, as data. */
#include "published/result.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/str.h"

enum kind { TEXT, LIST };

static const struct field {
    const char *name;
    enum kind kind;
    size_t offset;
} fields[] = {
    {"asked", TEXT, offsetof(struct result, asked)},
    {"against", TEXT, offsetof(struct result, against)},
    {"name", TEXT, offsetof(struct result, name)},
    {"version", TEXT, offsetof(struct result, version)},
    {"file", TEXT, offsetof(struct result, file)},
    {"url", TEXT, offsetof(struct result, url)},
    {"sha256", TEXT, offsetof(struct result, sha256)},
    {"sdist_url", TEXT, offsetof(struct result, sdist_url)},
    {"sdist_sha256", TEXT, offsetof(struct result, sdist_sha256)},
    {"generator", TEXT, offsetof(struct result, generator)},
    {"as_of", TEXT, offsetof(struct result, as_of)},
    {"built_sha256", TEXT, offsetof(struct result, built_sha256)},
    {"why", TEXT, offsetof(struct result, why)},
    {"causes", LIST, offsetof(struct result, causes)},
    {"but_for", LIST, offsetof(struct result, but_for)},
    {"notes", LIST, offsetof(struct result, notes)},
    {"constraints", LIST, offsetof(struct result, constraints)},
};

static const char *const verdicts[PUBLISHED_COUNT] = {
    [PUBLISHED_NOT_FETCHED] = "not-fetched",
    [PUBLISHED_NOT_BUILT] = "not-built",
    [PUBLISHED_DIFFERENT] = "different",
    [PUBLISHED_METADATA] = "metadata",
    [PUBLISHED_EQUAL] = "equal",
};

const char *published_verdict_id(enum published_verdict verdict)
{
    return verdicts[verdict];
}

static char **text_of(const struct result *result, const struct field *field)
{
    return (char **)((char *)result + field->offset);
}

static struct strv *list_of(const struct result *result, const struct field *field)
{
    return (struct strv *)((char *)result + field->offset);
}

void result_release(struct result *result)
{
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        if (fields[i].kind == TEXT)
            free(*text_of(result, &fields[i]));
        else
            strv_release(list_of(result, &fields[i]));
    *result = (struct result)RESULT_INIT;
}

json_t *result_to_json(const struct result *result)
{
    json_t *json = json_pack("{s:s}", "verdict", published_verdict_id(result->verdict));

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        const struct field *field = &fields[i];
        if (field->kind == LIST)
            (void)json_object_set_new(json, field->name, json_from_strings(list_of(result, field)));
        else if (*text_of(result, field))
            (void)json_object_set_new(json, field->name, json_bytes(*text_of(result, field)));
    }
    return json;
}

static bool read_verdict(const json_t *json, enum published_verdict *ret)
{
    for (enum published_verdict v = 0; v < PUBLISHED_COUNT; v++)
        if (str_eq(json_text(json, "verdict"), verdicts[v])) {
            *ret = v;
            return true;
        }
    return false;
}

bool result_from_json(const json_t *json, struct result *ret_result)
{
    if (!read_verdict(json, &ret_result->verdict) || !json_text(json, "asked")[0])
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        const struct field *field = &fields[i];
        if (field->kind == LIST)
            json_add_strings(json_object_get(json, field->name), list_of(ret_result, field));
        else
            *text_of(ret_result, field) = json_bytes_in(json, field->name);
    }
    return true;
}
