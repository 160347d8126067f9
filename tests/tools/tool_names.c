/*
 * Names and versions as the driver compares them: one JSON object a line on stdin, one JSON value a
 * line on stdout.
 *
 *   {"do": "file", "text"}            a wheel's file name: [name, version, build, python, abi, platform],
 *                                     name and version in their normal spelling; null when it is none
 *   {"do": "name", "a"}               the normal spelling
 *   {"do": "names", "a", "b"}         whether they are the same
 *   {"do": "versions", "a", "b"}      whether they are the same
 *   {"do": "directory", "text", "a"}  whether the directory "a" is the .dist-info of that file
 */
#include <jansson.h>
#include <string.h>

#include "tool.h"
#include "wheel/pep440.h"
#include "wheel/wheel_name.h"

static const char *get(const json_t *request, const char *key)
{
    const char *text = json_string_value(json_object_get(request, key));

    if (!text)
        BUG("request has no '%s'", key);
    return text;
}

static json_t *do_file(const json_t *request)
{
    auto_wheel_name struct wheel_name n = WHEEL_NAME_INIT;
    auto_pep440 struct pep440 v = PEP440_INIT;

    if (wheel_name_parse(get(request, "text"), &n, NULL) < 0)
        return json_null();
    auto_free char *dist = wheel_dist_canonical(n.dist);
    auto_free char *version = pep440_parse(&v, n.version) ? pep440_str(&v) : NULL;
    return json_pack("[s, s?, s?, s, s, s]", dist, version, n.build, n.python, n.abi, n.platform);
}

static json_t *do_name(const json_t *request)
{
    auto_free char *name = wheel_dist_canonical(get(request, "a"));

    return json_string(name);
}

static json_t *do_names(const json_t *request)
{
    return json_boolean(wheel_dist_equal(get(request, "a"), get(request, "b")));
}

static json_t *do_versions(const json_t *request)
{
    return json_boolean(wheel_version_equal(get(request, "a"), get(request, "b")));
}

static json_t *do_directory(const json_t *request)
{
    auto_wheel_name struct wheel_name n = WHEEL_NAME_INIT;

    if (wheel_name_parse(get(request, "text"), &n, NULL) < 0)
        return json_null();
    return json_boolean(wheel_name_owns_dist_info(&n, get(request, "a")));
}

static json_t *answer(const json_t *request)
{
    static const struct {
        const char *name;
        json_t *(*answer)(const json_t *request);
    } requests[] = {
        {"file", do_file},         {"name", do_name},           {"names", do_names},
        {"versions", do_versions}, {"directory", do_directory},
    };
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

const struct tool tool_names = {"names", run};
