/* The normal form: its bytes, that it is the same for equal content, and what is refused. */
#include "wheel/normal.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "make_zip.h"

#define FILE_MODE(mode) ((uint32_t)(S_IFREG | (mode)) << 16)
#define METADATA "Metadata-Version: 2.1\nName: a\nVersion: 1\n"
#define WHEEL "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"

static void add_dist_info(struct zip_maker *m, const char *record)
{
    zip_add_text(m, "a-1.dist-info/METADATA", METADATA);
    zip_add_text(m, "a-1.dist-info/WHEEL", WHEEL);
    zip_add_text(m, "a-1.dist-info/RECORD", record);
}

/* One wheel in its plainest shape; the other makers give the same content differently. */
static int make_plain(void)
{
    struct zip_maker m = ZIP_MAKER_INIT;

    zip_add_text(&m, "a/__init__.py", "print('hello, hello, hello')\n");
    zip_put(&m, &(struct zip_spec){.name = "a/empty.py", .attributes = FILE_MODE(0644)});
    zip_put(&m, &(struct zip_spec){
                    .name = "a/run", .data = "#!/bin/sh\n", .attributes = FILE_MODE(0755)});
    add_dist_info(&m, "");
    return zip_finish(&m);
}

static int make_odd(void)
{
    struct zip_maker m = ZIP_MAKER_INIT;
    auto_close int fd = -1;

    add_dist_info(&m, "a/run,,\r\n");
    zip_put(&m, &(struct zip_spec){.name = "a/", .attributes = (uint32_t)(S_IFDIR | 0700) << 16});
    zip_put(&m, &(struct zip_spec){.name = "a/run",
                                   .data = "#!/bin/sh\n",
                                   .deflate = true,
                                   .descriptor = true,
                                   .attributes = FILE_MODE(0710),
                                   .dos_time = 0x5a21bf7d});
    zip_add_text(&m, "a-1.dist-info/RECORD.jws", "signed");
    zip_put(&m, &(struct zip_spec){
                    .name = "a/empty.py", .deflate = true, .data = "", .made_by = 0x0014});
    zip_put(&m, &(struct zip_spec){.name = "a/__init__.py",
                                   .data = "print('hello, hello, hello')\n",
                                   .attributes = FILE_MODE(0600),
                                   .dos_time = 0x21,
                                   .extra = "UT\5\0\1....",
                                   .extra_len = 9});
    zip_end(&m, "made at home");
    fd = fd_of(m.bytes.buf, m.bytes.len);
    str_release(&m.bytes);
    str_release(&m.directory);
    return steal_fd(&fd);
}

static void read_fd(int fd, struct str *out)
{
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(read_all(fd, 1 << 30, out, NULL), 0);
}

/* The normal form of what is in `in` (closed) as bytes. */
static int normalise(int in, const struct normal_options *options, struct normal_result *result,
                     struct str *out, struct err *err)
{
    auto_close int in_fd = in, out_fd = fd_of("old content", 11);
    int ret = normal_form(in_fd, out_fd, options, result, err);

    if (ret == 0)
        read_fd(out_fd, out);
    return ret;
}

static void assert_same(const struct str *a, const struct str *b)
{
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->buf, b->buf, a->len);
}

static void test_bytes(void **state UNUSED)
{
    auto_str struct str out = STR_INIT;
    struct normal_options options = {.file_name = "a-1-py3-none-any.whl"};
    struct normal_result result;
    char hex[SHA256_HEX];

    assert_int_equal(normalise(make_plain(), &options, &result, &out, NULL), 0);
    assert_true(result.changed);
    assert_int_equal(result.entries, 6);
    assert_int_equal(result.size_out, out.len);
    sha256_hex_of(out.buf, out.len, hex);
    assert_string_equal(result.sha256, hex);

    /* The first local header, byte by byte: version 2.0, no flags, deflated, 1980-01-01. */
    static const char header[] = "PK\3\4\x14\0\0\0\x08\0\0\0\x21\0";
    assert_memory_equal(out.buf, header, sizeof(header) - 1);
    assert_int_equal(out.buf[28] | out.buf[29], 0); /* no extra field */
    /* Names in the directory, in order. */
    static const char *const names[] = {
        "a/__init__.py",          "a/empty.py",          "a/run",
        "a-1.dist-info/METADATA", "a-1.dist-info/WHEEL", "a-1.dist-info/RECORD"};
    const char *at = memmem(out.buf, out.len, "PK\1\2", 4);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        size_t len = strlen(names[i]);
        static const char made_by[] = {63, 3};
        assert_memory_equal(at, "PK\1\2", 4);
        assert_memory_equal(at + 4, made_by, 2);
        assert_int_equal(at[28], len);
        assert_memory_equal(at + 30, "\0\0\0\0\0\0\0\0", 8); /* no extra, comment, disk, type */
        assert_memory_equal(at + 38, i == 2 ? "\0\0\xed\x81" : "\0\0\xa4\x81", 4);
        assert_memory_equal(at + 46, names[i], len);
        at += 46 + len;
    }
    assert_int_equal(out.buf + out.len - at, 22);
    assert_memory_equal(at, "PK\5\6", 4);
}

static void test_equal_content(void **state UNUSED)
{
    auto_str struct str plain = STR_INIT, odd = STR_INIT;
    struct normal_options options = {.trust_record = true};
    struct normal_result result;

    assert_int_equal(normalise(make_plain(), &options, &result, &plain, NULL), 0);
    assert_int_equal(normalise(make_odd(), &options, &result, &odd, NULL), 0);
    assert_same(&plain, &odd);
}

/* The wheel that somebody has opened already, to check it, say. */
static void test_open_wheel(void **state UNUSED)
{
    auto_str struct str reference = STR_INIT, got = STR_INIT;
    auto_close int in = make_odd(), out = fd_of("", 0);
    auto_wheel struct wheel wheel = WHEEL_INIT;
    struct normal_options options = {0};
    struct normal_result result, same;

    assert_int_equal(wheel_open(in, "a-1-py3-none-any.whl", &wheel, NULL), 0);
    assert_int_equal(normal_form_of(&wheel, out, &options, &result, NULL), 0);
    read_fd(out, &got);
    assert_int_equal(normalise(make_odd(), &options, &same, &reference, NULL), 0);
    assert_same(&reference, &got);
    assert_string_equal(result.sha256, same.sha256);
    assert_int_equal(result.entries, same.entries);
    assert_true(result.changed);
}

static void test_twice(void **state UNUSED)
{
    auto_str struct str once = STR_INIT, twice = STR_INIT;
    struct normal_options options = {0};
    struct normal_result result;

    assert_int_equal(normalise(make_odd(), &options, &result, &once, NULL), 0);
    assert_true(result.changed);
    assert_int_equal(normalise(fd_of(once.buf, once.len), &options, &result, &twice, NULL), 0);
    assert_false(result.changed);
    assert_same(&once, &twice);
}

/* Threads, one entry each, in the worst order. */
struct spread {
    void (*fn)(void *arg, size_t index);
    void *arg;
    size_t index;
};

static void *run_one(void *arg)
{
    struct spread *s = arg;

    s->fn(s->arg, s->index);
    return NULL;
}

static void run_on_threads(void *pool, void (*fn)(void *, size_t), void *arg, size_t count)
{
    auto_free pthread_t *threads = xcalloc(count, sizeof(*threads));
    auto_free struct spread *spread = xcalloc(count, sizeof(*spread));

    ++*(int *)pool;
    for (size_t i = 0; i < count; i++) {
        spread[i] = (struct spread){.fn = fn, .arg = arg, .index = count - 1 - i};
        assert_int_equal(pthread_create(&threads[i], NULL, run_one, &spread[i]), 0);
    }
    for (size_t i = 0; i < count; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/* Entries of all sizes: many in one group, some in their own, some larger than a window. */
static int make_large(void)
{
    struct zip_maker m = ZIP_MAKER_INIT;
    auto_str struct str data = STR_INIT;
    uint32_t noise = 1;

    for (unsigned i = 0; i < 60; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "a/m%02u.py", i);
        for (size_t end = i % 10 == 9 ? 400000 : 50 * i; data.len < end;) {
            noise = noise * 1664525U + 1013904223U;
            str_addf(&data, "x%u = %u\n", noise >> 30, noise >> 12);
        }
        zip_put(&m, &(struct zip_spec){
                        .name = name, .data = data.buf, .len = data.len, .deflate = i % 3});
        str_reset(&data);
    }
    add_dist_info(&m, "");
    return zip_finish(&m);
}

static void test_any_way_of_packing(void **state UNUSED)
{
    static const size_t memories[] = {1, 1500, 100000, 700000, 0};
    auto_str struct str reference = STR_INIT;
    struct normal_options plain = {0};
    struct normal_result result;

    assert_int_equal(normalise(make_large(), &plain, &result, &reference, NULL), 0);
    for (size_t i = 0; i < ARRAY_SIZE(memories); i++)
        for (int threads = 0; threads <= 1; threads++) {
            auto_str struct str out = STR_INIT;
            int calls = 0;
            struct normal_options options = {.memory_bytes = memories[i],
                                             .run = threads ? run_on_threads : NULL,
                                             .pool = &calls};
            assert_int_equal(normalise(make_large(), &options, &result, &out, NULL), 0);
            assert_same(&reference, &out);
            assert_true(!threads || memories[i] == 1 || calls);
        }
}

/* The same file, packed as Python packs it by bzip2 and by LZMA. */
static const uint8_t by_bzip2[] = {
    66,  90, 104, 57,  49,  65, 89,  38, 83,  89,  0,   65,  113, 45,  0,   0,   104, 209, 0,
    0,   16, 64,  4,   2,   68, 160, 0,  49,  12,  0,   82,  161, 161, 226, 112, 77,  9,   210,
    172, 19, 9,   210, 175, 10, 190, 46, 228, 138, 112, 161, 32,  0,   130, 226, 90};
static const uint8_t by_lzma[] = {9,  4,   5,   0,   93,  0,   0,   1,   0,   0,   52,
                                  25, 73,  238, 141, 239, 140, 135, 49,  245, 155, 80,
                                  94, 106, 113, 24,  65,  255, 255, 251, 167, 224, 0};

static void put_packed(struct zip_maker *m, const char *name, uint16_t method, const uint8_t *bytes,
                       size_t len)
{
    zip_put(m, &(struct zip_spec){.name = name,
                                  .data = (const char *)bytes,
                                  .len = len,
                                  .method = method,
                                  .flags = method == 14 ? 2 : 0,
                                  .size = 400,
                                  .crc = 0xbeb5d321,
                                  .attributes = FILE_MODE(0644)});
}

static int make_packed(bool deflated)
{
    struct zip_maker m = ZIP_MAKER_INIT;
    auto_str struct str text = STR_INIT;

    for (int i = 0; i < 20; i++)
        str_add(&text, "hello, hello, hello\n");
    for (unsigned i = 0; i < 6; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "a/%u.py", i);
        if (deflated)
            zip_add_text(&m, name, text.buf);
        else if (i % 2)
            put_packed(&m, name, 12, by_bzip2, sizeof(by_bzip2));
        else
            put_packed(&m, name, 14, by_lzma, sizeof(by_lzma));
    }
    add_dist_info(&m, "");
    return zip_finish(&m);
}

static void test_other_methods(void **state UNUSED)
{
    static const size_t memories[] = {1, 2000, 0};
    auto_str struct str reference = STR_INIT;
    struct normal_options plain = {0};
    struct normal_result result;

    assert_int_equal(normalise(make_packed(true), &plain, &result, &reference, NULL), 0);
    for (size_t i = 0; i < ARRAY_SIZE(memories); i++)
        for (int threads = 0; threads <= 1; threads++) {
            auto_str struct str out = STR_INIT;
            int calls = 0;
            struct normal_options options = {.memory_bytes = memories[i],
                                             .run = threads ? run_on_threads : NULL,
                                             .pool = &calls};
            assert_int_equal(normalise(make_packed(false), &options, &result, &out, NULL), 0);
            assert_same(&reference, &out);
        }
}

static void test_time_zones(void **state UNUSED)
{
    static const char *const zones[] = {"UTC", "Asia/Tokyo", "America/St_Johns", "XXX-13:37"};
    auto_str struct str reference = STR_INIT;
    struct normal_options options = {0};
    struct normal_result result;

    assert_int_equal(normalise(make_plain(), &options, &result, &reference, NULL), 0);
    for (size_t i = 0; i < ARRAY_SIZE(zones); i++) {
        auto_str struct str out = STR_INIT;
        assert_int_equal(setenv("TZ", zones[i], 1), 0);
        tzset();
        assert_int_equal(normalise(make_plain(), &options, &result, &out, NULL), 0);
        assert_same(&reference, &out);
    }
    (void)unsetenv("TZ");
    tzset();
}

static void refuse(struct zip_maker *m, const struct normal_options *options, const char *words)
{
    auto_str struct str out = STR_INIT;
    auto_err struct err err = ERR_INIT;
    struct normal_result result;
    int ret = normalise(zip_finish(m), options, &result, &out, &err);

    if (ret == 0 || !strstr(err.message, words))
        print_error("wanted '%s', got '%s'\n", words, err.message ? err.message : "no error");
    assert_int_equal(ret, -ERR_FORMAT);
    assert_non_null(strstr(err.message, words));
}

static void test_refused(void **state UNUSED)
{
    struct zip_maker m = ZIP_MAKER_INIT;
    struct normal_options none = {0};

    zip_add_text(&m, "a.py", "x");
    refuse(&m, &none, "no .dist-info directory");
    zip_add_text(&m, "a-1.dist-info/WHEEL", WHEEL);
    refuse(&m, &none, "has no 'a-1.dist-info/METADATA'");
    zip_add_text(&m, "a-1.dist-info/METADATA", METADATA);
    refuse(&m, &none, "has no 'a-1.dist-info/WHEEL'");
    add_dist_info(&m, "");
    zip_add_text(&m, "b-1.dist-info/METADATA", METADATA);
    refuse(&m, &none, "two .dist-info");
    add_dist_info(&m, "");
    refuse(&m, &(struct normal_options){.file_name = "b-1-py3-none-any.whl"}, "not of that name");
    add_dist_info(&m, "");
    refuse(&m, &(struct normal_options){.file_name = "a-1.whl"}, "not a wheel's name");
    add_dist_info(&m, "");
    zip_put(&m, &(struct zip_spec){.name = "a.py", .data = "x", .crc = 1});
    refuse(&m, &none, "CRC differs");
}

/* The first one in order is named, whichever thread was first. */
static void test_same_error_always(void **state UNUSED)
{
    for (size_t memory = 1; memory < 1000000; memory *= 30) {
        struct zip_maker m = ZIP_MAKER_INIT;
        int calls = 0;
        add_dist_info(&m, "");
        zip_put(&m, &(struct zip_spec){.name = "c.py", .data = "x", .crc = 1});
        zip_put(&m, &(struct zip_spec){.name = "b.py", .data = "y", .crc = 1});
        refuse(
            &m,
            &(struct normal_options){.memory_bytes = memory, .run = run_on_threads, .pool = &calls},
            "'b.py': damaged");
    }
}

static void test_record_must_agree(void **state UNUSED)
{
    static const char *const records[] = {
        "a.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,1\n",
        "a.py,,2\n",
        "a.py,md5=0cc175b9c0f1b6a831c399e269772661,1\n",
        "a.py,,1\na.py,,1\n",
    };

    for (size_t i = 0; i < ARRAY_SIZE(records); i++)
        for (int trust = 0; trust <= 1; trust++) {
            struct zip_maker m = ZIP_MAKER_INIT;
            auto_str struct str out = STR_INIT;
            struct normal_options options = {.trust_record = trust};
            struct normal_result result;
            zip_add_text(&m, "a.py", "a");
            add_dist_info(&m, records[i]);
            int ret = normalise(zip_finish(&m), &options, &result, &out, NULL);
            assert_int_equal(ret, trust ? 0 : -ERR_FORMAT);
        }
}

static void test_names_survive(void **state UNUSED)
{
    struct zip_maker m = ZIP_MAKER_INIT;
    auto_str struct str out = STR_INIT;
    struct normal_result result;

    zip_put(&m, &(struct zip_spec){.name = "a/\xc3\xa9,\"x\".py", .data = "x", .flags = 0x800});
    zip_put(&m, &(struct zip_spec){.name = "a/\x82.py",
                                   .data = "x"}); /* the same letter, code page 437 */
    add_dist_info(&m, "");
    assert_int_equal(normalise(zip_finish(&m), &(struct normal_options){0}, &result, &out, NULL),
                     0);
    assert_non_null(memmem(out.buf, out.len, "a/\xc3\xa9.py", 7));
    assert_non_null(memmem(out.buf, out.len, "a/\xc3\xa9,\"x\".py", 11));
}

static void test_output_that_fails(void **state UNUSED)
{
    auto_close int in = make_plain(), out = open("/dev/full", O_RDWR | O_CLOEXEC);
    auto_err struct err err = ERR_INIT;
    struct normal_options options = {0};
    struct normal_result result;

    assert_int_equal(normal_form(in, out, &options, &result, &err), -ENOSPC);
    assert_non_null(strstr(err.message, "cannot write"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_equal_content),
        cmocka_unit_test(test_open_wheel),
        cmocka_unit_test(test_twice),
        cmocka_unit_test(test_any_way_of_packing),
        cmocka_unit_test(test_other_methods),
        cmocka_unit_test(test_time_zones),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_same_error_always),
        cmocka_unit_test(test_record_must_agree),
        cmocka_unit_test(test_names_survive),
        cmocka_unit_test(test_output_that_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
