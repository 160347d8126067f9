/* Names that other systems cannot have, and the many that look like them and are fine. */
#include "wheel/wheel_notes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_windows(void **state UNUSED)
{
    static const struct {
        const char *name, *why;
    } rows[] = {
        {"aux", "'aux' is a device there"},
        {"pkg/con.py", "'con.py' is a device there"},
        {"pkg/NUL.tar.gz", "'NUL.tar.gz' is a device there"},
        {"com1/x.py", "'com1' is a device there"},
        {"Lpt9.txt", "'Lpt9.txt' is a device there"},
        {"prn .txt", "'prn .txt' is a device there"},
        {"CONOUT$", "'CONOUT$' is a device there"},
        {"C:/x", "it has a ':'"},
        {"pkg/a*b.py", "it has a '*'"},
        {"pkg/what?.txt", "it has a '?'"},
        {"pkg./x.py", "a part of it ends with '.'"},
        {"pkg/x ", "a part of it ends with ' '"},
        {"auxiliary.py", NULL},
        {"pkg/aux_.py", NULL},
        {"com.py", NULL},
        {"com10.py", NULL},
        {"comx", NULL},
        {"pkg/my.aux", NULL},
        {"pkg/.aux", NULL},
        {"pkg/a,b;c='d' (e).py", NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        auto_strv struct strv notes = STRV_INIT;
        wheel_notes(&rows[i].name, 1, &notes);
        assert_int_equal(notes.count, rows[i].why ? 1 : 0);
        if (!rows[i].why)
            continue;
        auto_free char *whole =
            xasprintf("'%s' cannot be installed on Windows: %s", rows[i].name, rows[i].why);
        assert_string_equal(notes.items[0], whole);
    }
}

static void test_twins(void **state UNUSED)
{
    static const char *const names[] = {"A.py",  "Pkg/x.py", "a.PY",
                                        "a.pyc", "pkg/X.py", "pkg/y.py"};
    auto_strv struct strv notes = STRV_INIT;

    wheel_notes(names, ARRAY_SIZE(names), &notes);
    assert_int_equal(notes.count, 2);
    assert_string_equal(notes.items[0], "'A.py' and 'a.PY' are one file on Windows and macOS");
    assert_string_equal(notes.items[1],
                        "'Pkg/x.py' and 'pkg/X.py' are one file on Windows and macOS");
}

static void test_many(void **state UNUSED)
{
    enum { COUNT = 50000 };
    auto_free const char **names = xcalloc(COUNT, sizeof(*names));
    auto_strv struct strv owner = STRV_INIT, notes = STRV_INIT;

    for (size_t i = 0; i < COUNT; i++)
        strv_pushf(&owner, "%05zu:", i);
    for (size_t i = 0; i < COUNT; i++)
        names[i] = owner.items[i];
    wheel_notes(names, COUNT, &notes);
    assert_int_equal(notes.count, WHEEL_NOTES_MAX + 1);
    assert_string_equal(notes.items[WHEEL_NOTES_MAX],
                        "49980 more names that other systems cannot have");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_twins),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
