/* record/run_record.h: what is written is what is read, and what is no record is refused by name. */
#include "record/run_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *make_build(void)
{
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:f, s:f, s:s, s:s, s:{s:s}, s:{s:s, s:s, s:s, "
        "s:s, s:{s:s}}, s:{s:s, s:b, s:[{s:s, s:s, s:s, s:s}], s:[]}}",
        "name", "foo", "version", "1", "file", "foo-1-py3-none-any.whl", "sha256", "ab", "from",
        "built", "path", "foo-1", "memory", 1, "seconds", 1.5, "cpu_seconds", 0.25, "crates",
        "locked", "key", "k1", "inputs", "source", "archive ab", "source", "url", "u", "sha256",
        "cd", "subdirectory", "", "backend", "b", "config_settings", "k", "v", "environment",
        "hash", "0123", "isolated", 0, "requires", "name", "tool", "version", "2", "file",
        "tool.whl", "sha256", "ef", "installed");
}

static json_t *make_record(void)
{
    return json_pack(
        "{s:i, s:i, s:s, s:s, s:s, s:s, s:{s:s}, s:{s:s}, s:{s:s, s:s, s:s, s:s, s:s}, s:{s:s, "
        "s:s, s:b}, "
        "s:[o, {s:s, s:s, s:s, s:s, s:s, s:s}], s:[{s:s, s:s}]}",
        "format", 1, "normal_form", 1, "truewheel", "0", "compressor", "z", "compiler", "cc",
        "addresses", "fixed", "variables", "CC", "cc", "inputs", "normal form", "1", "interpreter",
        "python", "3.11", "executable", "/python", "tag", "cp311", "pip", "26", "zlib", "1.3",
        "paths", "mode", "namespaces", "root", "/tmp/truewheel", "stable", 1, "wheels",
        make_build(), "name", "bar", "version", "2", "file", "bar.whl", "sha256", "12", "from",
        "index", "url", "http://i/", "failures", "message", "no", "detail", "");
}

static void test_round_trip(void **state UNUSED)
{
    json_t *json = make_record();
    struct run_record record = {0};

    assert_non_null(json);
    assert_int_equal(run_record_from_json(json, &record, NULL), 0);
    assert_string_equal(record.wheels.items[0].build->environment.wheels.items[0].file, "tool.whl");
    assert_null(record.wheels.items[1].build);
    json_t *again = run_record_to_json(&record);
    assert_true(json_equal(json, again));
    json_decref(again);
    json_decref(json);
    run_record_release(&record);
}

/* Takes the object that holds `field`. */
static void refused_without(json_t *json, json_t *object, const char *field)
{
    auto_err struct err err = ERR_INIT;
    struct run_record record = {0};

    assert_int_equal(json_object_del(object, field), 0);
    assert_int_equal(run_record_from_json(json, &record, &err), -ERR_FORMAT);
    if (!strstr(err.message, field))
        fail_msg("'%s' is not in '%s'", field, err.message);
    run_record_release(&record);
    json_decref(json);
}

static void test_what_is_missing_is_named(void **state UNUSED)
{
    static const char *const top[] = {"format",    "truewheel", "compiler",   "variables",
                                      "addresses", "wheels",    "normal_form"};

    for (size_t i = 0; i < ARRAY_SIZE(top); i++) {
        json_t *json = make_record();
        refused_without(json, json, top[i]);
    }
    json_t *json = make_record();
    refused_without(json, json_object_get(json, "interpreter"), "tag");
    json = make_record();
    refused_without(json, json_array_get(json_object_get(json, "wheels"), 0), "path");
    json = make_record();
    json_t *build = json_array_get(json_object_get(json, "wheels"), 0);
    refused_without(json, json_object_get(build, "environment"), "hash");
}

static void test_another_format_is_refused(void **state UNUSED)
{
    auto_err struct err err = ERR_INIT;
    struct run_record record = {0};
    json_t *json = make_record();

    json_object_set_new(json, "format", json_integer(99));
    assert_int_equal(run_record_from_json(json, &record, &err), -ERR_FORMAT);
    assert_non_null(strstr(err.message, "format 99"));
    run_record_release(&record);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_what_is_missing_is_named),
        cmocka_unit_test(test_another_format_is_refused),
    };
    return cmocka_run_group_tests_name("run_record", tests, NULL, NULL);
}
