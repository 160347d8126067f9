/* Bytecode as a tree, and two trees compared: made by hand, so that each kind of value can be damaged. */
#include "content/marshal_diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "content/pyc.h"

static void put32(struct str *s, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        str_addch(s, (char)(v >> 8 * i & 255));
}

static void put_text(struct str *s, const char *text)
{
    str_addch(s, 'z');
    str_addch(s, (char)strlen(text));
    str_add(s, text);
}

/* A code object of 3.11 with these constants, which are marshal data already. */
static void put_code(struct str *s, const char *name, const char *file, const struct str *consts)
{
    str_addch(s, 'c');
    for (int i = 0; i < 5; i++)
        put32(s, 0);
    str_append(s, "s\3\0\0\0abc", 8);
    str_append(s, consts->buf, consts->len);
    str_append(s, ")\0)\0s\0\0\0\0", 9);
    put_text(s, file);
    put_text(s, name);
    put_text(s, name);
    put32(s, 1);
    str_append(s, "s\0\0\0\0s\0\0\0\0", 10);
}

static int parse(const struct str *bytes, struct marshal *ret)
{
    return marshal_parse(bytes->buf, bytes->len, marshal_code_of(311), ret, NULL);
}

static void take(struct str *s, const char *bytes, size_t len)
{
    str_append(s, bytes, len);
}
#define LITERAL(s, text) take(s, text, sizeof(text) - 1)

static void test_values(void **state UNUSED)
{
    auto_str struct str bytes = STR_INIT;
    auto_marshal struct marshal m = MARSHAL_INIT;

    /* (None, 1, 2**40, 1.5, "a", b"b", frozenset({True}), {None: 1}, slice) */
    LITERAL(&bytes, ")\11");
    LITERAL(&bytes, "Ni\1\0\0\0");
    LITERAL(&bytes, "l\3\0\0\0\0\0\0\0\0\4");
    LITERAL(&bytes, "g\0\0\0\0\0\0\xf8\x3f");
    LITERAL(&bytes, "Z\1as\1\0\0\0b");
    LITERAL(&bytes, ">\1\0\0\0T");
    LITERAL(&bytes, "{Ni\1\0\0\0000");
    LITERAL(&bytes, ":NNN");
    assert_int_equal(parse(&bytes, &m), 0);
    assert_int_equal(m.nodes[1].count, 9);
    uint32_t child = m.nodes[1].first;
    assert_int_equal(m.nodes[child].type, 'N');
    for (int i = 0; i < 6; i++)
        child = m.nodes[child].next;
    assert_int_equal(m.nodes[child].type, '>');
    child = m.nodes[child].next;
    assert_int_equal(m.nodes[child].count, 2);
    for (size_t len = 0; len < bytes.len; len++) {
        struct marshal cut = MARSHAL_INIT;
        assert_int_equal(marshal_parse(bytes.buf, len, marshal_code_of(311), &cut, NULL),
                         -ERR_FORMAT);
        assert_null(cut.nodes);
    }
}

static void test_refused(void **state UNUSED)
{
    static const struct {
        const char *bytes;
        size_t len;
    } rows[] = {
        {"?", 1},                 /* no type */
        {"r\0\0\0\0", 5},         /* a reference before anything */
        {"(\xff\xff\xff\x7f", 5}, /* more items than bytes */
        {"s\xff\xff\xff\xff"
         "a",
         6},                      /* longer than the file */
        {"NN", 2},                /* bytes behind the value */
        {"l\x00\x00\x00\x80", 5}, /* so many digits that their number has no opposite */
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct marshal m = MARSHAL_INIT;
        assert_int_equal(marshal_parse(rows[i].bytes, rows[i].len, marshal_code_of(313), &m, NULL),
                         -ERR_FORMAT);
    }
    auto_str struct str deep = STR_INIT;
    struct marshal m = MARSHAL_INIT;
    for (int i = 0; i < 100000; i++)
        LITERAL(&deep, ")\1");
    str_addch(&deep, 'N');
    assert_int_equal(parse(&deep, &m), -ERR_FORMAT);
}

static void test_versions(void **state UNUSED)
{
    assert_null(marshal_code_of(307));
    assert_non_null(marshal_code_of(308));
    assert_ptr_equal(marshal_code_of(308), marshal_code_of(310));
    assert_ptr_equal(marshal_code_of(311), marshal_code_of(315));
    assert_null(marshal_code_of(316));
}

static void test_pyc(void **state UNUSED)
{
    static const char by_time[] = "\x6f\x0d\r\n\0\0\0\0\1\0\0\0\2\0\0\0";
    static const char by_hash[] = "\xa7\x0d\r\n\3\0\0\0abcdefgh";
    struct pyc p;

    assert_int_equal(pyc_read(by_time, 16, &p, NULL), 0);
    assert_int_equal(p.version, 310);
    assert_int_equal(p.time, 1);
    assert_int_equal(p.size, 2);
    assert_int_equal(pyc_read(by_hash, 16, &p, NULL), 0);
    assert_int_equal(p.version, 311);
    assert_int_equal(p.flags, PYC_BY_HASH | PYC_CHECK_SOURCE);
    assert_memory_equal(p.digest, "abcdefgh", 8);
    assert_int_equal(pyc_read(by_time, 15, &p, NULL), -ERR_FORMAT);
    assert_int_equal(pyc_read("text that is no bytecode", 24, &p, NULL), -ERR_FORMAT);
}

/* Compares and keeps nothing of what the trees were made of. */
static void compare(const struct str *a, const struct str *b, struct marshal *x, struct marshal *y,
                    struct marshal_diff *diff)
{
    assert_int_equal(parse(a, x), 0);
    assert_int_equal(parse(b, y), 0);
    *diff = (struct marshal_diff){.a = x, .b = y, .code = marshal_code_of(311)};
    marshal_diff_run(diff);
}

struct pair {
    struct str a, b;
    struct marshal x, y;
    struct marshal_diff diff;
};

#define PAIR_INIT                                                                                  \
    {                                                                                              \
        .a = STR_INIT, .b = STR_INIT                                                               \
    }

static void run(struct pair *p)
{
    compare(&p->a, &p->b, &p->x, &p->y, &p->diff);
}

static void release(struct pair *p)
{
    marshal_diff_release(&p->diff);
    marshal_release(&p->x);
    marshal_release(&p->y);
    str_release(&p->a);
    str_release(&p->b);
}

/* The same value, once written in full and once as a reference. */
static void test_references_are_equal(void **state UNUSED)
{
    struct pair p = PAIR_INIT;

    LITERAL(&p.a, ")\2\xfa\1ar\0\0\0\0");
    LITERAL(&p.b, ")\2z\1az\1a");
    run(&p);
    assert_true(p.diff.equal);
    release(&p);
}

static void test_sets_in_another_order(void **state UNUSED)
{
    struct pair p = PAIR_INIT;

    LITERAL(&p.a, ")\1>\2\0\0\0z\1az\1b");
    LITERAL(&p.b, ")\1>\2\0\0\0z\1bz\1a");
    run(&p);
    assert_false(p.diff.equal);
    assert_true(p.diff.reordered);
    assert_int_equal(p.diff.functions.count, 0);
    release(&p);
}

static void test_code(void **state UNUSED)
{
    struct pair p = PAIR_INIT;
    auto_str struct str inner_a = STR_INIT, inner_b = STR_INIT, consts_a = STR_INIT,
                        consts_b = STR_INIT;

    LITERAL(&consts_a, ")\2i\1\0\0\0z\4same");
    LITERAL(&consts_b, ")\2i\2\0\0\0z\4same");
    put_code(&inner_a, "f", "/tmp/a/x.py", &consts_a);
    put_code(&inner_b, "f", "/tmp/b/x.py", &consts_b);
    str_reset(&consts_a);
    str_reset(&consts_b);
    LITERAL(&consts_a, ")\2z\3one");
    LITERAL(&consts_b, ")\2z\3two");
    str_append(&consts_a, inner_a.buf, inner_a.len);
    str_append(&consts_b, inner_b.buf, inner_b.len);
    put_code(&p.a, "m", "/tmp/a/x.py", &consts_a);
    put_code(&p.b, "m", "/tmp/b/x.py", &consts_b);
    run(&p);
    assert_false(p.diff.equal);
    assert_non_null(p.diff.path_a);
    assert_memory_equal(p.diff.path_a->bytes, "/tmp/a/x.py", 11);
    assert_int_equal(p.diff.strings_a.count, 1);
    assert_memory_equal(p.diff.strings_b.items[0].text, "two", 3);
    assert_int_equal(p.diff.functions.count, 1);
    assert_string_equal(p.diff.functions.items[0], "m.f: consts");
    release(&p);
}

/* A list that holds itself, and tuples of references that double at each level. */
static void test_endless(void **state UNUSED)
{
    struct pair loop = PAIR_INIT, doubling = PAIR_INIT;

    LITERAL(&loop.a, "\xdb\1\0\0\0r\0\0\0\0");
    LITERAL(&loop.b, "\xdb\1\0\0\0r\0\0\0\0");
    run(&loop);
    assert_true(loop.diff.gave_up);
    release(&loop);

    str_addch(&doubling.a, ')');
    str_addch(&doubling.a, 41);
    LITERAL(&doubling.a, "\xfa\1a");
    for (uint32_t i = 0; i < 40; i++) {
        LITERAL(&doubling.a, "\xa9\2r");
        put32(&doubling.a, i);
        str_addch(&doubling.a, 'r');
        put32(&doubling.a, i);
    }
    str_append(&doubling.b, doubling.a.buf, doubling.a.len);
    doubling.b.buf[4] = 'b';
    run(&doubling);
    assert_false(doubling.diff.equal);
    release(&doubling);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_pyc),
        cmocka_unit_test(test_references_are_equal),
        cmocka_unit_test(test_sets_in_another_order),
        cmocka_unit_test(test_code),
        cmocka_unit_test(test_endless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
