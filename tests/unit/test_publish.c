/* Publishing files: whole or not at all, untouched when unchanged, several at once. */
#include "system/publish.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mount.h>

#include <cmocka.h>

#include "base/str.h"
#include "scratch.h"

static struct scratch scratch;

static int set_up(void **state UNUSED)
{
    return scratch_make(&scratch);
}

static int tear_down(void **state UNUSED)
{
    (void)umount2(scratch.path, MNT_DETACH);
    return scratch_remove(&scratch);
}

static char *inside(const char *name)
{
    return xasprintf("%s/%s", scratch.path, name);
}

static int publish(const char *name, const char *text, struct err *err)
{
    auto_free char *path = inside(name);

    return publish_bytes(path, text, strlen(text), err);
}

static void expect_content(const char *name, const char *text)
{
    auto_free char *path = inside(name);
    auto_str struct str found = STR_INIT;

    assert_int_equal(read_file(path, 1 << 20, &found, NULL), 0);
    assert_string_equal(found.buf, text);
}

static size_t count_entries(void)
{
    size_t count = 0;
    DIR *dir = opendir(scratch.path);

    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    (void)closedir(dir);
    return count;
}

static void test_new_and_changed(void **state UNUSED)
{
    struct stat st;
    mode_t old = umask(077);

    assert_int_equal(publish("a.whl", "one", NULL), 0);
    (void)umask(old);
    expect_content("a.whl", "one");
    assert_int_equal(fstatat(scratch.fd, "a.whl", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    assert_int_equal(publish("a.whl", "two", NULL), 0);
    expect_content("a.whl", "two");
    assert_int_equal(count_entries(), 1);
}

static void test_unchanged_keeps_mtime(void **state UNUSED)
{
    struct stat before, after;
    struct timespec old[] = {{.tv_sec = 1000}, {.tv_sec = 1000}};

    assert_int_equal(publish("a.whl", "one", NULL), 0);
    assert_int_equal(utimensat(scratch.fd, "a.whl", old, 0), 0);
    assert_int_equal(fstatat(scratch.fd, "a.whl", &before, 0), 0);
    assert_int_equal(publish("a.whl", "one", NULL), 0);
    assert_int_equal(fstatat(scratch.fd, "a.whl", &after, 0), 0);
    assert_int_equal(before.st_mtime, after.st_mtime);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(publish("a.whl", "two", NULL), 0);
    assert_int_equal(fstatat(scratch.fd, "a.whl", &after, 0), 0);
    assert_int_not_equal(before.st_mtime, after.st_mtime);
}

/* A wheel's name is the wheel's: a link is replaced, not written through. */
static void test_link_of_a_wheel_is_replaced(void **state UNUSED)
{
    auto_free char *precious = inside("precious"), *source = inside("source");

    assert_int_equal(write_file(precious, "keep", 4, 0600, NULL), 0);
    assert_int_equal(write_file(source, "one", 3, 0600, NULL), 0);
    assert_int_equal(symlinkat("precious", scratch.fd, "a.whl"), 0);
    auto_close int fd = open(source, O_RDONLY | O_CLOEXEC);
    assert_int_equal(publish_file(scratch.path, "a.whl", fd, NULL, NULL), 0);
    expect_content("precious", "keep");
    expect_content("a.whl", "one");
}

/* ------------------------------------------------------------------------------------- links */

static bool is_link(const char *name)
{
    struct stat st;

    assert_int_equal(fstatat(scratch.fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
    return S_ISLNK(st.st_mode);
}

/* What the user names is written where it leads, at once or not at all, and the link stays. */
static void test_link_to_a_file(void **state UNUSED)
{
    struct stat before, after;

    assert_int_equal(mkdirat(scratch.fd, "there", 0700), 0);
    assert_int_equal(publish("there/record", "old", NULL), 0);
    assert_int_equal(symlinkat("there/record", scratch.fd, "first"), 0);
    auto_free char *first = inside("first");
    assert_int_equal(symlinkat(first, scratch.fd, "second"), 0);
    assert_int_equal(fstatat(scratch.fd, "there/record", &before, 0), 0);
    assert_int_equal(publish("second", "new", NULL), 0);
    assert_int_equal(fstatat(scratch.fd, "there/record", &after, 0), 0);
    assert_int_not_equal(before.st_ino, after.st_ino);
    expect_content("there/record", "new");
    assert_true(is_link("first") && is_link("second"));
    assert_int_equal(count_entries(), 3);
}

static void test_link_to_nothing_yet(void **state UNUSED)
{
    assert_int_equal(symlinkat("later", scratch.fd, "link"), 0);
    assert_int_equal(publish("link", "one", NULL), 0);
    expect_content("later", "one");
    assert_true(is_link("link"));
}

static void test_links_in_a_circle(void **state UNUSED)
{
    auto_err struct err err = ERR_INIT;

    assert_int_equal(symlinkat("b", scratch.fd, "a"), 0);
    assert_int_equal(symlinkat("a", scratch.fd, "b"), 0);
    assert_int_equal(publish("a", "one", &err), -ELOOP);
}

/* `>f` beside the link: what is written later goes on behind it, and `>>f` loses nothing. */
static void test_link_to_a_descriptor(void **state UNUSED)
{
    auto_free char *file = inside("file");
    int fd = open(file, O_WRONLY | O_CREAT | O_APPEND, 0600); /* inherited, as from a shell */

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "before ", 7), 7);
    auto_free char *target = xasprintf("/proc/self/fd/%d", fd);
    assert_int_equal(symlinkat(target, scratch.fd, "stdout"), 0);
    auto_free char *link = inside("stdout");
    assert_int_equal(publish_descriptor(link), fd);
    assert_int_equal(publish("stdout", "json", NULL), 0);
    assert_int_equal(write(fd, " after", 6), 6);
    (void)close(fd);
    expect_content("file", "before json after");
    assert_true(is_link("stdout"));
    assert_int_equal(count_entries(), 2);
    assert_int_equal(publish_descriptor(file), -1);
}

/* A number that the caller did not open may be one of ours. */
static void test_link_to_a_descriptor_of_ours(void **state UNUSED)
{
    auto_free char *file = inside("file");
    auto_close int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    auto_free char *target = xasprintf("/proc/self/fd/%d", fd);

    assert_int_equal(symlinkat(target, scratch.fd, "link"), 0);
    auto_free char *link = inside("link");
    assert_int_equal(publish_descriptor(link), -1);
    assert_int_equal(publish("link", "one", NULL), -EBADF);
    expect_content("file", "");
}

static void test_link_to_a_device(void **state UNUSED)
{
    assert_int_equal(symlinkat("/dev/null", scratch.fd, "null"), 0);
    assert_int_equal(publish("null", "one", NULL), 0);
    assert_true(is_link("null"));
    assert_int_equal(count_entries(), 1);
}

static int publish_to_link(void *arg UNUSED)
{
    auto_err struct err err = ERR_INIT;

    return publish("link", "one", &err) == -EACCES && strstr(err.message, "another user") ? 0 : 1;
}

/* In a directory like /tmp: the kernel would not follow it, and neither do we. */
static void test_link_of_another_user(void **state UNUSED)
{
    if (geteuid() != 0)
        skip();
    assert_int_equal(fchmod(scratch.fd, 01777), 0);
    assert_int_equal(symlinkat("precious", scratch.fd, "link"), 0);
    assert_int_equal(fchownat(scratch.fd, "link", 12345, 12345, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(publish_to_link(NULL), 0);
    assert_int_equal(scratch_as_user(SCRATCH_STRANGER, publish_to_link, NULL), 0);
    assert_int_equal(count_entries(), 1);
}

/* As a directory above the name: what the kernel does with it, which may be to refuse it. */
static void test_directory_of_another_user(void **state UNUSED)
{
    if (geteuid() != 0)
        skip();
    assert_int_equal(mkdirat(scratch.fd, "there", 0777), 0);
    assert_int_equal(fchmod(scratch.fd, 01777), 0);
    assert_int_equal(symlinkat("there", scratch.fd, "link"), 0);
    assert_int_equal(fchownat(scratch.fd, "link", 12345, 12345, AT_SYMLINK_NOFOLLOW), 0);
    auto_close int fd = openat(scratch.fd, "link", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int expected = fd < 0 ? -errno : 0;
    assert_int_equal(publish("link/precious", "one", NULL), expected);
}

static void test_check(void **state UNUSED)
{
    auto_err struct err err = ERR_INIT;
    auto_free char *missing = inside("missing/out"), *there = inside("dir"), *out = inside("out");

    assert_int_equal(mkdirat(scratch.fd, "dir", 0700), 0);
    assert_int_equal(publish_check(out, NULL), 0);
    assert_int_equal(publish_check(missing, NULL), 0);
    assert_int_equal(publish_check("/dev/null", NULL), 0);
    assert_int_equal(publish_check(there, &err), -EISDIR);
    assert_int_equal(count_entries(), 1);
}

static void test_failure_leaves_nothing(void **state UNUSED)
{
    auto_err struct err err = ERR_INIT;

    assert_int_equal(mkdirat(scratch.fd, "a.whl", 0700), 0);
    assert_int_equal(publish("a.whl", "one", &err), -EISDIR);
    assert_non_null(strstr(err.message, "a.whl"));
    assert_int_equal(count_entries(), 1);
    assert_int_equal(publish("missing/a.whl", "one", NULL), -ENOENT);
}

static int publish_as_stranger(void *arg UNUSED)
{
    auto_err struct err err = ERR_INIT;

    return publish("a.whl", "one", &err) == -EACCES && count_entries() == 0 ? 0 : 1;
}

static void test_unwritable(void **state UNUSED)
{
    if (geteuid() != 0)
        skip();
    assert_int_equal(fchmod(scratch.fd, 0755), 0);
    assert_int_equal(scratch_as_user(SCRATCH_STRANGER, publish_as_stranger, NULL), 0);
}

/* A file system of 64 KiB: what was there stays, nothing half-written appears. */
static void test_full_disk(void **state UNUSED)
{
    enum { LEN = 200000 };
    auto_err struct err err = ERR_INIT;
    auto_free char *big = xcalloc(LEN + 1, 1);

    if (mount("tmpfs", scratch.path, "tmpfs", 0, "size=64k") < 0)
        skip(); /* needs root */
    memset(big, 'x', LEN);
    assert_int_equal(publish("a.whl", "one", NULL), 0);
    assert_int_equal(publish("a.whl", big, &err), -ENOSPC);
    assert_non_null(strstr(err.message, "No space left"));
    expect_content("a.whl", "one");
    assert_int_equal(count_entries(), 1);
    assert_int_equal(mount(NULL, scratch.path, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    assert_int_equal(publish("a.whl", "two", &err), -EROFS);
    expect_content("a.whl", "one");
}

/* Some write, one reads: never anything but one of the whole contents. */
static void test_several_at_once(void **state UNUSED)
{
    enum { WRITERS = 4, ROUNDS = 20, LEN = 100000 };
    pid_t pids[WRITERS];
    auto_free char *path = inside("a.whl");

    assert_int_equal(publish("a.whl", "x", NULL), 0);
    for (int i = 0; i < WRITERS; i++) {
        pids[i] = fork();
        if (pids[i] != 0)
            continue;
        char *text = xcalloc(LEN + 1, 1);
        for (int round = 0; round < ROUNDS; round++) {
            memset(text, 'a' + (i + round) % 26, LEN);
            if (publish("a.whl", text, NULL) < 0)
                _exit(1);
        }
        _exit(0);
    }
    for (int alive = WRITERS; alive;) {
        auto_str struct str found = STR_INIT;
        int status;
        assert_int_equal(read_file(path, 1 << 20, &found, NULL), 0);
        assert_true(found.len == 1 || found.len == LEN);
        for (size_t i = 1; i < found.len; i++)
            assert_int_equal(found.buf[i], found.buf[0]);
        while (waitpid(-1, &status, WNOHANG) > 0) {
            assert_int_equal(status, 0);
            alive--;
        }
    }
    assert_int_equal(count_entries(), 1);
}

/* A device or a pipe is written to, also through a link; it is not a name to put a file at. */
static void test_special_files(void **state UNUSED)
{
    auto_free char *pipe = inside("pipe");
    auto_free char *link = inside("link");
    char found[8];
    struct stat st;

    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_int_equal(symlink("/dev/null", link), 0);
    auto_close int reader = open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_int_equal(publish_bytes(pipe, "words", 5, NULL), 0);
    assert_int_equal(read(reader, found, sizeof(found)), 5);
    assert_int_equal(publish_bytes(link, "words", 5, NULL), 0);
    assert_int_equal(lstat(pipe, &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
    assert_int_equal(count_entries(), 2);
}

/* Killed in the middle: no partial *.whl, and no litter where files can be nameless. */
static void test_killed_publisher(void **state UNUSED)
{
    enum { LEN = 3000000 };
    auto_free char *text = xcalloc(LEN + 1, 1);

    memset(text, 'x', LEN);
    assert_int_equal(publish("a.whl", "one", NULL), 0);
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0;; i++) {
            text[0] = (char)('a' + i % 26);
            (void)publish("b.whl", text, NULL);
        }
    }
    while (faccessat(scratch.fd, "b.whl", F_OK, 0) < 0)
        ;
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    struct stat st;
    assert_int_equal(fstatat(scratch.fd, "b.whl", &st, 0), 0);
    assert_int_equal(st.st_size, LEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_new_and_changed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unchanged_keeps_mtime, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_link_of_a_wheel_is_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_link_to_a_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_link_to_nothing_yet, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_links_in_a_circle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_link_to_a_descriptor, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_link_to_a_descriptor_of_ours, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_link_to_a_device, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_link_of_another_user, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_directory_of_another_user, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_check, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failure_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unwritable, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full_disk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_several_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_special_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_killed_publisher, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("publish", tests, NULL, NULL);
}
