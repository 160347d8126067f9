/* plan/source.h: what the resolver says of a source, read once and strictly. */
#include "plan/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A frame with every field; `crates` and `metadata` are optional. A new object. */
static json_t *make_frame(void)
{
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:[s], s:[s], s:[s], s:[s, s], s:{s:s}, "
        "s:b, s:b, s:b, s:s, s:s, s:{s:s, s:s, s:s, s:s}}",
        "name", "foo", "version", "1.0", "dir", "foo-1.0", "sha256", "abc", "url",
        "http://index/foo", "subdirectory", "sub", "backend", "tool", "archive", "/foo-1.0.tar.gz",
        "requires", "tool>=1", "urls", "http://x", "backend_path", "here", "finder_args",
        "--no-binary", ":all:", "config_settings", "key", "value", "isolated", 1, "check_requires",
        0, "local", 1, "metadata", "Name: foo\n", "place", "./foo", "crates", "sysroot", "/rust",
        "bin", "/rust/bin", "config", "[net]", "toolchain", "rustc 1");
}

static struct source *parse(json_t *frame)
{
    struct source *source = NULL;

    assert_int_equal(source_parse(frame, false, &source, NULL), 0);
    json_decref(frame);
    return source;
}

static void test_every_field_arrives(void **state UNUSED)
{
    struct source *s = parse(make_frame());

    assert_string_equal(s->name, "foo");
    assert_string_equal(s->version, "1.0");
    assert_string_equal(s->dir, "foo-1.0");
    assert_string_equal(s->sha256, "abc");
    assert_string_equal(s->url, "http://index/foo");
    assert_string_equal(s->subdirectory, "sub");
    assert_string_equal(s->backend, "tool");
    assert_string_equal(s->archive, "/foo-1.0.tar.gz");
    assert_int_equal(s->trees.count, 0);
    assert_string_equal(source_repository(s), "none");
    assert_string_equal(s->requires.items[0], "tool>=1");
    assert_string_equal(s->urls.items[0], "http://x");
    assert_string_equal(s->backend_path.items[0], "here");
    assert_int_equal(s->finder_args.count, 2);
    assert_true(s->isolated && !s->check_requires && s->local);
    assert_string_equal(s->promise, "Name: foo\n");
    assert_string_equal(s->crates->config, "[net]");
    assert_true(source_forbids_wheels(s));
    auto_free char *label = source_label(s);
    assert_string_equal(label, "foo 1.0");
    source_free(s);
}

static void is_refused(json_t *frame, const char *field)
{
    auto_err struct err err = ERR_INIT;
    auto_free char *quoted = xasprintf("'%s'", field);
    struct source *source = NULL;

    assert_int_equal(source_parse(frame, false, &source, &err), -ERR_PROTOCOL);
    assert_null(source);
    if (!strstr(err.message, quoted))
        fail_msg("%s is not in '%s'", quoted, err.message);
    json_decref(frame);
}

static void test_a_field_that_is_missing_or_of_another_type(void **state UNUSED)
{
    static const char *const needed[] = {
        "name",           "version", "dir",          "sha256",          "url",
        "subdirectory",   "backend", "requires",     "config_settings", "isolated",
        "check_requires", "local",   "backend_path", "finder_args",     "archive",
        "place",          "urls"};

    for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
        json_t *missing = make_frame(), *other = make_frame();
        json_object_del(missing, needed[i]);
        is_refused(missing, needed[i]);
        json_object_set_new(other, needed[i], json_integer(7));
        is_refused(other, needed[i]);
    }
}

static void test_an_archive_or_a_tree(void **state UNUSED)
{
    json_t *both = make_frame(), *relative = make_frame(), *tree = make_frame();

    json_object_set_new(both, "trees", json_pack("[{s:s, s:s}]", "host", "/foo", "place", ""));
    is_refused(both, "trees");
    json_object_set_new(relative, "archive", json_string("foo.tar.gz"));
    is_refused(relative, "archive");
    json_object_del(tree, "archive");
    json_object_set_new(tree, "trees",
                        json_pack("[{s:s, s:s}, {s:s, s:s, s:s}]", "host", "/f\n\\\xf4\x8f\xbf\xa9",
                                  "place", "", "host", "/foo/objects", "place", ".git/objects",
                                  "omit", "/omit"));
    json_object_set_new(tree, "repository", json_pack("{s:s}", "sha256", "def"));
    struct source *s = parse(tree);
    assert_null(s->archive);
    assert_string_equal(s->trees.items[0].host, "/f\n\\\xe9");
    assert_null(s->trees.items[0].omit);
    assert_string_equal(s->trees.items[1].place, ".git/objects");
    assert_string_equal(s->trees.items[1].omit, "/omit");
    assert_string_equal(source_repository(s), "def");
    source_free(s);
}

static void test_a_tree_lies_where_it_should(void **state UNUSED)
{
    static const char *const wrong[][2] = {{"foo", ""},   {"/foo/../bar", ""}, {"/", ""},
                                           {"/foo", "/"}, {"/foo", "../x"},    {"/foo", "a/"}};

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        json_t *frame = make_frame();
        json_object_del(frame, "archive");
        json_object_set_new(frame, "trees",
                            json_pack("[{s:s, s:s}]", "host", wrong[i][0], "place", wrong[i][1]));
        is_refused(frame, i < 3 ? "host" : "place");
    }
}

static void test_half_a_toolchain_is_none(void **state UNUSED)
{
    json_t *frame = make_frame();

    json_object_del(json_object_get(frame, "crates"), "bin");
    is_refused(frame, "crates");
}

/* Each changes the work; where it was found, and what it promised, do not. */
static void test_identity(void **state UNUSED)
{
    const struct {
        const char *field;
        json_t *value;
        bool same;
    } cases[] = {
        {"sha256", json_string("other"), false},
        {"subdirectory", json_string(""), false},
        {"backend", json_string("other"), false},
        {"config_settings", json_object(), false},
        {"requires", json_array(), false},
        {"backend_path", json_array(), false},
        {"finder_args", json_array(), false},
        {"isolated", json_false(), false},
        {"local", json_false(), false},
        {"url", json_string("http://mirror/foo"), true},
        {"archive", json_string("/elsewhere/foo-1.0.tar.gz"), true},
    };
    struct source *first = parse(make_frame());
    auto_free char *identity = source_identity(first);

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        json_t *frame = make_frame();
        json_object_set_new(frame, cases[i].field, cases[i].value);
        struct source *other = parse(frame);
        auto_free char *theirs = source_identity(other);
        assert_int_equal(strcmp(identity, theirs) == 0, cases[i].same);
        source_free(other);
    }
    source_free(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_field_arrives),
        cmocka_unit_test(test_a_field_that_is_missing_or_of_another_type),
        cmocka_unit_test(test_an_archive_or_a_tree),
        cmocka_unit_test(test_a_tree_lies_where_it_should),
        cmocka_unit_test(test_half_a_toolchain_is_none),
        cmocka_unit_test(test_identity),
    };
    return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
