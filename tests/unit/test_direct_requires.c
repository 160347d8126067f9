/* Build requirements that name a place: which are taken from whom. */
#include "plan/direct_requires.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum asks { FILE_OF_ITS_OWN, HOOK };

/* What the answer is: "" for taken. `allowed` (NULL: nobody) is for --allow-url. */
static const char *judge(const char *text, bool local, enum asks asks, const char *allowed)
{
    auto_err struct err err = ERR_INIT;
    auto_strv struct strv list = STRV_INIT, names = STRV_INIT, used = STRV_INIT;
    struct source source = {.local = local};
    int ret;

    strv_push(&list, "setuptools>=60");
    strv_push(&list, text);
    strv_push(&source.urls, "https://host/written");
    if (allowed)
        strv_push(&names, allowed);
    ret = direct_requires_check(&list, &source, asks == HOOK, &names, &used, &err);
    strv_release(&source.urls);
    if (ret == 0)
        return used.count ? "allowed" : "";
    assert_int_equal(ret, -ERR_BUILD);
    assert_non_null(strstr(err.message, text));
    if (strstr(err.message, "is a file of this machine"))
        return "machine";
    assert_non_null(strstr(err.hint, "--allow-url priv "));
    return strstr(err.message, "keys") ? "keys" : "made up";
}

static void test_files_of_the_machine(void **state UNUSED)
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

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        assert_string_equal(judge(texts[i], false, FILE_OF_ITS_OWN, "priv"), "machine");
        assert_string_equal(judge(texts[i], false, HOOK, "priv"), "machine");
        assert_string_equal(judge(texts[i], true, HOOK, NULL), "");
    }
}

static void test_names(void **state UNUSED)
{
    static const char *const texts[] = {"wheel", "file", "priv.zip>=1", "ssh[x]; os_name == 'nt'"};

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        assert_string_equal(judge(texts[i], false, HOOK, NULL), "");
}

static void test_urls(void **state UNUSED)
{
    static const char *const texts[] = {
        "priv @ https://index.test/file:/priv.zip",
        "priv @ git+https://host/priv@v1",
        "priv @ HTTP://host/priv.zip#sha256=0",
        "priv[x]@ftp://host/ssh ; python_version > '3'",
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        assert_string_equal(judge(texts[i], false, FILE_OF_ITS_OWN, NULL), "");
        assert_string_equal(judge(texts[i], false, HOOK, NULL), "made up");
        assert_string_equal(judge(texts[i], true, HOOK, NULL), "made up");
        assert_string_equal(judge(texts[i], false, HOOK, "Priv"), "allowed");
        assert_string_equal(judge(texts[i], false, HOOK, "other"), "made up");
    }
    assert_string_equal(judge("priv @ https://host/written", false, HOOK, NULL), "");
    assert_string_equal(judge("priv @ https://host/written?x", false, HOOK, NULL), "made up");
}

static void test_keys(void **state UNUSED)
{
    static const char *const texts[] = {
        "priv @ git+ssh://git@host/priv", "priv @ GIT+SSH://host/priv", "priv @ ssh://host/priv",
        "priv @ bzr+sftp://host/priv",    "priv @ bzr+lp://priv",
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        assert_string_equal(judge(texts[i], false, FILE_OF_ITS_OWN, NULL), "keys");
        assert_string_equal(judge(texts[i], false, FILE_OF_ITS_OWN, "PRIV"), "allowed");
        assert_string_equal(judge(texts[i], true, FILE_OF_ITS_OWN, NULL), "");
        assert_string_equal(judge(texts[i], true, HOOK, NULL), "made up");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_of_the_machine),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
