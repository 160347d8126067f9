/* Lines and their differences: applied to one text they give the other, and there are no shorter ones. */
#include "content/line_diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void split(const char *text, struct lines *ret)
{
    lines_split(text, strlen(text), ret);
}

static void test_lines(void **state UNUSED)
{
    auto_lines struct lines l = LINES_INIT;

    split("a\n\nb", &l);
    assert_int_equal(l.count, 3);
    assert_int_equal(l.items[0].len, 2);
    assert_int_equal(l.items[1].len, 1);
    assert_int_equal(l.items[2].len, 1);
}

/* Puts the changes into `a`. */
static void apply(const struct lines *a, const struct lines *b, const struct line_changes *c,
                  struct str *out)
{
    size_t at = 0;

    for (size_t i = 0; i <= c->count; i++) {
        size_t end = i < c->count ? c->items[i].a_at : a->count;
        for (; at < end; at++)
            str_append(out, a->items[at].text, a->items[at].len);
        if (i == c->count)
            return;
        for (size_t k = 0; k < c->items[i].b_count; k++) {
            const struct line *line = &b->items[c->items[i].b_at + k];
            str_append(out, line->text, line->len);
        }
        at += c->items[i].a_count;
    }
}

static size_t count_edits(const struct line_changes *c)
{
    size_t count = 0;

    for (size_t i = 0; i < c->count; i++)
        count += c->items[i].a_count + c->items[i].b_count;
    return count;
}

/* By the longest common subsequence, from its definition. */
static size_t shortest(const struct lines *a, const struct lines *b)
{
    size_t table[20][20] = {{0}};

    for (size_t i = 1; i <= a->count; i++)
        for (size_t k = 1; k <= b->count; k++) {
            size_t best = table[i - 1][k] > table[i][k - 1] ? table[i - 1][k] : table[i][k - 1];
            bool same = line_equal(&a->items[i - 1], &b->items[k - 1]);
            table[i][k] = same ? table[i - 1][k - 1] + 1 : best;
        }
    return a->count + b->count - 2 * table[a->count][b->count];
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 16;
}

static void test_random(void **state UNUSED)
{
    uint32_t seed = 42;

    for (int round = 0; round < 3000; round++) {
        auto_str struct str x = STR_INIT, y = STR_INIT, applied = STR_INIT;
        auto_lines struct lines a = LINES_INIT, b = LINES_INIT;
        auto_line_changes struct line_changes c = LINE_CHANGES_INIT;
        for (uint32_t i = next_random(&seed) % 16; i > 0; i--)
            str_addf(&x, "%u\n", next_random(&seed) % 4);
        for (uint32_t i = next_random(&seed) % 16; i > 0; i--)
            str_addf(&y, "%u\n", next_random(&seed) % 4);
        lines_split(x.buf, x.len, &a);
        lines_split(y.buf, y.len, &b);
        line_diff(&a, &b, &c);
        apply(&a, &b, &c, &applied);
        assert_string_equal(applied.buf, y.buf);
        assert_int_equal(count_edits(&c), shortest(&a, &b));
    }
}

/* Beyond the limit of edits the middle is one change, and still right. */
static void test_limit(void **state UNUSED)
{
    auto_str struct str x = STR_INIT, y = STR_INIT, applied = STR_INIT;
    auto_lines struct lines a = LINES_INIT, b = LINES_INIT;
    auto_line_changes struct line_changes c = LINE_CHANGES_INIT;

    for (int i = 0; i < 4000; i++) {
        str_addf(&x, "%d\n", i);
        str_addf(&y, "%d\n", i < 100 || i > 3900 ? i : -i);
    }
    lines_split(x.buf, x.len, &a);
    lines_split(y.buf, y.len, &b);
    line_diff(&a, &b, &c);
    apply(&a, &b, &c, &applied);
    assert_int_equal(c.count, 1);
    assert_int_equal(c.items[0].a_at, 100);
    assert_string_equal(applied.buf, y.buf);
}

static void written(const char *x, const char *y, const struct line_diff_bounds *bounds,
                    struct str *out)
{
    auto_lines struct lines a = LINES_INIT, b = LINES_INIT;
    auto_line_changes struct line_changes c = LINE_CHANGES_INIT;

    split(x, &a);
    split(y, &b);
    line_diff(&a, &b, &c);
    line_diff_write(&a, &b, &c, bounds, out);
}

static void test_writing(void **state UNUSED)
{
    const struct line_diff_bounds bounds = {.most_lines = 5, .most_columns = 12};
    auto_str struct str out = STR_INIT, many = STR_INIT, long_lines = STR_INIT;

    written("a\nb\nc\n", "a\nB\033\nc", &bounds, &out);
    assert_string_equal(out.buf, "@@ -2,2 +2,2 @@\n a\n-b\n-c\n+B?\n+c (no newline)\n");
    written("1\n2\n3\n4\n5\n6\n7\n", "", &bounds, &many);
    assert_string_equal(many.buf, "@@ -1,7 +1,0 @@\n-1\n-2\n-3\n-4\n-5\n… 2 more lines\n");
    written("0123456789abcdefX\n", "0123456789abcdefY\n", &bounds, &long_lines);
    assert_string_equal(long_lines.buf, "@@ -1,1 +1,1 @@\n-…cdefX\n+…cdefY\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_writing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
