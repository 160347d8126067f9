/* driver/base: strings, paths, numbers, errors, files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/num.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/str.h"
#include "base/vec.h"

static void strings_grow(void **state UNUSED)
{
    auto_str struct str s = STR_INIT;

    assert_string_equal(s.buf, "");
    for (int i = 0; i < 1000; i++)
        str_addf(&s, "%d,", i);
    assert_true(str_starts(s.buf, "0,1,2,"));
    assert_true(str_ends(s.buf, "998,999,"));
    str_truncate(&s, 3);
    assert_string_equal(s.buf, "0,1");
    auto_free char *kept = str_detach(&s);
    assert_string_equal(kept, "0,1");
    assert_int_equal(s.len, 0);
}

static void text_is_made_printable(void **state UNUSED)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"plain \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
         "plain \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\x1b[31m", "?[31m"},
        {"a\tb\nc", "a\tb?c"},
        {"\xc2\x9b", "??"},         /* CSI as UTF-8 */
        {"\xe9t\xe9", "?t?"},       /* Latin-1 */
        {"\xc0\x80", "??"},         /* overlong */
        {"\xed\xa0\x80", "???"},    /* surrogate */
        {"cut \xe2\x82", "cut ??"}, /* the middle of a character */
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        auto_free char *text = xstrdup(cases[i].in);
        str_make_printable(text, "\t");
        assert_string_equal(text, cases[i].out);
    }
}

static void deceptive_characters_are_shown(void **state UNUSED)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"a\u202eb\u202c", "a???b???"}, /* right to left, and back */
        {"a\u2066b\u2069\u200f\u061c", "a???b????????"},
        {"a\u200bb\ufeff\u00ad", "a???b?????"}, /* zero-width ones */
        {"a\U000e0041", "a????"},               /* a tag */
        {"line\u2028other", "line???other"},
        {"\u00e4 \u05d0 \u2014 \u6f22 \U0001f600", "\u00e4 \u05d0 \u2014 \u6f22 \U0001f600"},
        {"\u2714\ufe0f", "\u2714\ufe0f"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        auto_free char *text = xstrdup(cases[i].in), *line = xstrdup(cases[i].in);
        str_make_printable(text, "");
        assert_string_equal(text, cases[i].out);
        str_make_line(line);
        assert_string_equal(line, cases[i].out);
    }
}

static void text_is_made_ascii(void **state UNUSED)
{
    char text[] = "a ~\x7f\x1f\n\xc3\xa4";

    str_make_ascii(text);
    assert_string_equal(text, "a ~?????");
}

static void bytes_are_made_printable(void **state UNUSED)
{
    char bytes[] = "a\0b\x1b\n\xc2\x9b\xc3\xa4\xc2";

    str_make_printable_bytes(bytes, sizeof(bytes) - 1, "\n");
    assert_memory_equal(bytes, "a?b?\n??\xc3\xa4?", sizeof(bytes));
}

/* Every byte, in text and alone, and the characters that bytes are written as. */
static void any_bytes_come_back_from_json(void **state UNUSED)
{
    static const char *const texts[] = {"",
                                        "plain",
                                        "n\nl\\\x7f",
                                        "\xc3\xa9\xe4\xb8\xad\xf0\x9f\x8e\x89",
                                        "l1\xe9",
                                        "\xff\xfe\x80",
                                        "\xf4\x8f\xbe\x80",
                                        "\xf4\x8f\xbf\xbf",
                                        "\xf4\x8f\xbd\xbf",
                                        "\xed\xb3\xa9",
                                        "\xc0\xaf",
                                        "\xe0\x80\xaf",
                                        "\xf5\x80\x80\x80",
                                        "\xf4\x90\x80\x80",
                                        "cut\xe4\xb8",
                                        "cut\xf4\x8f\xbe"};

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        json_t *json = json_bytes(texts[i]), *readable = json_readable(texts[i]);
        auto_free char *dumped = json_dumps(json, JSON_ENCODE_ANY);
        json_t *loaded = json_loads(dumped, JSON_DECODE_ANY, NULL);
        auto_free char *back = json_bytes_value(loaded);
        assert_string_equal(back, texts[i]);
        assert_non_null(json_string_value(readable));
        json_decref(json);
        json_decref(readable);
        json_decref(loaded);
    }
    json_t *readable = json_readable("l1\xe9\xc3\xa9"), *text = json_bytes("\xc3\xa9");
    assert_string_equal(json_string_value(readable), "l1\\xE9\xc3\xa9");
    assert_string_equal(json_string_value(text), "\xc3\xa9");
    assert_null(json_bytes_value(NULL));
    json_decref(readable);
    json_decref(text);
}

static void json_can_be_made_bytes(void **state UNUSED)
{
    json_t *value = json_pack("{s:[o, i], s:s}", "a", json_bytes("l1\xe9"), 1, "b", "\xc3\xa9");

    json_decode_bytes(value);
    assert_string_equal(json_string_value(json_array_get(json_object_get(value, "a"), 0)),
                        "l1\xe9");
    assert_string_equal(json_text(value, "b"), "\xc3\xa9");
    json_decref(value);
}

static void json_that_is_not_there_is_empty(void **state UNUSED)
{
    auto_strv struct strv list = STRV_INIT;
    json_t *object = json_pack("{s:s, s:i, s:[s, i, n, s]}", "a", "text", "b", 7, "c", "x", 1, "y");

    assert_string_equal(json_text(object, "a"), "text");
    assert_string_equal(json_text(object, "b"), "");
    assert_string_equal(json_text(object, "other"), "");
    assert_string_equal(json_text(NULL, "a"), "");
    json_add_strings(json_object_get(object, "c"), &list);
    json_add_strings(json_object_get(object, "a"), &list);
    json_add_strings(NULL, &list);
    assert_int_equal(list.count, 4);
    assert_string_equal(list.items[0], "x");
    assert_string_equal(list.items[1], "");
    assert_string_equal(list.items[3], "y");
    json_decref(object);
}

static void members_that_leave_are_unsafe(void **state UNUSED)
{
    static const char *const safe[] = {"a", "a/b.py", ".a", "..a", "a..", "a b/c"};
    static const char *const unsafe[] = {"",    "/a",  "a//b", "../a", "a/../b", "a/..",
                                         "./a", "a/.", "a/",   "a\\b", "a\nb",   ".."};

    for (size_t i = 0; i < ARRAY_SIZE(safe); i++)
        assert_true(path_is_safe_member(safe[i], strlen(safe[i])));
    for (size_t i = 0; i < ARRAY_SIZE(unsafe); i++)
        assert_false(path_is_safe_member(unsafe[i], strlen(unsafe[i])));
    assert_false(path_is_safe_member("a\0b", 3));
}

static void paths_below(void **state UNUSED)
{
    assert_true(path_is_below("/a/b", "/a"));
    assert_true(path_is_below("/a", "/a/"));
    assert_true(path_is_below("/a", "/"));
    assert_false(path_is_below("/ab", "/a"));
    assert_false(path_is_below("/", "/a"));
}

static void paths_of_urls(void **state UNUSED)
{
    static const char *const urls[][2] = {
        {"file:///a/b%20c", "/a/b c"},
        {"FILE://localhost/a#egg=x", "/a"},
        {"file:///a%2", "/a%2"},
        {"file:///a%zz", "/a%zz"},
        {"file:///a?b", "/a"},
        {"file://host/a", NULL},
        {"git+file:///a", NULL},
        {"/a", NULL},
        {"https://localhost/a%20b", NULL},
        {"file:///%C3%a9", "/\xc3\xa9"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
        auto_free char *path = path_of_url(urls[i][0]);
        if (!urls[i][1])
            assert_null(path);
        else
            assert_string_equal(path, urls[i][1]);
    }
}

static void numbers_are_whole_texts(void **state UNUSED)
{
    int n = -1;
    int64_t ms = -1;

    assert_true(parse_int("42", 0, 100, &n));
    assert_int_equal(n, 42);
    assert_true(parse_int("-3", -5, 5, &n));
    assert_false(parse_int("101", 0, 100, &n));
    assert_false(parse_int("4x", 0, 100, &n));
    assert_false(parse_int("", 0, 100, &n));
    assert_false(parse_int(" 4", 0, 100, &n));
    assert_false(parse_int("99999999999", 0, INT_MAX, &n));
    assert_int_equal(n, -3);
    assert_true(parse_seconds_ms("2.5", &ms));
    assert_int_equal(ms, 2500);
    assert_false(parse_seconds_ms("1e9", &ms));
    assert_false(parse_seconds_ms("nan", &ms));
    assert_false(parse_seconds_ms(".", &ms));
}

static void errors_gather_context(void **state UNUSED)
{
    auto_err struct err err = ERR_INIT;

    assert_int_equal(err_set(&err, ERR_FORMAT, "bad\nbyte %d", 7), -ERR_FORMAT);
    assert_string_equal(err.message, "bad byte 7");
    assert_int_equal(err_wrap(&err, "'%s'", "x.whl"), -ERR_FORMAT);
    assert_string_equal(err.message, "'x.whl': bad byte 7");
    assert_int_equal(err_errno(&err, -ENOENT, "cannot open"), -ENOENT);
    assert_string_equal(err.message, "cannot open: No such file or directory");
}

static void lists_split_and_sort(void **state UNUSED)
{
    auto_strv struct strv v = STRV_INIT;

    strv_split(&v, "  b a  c ", " ");
    assert_int_equal(v.count, 3);
    assert_null(v.items[3]);
    strv_sort(&v);
    assert_string_equal(v.items[0], "a");
    assert_true(strv_contains(&v, "c"));
}

static char *scratch_dir(void)
{
    char *dir = xstrdup("/tmp/truewheel-unit-XXXXXX");

    assert_non_null(mkdtemp(dir));
    return dir;
}

static void trees_go_without_following_links(void **state UNUSED)
{
    auto_err struct err err = ERR_INIT;
    auto_free char *dir = scratch_dir();
    auto_free char *kept = path_join(dir, "kept");
    auto_free char *deep = path_join(dir, "tree/a/b");
    auto_free char *link = path_join(dir, "tree/a/link");
    auto_free char *closed = path_join(dir, "tree/a");
    auto_free char *tree = path_join(dir, "tree");

    assert_int_equal(write_file(kept, "x", 1, 0644, &err), 0);
    assert_int_equal(make_dirs(deep, 0755, &err), 0);
    assert_int_equal(symlink(dir, link), 0);
    assert_int_equal(chmod(closed, 0555), 0);
    assert_int_equal(remove_tree_at(AT_FDCWD, tree, &err), 0);
    assert_int_equal(access(tree, F_OK), -1);
    assert_int_equal(access(kept, F_OK), 0);
    assert_int_equal(remove_tree_at(AT_FDCWD, tree, &err), 0);
    assert_int_equal(remove_tree_at(AT_FDCWD, dir, &err), 0);
}

static void add_file_at(int dirfd, const char *name)
{
    auto_close int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);

    assert_true(fd >= 0);
}

/* Directories in directories, closed ones among them, now and then a file and a link to `target`. */
static void make_deep_tree(const char *top, int levels, const char *target)
{
    enum { FLAGS = O_RDONLY | O_DIRECTORY | O_CLOEXEC };
    auto_close int fd = open(top, FLAGS);

    for (int i = 0; i < levels; i++) {
        assert_true(fd >= 0);
        if (i % 50 == 49) {
            add_file_at(fd, "file");
            assert_int_equal(symlinkat(target, fd, "link"), 0);
        }
        assert_int_equal(mkdirat(fd, "d", 0700), 0);
        int below = openat(fd, "d", FLAGS);
        if (i % 7 == 0)
            assert_int_equal(fchmod(fd, 0500), 0);
        close_fd(&fd);
        fd = below;
    }
}

/* What an sdist's build may leave: far more levels than descriptors, and names that we could want. */
static void deep_trees_go_with_few_descriptors(void **state UNUSED)
{
    auto_err struct err err = ERR_INIT;
    auto_free char *dir = scratch_dir();
    auto_free char *kept = path_join(dir, "kept");
    auto_free char *tree = path_join(dir, "tree");
    auto_free char *taken = path_join(dir, "tree/.truewheel-removal-0");
    auto_free char *full = path_join(dir, "tree/.truewheel-removal-1/x");
    auto_free char *link = path_join(dir, "tree/.truewheel-removal-2");
    struct rlimit before, few = {64, 64};

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few.rlim_max = before.rlim_max;
    assert_int_equal(write_file(kept, "x", 1, 0644, &err), 0);
    assert_int_equal(make_dirs(full, 0755, &err), 0);
    assert_int_equal(write_file(taken, "", 0, 0644, &err), 0);
    assert_int_equal(symlink(dir, link), 0);
    make_deep_tree(tree, 5000, dir);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    int ret = remove_tree_at(AT_FDCWD, tree, &err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(ret, 0);
    assert_int_equal(access(tree, F_OK), -1);
    assert_int_equal(access(kept, F_OK), 0);
    assert_int_equal(remove_tree_at(AT_FDCWD, dir, &err), 0);
}

static void directories_are_listed(void **state UNUSED)
{
    char dir[] = "/tmp/truewheel-test-XXXXXX";
    auto_strv struct strv all = STRV_INIT;
    auto_strv struct strv again = STRV_INIT;
    auto_strv struct strv some = STRV_INIT;

    assert_non_null(mkdtemp(dir));
    auto_close int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(list_dir(fd, 0, &all, NULL), 0);
    assert_int_equal(all.count, 0);
    add_file_at(fd, "b");
    add_file_at(fd, ".a");
    add_file_at(fd, "c");
    assert_int_equal(list_dir(fd, 0, &all, NULL), 0);
    assert_int_equal(list_dir(fd, 0, &again, NULL), 0);
    assert_int_equal(list_dir(fd, 2, &some, NULL), 0);
    assert_int_equal(all.count, 3);
    assert_string_equal(all.items[0], ".a");
    assert_string_equal(all.items[2], "c");
    assert_int_equal(again.count, 3);
    assert_int_equal(some.count, 2);
    auto_close int file = openat(fd, "b", O_PATH | O_CLOEXEC);
    assert_int_equal(list_dir(file, 0, &all, NULL), -ENOTDIR);
    assert_int_equal(remove_tree_at(AT_FDCWD, dir, NULL), 0);
}

/* A file of `len` bytes without a name, the byte at `other` (-1: none) unlike the rest. */
static int make_content(size_t len, ssize_t other)
{
    auto_free char *bytes = xcalloc(len + 1, 1);
    int fd = open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    if (other >= 0)
        bytes[other] = 'x';
    assert_int_equal(write_full(fd, bytes, len), 0);
    return fd;
}

static void files_are_compared(void **state UNUSED)
{
    enum { LEN = 300000 }; /* several reads */
    static const struct {
        size_t len;
        ssize_t other;
        bool equal;
    } cases[] = {{LEN, -1, true},      {LEN, 0, false},      {LEN, LEN - 1, false},
                 {LEN + 1, -1, false}, {LEN - 1, -1, false}, {0, -1, false}};
    auto_close int a = make_content(LEN, -1);
    auto_close int none = make_content(0, -1);
    auto_close int nothing = make_content(0, -1);
    bool equal = false;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        auto_close int b = make_content(cases[i].len, cases[i].other);
        assert_int_equal(files_equal(a, b, &equal, NULL), 0);
        assert_int_equal(equal, cases[i].equal);
        assert_int_equal(lseek(b, 0, SEEK_CUR), cases[i].len); /* as it was */
    }
    assert_int_equal(files_equal(none, nothing, &equal, NULL), 0);
    assert_true(equal);
    assert_int_equal(files_equal(a, -1, &equal, NULL), -EBADF);
}

static bool is_below_second(const char *path)
{
    return strstr(path, "/second/") != NULL;
}

static void programs_are_found(void **state UNUSED)
{
    char dir[] = "/tmp/truewheel-test-XXXXXX";

    assert_non_null(mkdtemp(dir));
    auto_free char *dirs = xasprintf("%s/none:%s/first::%s/second", dir, dir, dir);
    auto_free char *first = path_join(dir, "first/a");
    auto_free char *second = path_join(dir, "second/a");
    auto_free char *closed = path_join(dir, "first/b");
    auto_free char *folder = path_join(dir, "first/c");
    auto_free char *below = path_join(dir, "second");
    assert_int_equal(make_dirs(folder, 0755, NULL), 0);
    assert_int_equal(make_dirs(below, 0755, NULL), 0);
    assert_int_equal(write_file(first, "", 0, 0755, NULL), 0);
    assert_int_equal(write_file(second, "", 0, 0755, NULL), 0);
    assert_int_equal(write_file(closed, "", 0, 0644, NULL), 0);
    auto_free char *any = find_executable(dirs, "a", NULL);
    auto_free char *chosen = find_executable(dirs, "a", is_below_second);
    auto_free char *absolute = find_executable("/", second, NULL);
    assert_string_equal(any, first);
    assert_string_equal(chosen, second);
    assert_string_equal(absolute, second);
    assert_null(find_executable(dirs, "b", NULL));
    assert_null(find_executable(dirs, "c", NULL));
    assert_int_equal(remove_tree_at(AT_FDCWD, dir, NULL), 0);
}

static void an_empty_directory_name_is_an_error(void **state UNUSED)
{
    auto_err struct err err = ERR_INIT;

    assert_int_equal(make_dirs("", 0755, &err), -ENOENT);
}

static void hashes_are_known(void **state UNUSED)
{
    char hex[SHA256_HEX];

    sha256_hex_of("abc", 3, hex); /* FIPS 180-2, appendix B.1 */
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_grow),
        cmocka_unit_test(text_is_made_printable),
        cmocka_unit_test(deceptive_characters_are_shown),
        cmocka_unit_test(text_is_made_ascii),
        cmocka_unit_test(bytes_are_made_printable),
        cmocka_unit_test(any_bytes_come_back_from_json),
        cmocka_unit_test(json_can_be_made_bytes),
        cmocka_unit_test(json_that_is_not_there_is_empty),
        cmocka_unit_test(members_that_leave_are_unsafe),
        cmocka_unit_test(paths_below),
        cmocka_unit_test(paths_of_urls),
        cmocka_unit_test(numbers_are_whole_texts),
        cmocka_unit_test(errors_gather_context),
        cmocka_unit_test(lists_split_and_sort),
        cmocka_unit_test(trees_go_without_following_links),
        cmocka_unit_test(deep_trees_go_with_few_descriptors),
        cmocka_unit_test(directories_are_listed),
        cmocka_unit_test(files_are_compared),
        cmocka_unit_test(programs_are_found),
        cmocka_unit_test(an_empty_directory_name_is_an_error),
        cmocka_unit_test(hashes_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
