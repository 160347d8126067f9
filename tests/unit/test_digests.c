/* inputs/digests.h: what is remembered of files holds only while they are the same. */
#include "inputs/digests.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/str.h"
#include "scratch.h"

static struct scratch scratch;
static char *path;

static int set_up(void **state UNUSED)
{
    int ret = scratch_make(&scratch);

    path = xasprintf("%s/file", scratch.path);
    return ret;
}

static int tear_down(void **state UNUSED)
{
    free(path);
    return scratch_remove(&scratch);
}

/* The same size and, as far as a user can set it, the same time. */
static void put(const char *text)
{
    struct timespec times[] = {{.tv_sec = 1000}, {.tv_sec = 1000}};

    assert_int_equal(write_file(path, text, strlen(text), 0644, NULL), 0);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void expect(struct digests *d, const char *text)
{
    char is[SHA256_HEX], wanted[SHA256_HEX];

    sha256_hex_of(text, strlen(text), wanted);
    assert_int_equal(digests_of_file(d, path, is, NULL), 0);
    assert_string_equal(is, wanted);
}

static void test_a_change_is_seen(void **state UNUSED)
{
    struct digests d = DIGESTS_INIT;

    put("one");
    scratch_wait_for_tick();
    expect(&d, "one");
    assert_int_equal(d.count, 1);
    put("two");
    expect(&d, "two");
    scratch_wait_for_tick();
    expect(&d, "two");
    assert_int_equal(d.count, 1);
    digests_release(&d);
}

static void test_it_is_remembered(void **state UNUSED)
{
    struct digests d = DIGESTS_INIT;
    struct stat st;

    put("one");
    scratch_wait_for_tick();
    assert_int_equal(stat(path, &st), 0);
    digests_put(&d, path, "what", &st, "value");
    assert_string_equal(digests_get(&d, path, "what"), "value");
    assert_null(digests_get(&d, path, "other"));
    digests_release(&d);
}

/* The next write could come within the same tick of the clock. */
static void test_a_new_file_is_not_remembered(void **state UNUSED)
{
    struct digests d = DIGESTS_INIT;

    put("one");
    expect(&d, "one");
    assert_int_equal(d.count, 0);
    digests_release(&d);
}

static void test_json(void **state UNUSED)
{
    struct digests d = DIGESTS_INIT, read;

    put("one");
    scratch_wait_for_tick();
    expect(&d, "one");
    json_t *json = digests_to_json(&d);
    digests_from_json(json, &read);
    json_decref(json);
    assert_false(read.changed);
    assert_string_equal(digests_get(&read, path, "sha256"), digests_get(&d, path, "sha256"));
    digests_release(&read);
    digests_from_json(NULL, &read);
    assert_int_equal(read.count, 0);
    digests_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_change_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_it_is_remembered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_new_file_is_not_remembered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("digests", tests, NULL, NULL);
}
