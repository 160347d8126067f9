/* Facts about ELF files: this program's own, damaged ones, and what a reader gone wild could say. */
#include "content/elf_look.h"

#include <elf.h>
#include <setjmp.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "content/guarded.h"

/* ------------------------------------------------------------------------------------- as bytes */

static void test_round_trip(void **state UNUSED)
{
    auto_elf_facts struct elf_facts f = {.machine = EM_X86_64, .bits = 64, .has_symtab = true};
    auto_elf_facts struct elf_facts back = ELF_FACTS_INIT;
    auto_str struct str bytes = STR_INIT;

    f.soname = xstrdup("libx.so.1");
    strv_push(&f.needed, "libc.so.6");
    strv_push(&f.needed, "libm.so.6");
    strv_push(&f.comments, "GCC: (x=y) 12");
    VEC_GROW(&f.sections);
    f.sections.items[f.sections.count++] = (struct elf_section){
        .name = xstrdup(".a b"), .offset = 1, .size = UINT64_MAX, .flags = 6, .type = 1};
    elf_facts_write(&f, &bytes);
    assert_int_equal(elf_facts_parse(bytes.buf, bytes.len, &back, NULL), 0);
    assert_int_equal(back.machine, EM_X86_64);
    assert_true(back.has_symtab);
    assert_string_equal(back.soname, "libx.so.1");
    assert_null(back.rpath);
    assert_int_equal(back.needed.count, 2);
    assert_string_equal(back.comments.items[0], "GCC: (x=y) 12");
    assert_string_equal(back.sections.items[0].name, ".a b");
    assert_true(back.sections.items[0].size == UINT64_MAX);
    assert_string_equal(elf_machine_name(&back), "x86_64");
}

static void test_lies(void **state UNUSED)
{
    static const struct {
        const char *bytes;
        size_t len;
    } rows[] = {
        {"machine=62", 10},           /* no NUL */
        {"unknown=1\0", 10},          /* no such fact */
        {"machine\0", 8},             /* no value */
        {"machine=x\0", 10},          /* no number */
        {"soname=a\0soname=b\0", 18}, /* twice */
        {"section=1 2 3\0", 14},      /* cut off */
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct elf_facts f = ELF_FACTS_INIT;
        assert_int_equal(elf_facts_parse(rows[i].bytes, rows[i].len, &f, NULL), -ERR_FORMAT);
        assert_null(f.soname);
    }
    auto_str struct str many = STR_INIT;
    struct elf_facts f = ELF_FACTS_INIT;
    for (int i = 0; i <= ELF_MAX_LIST; i++)
        str_append(&many, "needed=x", sizeof("needed=x"));
    assert_int_equal(elf_facts_parse(many.buf, many.len, &f, NULL), -ERR_FORMAT);
}

static void test_cut(void **state UNUSED)
{
    auto_elf_facts struct elf_facts f = ELF_FACTS_INIT;
    auto_free char *text = xmalloc(2 * ELF_MAX_STRING);

    memset(text, 'x', 2 * ELF_MAX_STRING);
    text[1] = '\033';
    elf_facts_add(&f, &f.needed, 1, text, 2 * ELF_MAX_STRING);
    assert_int_equal(strlen(f.needed.items[0]), ELF_MAX_STRING);
    assert_int_equal(f.needed.items[0][1], '?');
    assert_false(f.cut);
    elf_facts_add(&f, &f.needed, 1, "b", 1);
    assert_int_equal(f.needed.count, 1);
    assert_true(f.cut);
    elf_facts_add(&f, &f.needed, 1, NULL, 0);
}

/* -------------------------------------------------------------------------------------- real files */

static void read_self(struct str *out)
{
    assert_int_equal(read_file("/proc/self/exe", 64 << 20, out, NULL), 0);
}

static const struct elf_section *find_section(const struct elf_facts *f, const char *name)
{
    for (size_t i = 0; i < f->sections.count; i++)
        if (strcmp(f->sections.items[i].name, name) == 0)
            return &f->sections.items[i];
    return NULL;
}

static void test_self(void **state UNUSED)
{
    auto_str struct str bytes = STR_INIT;
    auto_elf_facts struct elf_facts f = ELF_FACTS_INIT;

    if (!elf_look_supported())
        skip();
    read_self(&bytes);
    assert_int_equal(elf_look(bytes.buf, bytes.len, &f, NULL), 0);
    assert_non_null(elf_machine_name(&f));
    assert_true(f.type == ET_DYN || f.type == ET_EXEC);
    assert_true(strv_contains(&f.needed, "libcmocka.so.0"));
    assert_non_null(find_section(&f, ".text"));
    assert_true(find_section(&f, ".text")->size > 0);
    assert_true(f.comments.count > 0);
    assert_non_null(f.interpreter);
    if (f.has_symtab)
        assert_true(strv_contains(&f.symbols, "main"));
    if (f.has_debug_info)
        assert_true(strv_contains(&f.units, "test_elf.c"));
}

static void test_damaged(void **state UNUSED)
{
    auto_str struct str bytes = STR_INIT;
    uint32_t seed = 7;

    if (!elf_look_supported())
        skip();
    read_self(&bytes);
    struct elf_facts f = ELF_FACTS_INIT;
    assert_int_equal(elf_look("not an ELF file", 15, &f, NULL), -ERR_FORMAT);
    assert_int_equal(elf_look("", 0, &f, NULL), -ERR_FORMAT);
    /* In the headers at both ends a few bytes are changed: it is read, or refused, and no more. */
    for (int round = 0; round < 60; round++) {
        auto_free char *copy = xmalloc(bytes.len);
        auto_err struct err err = ERR_INIT;
        auto_elf_facts struct elf_facts damaged = ELF_FACTS_INIT;
        memcpy(copy, bytes.buf, bytes.len);
        for (int i = 0; i < 4; i++) {
            seed = seed * 1664525 + 1013904223;
            size_t at = seed >> 8;
            at = round % 2 ? at % 1024 : bytes.len - 1 - at % 3000;
            copy[at] = (char)(seed >> 3);
        }
        int ret = elf_look(copy, bytes.len, &damaged, &err);
        assert_true(ret == 0 || ret == -ERR_FORMAT);
    }
}

/* -------------------------------------------------------------------------------- what readers may do */

static const struct guarded_limits limits = {
    .memory_bytes = 64 << 20, .seconds = 1, .max_output = 1000};

static int say(void *arg, int out_fd)
{
    return write_full(out_fd, arg, strlen(arg));
}

static int refuse(void *arg UNUSED, int out_fd UNUSED)
{
    return -1;
}

static int crash(void *arg UNUSED, int out_fd UNUSED)
{
    /* Not a bad access, and not cmocka's handler: both would report it and end otherwise. */
    (void)signal(SIGSEGV, SIG_DFL);
    return kill(getpid(), SIGSEGV);
}

static int spin(void *arg UNUSED, int out_fd)
{
    volatile int forever = out_fd;

    while (forever >= 0) {
    }
    return 0;
}

static int talk(void *arg UNUSED, int out_fd)
{
    char noise[4096] = {0};

    while (write_full(out_fd, noise, sizeof(noise)) == 0) {
    }
    return 0;
}

static int write_elsewhere(void *arg, int out_fd UNUSED)
{
    return write_full(*(const int *)arg, "x", 1);
}

static void expect(int (*read)(void *, int), void *arg, const char *words)
{
    auto_str struct str out = STR_INIT;
    auto_err struct err err = ERR_INIT;
    int ret = guarded_run(read, arg, &limits, &out, &err);

    if (!words) {
        assert_int_equal(ret, 0);
        return;
    }
    assert_int_equal(ret, -ERR_FORMAT);
    if (!strstr(err.message, words))
        print_error("'%s', not '%s'\n", err.message, words);
    assert_non_null(strstr(err.message, words));
}

static void test_guarded(void **state UNUSED)
{
    char hello[] = "hello";
    auto_str struct str out = STR_INIT;
    auto_close int other = open("/dev/null", O_WRONLY | O_CLOEXEC);

    assert_int_equal(guarded_run(say, hello, &limits, &out, NULL), 0);
    assert_string_equal(out.buf, "hello");
    expect(refuse, NULL, "damaged");
    expect(crash, NULL, "crashed");
    expect(spin, NULL, "ran out of time");
    expect(talk, NULL, "more than can be looked at");
    /* It has no descriptor of ours. */
    expect(write_elsewhere, &other, "damaged");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_lies),
        cmocka_unit_test(test_cut),        cmocka_unit_test(test_self),
        cmocka_unit_test(test_damaged),    cmocka_unit_test(test_guarded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
