/* wheel/unpack.h: what entries become on disk, and what is left when one cannot be read. */
#include "wheel/unpack.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "make_zip.h"
#include "scratch.h"

static struct scratch scratch;

static int set_up(void **state UNUSED)
{
    return scratch_make(&scratch);
}

static int tear_down(void **state UNUSED)
{
    return scratch_remove(&scratch);
}

/* Two entries, the second of which has another CRC than it says when `damaged`. */
static int unpack(bool damaged, struct err *err)
{
    struct zip_maker m = ZIP_MAKER_INIT;
    auto_wheel_zip struct wheel_zip *z = NULL;

    zip_add_text(&m, "a", "whole");
    zip_put(&m, &(struct zip_spec){.name = "d/b", .data = "half", .crc = damaged ? 7 : 0});
    auto_close int fd = zip_finish(&m);
    assert_int_equal(wheel_zip_open(fd, &z, NULL), 0);
    return wheel_unpack(z, scratch.fd, NULL, NULL, err);
}

static void expect(const char *name, const char *text)
{
    auto_free char *path = xasprintf("%s/%s", scratch.path, name);
    auto_str struct str found = STR_INIT;

    assert_int_equal(read_file(path, 1000, &found, NULL), 0);
    assert_string_equal(found.buf, text);
}

static size_t count_in(const char *name)
{
    auto_free char *path = xasprintf("%s/%s", scratch.path, name);
    size_t count = 0;
    DIR *dir = opendir(path);

    assert_non_null(dir);
    while (readdir(dir))
        count++;
    (void)closedir(dir);
    return count - 2; /* "." and ".." */
}

static void test_whole(void **state UNUSED)
{
    assert_int_equal(unpack(false, NULL), 0);
    assert_int_equal(unpack(false, NULL), 0); /* over what is there */
    expect("a", "whole");
    expect("d/b", "half");
    assert_int_equal(count_in("d"), 1);
}

static void test_half_a_file_is_removed(void **state UNUSED)
{
    auto_err struct err err = ERR_INIT;

    assert_int_equal(unpack(true, &err), -ERR_FORMAT);
    assert_non_null(strstr(err.message, "CRC"));
    expect("a", "whole");
    assert_int_equal(count_in("d"), 0);
}

/* What an earlier unpacking left is whole and stays. */
static void test_older_file_stays(void **state UNUSED)
{
    assert_int_equal(unpack(false, NULL), 0);
    assert_int_equal(unpack(true, NULL), -ERR_FORMAT);
    expect("d/b", "half");
    assert_int_equal(count_in("d"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_half_a_file_is_removed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_older_file_stays, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("unpack", tests, NULL, NULL);
}
