/* Reading wheels: honest ones, and archives in which every field may be a lie. */
#include "wheel/wheel_zip.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "make_zip.h"

#define FILE_MODE(mode) ((uint32_t)(S_IFREG | (mode)) << 16)

static int open_maker(struct zip_maker *m, struct err *err)
{
    auto_close int fd = zip_finish(m);
    auto_wheel_zip struct wheel_zip *z = NULL;

    return wheel_zip_open(fd, &z, err);
}

/* The archive so far is refused, with these words. */
static void assert_refused(struct zip_maker *m, const char *words)
{
    auto_err struct err err = ERR_INIT;
    int ret = open_maker(m, &err);

    if (ret == 0 || !strstr(err.message, words))
        print_error("wanted '%s', got '%s'\n", words, err.message ? err.message : "no error");
    assert_int_equal(ret, -ERR_FORMAT);
    assert_non_null(strstr(err.message, words));
}

static void refuse_one(const struct zip_spec *spec, const char *words)
{
    struct zip_maker m = ZIP_MAKER_INIT;

    zip_put(&m, spec);
    assert_refused(&m, words);
}

static void test_entries(void **state UNUSED)
{
    struct zip_maker m = ZIP_MAKER_INIT;
    auto_wheel_zip struct wheel_zip *z = NULL;
    auto_str struct str out = STR_INIT;
    size_t count;

    zip_put(&m, &(struct zip_spec){.name = "z/b", .data = "run", .attributes = FILE_MODE(0710)});
    zip_put(&m, &(struct zip_spec){.name = "z/", .attributes = (uint32_t)(S_IFDIR | 0755) << 16});
    zip_put(&m, &(struct zip_spec){.name = "a-1.dist-info/WHEEL",
                                   .data = "hello hello hello",
                                   .deflate = true,
                                   .descriptor = true});
    auto_close int fd = zip_finish(&m);
    assert_int_equal(wheel_zip_open(fd, &z, NULL), 0);
    const struct wheel_entry *entries = wheel_zip_entries(z, &count);
    assert_int_equal(count, 2);
    assert_string_equal(entries[0].name, "a-1.dist-info/WHEEL");
    assert_false(entries[0].executable);
    assert_true(entries[1].executable);
    assert_int_equal(wheel_zip_unpacked_size(z), 20);
    assert_int_equal(wheel_zip_read(z, &entries[0], 100, &out, NULL), 0);
    assert_string_equal(out.buf, "hello hello hello");
    assert_int_equal(wheel_zip_read(z, &entries[1], 3, &out, NULL), 0);
    assert_string_equal(out.buf, "hello hello hellorun");
    assert_int_equal(wheel_zip_read(z, &entries[1], 2, &out, NULL), -ERR_FORMAT);
    assert_ptr_equal(wheel_zip_find(z, "z/b"), &entries[1]);
    assert_null(wheel_zip_find(z, "z/"));
}

/* What pip delivers and PyPI refuses is refused with what to do about it. */
static void test_remedies(void **state UNUSED)
{
    static const struct {
        const char *names[2], *message, *remedy;
    } rows[] = {
        {{"p\\a.py", "b"}, "unsafe name 'p\\a.py'", "have '/' between their parts"},
        {{"./p/a.py", "b"}, "unsafe name './p/a.py'", "without './'"},
        {{"p/a.py", "p/a.py"}, "'p/a.py' is there twice", "let one of them"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct zip_maker m = ZIP_MAKER_INIT;
        auto_err struct err err = ERR_INIT;
        zip_add_text(&m, rows[i].names[0], "1");
        zip_add_text(&m, rows[i].names[1], "2");
        assert_int_equal(open_maker(&m, &err), -ERR_FORMAT);
        assert_string_equal(err.message, rows[i].message);
        assert_non_null(strstr(err.hint, rows[i].remedy));
        assert_non_null(strstr(err.hint, "PyPI refuses"));
    }
}

/* What no terminal or record can hold. */
static void test_unprintable_names(void **state UNUSED)
{
    refuse_one(&(struct zip_spec){.name = "a\xed\xa0\x80", .data = "x", .flags = 0x800},
               "unsafe name");
    refuse_one(&(struct zip_spec){.name = "a\xc2\x9b", .data = "x", .flags = 0x800}, "unsafe name");
}

static void test_unsafe_names(void **state UNUSED)
{
    static const char *const bad[] = {
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a/..",
        "./a",
        "a//b",
        "a\\b",
        "a\x01"
        "b",
        "a/./b",
        "/",
        "a//",
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        refuse_one(&(struct zip_spec){.name = bad[i], .data = "x"}, "unsafe name");
    refuse_one(&(struct zip_spec){.name = "a\0b", .name_len = 3, .data = "x"}, "NUL");
}

static void test_special_files(void **state UNUSED)
{
    refuse_one(&(struct zip_spec){.name = "a",
                                  .data = "/etc",
                                  .attributes = (uint32_t)(S_IFLNK | 0777) << 16},
               "symbolic link");
    refuse_one(&(struct zip_spec){.name = "a", .attributes = (uint32_t)(S_IFIFO | 0644) << 16},
               "special file");
    refuse_one(&(struct zip_spec){.name = "a", .attributes = (uint32_t)(S_IFDIR | 0755) << 16},
               "special file");
    refuse_one(&(struct zip_spec){.name = "a/", .data = "x"}, "has content");
    refuse_one(&(struct zip_spec){.name = "a/", .attributes = (uint32_t)(S_IFLNK | 0777) << 16},
               "symbolic link");
}

static void test_clashing_names(void **state UNUSED)
{
    struct zip_maker m = ZIP_MAKER_INIT;

    zip_add_text(&m, "a", "1");
    zip_add_text(&m, "b", "2");
    zip_add_text(&m, "a", "3");
    assert_refused(&m, "'a' is there twice");
    zip_add_text(&m, "a/b/c", "1");
    zip_add_text(&m, "a-b", "2");
    zip_add_text(&m, "a", "3");
    assert_refused(&m, "'a' is a file and a directory");
    zip_add_text(&m, "x/a", "1");
    zip_put(&m, &(struct zip_spec){.name = "x/a/"});
    assert_refused(&m, "'x/a' is a file and a directory");
    zip_add_text(&m, "x/a", "1");
    zip_put(&m, &(struct zip_spec){.name = "x/a/b/"});
    assert_refused(&m, "'x/a' is a file and a directory");
}

static void test_kinds(void **state UNUSED)
{
    refuse_one(&(struct zip_spec){.name = "a", .data = "x", .flags = 1}, "'a' is encrypted");
    refuse_one(&(struct zip_spec){.name = "a", .data = "x", .flags = 1, .method = 99},
               "'a' is encrypted");
    refuse_one(&(struct zip_spec){.name = "a", .data = "x", .flags = 0x40}, "'a' is encrypted");
    refuse_one(&(struct zip_spec){.name = "a", .data = "x", .flags = 0x20}, "is a patch");
    refuse_one(&(struct zip_spec){.name = "a", .data = "x", .version = 255}, "version 25.5");
    refuse_one(&(struct zip_spec){.name = "a", .data = "x", .version = 64}, "version 6.4");
    refuse_one(&(struct zip_spec){.name = "a", .data = "x", .method = 97}, "method 97");
    refuse_one(&(struct zip_spec){.name = "a", .data = "x", .size = 2}, "two sizes");
    refuse_one(
        &(struct zip_spec){
            .name = "a", .data = "x", .extra = "\x75\x70\x06\0\1....b", .extra_len = 10},
        "second name");
    refuse_one(&(struct zip_spec){.name = "a",
                                  .data = "x",
                                  .local_extra = "\x75\x70\x06\0\1....b",
                                  .local_extra_len = 10},
               "second name");
    refuse_one(
        &(struct zip_spec){.name = "a", .data = "x", .extra = "\x01\0\x09\0x", .extra_len = 5},
        "extra field is cut off");
}

static void test_contradictions(void **state UNUSED)
{
    struct zip_maker m = ZIP_MAKER_INIT;

    refuse_one(&(struct zip_spec){.name = "a", .local_name = "b", .data = "x"}, "two names");
    refuse_one(&(struct zip_spec){.name = "a", .local_size = 7, .data = "x"}, "contradicts");
    for (int descriptor = 0; descriptor < 2; descriptor++)
        refuse_one(
            &(struct zip_spec){
                .name = "a", .local_crc = UINT32_MAX, .data = "x", .descriptor = descriptor},
            "contradicts");
    refuse_one(&(struct zip_spec){.name = "a", .data = "x", .offset_plus1 = 2},
               "before the first entry");

    /* Two entries in the directory, one in the file. */
    zip_add_text(&m, "a", "1");
    zip_put(&m, &(struct zip_spec){.name = "a2", .data = "x", .offset_plus1 = 1});
    assert_refused(&m, "entries overlap");

    /* A local entry that the directory does not know. */
    zip_add_text(&m, "a", "1");
    zip_add_text(&m, "hidden", "2");
    str_truncate(&m.directory, m.directory.len - 46 - 6);
    m.count--;
    assert_refused(&m, "belong to no entry");

    /* One that only the directory has room for. */
    zip_add_text(&m, "a", "1");
    zip_add_text(&m, "b", "2");
    m.count--;
    assert_refused(&m, "more entries");
}

static void test_outer_bytes(void **state UNUSED)
{
    struct zip_maker m = ZIP_MAKER_INIT;

    str_add(&m.bytes, "#!/bin/sh\n");
    zip_add_text(&m, "a", "1");
    assert_refused(&m, "before the first entry");

    zip_add_text(&m, "a", "1");
    zip_end(&m, "");
    str_add(&m.bytes, "tail");
    auto_close int fd = fd_of(m.bytes.buf, m.bytes.len);
    auto_wheel_zip struct wheel_zip *z = NULL;
    assert_int_equal(wheel_zip_open(fd, &z, NULL), -ERR_FORMAT);
    str_release(&m.bytes);
    str_release(&m.directory);
}

/* A comment is fine; one that holds an archive's end, or a part of one, is not. */
static void test_comments(void **state UNUSED)
{
    static const char *const comments[] = {"made by me", "PK\5\6................", "words PK\5\6",
                                           "PK\5\6 and many words behind it, as a record has"};

    for (size_t i = 0; i < ARRAY_SIZE(comments); i++) {
        struct zip_maker m = ZIP_MAKER_INIT;
        auto_wheel_zip struct wheel_zip *z = NULL;
        zip_add_text(&m, "a", "1");
        zip_end(&m, comments[i]);
        if (i == 1)
            str_append(&m.bytes, "\0\0", 2);
        auto_close int fd = fd_of(m.bytes.buf, m.bytes.len);
        assert_int_equal(wheel_zip_open(fd, &z, NULL), i == 0 ? 0 : -ERR_FORMAT);
        str_release(&m.bytes);
        str_release(&m.directory);
    }
}

static void test_no_archives(void **state UNUSED)
{
    static const char text[] = "PK\3\4 this is no archive, but is longer than an end record";
    struct zip_maker m = ZIP_MAKER_INIT;
    auto_wheel_zip struct wheel_zip *z = NULL;
    auto_close int empty = fd_of("", 0), junk = fd_of(text, sizeof(text));
    auto_close int dir = open("/", O_RDONLY | O_CLOEXEC);

    assert_int_equal(wheel_zip_open(empty, &z, NULL), -ERR_FORMAT);
    assert_int_equal(wheel_zip_open(junk, &z, NULL), -ERR_FORMAT);
    assert_int_equal(wheel_zip_open(dir, &z, NULL), -ERR_FORMAT);
    assert_refused(&m, "no entries");
}

/* Every prefix of an archive is refused, and none of them crashes anything. */
static void test_cut_off(void **state UNUSED)
{
    struct zip_maker m = ZIP_MAKER_INIT;

    zip_add_text(&m, "a", "some content that is there");
    zip_put(&m, &(struct zip_spec){.name = "b", .data = "x", .descriptor = true});
    zip_end(&m, "");
    for (size_t len = 0; len < m.bytes.len; len++) {
        auto_close int fd = fd_of(m.bytes.buf, len);
        auto_wheel_zip struct wheel_zip *z = NULL;
        assert_int_equal(wheel_zip_open(fd, &z, NULL), -ERR_FORMAT);
    }
    str_release(&m.bytes);
    str_release(&m.directory);
}

static int read_first(struct zip_maker *m, struct err *err)
{
    auto_close int fd = zip_finish(m);
    auto_wheel_zip struct wheel_zip *z = NULL;
    auto_str struct str out = STR_INIT;
    size_t count;

    assert_int_equal(wheel_zip_open(fd, &z, err), 0);
    return wheel_zip_read(z, wheel_zip_entries(z, &count), 1000000, &out, err);
}

static void assert_unreadable(const struct zip_spec *spec, const char *words)
{
    struct zip_maker m = ZIP_MAKER_INIT;
    auto_err struct err err = ERR_INIT;

    zip_put(&m, spec);
    assert_int_equal(read_first(&m, &err), -ERR_FORMAT);
    assert_non_null(strstr(err.message, words));
}

static void test_damaged_content(void **state UNUSED)
{
    assert_unreadable(&(struct zip_spec){.name = "a", .data = "x", .crc = 7}, "CRC");
    assert_unreadable(&(struct zip_spec){.name = "a", .data = "xyz", .deflate = true, .size = 2},
                      "more bytes");
    assert_unreadable(&(struct zip_spec){.name = "a", .data = "xyz", .deflate = true, .size = 4},
                      "has 3 bytes, not 4");
    assert_unreadable(
        &(struct zip_spec){.name = "a", .data = "\xff\xff\xff", .method = 8, .size = 9},
        "damaged deflate");
}

/* The directory may promise any size; what is not there costs nothing. */
static void test_bombs(void **state UNUSED)
{
    struct zip_maker m = ZIP_MAKER_INIT;

    zip_put(&m, &(struct zip_spec){.name = "a", .data = "x", .deflate = true, .size = 0x70000000});
    assert_refused(&m, "times its size");
    for (char name[3] = "aa"; name[1] <= 'i'; name[1]++)
        zip_put(&m,
                &(struct zip_spec){.name = name, .data = "x", .deflate = true, .size = 0x7ffffff0});
    assert_refused(&m, "unpacks to more than 17179869184 bytes");
}

/* A sparse file whose zip64 record tells of one entry, and of a directory of `size` bytes. */
static int sparse_wheel(uint64_t count, uint64_t size)
{
    struct zip_maker m = ZIP_MAKER_INIT;
    auto_str struct str end = STR_INIT;

    zip_add_text(&m, "a", "1");
    uint64_t at = m.bytes.len;
    str_append(&m.bytes, m.directory.buf, m.directory.len);
    int fd = fd_of(m.bytes.buf, m.bytes.len);
    put32(&end, 0x06064b50);
    put64(&end, 44);
    put32(&end, 0);
    put64(&end, 0);
    put64(&end, count);
    put64(&end, count);
    put64(&end, size);
    put64(&end, at);
    put32(&end, 0x07064b50);
    put32(&end, 0);
    put64(&end, at + size);
    put32(&end, 1);
    put32(&end, 0x06054b50);
    put32(&end, 0);
    put32(&end, UINT32_MAX);
    put64(&end, UINT64_MAX);
    put16(&end, 0);
    assert_int_equal(pwrite(fd, end.buf, end.len, (off_t)(at + size)), end.len);
    str_release(&m.bytes);
    str_release(&m.directory);
    return fd;
}

static void test_sparse_directory(void **state UNUSED)
{
    static const struct {
        uint64_t count, size;
        const char *words;
    } rows[] = {
        {1, (uint64_t)1 << 46, "too large for its entries"},
        {1, 46 + 3 * 65535 + 1, "too large for its entries"},
        {500000, ((uint64_t)256 << 20) + 1, "too large for its entries"},
        {1, 46 + 3 * 65535, "more entries"}, /* may be; it is read then */
        {2, 46 + 3 * 65535 + 1, "directory is damaged"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        auto_close int fd = sparse_wheel(rows[i].count, rows[i].size);
        auto_wheel_zip struct wheel_zip *z = NULL;
        auto_err struct err err = ERR_INIT;
        assert_int_equal(wheel_zip_open(fd, &z, &err), -ERR_FORMAT);
        assert_non_null(strstr(err.message, rows[i].words));
    }
}

static void test_dist_info(void **state UNUSED)
{
    static const struct {
        const char *names[3];
        const char *found;
    } rows[] = {
        {{"a-1.dist-info/X", "b/c.dist-info/Y", "d"}, "a-1.dist-info"},
        {{"a.dist-info", "b/c.dist-info/Y", "d"}, NULL},
        {{"a-1.dist-info/X", "a-2.dist-info/X", "d"}, NULL},
        {{"a-1.dist-info/X", "a-1.dist-info-x/X", "a-1.dist-info/sub/Y"}, "a-1.dist-info"},
        {{".dist-info/X", "b", "c"}, NULL},
        {{"a-1.dist-info/X", "b.dist-info", "c"}, NULL},
        {{"a-1.dist-info/X", ".dist-info/X", "c"}, NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct zip_maker m = ZIP_MAKER_INIT;
        auto_wheel_zip struct wheel_zip *z = NULL;
        const char *dir = NULL;
        for (size_t k = 0; k < 3; k++)
            zip_add_text(&m, rows[i].names[k], "x");
        auto_close int fd = zip_finish(&m);
        assert_int_equal(wheel_zip_open(fd, &z, NULL), 0);
        int ret = wheel_zip_dist_info(z, &dir, NULL);
        assert_int_equal(ret, rows[i].found ? 0 : -ERR_FORMAT);
        if (rows[i].found)
            assert_string_equal(dir, rows[i].found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_entries),         cmocka_unit_test(test_unsafe_names),
        cmocka_unit_test(test_special_files),   cmocka_unit_test(test_clashing_names),
        cmocka_unit_test(test_kinds),           cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_outer_bytes),     cmocka_unit_test(test_comments),
        cmocka_unit_test(test_no_archives),     cmocka_unit_test(test_cut_off),
        cmocka_unit_test(test_damaged_content), cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_dist_info),       cmocka_unit_test(test_sparse_directory),
        cmocka_unit_test(test_remedies),        cmocka_unit_test(test_unprintable_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
