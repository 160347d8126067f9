/* Whether a wheel keeps its sdist's promise: other spellings do, other meanings do not. */
#include "wheel/meta_compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "Metadata-Version: 2.2\nName: Foo.Bar\nVersion: 1.0\n"

static int compare_whole(const char *promised, const char *built, struct err *err)
{
    auto_metadata struct metadata before = METADATA_INIT, after = METADATA_INIT;
    auto_marker_env struct marker_env env = MARKER_ENV_INIT;

    assert_int_equal(metadata_parse(promised, strlen(promised), &before, NULL), 0);
    assert_int_equal(metadata_parse(built, strlen(built), &after, NULL), 0);
    marker_env_set(&env, "python_version", "3.11");
    marker_env_set(&env, "python_full_version", "3.11.4");
    marker_env_set(&env, "sys_platform", "linux");
    return meta_compare(&before, &after, &env, err);
}

static int compare(const char *promised, const char *built, struct err *err)
{
    auto_free char *before = xasprintf(HEAD "%s", promised);
    auto_free char *after = xasprintf(HEAD "%s", built);

    return compare_whole(before, after, err);
}

static void test_same_meaning(void **state UNUSED)
{
    static const char *const pairs[][2] = {
        {"Requires-Dist: a >=1.0,<2\nRequires-Dist: b\n",
         "Requires-Dist: B\nRequires-Dist: a (<2.0.0, >=1)\n"},
        {"Provides-Extra: my_extra\nRequires-Dist: a; extra == \"my_extra\"\n",
         "Provides-Extra: my-extra\nRequires-Dist: a ; extra == 'my-extra'\n"},
        {"Provides-Extra: x\nRequires-Dist: a; (python_version >= '3.8' and python_version < "
         "'3.13') and extra == 'x'\n",
         "Provides-Extra: x\nRequires-Dist: a; extra == 'x' and python_version < '3.13'\n"},
        {"Requires-Dist: a[X_1,y]~=1.4.0\n", "Requires-Dist: A [y,x-1] ~=1.4.0\n"},
        {"Requires-Dist: a; python_version < '3'\n", ""},
        {"Requires-Dist: a\nRequires-Dist: a\n", "Requires-Dist: a\n"},
        {"Requires-Dist: a @ https://a.test/a.zip ; sys_platform=='linux'\n",
         "Requires-Dist: a@ https://a.test/a.zip\n"},
        {"Requires-Python: >=3.8, <4\n", "Requires-Python: <4.0,>=3.8\n"},
        {"Requires-Python: >=3.8\n", "Requires-Python: !=2.*,!=3.0.*,>=3.8\n"},
        {"Summary: one\n", "Summary: two\nDynamic: License-File\n"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
        for (int turn = 0; turn < 2; turn++) {
            auto_err struct err err = ERR_INIT;
            if (compare(pairs[i][turn], pairs[i][!turn], &err) < 0)
                fail_msg("%zu: %s", i, err.message);
        }
    assert_int_equal(compare_whole("Metadata-Version: 2.2\nName: foo_bar\nVersion: 1.0\n",
                                   "Metadata-Version: 2.4\nName: Foo-Bar\nVersion: 1\n", NULL),
                     0);
}

static void test_other_meaning(void **state UNUSED)
{
    static const char *const cases[][3] = {
        {"Requires-Dist: a\n", "", "promised requirement 'a', which was not built"},
        {"", "Requires-Dist: evil\n", "did not promise requirement 'evil'"},
        {"Requires-Dist: a>=1\n", "Requires-Dist: a>=2\n", "'a>=1'"},
        {"Requires-Dist: a~=1.4\n", "Requires-Dist: a~=1.4.0\n", "'a~=1.4'"},
        {"Provides-Extra: x\n", "", "promised extra 'x'"},
        {"Provides-Extra: x\nRequires-Dist: a; extra=='x'\n",
         "Provides-Extra: x\nRequires-Dist: b; extra=='x'\n", "for extra 'x'"},
        {"Requires-Python: >=3.8\n", "Requires-Python: >=3.9\n",
         "promised Requires-Python '>=3.8'"},
        {"", "Requires-Python: >=99\n", "promised Requires-Python ''"},
        {"Requires-Dist: a\n", "Requires-Dist: a !\n", "promised requirement 'a'"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        auto_err struct err err = ERR_INIT;
        assert_int_equal(compare(cases[i][0], cases[i][1], &err), -ERR_FORMAT);
        if (!strstr(err.message, cases[i][2]))
            fail_msg("'%s' is not in '%s'", cases[i][2], err.message);
    }
    auto_err struct err err = ERR_INIT;
    assert_int_equal(
        compare_whole(HEAD, "Metadata-Version: 2.2\nName: foo-bar\nVersion: 2\n", &err),
        -ERR_FORMAT);
    assert_string_equal(err.message, "promised version '1.0', built '2'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_meaning),
        cmocka_unit_test(test_other_meaning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
