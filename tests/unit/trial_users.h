/*
 * Sandboxes with namespaces, tried by everybody who may make one: run by root, every test is run four
 * times, as root, as an unprivileged user, as the root of a container, and as root in a chroot.
 *
 * Included by a test program that defines TRIAL_SUBJECT before and run_all behind, with TEST(name) for
 * its tests, and whose main is trial_users_main. Header only.
 */
#pragma once

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mount.h>

#include <cmocka.h>

#include "sandbox/probe.h"
#include "trial.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* All tests of the program, as the user that it is now. */
static int run_all(const char *who);

static const char root[] = "/tmp/truewheel";

static struct scratch scratch; /* below /tmp: hidden from the sandbox */
static struct trial trial = TRIAL_INIT;
static bool is_real_root;

static inline int set_up(void **state UNUSED)
{
    return scratch_make(&scratch);
}

static inline int tear_down(void **state UNUSED)
{
    trial_release(&trial);
    return scratch_remove(&scratch);
}

static inline void prepare(int (*body)(void *arg), void *arg)
{
    trial_init(&trial, SANDBOX_NAMESPACES, root, body, arg);
}

static inline void run(int (*body)(void *arg), void *arg)
{
    prepare(body, arg);
    trial_run(&trial);
    trial_expect_done(&trial);
}

static inline char *outside(const char *name)
{
    return xasprintf("%s/%s", scratch.path, name);
}

static inline void make_file(const char *name, const char *text)
{
    auto_free char *path = outside(name);

    assert_int_equal(write_file(path, text, strlen(text), 0644, NULL), 0);
}

/* Says what is in the file, or why it cannot be read. */
static inline int body_read(void *arg)
{
    auto_str struct str text = STR_INIT;
    int ret = read_file(arg, 1 << 16, &text, NULL);

    say("%s%s", ret < 0 ? "!" : "", text.buf);
    return 0;
}

/* --------------------------------------------------------------------------------------- users */

static inline int run_as_stranger(void *arg UNUSED)
{
    (void)setenv("HOME", "/nonexistent", 1);
    return run_all(TRIAL_SUBJECT " (namespaces), unprivileged");
}

/*
 * The root of a container that knows one user: it is uid 0 for the kernel, too, whose /proc/sys asks
 * for no capability. There the covers over /proc and the list of secrets are all that stands between.
 */
static inline int run_as_container_root(void *arg UNUSED)
{
    if (unshare(CLONE_NEWUSER) < 0 || write_file("/proc/self/setgroups", "deny", 4, 0, NULL) < 0 ||
        write_file("/proc/self/uid_map", "0 0 1", 5, 0, NULL) < 0 ||
        write_file("/proc/self/gid_map", "0 0 1", 5, 0, NULL) < 0)
        return 1;
    return run_all(TRIAL_SUBJECT " (namespaces), root of a container");
}

static inline int show_in_chroot(const char *chroot_path, const char *path)
{
    struct stat st;
    auto_free char *at = xasprintf("%s%s", chroot_path, path);
    char target[100] = "";

    if (lstat(path, &st) < 0)
        return 0;
    if (S_ISLNK(st.st_mode))
        return readlink(path, target, sizeof(target) - 1) < 0 || symlink(target, at) < 0 ? -1 : 0;
    if (mkdir(at, 0755) < 0)
        return -1;
    return mount(path, at, NULL, MS_BIND | MS_REC, NULL);
}

/*
 * Root in a chroot, as in a build root that somebody unpacked: "/" is no mount, and the mounts
 * around it are shared with the host, where none of ours may appear.
 */
static inline int run_in_chroot(void *arg UNUSED)
{
    static const char *const shown[] = {"/usr", "/bin", "/lib",  "/lib64", "/lib32", "/sbin",
                                        "/etc", "/dev", "/proc", "/var",   "/opt",   "/root"};
    auto_str struct str before = STR_INIT;
    auto_str struct str after = STR_INIT;
    char place[] = "/tmp/truewheel-test-XXXXXX";
    auto_free char *inside = NULL;

    /* On a tmpfs of this namespace: it goes with it, so nothing ever has to be removed by path. */
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) < 0 || !mkdtemp(place) ||
        mount("tmpfs", place, "tmpfs", 0, NULL) < 0)
        return 1;
    inside = xasprintf("%s/root", place);
    auto_free char *tmp = xasprintf("%s/tmp", inside);
    if (mkdir(inside, 0755) < 0 || mkdir(tmp, 0755) < 0 || chmod(tmp, 01777) < 0)
        return 1;
    for (size_t i = 0; i < ARRAY_SIZE(shown); i++)
        if (show_in_chroot(inside, shown[i]) < 0)
            return 1;
    int failed = read_file("/proc/self/mountinfo", 1 << 20, &before, NULL);
    if (fork() == 0)
        _exit(chroot(inside) < 0 || chdir("/") < 0 ||
              run_all(TRIAL_SUBJECT " (namespaces), root in a chroot"));
    int status = 1;
    (void)wait(&status);
    failed |= status | read_file("/proc/self/mountinfo", 1 << 20, &after, NULL);
    if (strcmp(before.buf, after.buf) != 0)
        failed = 1;
    return umount2(place, MNT_DETACH) < 0 || rmdir(place) < 0 || failed;
}

static inline int trial_users_main(void)
{
    struct sandbox_caps caps;

    if (sandbox_probe(root, -1, &caps, NULL) < 0)
        return 1;
    if (!caps.namespaces) {
        (void)printf("skip: no namespaces here: %s\n", caps.reason);
        return 77;
    }
    sandbox_caps_release(&caps);
    is_real_root = geteuid() == 0;
    int failed = run_all(TRIAL_SUBJECT " (namespaces)");
    is_real_root = false;
    if (geteuid() == 0)
        failed |= scratch_as_user(SCRATCH_STRANGER, run_as_stranger, NULL) |
                  scratch_as_user(0, run_as_container_root, NULL) |
                  scratch_as_user(0, run_in_chroot, NULL);
    return failed != 0;
}
