/*
 * Versions, specifiers, markers and requirements: one JSON object a line on stdin, one JSON value a
 * line on stdout, null where the text does not parse.
 *
 *   {"do": "version", "text"}                           normal spelling
 *   {"do": "compare", "a", "b"}                         -1, 0, 1
 *   {"do": "specifier", "text", "version", "pre"}       whether it contains the version
 *   {"do": "specifiers", "text", "version", "pre"}      the same for a set
 *   {"do": "marker", "text", "env", "extra"}            its value, or "undefined"
 *   {"do": "requirement", "text"}                       {name, extras, url, versions, marker}
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"
#include "wheel/pep508.h"

static const char *get(const json_t *request, const char *key)
{
    const char *text = json_string_value(json_object_get(request, key));

    if (!text)
        BUG("request has no '%s'", key);
    return text;
}

static json_t *do_version(const json_t *request)
{
    auto_pep440 struct pep440 v = PEP440_INIT;

    if (!pep440_parse(&v, get(request, "text")))
        return json_null();
    auto_free char *text = pep440_str(&v);
    return json_string(text);
}

static json_t *do_compare(const json_t *request)
{
    auto_pep440 struct pep440 a = PEP440_INIT, b = PEP440_INIT;

    if (!pep440_parse(&a, get(request, "a")) || !pep440_parse(&b, get(request, "b")))
        return json_null();
    int cmp = pep440_cmp(&a, &b);
    return json_integer((cmp > 0) - (cmp < 0));
}

static json_t *do_specifier(const json_t *request)
{
    auto_specifier struct specifier s = SPECIFIER_INIT;

    if (!specifier_parse(&s, get(request, "text")))
        return json_null();
    return json_boolean(specifier_contains(&s, get(request, "version"),
                                           json_is_true(json_object_get(request, "pre"))));
}

static json_t *do_specifiers(const json_t *request)
{
    auto_specifier_set struct specifier_set set = SPECIFIER_SET_INIT;

    if (!specifier_set_parse(&set, get(request, "text")))
        return json_null();
    return json_boolean(specifier_set_contains(&set, get(request, "version"),
                                               json_is_true(json_object_get(request, "pre"))));
}

static json_t *do_marker(const json_t *request)
{
    auto_marker struct marker m = MARKER_INIT;
    auto_marker_env struct marker_env env = MARKER_ENV_INIT;
    const char *key;
    json_t *value;
    bool result;

    if (marker_parse(&m, get(request, "text"), NULL) != 0)
        return json_null();
    json_object_foreach(json_object_get(request, "env"), key,
                        value) if (!marker_env_set(&env, key, json_string_value(value)))
        BUG("unknown name '%s'", key);
    if (marker_evaluate(&m, &env, get(request, "extra"), &result, NULL) != 0)
        return json_string("undefined");
    return json_boolean(result);
}

static json_t *texts(const struct strv *v)
{
    json_t *array = json_array();

    for (size_t i = 0; i < v->count; i++)
        json_array_append_new(array, json_string(v->items[i]));
    return array;
}

static json_t *do_requirement(const json_t *request)
{
    auto_requirement struct requirement r = REQUIREMENT_INIT;

    if (requirement_parse(&r, get(request, "text"), NULL) != 0)
        return json_null();
    json_t *versions = json_array();
    for (size_t i = 0; i < r.specifiers.count; i++)
        json_array_append_new(versions, json_string(r.specifiers.items[i].version));
    return json_pack("{s:s, s:o, s:s?, s:o, s:b}", "name", r.name, "extras", texts(&r.extras),
                     "url", r.url, "versions", versions, "marker", r.has_marker);
}

static const struct {
    const char *name;
    json_t *(*answer)(const json_t *request);
} requests[] = {
    {"version", do_version},       {"compare", do_compare}, {"specifier", do_specifier},
    {"specifiers", do_specifiers}, {"marker", do_marker},   {"requirement", do_requirement},
};

static json_t *answer(const json_t *request)
{
    const char *name = get(request, "do");

    for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
        if (strcmp(requests[i].name, name) == 0)
            return requests[i].answer(request);
    BUG("unknown request '%s'", name);
}

static int run(int argc UNUSED, char **argv UNUSED)
{
    return tool_answer_lines(answer);
}

const struct tool tool_pep508 = {"pep508", run};
