/* Causes told by what two texts differ in; and when there is no telling. */
#include "compare/classify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

#define ONE(cause) TEXT_CAUSE(CAUSE_##cause)

static unsigned classify(const char *a, const char *b)
{
    return classify_texts((struct bytes){a, strlen(a)}, (struct bytes){b, strlen(b)});
}

static void test_causes(void **state UNUSED)
{
    static const struct {
        const char *a, *b;
        unsigned causes;
    } rows[] = {
        {"built on 2026-11-25", "built on 2026-11-26", ONE(BUILD_DATE)},
        {"T = 1795589182", "T = 1795589999", ONE(BUILD_DATE)},
        {"p = '/tmp/x/a.c'", "p = '/home/me/a.c'", ONE(BUILD_PATH)},
        {"/tmp/pip-build-env-aaaaaaa1/x", "/tmp/pip-build-env-bbbbbbb2/x", ONE(TEMPORARY_NAME)},
        {"/tmp/a/tmpab12cd_e/x 2026-01-01", "/tmp/a/tmpxy34zw_e/x 2026-01-02",
         ONE(TEMPORARY_NAME) | ONE(BUILD_DATE)},
        {"<f at 0x7f0011223344>", "<f at 0x7f0011229988>", ONE(MEMORY_ADDRESS)},
        {"id=01234567-89ab-cdef-0123-456789abcdef", "id=f1234567-89ab-cdef-0123-456789abcdef",
         ONE(RANDOM_ID)},
        {"h = d41d8cd98f00b204e9800998ecf8427e", "h = 041d8cd98f00b204e9800998ecf8427e",
         ONE(DIGEST)},
        {"made by Cython 3.0.1", "made by Cython 3.1.0", ONE(TOOL_VERSION)},
        {"{'a', 'b', 'c'}", "{'c', 'a', 'b'}", ONE(HASH_ORDER)},
        {"host = 'box1'", "host = 'server2'", ONE(BUILD_HOST)},
        {"\"nodename\": \"box1\"", "\"nodename\": \"box2\"", ONE(BUILD_HOST)},
        {"USER=alice", "USER=bob", ONE(BUILD_USER)},
        {"built by alice", "built by bob", ONE(BUILD_USER)},
        {"by alice@box1", "by bob@box1", ONE(BUILD_USER)},
        {"by alice@box1", "by alice@box2", ONE(BUILD_HOST)},
        {"alice@box1 2026-01-01", "bob@box2 2026-01-02",
         ONE(BUILD_USER) | ONE(BUILD_HOST) | ONE(BUILD_DATE)},
        {"x = 1", "x = 2", ONE(TEXT)},
        {"the host was called early", "the host was called late", ONE(TEXT)},
        {"", "x", ONE(TEXT)},
        {"at 2026-01-01 x = 1", "at 2026-01-02 x = 2", ONE(TEXT)},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        unsigned causes = classify(rows[i].a, rows[i].b);
        if (causes != rows[i].causes)
            print_error("'%s' / '%s': %#x, not %#x\n", rows[i].a, rows[i].b, causes,
                        rows[i].causes);
        assert_int_equal(causes, rows[i].causes);
        assert_int_equal(classify(rows[i].b, rows[i].a), rows[i].causes);
    }
}

/* In the middle of a line of a megabyte. */
static void test_long_lines(void **state UNUSED)
{
    auto_str struct str a = STR_INIT, b = STR_INIT;
    auto_free char *x = NULL, *y = NULL;

    for (int i = 0; i < 100000; i++)
        str_add(&a, "var x=1; ");
    str_append(&b, a.buf, a.len);
    str_add(&a, "/* 2026-11-25 */");
    str_add(&b, "/* 2027-11-25 */");
    for (int i = 0; i < 100000; i++) {
        str_add(&a, "var y=1; ");
        str_add(&b, "var y=1; ");
    }
    struct bytes one = {a.buf, a.len}, two = {b.buf, b.len};
    assert_int_equal(classify_texts(one, two), ONE(BUILD_DATE));
    classify_excerpts(one, two, &x, &y);
    assert_non_null(strstr(x, "2026-11-25"));
    assert_non_null(strstr(y, "2027-11-25"));
    assert_true(strlen(x) < 200);
}

static bool ends_in_c(void *arg UNUSED, const char *word)
{
    return str_ends(word, ".c");
}

static void test_words(void **state UNUSED)
{
    static const char files[] = "['a.c', 'b.c', 3]", others[] = "{'x', 'y', 'z.py', 'w.py'}";

    assert_true(classify_words_are((struct bytes){files, strlen(files)}, ends_in_c, NULL));
    assert_false(classify_words_are((struct bytes){others, strlen(others)}, ends_in_c, NULL));
}

static void test_names(void **state UNUSED)
{
    for (int i = 0; i < CAUSE_COUNT; i++) {
        const char *id = cause_id((enum cause)i);
        assert_non_null(id);
        assert_int_equal(strspn(id, "abcdefghijklmnopqrstuvwxyz-"), strlen(id));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(id, cause_id((enum cause)k));
        assert_non_null(cause_text((enum cause)i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_causes),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
