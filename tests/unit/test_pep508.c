/* Versions, specifiers, markers, requirements: the corners. The bulk is tests/e2e/test_markers.py. */
#include "wheel/pep508.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_order(void **state UNUSED)
{
    static const char *const ascending[] = {
        "0",
        "1.dev1",
        "1a1.dev1",
        "1a1",
        "1a1.post1",
        "1b2",
        "1rc1",
        "1",
        "1+abc",
        "1+1",
        "1+1.a",
        "1+10",
        "1.post1",
        "1.1",
        "99999999999999999999",
        "100000000000000000000",
        "1!0",
    };

    for (size_t i = 0; i + 1 < ARRAY_SIZE(ascending); i++) {
        auto_pep440 struct pep440 a = PEP440_INIT, b = PEP440_INIT;
        assert_true(pep440_parse(&a, ascending[i]));
        assert_true(pep440_parse(&b, ascending[i + 1]));
        assert_true(pep440_cmp(&a, &b) < 0);
        assert_true(pep440_cmp(&b, &a) > 0);
    }
}

static void test_normal_form(void **state UNUSED)
{
    auto_pep440 struct pep440 v = PEP440_INIT;

    assert_true(pep440_parse(&v, " V01!1.00-ALPHA_02-03.DEV+Ubuntu_007 "));
    auto_free char *text = pep440_str(&v);
    assert_string_equal(text, "1!1.0a2.post3.dev0+ubuntu.7");
}

static bool contains(const char *specifier, const char *version, bool prereleases)
{
    auto_specifier_set struct specifier_set set = SPECIFIER_SET_INIT;

    assert_true(specifier_set_parse(&set, specifier));
    return specifier_set_contains(&set, version, prereleases);
}

static void test_specifiers(void **state UNUSED)
{
    assert_true(contains("~=1.4.2", "1.4.9", true));
    assert_false(contains("~=1.4.2", "1.5", true));
    assert_true(contains("==1.2.*", "1.2a1", true));
    assert_false(contains("==1.2.*", "1.2a1", false));
    assert_false(contains(">1.0", "1.0.post1", true));
    assert_false(contains("<1.0", "1.0rc1", true));
    assert_true(contains("<1.0rc2", "1.0rc1", true));
    assert_true(contains("===Weird", "wEIRD", true));
    assert_true(contains(" >=1 , !=1.5 ,", "2", true));
}

static void test_marker_errors(void **state UNUSED)
{
    static const char *const bad[] = {
        "",
        "os_name",
        "os_name ==",
        "os_name == 'a' or",
        "(os_name == 'a'",
        "os_name = 'a'",
        "'\\x4' == os_name",
        "os_name == 'a\n'",
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        auto_marker struct marker m = MARKER_INIT;
        auto_err struct err err = ERR_INIT;
        assert_int_equal(marker_parse(&m, bad[i], &err), -ERR_FORMAT);
        assert_int_equal(m.count, 0);
        assert_non_null(err.message);
    }
}

static void test_undefined_is_found_in_dead_branches(void **state UNUSED)
{
    auto_marker struct marker m = MARKER_INIT;
    auto_marker_env struct marker_env env = MARKER_ENV_INIT;
    auto_err struct err err = ERR_INIT;
    bool result;

    assert_true(marker_env_set(&env, "os_name", "posix"));
    assert_int_equal(marker_parse(&m, "os_name == 'posix' or os_name ~= 'x'", NULL), 0);
    assert_int_equal(marker_evaluate(&m, &env, "", &result, &err), -ERR_FORMAT);
}

static void test_requirement(void **state UNUSED)
{
    auto_requirement struct requirement r = REQUIREMENT_INIT;
    auto_marker_env struct marker_env env = MARKER_ENV_INIT;
    bool applies;

    assert_int_equal(requirement_parse(&r, "A.b [x, Y_z] (>=1,<2) ; extra == 'Some_Extra'", NULL),
                     0);
    assert_string_equal(r.name, "A.b");
    assert_int_equal(r.extras.count, 2);
    assert_int_equal(r.specifiers.count, 2);
    assert_int_equal(requirement_applies(&r, &env, "some.extra", &applies, NULL), 0);
    assert_true(applies);
    assert_int_equal(requirement_applies(&r, &env, "", &applies, NULL), 0);
    assert_false(applies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_normal_form),
        cmocka_unit_test(test_specifiers),
        cmocka_unit_test(test_marker_errors),
        cmocka_unit_test(test_undefined_is_found_in_dead_branches),
        cmocka_unit_test(test_requirement),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
