/* How wide text is on a terminal. */
#include "display/columns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"

static void test_widths(void **state UNUSED)
{
    assert_int_equal(columns_of(""), 0);
    assert_int_equal(columns_of("abc"), 3);
    assert_int_equal(columns_of("\xc3\xa9"), 1);  /* e with an accent */
    assert_int_equal(columns_of("e\xcc\x81"), 1); /* e, and an accent that combines */
    assert_int_equal(columns_of("\xe6\xbc\xa2\xe5\xad\x97"), 4); /* two of Chinese */
    assert_int_equal(columns_of("a\xff"), 2);                    /* no UTF-8: a byte is a column */
}

static void test_what_fits(void **state UNUSED)
{
    static const char wide[] = "\xe6\xbc\xa2\xe5\xad\x97";

    assert_int_equal(columns_fitting("abc", 2), 2);
    assert_int_equal(columns_fitting("abc", 9), 3);
    assert_int_equal(columns_fitting(wide, 1), 0);
    assert_int_equal(columns_fitting(wide, 3), 3);
    assert_int_equal(columns_fitting(wide, 4), 6);
    assert_int_equal(columns_fitting("e\xcc\x81x", 1), 3); /* the accent goes with its letter */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_widths),
                                       cmocka_unit_test(test_what_fits)};

    return cmocka_run_group_tests_name("columns", tests, NULL, NULL);
}
