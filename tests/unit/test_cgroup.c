/*
 * system/cgroup.h in a cgroup of the test's own, where there is a hierarchy of version 2 and the test may
 * make one: without controllers, which are the machine's to give.
 */
#include "system/cgroup.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/path.h"
#include "base/str.h"
#include "scratch.h"

static const char *const mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
static char *own;

static const char *find_hierarchy(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
        auto_free char *file = path_join(mounts[i], "cgroup.procs");
        if (access(file, W_OK) == 0)
            return mounts[i];
    }
    return NULL;
}

static int make_own(const char *mount)
{
    own = xasprintf("%s/test-truewheel-%d", mount, getpid());
    return mkdir(own, 0755);
}

/* The cgroup of this process, as the kernel names it. */
static void expect_inside(const char *name)
{
    auto_str struct str text = STR_INIT;

    assert_int_equal(read_file("/proc/self/cgroup", 1 << 16, &text, NULL), 0);
    const char *line = strstr(text.buf, "0::");
    assert_non_null(line);
    auto_free char *path = xstrndup(line, strcspn(line, "\n"));
    if (!str_ends(path, name))
        fail_msg("in '%s', not in '%s'", path, name);
}

static size_t count_children(void)
{
    auto_strv struct strv names = STRV_INIT;
    auto_close int fd = open(own, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    size_t count = 0;

    assert_int_equal(list_dir(fd, 0, &names, NULL), 0);
    for (size_t i = 0; i < names.count; i++)
        count += str_starts(names.items[i], "truewheel-");
    return count;
}

static void run_in_own(void (*step)(void))
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        if (cgroup_set(own, "cgroup.procs", "0", NULL) == 0)
            step();
        else
            _exit(2);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(count_children(), 0);
}

/* cmocka's assertions would go on with the next test, in the child: here a failure ends it. */
#define CHECK(condition_)                                                                          \
    do                                                                                             \
        if (!(condition_)) {                                                                       \
            (void)fprintf(stderr, "line %d: %s\n", __LINE__, #condition_);                         \
            _exit(1);                                                                              \
        }                                                                                          \
    while (0)

static bool is_in(const char *name)
{
    auto_str struct str text = STR_INIT;
    auto_free char *end = xasprintf("%s\n", name);

    return read_file("/proc/self/cgroup", 1 << 16, &text, NULL) == 0 && strstr(text.buf, end);
}

static void enter_and_leave(void)
{
    struct cgroup cgroup;
    char *job = NULL;
    int door, status;

    CHECK(cgroup_open(&cgroup, "", NULL) == 0);
    CHECK(is_in("/run"));
    CHECK(cgroup_add(&cgroup, "job-1", &job, NULL) == 0);
    CHECK(cgroup_open_door(job, &door, NULL) == 0);
    if (fork() == 0)
        _exit(cgroup_enter(door, NULL) < 0 || !is_in("/builds/job-1"));
    CHECK(wait(&status) > 0 && status == 0);
    CHECK(cgroup_count(job, "cgroup.events", "populated") == 0);
    CHECK(cgroup_count(job, "cgroup.events", "frozen") == 0);
    cgroup_remove(job);
    CHECK(access(job, F_OK) < 0);
    free(job);
    cgroup_close(&cgroup);
    CHECK(!is_in("/run"));
    cgroup_close(&cgroup); /* an empty one */
}

static void test_enter_and_leave(void **state UNUSED)
{
    run_in_own(enter_and_leave);
}

static void lack_a_controller(void)
{
    struct cgroup cgroup;
    auto_err struct err err = ERR_INIT;

    CHECK(cgroup_open(&cgroup, "no-such-controller", &err) < 0);
    CHECK(strstr(err.message, "no-such-controller"));
    CHECK(!cgroup.parent && !is_in("/run"));
}

static void test_no_controller(void **state UNUSED)
{
    run_in_own(lack_a_controller);
}

/* What a killed run left goes with the next one; what somebody lives in stays. */
static void clean_up_after_others(void)
{
    struct cgroup cgroup;
    auto_free char *left = path_join(own, "truewheel-1");
    auto_free char *inner = path_join(left, "builds");
    auto_free char *alive = path_join(own, "truewheel-2");

    CHECK(mkdir(left, 0755) == 0 && mkdir(inner, 0755) == 0 && mkdir(alive, 0755) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        (void)cgroup_set(alive, "cgroup.procs", "0", NULL);
        (void)raise(SIGSTOP);
        _exit(0);
    }
    CHECK(waitpid(pid, NULL, WUNTRACED) == pid);
    CHECK(cgroup_open(&cgroup, "", NULL) == 0);
    CHECK(access(left, F_OK) < 0 && access(alive, F_OK) == 0);
    cgroup_close(&cgroup);
    CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
    CHECK(cgroup_open(&cgroup, "", NULL) == 0);
    CHECK(access(alive, F_OK) < 0);
    cgroup_close(&cgroup);
}

static void test_what_others_left(void **state UNUSED)
{
    run_in_own(clean_up_after_others);
}

/* The root of all cgroups is nobody's to divide. */
static void test_root(void **state UNUSED)
{
    struct cgroup cgroup;
    auto_err struct err err = ERR_INIT;
    auto_str struct str text = STR_INIT;

    assert_int_equal(read_file("/proc/self/cgroup", 1 << 16, &text, NULL), 0);
    if (!strstr(text.buf, "0::/\n"))
        skip();
    assert_true(cgroup_open(&cgroup, "", &err) < 0);
    expect_inside("0::/");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enter_and_leave),
        cmocka_unit_test(test_no_controller),
        cmocka_unit_test(test_what_others_left),
        cmocka_unit_test(test_root),
    };
    const char *mount = find_hierarchy();

    if (!mount || make_own(mount) < 0) {
        (void)printf("skip: no cgroup (v2) can be made here\n");
        return 77;
    }
    int failed = cmocka_run_group_tests_name("cgroup", tests, NULL, NULL);
    failed |= rmdir(own) < 0;
    free(own);
    return failed != 0;
}
