/* record/licences.h and record/purl.h: what METADATA declares, and names that others look up. */
#include "record/licences.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "record/purl.h"

/* The licences of METADATA with these lines, as compact JSON; "-" for none. The caller frees. */
static char *declared(const char *lines)
{
    auto_meta_fields struct meta_fields fields = META_FIELDS_INIT;
    auto_free char *text = xasprintf("Metadata-Version: 2.4\nName: a\nVersion: 1\n%s", lines);

    assert_int_equal(meta_fields_parse(text, strlen(text), &fields, NULL), 0);
    json_t *list = licences_of(&fields);
    char *dumped = list ? json_dumps(list, JSON_COMPACT | JSON_SORT_KEYS) : xstrdup("-");
    json_decref(list);
    return dumped;
}

static void assert_declared(const char *lines, const char *expected)
{
    auto_free char *found = declared(lines);

    assert_string_equal(found, expected);
}

#define DECLARED "{\"license\":{\"acknowledgement\":\"declared\","

static void test_expression_counts_most(void **state UNUSED)
{
    assert_declared("License-Expression: MIT OR Apache-2.0\nLicense: something\n"
                    "Classifier: License :: OSI Approved :: BSD License\n",
                    "[{\"acknowledgement\":\"declared\",\"expression\":\"MIT OR Apache-2.0\"}]");
}

static void test_classifiers(void **state UNUSED)
{
    assert_declared("Classifier: License :: OSI Approved :: MIT License\nLicense: other\n",
                    "[" DECLARED "\"id\":\"MIT\"}}]");
    assert_declared("Classifier: License :: OSI Approved :: MIT License\n"
                    "Classifier: License :: OSI Approved :: BSD License\n"
                    "Classifier: License :: OSI Approved :: MIT License\n",
                    "[" DECLARED "\"name\":\"BSD License\"}}," DECLARED "\"id\":\"MIT\"}}]");
    assert_declared("Classifier: License :: Public Domain\n",
                    "[" DECLARED "\"name\":\"Public Domain\"}}]");
    assert_declared("Classifier: License :: OSI Approved\nClassifier: Topic :: Games\n", "-");
}

static void test_free_text_is_the_last_resort(void **state UNUSED)
{
    assert_declared("License: Do \"what\" you like\n",
                    "[" DECLARED "\"name\":\"Do \\\"what\\\" you like\"}}]");
    assert_declared("License: MPL-2.0\n", "[" DECLARED "\"id\":\"MPL-2.0\"}}]");
    assert_declared("License: caf\xe9\n", "[" DECLARED "\"name\":\"caf\\\\xE9\"}}]");
    assert_declared("License: UNKNOWN\n", "-");
    assert_declared("License:\n", "-");
}

static void assert_purl(const char *name, const char *version, const char *expected)
{
    auto_free char *purl = purl_pypi(name, version);

    assert_string_equal(purl, expected);
}

static void test_purl(void **state UNUSED)
{
    assert_purl("Zope.Interface_x", "1.0", "pkg:pypi/zope-interface-x@1.0");
    assert_purl("a", "1!2.0+local.1", "pkg:pypi/a@1%212.0%2Blocal.1");
    assert_purl("a", "1?x#y/../@\xc3\xa9", "pkg:pypi/a@1%3Fx%23y%2F..%2F%40%C3%A9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expression_counts_most),
        cmocka_unit_test(test_classifiers),
        cmocka_unit_test(test_free_text_is_the_last_resort),
        cmocka_unit_test(test_purl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
