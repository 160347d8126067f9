/* inputs/packages.h: what is installed, whatever else the database says. */
#include "inputs/packages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/io.h"
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

static void lists(const char *manager, const char *text, const char *const *expected)
{
    auto_free char *path = xasprintf("%s/database", scratch.path);
    auto_strv struct strv found = STRV_INIT;

    assert_int_equal(write_file(path, text, strlen(text), 0644, NULL), 0);
    assert_int_equal(packages_read(manager, path, &found, NULL), 0);
    for (size_t i = 0; i < found.count; i++)
        assert_string_equal(found.items[i], expected[i]);
    assert_null(expected[found.count]);
}

static void test_dpkg(void **state UNUSED)
{
    static const char *const expected[] = {"gcc 4:12.2 amd64", "libc6 2.36-9 amd64", NULL};

    lists("dpkg",
          "Package: gcc\nStatus: install ok installed\nArchitecture: amd64\nVersion: 4:12.2\n"
          "Description: GNU C compiler\n Status: install ok installed\n\n"
          "Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n\n"
          "Package: half\nStatus: install reinstreq half-installed\nVersion: 1\n\n"
          "Package: libc6\nVersion: 2.36-9\nArchitecture: amd64\nStatus: hold ok installed\n",
          expected);
}

static void test_apk(void **state UNUSED)
{
    static const char *const expected[] = {"musl 1.2.5-r0 x86_64", "gcc 13.2-r1 x86_64", NULL};

    lists("apk",
          "C:Q1abc=\nP:musl\nV:1.2.5-r0\nA:x86_64\nT:the libc\nF:lib\nR:x\n\n"
          "C:Q1def=\nP:gcc\nV:13.2-r1\nA:x86_64\n\n",
          expected);
}

static void test_pacman(void **state UNUSED)
{
    auto_free char *entry = xasprintf("%s/gcc-13.2.1-3", scratch.path);
    auto_strv struct strv found = STRV_INIT;

    assert_int_equal(mkdir(entry, 0755), 0);
    assert_int_equal(packages_read("pacman", scratch.path, &found, NULL), 0);
    assert_int_equal(found.count, 1);
    assert_string_equal(found.items[0], "gcc-13.2.1-3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_dpkg, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_apk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pacman, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("packages", tests, NULL, NULL);
}
