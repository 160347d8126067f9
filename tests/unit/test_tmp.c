/* Temporary files and run directories, and what is left of them when their owner is killed. */
#include "system/tmp.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/inotify.h>

#include <cmocka.h>

#include "base/str.h"
#include "scratch.h"

static struct scratch scratch;
static char *old_tmpdir;

static int set_up(void **state UNUSED)
{
    const char *old = getenv("TMPDIR");

    old_tmpdir = old ? xstrdup(old) : NULL;
    if (scratch_make(&scratch) < 0)
        return -1;
    return setenv("TMPDIR", scratch.path, 1);
}

static int tear_down(void **state UNUSED)
{
    if (old_tmpdir)
        (void)setenv("TMPDIR", old_tmpdir, 1);
    else
        (void)unsetenv("TMPDIR");
    free(old_tmpdir);
    return scratch_remove(&scratch);
}

static size_t count_entries(void)
{
    size_t count = 0;
    DIR *dir = opendir(scratch.path);

    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += entry->d_name[0] != '.' || str_starts(entry->d_name, ".truewheel");
    (void)closedir(dir);
    return count;
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static void test_file_becomes_name(void **state UNUSED)
{
    struct tmp_file tmp;

    assert_int_equal(tmp_file_create(scratch.fd, &tmp, NULL), 0);
    assert_int_equal(write_full(tmp.fd, "x", 1), 0);
    assert_int_equal(tmp_file_rename(&tmp, "done", NULL), 0);
    tmp_file_release(&tmp);
    assert_int_equal(faccessat(scratch.fd, "done", F_OK, 0), 0);
    assert_int_equal(count_entries(), 1);
}

static void test_file_is_dropped(void **state UNUSED)
{
    struct tmp_file tmp;

    assert_int_equal(tmp_file_create(scratch.fd, &tmp, NULL), 0);
    tmp_file_release(&tmp);
    assert_int_equal(count_entries(), 0);
}

/* Renaming onto a directory fails when the file has its name already: it goes with the rest. */
static void test_file_cannot_be_renamed(void **state UNUSED)
{
    struct tmp_file tmp;

    assert_int_equal(mkdirat(scratch.fd, "taken", 0700), 0);
    assert_int_equal(tmp_file_create(scratch.fd, &tmp, NULL), 0);
    assert_true(tmp_file_rename(&tmp, "taken", NULL) < 0);
    assert_int_equal(count_entries(), 2);
    tmp_file_release(&tmp);
    assert_int_equal(count_entries(), 1);
}

static void test_run_directory(void **state UNUSED)
{
    struct tmp_dir dir = TMP_DIR_INIT;
    struct stat st;

    assert_int_equal(tmp_dir_create(&dir, -1, NULL), 0);
    assert_true(str_starts(dir.path, scratch.path));
    assert_int_equal(stat(dir.path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    tmp_dir_release(&dir);
    assert_int_equal(count_entries(), 0);
}

static void test_fork_does_not_remove_it(void **state UNUSED)
{
    struct tmp_dir dir = TMP_DIR_INIT;

    assert_int_equal(tmp_dir_create(&dir, -1, NULL), 0);
    pid_t child = fork();
    if (child == 0) {
        tmp_dir_release(&dir);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(exists(dir.path));
    tmp_dir_release(&dir);
}

static int make_and_die(bool with_killed_owner)
{
    pid_t child = fork();

    if (child == 0) {
        struct tmp_dir dir = TMP_DIR_INIT;
        if (tmp_dir_create(&dir, -1, NULL) == 0 && with_killed_owner)
            (void)kill(getpid(), SIGKILL);
        _exit(1);
    }
    int status;
    return waitpid(child, &status, 0) == child && WIFSIGNALED(status) ? 0 : -1;
}

/* kill -9 leaves the directory; the next run takes it away, and leaves the living alone. */
static void test_stale_directory(void **state UNUSED)
{
    struct tmp_dir alive = TMP_DIR_INIT;
    struct tmp_dir next = TMP_DIR_INIT;

    assert_int_equal(tmp_dir_create(&alive, -1, NULL), 0);
    assert_int_equal(make_and_die(true), 0);
    assert_int_equal(count_entries(), 2);
    assert_int_equal(tmp_dir_create(&next, -1, NULL), 0);
    assert_true(exists(alive.path));
    assert_int_equal(count_entries(), 2);
    tmp_dir_release(&next);
    tmp_dir_release(&alive);
}

/* There is no time for it: it waits for the next run. */
static void test_stale_directory_can_wait(void **state UNUSED)
{
    struct tmp_dir dir = TMP_DIR_INIT;
    int stop[2];

    assert_int_equal(make_pipe(stop, NULL), 0);
    assert_int_equal(make_and_die(true), 0);
    assert_int_equal(write_full(stop[1], "x", 1), 0);
    assert_int_equal(tmp_dir_create(&dir, stop[0], NULL), 0);
    assert_int_equal(count_entries(), 2);
    tmp_dir_release(&dir);
    close_fd(&stop[0]);
    close_fd(&stop[1]);
    assert_int_equal(tmp_dir_create(&dir, -1, NULL), 0);
    assert_int_equal(count_entries(), 1);
    tmp_dir_release(&dir);
}

/* The directory of a killed run; its owner file is neither the first nor the last that was made. */
static void make_stale(void)
{
    assert_int_equal(mkdirat(scratch.fd, "truewheel-run-stale", 0700), 0);
    for (int i = 0; i < 40; i++) {
        auto_free char *path = i == 20 ? xasprintf("%s/truewheel-run-stale/.owner", scratch.path)
                                       : xasprintf("%s/truewheel-run-stale/%d", scratch.path, i);
        assert_int_equal(write_file(path, "", 0, 0600, NULL), 0);
    }
}

/* A removal that is killed in the middle has to leave what the next knows a stale directory by. */
static void test_owner_file_goes_last(void **state UNUSED)
{
    struct tmp_dir dir = TMP_DIR_INIT;
    auto_free char *stale = xasprintf("%s/truewheel-run-stale", scratch.path);
    _Alignas(struct inotify_event) char buf[8192];
    auto_close int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    const struct inotify_event *last = NULL;

    make_stale();
    assert_int_not_equal(inotify_add_watch(watch, stale, IN_DELETE), -1);
    assert_int_equal(tmp_dir_create(&dir, -1, NULL), 0);
    assert_int_equal(count_entries(), 1);
    tmp_dir_release(&dir);
    ssize_t len = read(watch, buf, sizeof(buf));
    for (ssize_t at = 0; at < len;) {
        const struct inotify_event *event = (const void *)(buf + at);
        if (event->mask & IN_DELETE)
            last = event;
        at += (ssize_t)sizeof(*event) + event->len;
    }
    assert_non_null(last);
    assert_string_equal(last->name, ".owner");
}

/* Killed before it had an owner, or when that was all it still had: nothing in it is anybody's. */
static void test_empty_directory_without_owner(void **state UNUSED)
{
    struct tmp_dir dir = TMP_DIR_INIT;

    assert_int_equal(mkdirat(scratch.fd, "truewheel-run-empty", 0700), 0);
    assert_int_equal(mkdirat(scratch.fd, "truewheel-run-full", 0700), 0);
    assert_int_equal(mkdirat(scratch.fd, "truewheel-run-full/x", 0700), 0);
    assert_int_equal(tmp_dir_create(&dir, -1, NULL), 0);
    tmp_dir_release(&dir);
    assert_int_equal(faccessat(scratch.fd, "truewheel-run-empty", F_OK, 0), -1);
    assert_int_equal(faccessat(scratch.fd, "truewheel-run-full", F_OK, 0), 0);
}

static int make_closed(void *arg UNUSED)
{
    struct tmp_dir dir = TMP_DIR_INIT;
    auto_free char *closed = xasprintf("%s/truewheel-run-closed", scratch.path);

    if (mkdir(closed, 0) < 0 || tmp_dir_create(&dir, -1, NULL) < 0)
        return 1;
    tmp_dir_release(&dir);
    return exists(closed) ? 2 : 0;
}

/* As a run left it whose umask was 0777: not even its owner may enter it. */
static void test_closed_directory(void **state UNUSED)
{
    assert_int_equal(fchmod(scratch.fd, 01777), 0);
    if (geteuid() == 0)
        assert_int_equal(scratch_as_user(SCRATCH_STRANGER, make_closed, NULL), 0);
    else
        assert_int_equal(make_closed(NULL), 0);
}

/* What looks like a run directory and is not ours to remove. */
static void test_imitations_stay(void **state UNUSED)
{
    struct tmp_dir dir = TMP_DIR_INIT;
    auto_free char *precious = xasprintf("%s/precious", scratch.path);

    assert_int_equal(mkdirat(scratch.fd, "precious", 0700), 0);
    auto_free char *owner = xasprintf("%s/.owner", precious);
    assert_int_equal(write_file(owner, "", 0, 0600, NULL), 0);
    assert_int_equal(symlinkat("precious", scratch.fd, "truewheel-run-link"), 0);
    if (geteuid() == 0) {
        assert_int_equal(mkdirat(scratch.fd, "truewheel-run-foreign", 0700), 0);
        auto_free char *foreign = xasprintf("%s/truewheel-run-foreign", scratch.path);
        auto_free char *theirs = xasprintf("%s/.owner", foreign);
        assert_int_equal(write_file(theirs, "", 0, 0600, NULL), 0);
        assert_int_equal(chown(foreign, SCRATCH_STRANGER, SCRATCH_STRANGER), 0);
    }
    assert_int_equal(tmp_dir_create(&dir, -1, NULL), 0);
    assert_true(exists(owner));
    assert_int_equal(faccessat(scratch.fd, "truewheel-run-link", F_OK, AT_SYMLINK_NOFOLLOW), 0);
    if (geteuid() == 0)
        assert_int_equal(faccessat(scratch.fd, "truewheel-run-foreign", F_OK, 0), 0);
    tmp_dir_release(&dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_file_becomes_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_file_is_dropped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_file_cannot_be_renamed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_run_directory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fork_does_not_remove_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stale_directory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stale_directory_can_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_owner_file_goes_last, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_empty_directory_without_owner, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_closed_directory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_imitations_stay, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("tmp", tests, NULL, NULL);
}
