/* driver/base/near: which name a mistyped one was meant for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/near.h"

static void steps_are_counted(void **state UNUSED)
{
    static const struct {
        const char *a, *b;
        size_t steps;
    } cases[] = {
        {"", "", 0},           {"", "abc", 3},           {"wheel", "wheel", 0},
        {"wheel", "weel", 1},  {"weel", "wheel", 1},     {"wheel", "whell", 1},
        {"wheel", "hweel", 1}, {"kitten", "sitting", 3}, {"ca", "abc", 3},
        {"lock", "cache", 4},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(near_steps(cases[i].a, strlen(cases[i].a), cases[i].b, strlen(cases[i].b)),
                         cases[i].steps);
}

static void long_texts_have_no_steps(void **state UNUSED)
{
    char text[80];

    memset(text, 'a', sizeof(text));
    assert_int_equal(near_steps(text, 64, text, 64), 0);
    assert_true(near_steps(text, 65, text, 2) == SIZE_MAX);
    assert_true(near_steps(text, 2, text, 65) == SIZE_MAX);
}

static const char *const names[] = {"wheel",         "whltool",        "lock",
                                    "cache",         "requirement",    "pre",
                                    "prefer-binary", "require-hashes", "cache"};

static void expect(const char *word, const char *expected)
{
    auto_str struct str out = STR_INIT;
    struct near near;

    near_init(&near, word, strlen(word));
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        near_offer(&near, names[i]);
    near_add_names(&near, "--", &out);
    assert_string_equal(out.buf, expected);
}

static void the_nearest_are_named(void **state UNUSED)
{
    expect("weel", "--wheel");
    expect("whel", "--wheel");
    expect("whtool", "--whltool");
    expect("requiremnet", "--requirement");
    expect("cahce", "--cache"); /* offered twice, named once */
    expect("requir", "--requirement or --require-hashes");
    expect("psutil", "");
    expect("w", "");
    expect("", "");
    expect("x", "");
    expect("pr", "--pre");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_counted),
        cmocka_unit_test(long_texts_have_no_steps),
        cmocka_unit_test(the_nearest_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
