/* Opening a wheel: what it knows afterwards, and what is no wheel. */
#include "wheel/wheel.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "make_zip.h"
#include "wheel/wheel_deps.h"

#define METADATA "Metadata-Version: 2.1\nName: Foo.Bar\nVersion: 1.0\nRequires-Dist: baz>=2\n"
#define WHEEL "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
#define NAME "foo_bar-1.0-py3-none-any.whl"
#define INFO "foo_bar-1.0.dist-info/"

struct content {
    const char *metadata, *wheel; /* NULL: not there */
    bool no_record;
};

static int make_wheel(const struct content *content)
{
    struct zip_maker m = ZIP_MAKER_INIT;

    zip_add_text(&m, "foo/bar.py", "x = 1\n");
    if (content->metadata)
        zip_add_text(&m, INFO "METADATA", content->metadata);
    if (content->wheel)
        zip_add_text(&m, INFO "WHEEL", content->wheel);
    if (!content->no_record)
        zip_add_text(&m, INFO "RECORD", "");
    return zip_finish(&m);
}

static const struct content good = {METADATA, WHEEL, false};

static void test_what_it_knows(void **state UNUSED)
{
    auto_close int fd = make_wheel(&good);
    auto_wheel struct wheel w = WHEEL_INIT;

    assert_int_equal(wheel_open(fd, "/some/where/" NAME, &w, NULL), 0);
    assert_int_equal(w.fd, fd);
    assert_string_equal(w.name.dist, "foo_bar");
    assert_string_equal(w.dist_info, "foo_bar-1.0.dist-info");
    assert_string_equal(w.metadata.name, "Foo.Bar");
    assert_string_equal(w.metadata.requires_dist.items[0], "baz>=2");
    assert_string_equal(w.info.tags.items[0], "py3-none-any");
    assert_non_null(wheel_zip_find(w.zip, "foo/bar.py"));
}

/* One name and one version, however each of them is spelled. */
static void test_spellings(void **state UNUSED)
{
    auto_close int fd = make_wheel(&good);
    auto_wheel struct wheel w = WHEEL_INIT;

    assert_int_equal(wheel_open(fd, "Foo.bar-1.0.0-py3-none-any.whl", &w, NULL), 0);
    assert_string_equal(w.metadata.version, "1.0");
}

static void test_without_a_name(void **state UNUSED)
{
    auto_close int fd = make_wheel(&good);
    auto_wheel struct wheel w = WHEEL_INIT;

    assert_int_equal(wheel_open(fd, NULL, &w, NULL), 0);
    assert_null(w.name.dist);
    assert_string_equal(w.metadata.version, "1.0");
}

static void refuse(const struct content *content, const char *file_name, const char *words)
{
    auto_close int fd = make_wheel(content);
    auto_err struct err err = ERR_INIT;
    struct wheel w = {.fd = 12345};
    int ret = wheel_open(fd, file_name, &w, &err);

    if (ret == 0 || !strstr(err.message, words))
        print_error("wanted '%s', got '%s'\n", words, err.message ? err.message : "no error");
    assert_int_equal(ret, -ERR_FORMAT);
    assert_non_null(strstr(err.message, words));
    assert_int_equal(w.fd, 12345); /* only set on success */
}

static void test_refused(void **state UNUSED)
{
    static const struct content no_metadata = {.wheel = WHEEL}, no_wheel = {.metadata = METADATA};
    static const struct content no_record = {METADATA, WHEEL, true};
    static const struct content other_name = {
        "Metadata-Version: 2.1\nName: Foo-Bar-Baz\nVersion: 1.0\n", WHEEL, false};
    static const struct content other_version = {
        "Metadata-Version: 2.1\nName: foo-bar\nVersion: 1.0.post1\n", WHEEL, false};
    static const struct content bad_metadata = {"Name: foo\n", WHEEL, false};
    static const struct content bad_wheel = {METADATA, "Wheel-Version: 2.0\n", false};

    refuse(&good, "foo_bar-1.0.whl", "not a wheel's name");
    refuse(&good, "foo_baz-1.0-py3-none-any.whl", "not of that name");
    refuse(&good, "foo_bar-2.0-py3-none-any.whl", "not of that name");
    refuse(&other_name, NAME, "METADATA says 'Foo-Bar-Baz' '1.0', which is not of that name");
    refuse(&other_version, NAME, "METADATA says 'foo-bar' '1.0.post1', which is not of that name");
    refuse(&no_metadata, NAME, "has no '" INFO "METADATA'");
    refuse(&no_wheel, NAME, "has no '" INFO "WHEEL'");
    refuse(&no_record, NAME, "has no '" INFO "RECORD'");
    refuse(&bad_metadata, NAME, "METADATA: no field 'Metadata-Version'");
    refuse(&bad_wheel, NAME, "WHEEL: wheel format '2.0' is not known");
}

static void test_released_twice(void **state UNUSED)
{
    auto_close int fd = make_wheel(&good);
    struct wheel w = WHEEL_INIT;

    wheel_release(&w);
    assert_int_equal(wheel_open(fd, NAME, &w, NULL), 0);
    wheel_release(&w);
    assert_int_equal(w.fd, -1);
    wheel_release(&w);
}

static void test_dependencies(void **state UNUSED)
{
    auto_close int fd = make_wheel(&good);
    auto_wheel struct wheel w = WHEEL_INIT;
    auto_wheel_deps struct wheel_deps deps = WHEEL_DEPS_INIT;

    assert_int_equal(wheel_open(fd, NAME, &w, NULL), 0);
    assert_int_equal(wheel_deps_of(&deps, &w.metadata, NULL), 0);
    assert_string_equal(deps.name, "Foo.Bar");
    assert_string_equal(deps.requirements.items[0].name, "baz");
    assert_string_equal(w.metadata.name, "Foo.Bar"); /* still the wheel's own */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_it_knows),  cmocka_unit_test(test_without_a_name),
        cmocka_unit_test(test_spellings),      cmocka_unit_test(test_refused),
        cmocka_unit_test(test_released_twice), cmocka_unit_test(test_dependencies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
