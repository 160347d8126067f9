/* Build requirements that would take a file of this machine, and those that would not. */
#include "plan/local_requires.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static bool is_found(const char *text)
{
    auto_strv struct strv list = STRV_INIT;

    strv_push(&list, "setuptools>=60");
    strv_push(&list, text);
    const char *found = local_requires_find(&list);
    assert_true(!found || strcmp(found, text) == 0);
    return found != NULL;
}

static void test_found(void **state UNUSED)
{
    static const char *const texts[] = {
        "priv @ file:///home/me/priv",
        "priv@FILE:///home/me/priv",
        "priv @ file:priv",
        "priv @ File://localhost/home/me",
        "priv @ git+file:///home/me/p",
        "priv @ GIT+FILE:///home/me/p",
        "priv @ /home/me/priv",
        "priv @ ./priv",
        "priv @ git+/home/me/priv",
        "priv[x] @ file:///p ; python_version > '3'",
        "priv @ git@host:me/priv",
        "./priv",
        "file:///home/me/priv",
        "priv.zip",
        "priv-1.0.tar.gz[x]",
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        if (!is_found(texts[i]))
            fail_msg("'%s'", texts[i]);
}

static void test_not_found(void **state UNUSED)
{
    static const char *const texts[] = {
        "wheel",
        "priv @ https://index.test/file:/priv.zip",
        "priv @ git+https://host/priv@v1",
        "priv @ git+ssh://git@host/priv",
        "file",
        "priv.zip>=1",
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        if (is_found(texts[i]))
            fail_msg("'%s'", texts[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found),
        cmocka_unit_test(test_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
