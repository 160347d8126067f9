/*
 * The sandbox without namespaces, on a machine that forbids them: the same job directory, real and
 * taken safely; trees that end although nothing holds them together; and mapped mode.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "../tools/deny_ns.h"
#include "base/num.h"
#include "sandbox/probe.h"
#include "system/lock.h"
#include "trial.h"
#include "trial_calls.h"

static struct scratch scratch; /* here: a directory like /tmp, mode 1777 */
static char *root;
static struct trial trial = TRIAL_INIT;

static int set_up(void **state UNUSED)
{
    if (scratch_make(&scratch) < 0 || fchmod(scratch.fd, 01777) < 0)
        return -1;
    root = xasprintf("%s/R", scratch.path);
    return 0;
}

static int tear_down(void **state UNUSED)
{
    trial_release(&trial);
    free(root);
    return scratch_remove(&scratch);
}

static void prepare(int (*body)(void *arg), void *arg)
{
    trial_init(&trial, SANDBOX_LOCKED, root, body, arg);
}

static void run(int (*body)(void *arg), void *arg)
{
    prepare(body, arg);
    trial_run(&trial);
    trial_expect_done(&trial);
}

/* ----------------------------------------------------------------------------------- directory */

static int body_place(void *arg UNUSED)
{
    char cwd[4096] = "";
    mode_t mask = umask(0);
    auto_str struct str text = STR_INIT;

    (void)read_file("sdist/demo-1.0.tar.gz", 100, &text, NULL);
    (void)read_file("src/file", 100, &text, NULL);
    say("%s %03o %d %d %s", getcwd(cwd, sizeof(cwd)) ? strrchr(cwd, '/') + 1 : "?", mask,
        getsid(0) == getpid(), access("src/left", F_OK) == 0, text.buf);
    (void)write_file("src/left", "", 0, 0600, NULL);
    (void)mkdir("tmp/closed", 0700);
    (void)write_file("tmp/closed/file", "", 0, 0600, NULL);
    (void)chmod("tmp/closed", 0);
    return 0;
}

/* Twice: what the first build left does not reach the second. */
static void test_place(void **state UNUSED)
{
    auto_free char *archive = xasprintf("%s/demo-1.0.tar.gz", scratch.path);
    auto_free char *tree = xasprintf("%s/tree", scratch.path);
    auto_free char *file = xasprintf("%s/tree/file", scratch.path);
    struct stat st;

    assert_int_equal(mkdir(tree, 0755), 0);
    assert_int_equal(write_file(archive, "archive,", 8, 0644, NULL), 0);
    assert_int_equal(write_file(file, "tree", 4, 0644, NULL), 0);
    for (int i = 0; i < 2; i++) {
        prepare(body_place, NULL);
        trial.spec.archive_host = xstrdup(archive);
        (void)trial_tree(&trial, tree, "");
        trial_run(&trial);
        trial_expect_done(&trial);
        trial_expect_said(&trial, "demo-1.0 022 1 0 archive,tree");
        trial_release(&trial);
    }
    assert_int_equal(lstat(root, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
}

static void expect_error(const char *why)
{
    prepare(body_place, NULL);
    trial_run(&trial);
    assert_string_equal(trial_text(&trial, "t"), "error");
    if (!strstr(trial_text(&trial, "message"), why))
        fail_msg("'%s' lacks '%s'", trial_text(&trial, "message"), why);
    trial_expect_said(&trial, "");
}

static int make_squat(void *arg UNUSED)
{
    auto_free char *job = xasprintf("%s/demo-1.0", root);

    return mkdir(root, 0777) < 0 || chmod(root, 0777) < 0 || mkdir(job, 0777) < 0 ? 1 : 0;
}

static void test_squatted_root(void **state UNUSED)
{
    if (geteuid() != 0)
        skip(); /* needs a second user */
    assert_int_equal(scratch_as_user(SCRATCH_STRANGER, make_squat, NULL), 0);
    expect_error("another user");
}

static int make_link(void *arg)
{
    return symlink(arg, root) == 0 ? 0 : 1;
}

/* The victim's own directory, reached through somebody's link, must keep its content. */
static void test_symlinked_root(void **state UNUSED)
{
    auto_free char *victim = xasprintf("%s/victim", scratch.path);
    auto_free char *job = xasprintf("%s/demo-1.0", victim);
    auto_free char *file = xasprintf("%s/precious", job);

    assert_int_equal(mkdir(victim, 0700), 0);
    assert_int_equal(mkdir(job, 0700), 0);
    assert_int_equal(write_file(file, "", 0, 0600, NULL), 0);
    if (geteuid() == 0)
        assert_int_equal(scratch_as_user(SCRATCH_STRANGER, make_link, victim), 0);
    else
        assert_int_equal(make_link(victim), 0);
    expect_error("symbolic link");
    assert_int_equal(access(file, F_OK), 0);
}

/* Without isolation the kernel is still not open to builds as it is to their caller. */
static void test_refused_calls(void **state UNUSED)
{
    run(body_refused_calls, NULL);
    trial_expect_said(&trial, "");
}

/* A link in the job directory, left by a hostile build: emptying removes the link, not its target. */
static int body_leave_link(void *arg)
{
    return symlink(arg, "src/link") < 0 || symlink(arg, "more") < 0;
}

static void test_links_of_an_earlier_build(void **state UNUSED)
{
    auto_free char *victim = xasprintf("%s/victim", scratch.path);
    auto_free char *file = xasprintf("%s/precious", victim);

    assert_int_equal(mkdir(victim, 0700), 0);
    assert_int_equal(write_file(file, "", 0, 0600, NULL), 0);
    run(body_leave_link, victim);
    trial_release(&trial);
    run(body_place, NULL);
    assert_int_equal(access(file, F_OK), 0);
}

static void test_mapped(void **state UNUSED)
{
    auto_free char *work = xasprintf("%s/work-abc", scratch.path);
    auto_free char *made = xasprintf("%s/src/left", work);

    assert_int_equal(mkdir(work, 0700), 0);
    prepare(body_place, NULL);
    trial.spec.mode = SANDBOX_MAPPED;
    trial.spec.work_host = xstrdup(work);
    trial_run(&trial);
    trial_expect_done(&trial);
    trial_expect_said(&trial, "work-abc 022 1 0 ");
    assert_int_equal(access(made, F_OK), 0);
    assert_int_equal(access(root, F_OK), -1); /* somebody else's, perhaps: not touched */
}

/* ------------------------------------------------------------------------------------- attacks */

static int body_kills_init(void *arg UNUSED)
{
    pid_t init = getppid();

    if (fork() == 0) {
        (void)setsid();
        for (int number = 1; number < NSIG; number++)
            (void)signal(number, SIG_IGN);
        (void)kill(init, SIGKILL);
        say("killed ");
    }
    return pause();
}

/* Same user, no namespaces: nothing can stop a build from that. The supervisor buries its tree. */
static void test_payload_kills_init(void **state UNUSED)
{
    prepare(body_kills_init, NULL);
    trial_run(&trial);
    assert_string_equal(trial_text(&trial, "t"), "exit");
    assert_int_equal(trial_number(&trial, "signal"), SIGKILL);
}

/* ---------------------------------------------------------------------------------------- lock */

static const char lock_name[] = "demo.lock";

static void start_with_lock(int (*body)(void *arg), struct lock *lock)
{
    assert_int_equal(lock_open_at(scratch.fd, lock_name, lock, NULL), 0);
    assert_int_equal(lock_try(lock, LOCK_EXCLUSIVE, NULL), 0);
    prepare(body, scratch.path);
    trial.hold = lock->fd;
    trial_start(&trial);
    lock_release(lock); /* the driver is gone; what is left is the sandbox's */
}

static int body_looks_for_lock(void *arg)
{
    auto_free char *path = xasprintf("%s/%s", (const char *)arg, lock_name);
    struct stat wanted, found;

    if (stat(path, &wanted) < 0)
        return 1;
    for (int fd = 0; fd < 1024; fd++)
        if (fstat(fd, &found) == 0 && found.st_ino == wanted.st_ino &&
            found.st_dev == wanted.st_dev)
            return 2;
    return 0;
}

static void test_payload_has_no_lock(void **state UNUSED)
{
    auto_lock struct lock lock = LOCK_INIT;

    start_with_lock(body_looks_for_lock, &lock);
    trial_finish(&trial);
    trial_expect_done(&trial);
}

/* Says who: the init, itself, and two that do not want to end. */
static int body_stays(void *arg UNUSED)
{
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            (void)setsid();
            for (int number = 1; number < NSIG; number++)
                (void)signal(number, SIG_IGN);
            say("%d ", getpid());
            for (;;)
                pause();
        }
    (void)signal(SIGTERM, SIG_IGN);
    say("init=%d %d ", getppid(), getpid());
    for (;;)
        pause();
    return 0;
}

static pid_t hear_pids(pid_t ret_others[3])
{
    auto_strv struct strv words = STRV_INIT;
    size_t count = 0;
    int init = 0;

    for (;;) {
        char byte;
        assert_int_equal(read(trial.voice, &byte, 1), 1);
        str_append(&trial.said, &byte, 1);
        strv_release(&words);
        strv_split(&words, trial.said.buf, " ");
        if (byte == ' ' && words.count == 4)
            break;
    }
    for (size_t i = 0; i < words.count; i++) {
        int pid;
        if (sscanf(words.items[i], "init=%d", &init) == 1)
            continue;
        assert_true(parse_int(words.items[i], 1, INT32_MAX, &pid));
        ret_others[count++] = pid;
    }
    assert_int_equal(count, 3);
    return init;
}

/*
 * The lock is free only when all of them are dead, whoever of the two who hold it is killed: the
 * other one is held up, so that the kernel's word is not a matter of luck.
 */
static void kill_one_of_two(bool kill_supervisor)
{
    auto_lock struct lock lock = LOCK_INIT;
    auto_lock struct lock other = LOCK_INIT;
    struct lock_wait wait = {.deadline_ms = DEADLINE_NEVER, .cancel_fd = -1};
    pid_t others[3];

    start_with_lock(body_stays, &lock);
    pid_t init = hear_pids(others);
    pid_t victim = kill_supervisor ? trial.pid : init;
    pid_t stopped = kill_supervisor ? init : trial.pid;
    assert_int_equal(lock_open_at(scratch.fd, lock_name, &other, NULL), 0);
    assert_int_equal(kill(stopped, SIGSTOP), 0);
    assert_int_equal(kill(victim, SIGKILL), 0);
    auto_close int gone = tree_pidfd(victim);
    if (gone >= 0)
        assert_int_equal(poll(&(struct pollfd){.fd = gone, .events = POLLIN}, 1, -1), 1);
    assert_int_equal(lock_try(&other, LOCK_EXCLUSIVE, NULL), -EAGAIN);
    assert_int_equal(kill(stopped, SIGCONT), 0);
    assert_int_equal(lock_acquire(&other, LOCK_EXCLUSIVE, &wait, NULL), 0);
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        assert_int_equal(kill(others[i], 0), -1);
    trial_finish(&trial);
}

static void test_lock_outlives_the_supervisor(void **state UNUSED)
{
    kill_one_of_two(true);
}

static void test_lock_outlives_the_init(void **state UNUSED)
{
    kill_one_of_two(false);
}

#include "trial_ends.h"
#include "trial_usage.h"

/* --------------------------------------------------------------------------------------- probe */

static void test_probe(void **state UNUSED)
{
    struct sandbox_caps caps = {0};

    assert_int_equal(sandbox_probe(root, -1, &caps, NULL), 0);
    assert_false(caps.namespaces);
    assert_non_null(strstr(caps.reason, "namespace: Operation not permitted"));
    assert_true(caps.lockable);
    assert_true(caps.memory_bytes > 0);
    assert_int_equal(access(root, F_OK), -1);
    sandbox_caps_release(&caps);
}

static void test_probe_of_foreign_root(void **state UNUSED)
{
    struct sandbox_caps caps = {0};

    if (geteuid() != 0)
        skip();
    assert_int_equal(scratch_as_user(SCRATCH_STRANGER, make_squat, NULL), 0);
    assert_int_equal(sandbox_probe(root, -1, &caps, NULL), 0);
    assert_false(caps.lockable);
    assert_non_null(strstr(caps.lock_reason, "another user"));
    sandbox_caps_release(&caps);
}

/* A sandbox that was asked for and cannot be had is an error, not a weaker one. */
static void test_no_silent_weakening(void **state UNUSED)
{
    prepare(body_place, NULL);
    trial.spec.mode = SANDBOX_NAMESPACES;
    trial.spec.tmpfs = true;
    trial_run(&trial);
    assert_string_equal(trial_text(&trial, "t"), "error");
    trial_expect_said(&trial, "");
}

/* ---------------------------------------------------------------------------------------- main */

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static int run_all(const char *who)
{
    const struct CMUnitTest tests[] = {
        TEST(test_place),
        TEST(test_refused_calls),
        TEST(test_squatted_root),
        TEST(test_symlinked_root),
        TEST(test_links_of_an_earlier_build),
        TEST(test_mapped),
        TEST(test_payload_kills_init),
        TEST(test_payload_has_no_lock),
        TEST(test_lock_outlives_the_supervisor),
        TEST(test_lock_outlives_the_init),
        TEST(test_probe),
        TEST(test_probe_of_foreign_root),
        TEST(test_no_silent_weakening),
        TRIAL_USAGE_TESTS,
        TRIAL_ENDS_TESTS,
    };
    return cmocka_run_group_tests_name(who, tests, NULL, NULL);
}

static int run_as_stranger(void *arg UNUSED)
{
    return run_all("sandbox (locked), unprivileged");
}

int main(void)
{
    if (deny_namespaces() < 0) {
        (void)printf("skip: no seccomp filters here\n");
        return 77;
    }
    int failed = run_all("sandbox (locked)");
    if (geteuid() == 0)
        failed |= scratch_as_user(SCRATCH_STRANGER, run_as_stranger, NULL);
    return failed != 0;
}
