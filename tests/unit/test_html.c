/* index/html.h: text stands for itself, wherever it is put. */
#include "index/html.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void assert_html(const char *text, const char *expected)
{
    auto_str struct str out = STR_INIT;

    str_add(&out, "=");
    html_add(&out, text);
    assert_string_equal(out.buf + 1, expected);
}

static void test_plain_text_stays(void **state UNUSED)
{
    assert_html("", "");
    assert_html("foo-1.0+local", "foo-1.0+local");
    assert_html("caf\xc3\xa9", "caf\xc3\xa9");
}

static void test_markup_is_quoted(void **state UNUSED)
{
    assert_html("<script>alert('1 & \"2\"')</script>",
                "&lt;script&gt;alert(&#39;1 &amp; &quot;2&quot;&#39;)&lt;/script&gt;");
    assert_html("&lt;", "&amp;lt;");
}

static void test_what_html_cannot_have(void **state UNUSED)
{
    assert_html("a\x01"
                "b\x7f\n",
                "a\xef\xbf\xbd"
                "b\xef\xbf\xbd\xef\xbf\xbd");
    assert_html("a\xff<", "a\\xFF&lt;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_text_stays),
        cmocka_unit_test(test_markup_is_quoted),
        cmocka_unit_test(test_what_html_cannot_have),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
