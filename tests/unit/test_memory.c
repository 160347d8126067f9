/* system/memory.h: what cgroups leave, of both versions, in a machine that the test makes up. */
#include "system/memory.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include <cmocka.h>

#include "base/path.h"
#include "scratch.h"

#define MIB ((uint64_t)1 << 20)

struct machine {
    const char *membership;  /* /proc/self/cgroup */
    const char *files[8][2]; /* below /sys/fs/cgroup, and what is in them */
};

static int make(const struct machine *machine)
{
    char place[] = "/tmp/truewheel-test-XXXXXX";
    auto_free char *membership = NULL;

    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        !mkdtemp(place) || mount("tmpfs", place, "tmpfs", 0, NULL) < 0)
        return -1;
    membership = path_join(place, "membership");
    if (write_file(membership, machine->membership, strlen(machine->membership), 0644, NULL) < 0)
        return -1;
    for (size_t i = 0; i < ARRAY_SIZE(machine->files) && machine->files[i][0]; i++) {
        const char *text = machine->files[i][1];
        auto_free char *path = xasprintf("%s/cgroup/%s", place, machine->files[i][0]);
        auto_free char *dir = path_dir(path);
        if (make_dirs(dir, 0755, NULL) < 0 || write_file(path, text, strlen(text), 0644, NULL) < 0)
            return -1;
    }
    auto_free char *cgroup = path_join(place, "cgroup");
    auto_free char *self = xasprintf("/proc/%d/cgroup", getpid());
    int failed = mount(cgroup, "/sys/fs/cgroup", NULL, MS_BIND, NULL) < 0 ||
                 mount(membership, self, NULL, MS_BIND, NULL) < 0;
    return umount2(place, MNT_DETACH) < 0 || rmdir(place) < 0 || failed ? -1 : 0;
}

/* In MiB, by a child, whose machine it is. */
static int available_in(const struct machine *machine)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(make(machine) < 0 ? 255 : (int)(memory_available() / MIB));
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* 200 MiB, of which 150 are used, of which 100 are page cache. */
static const struct machine v2 = {
    "0::/a/b\n",
    {{"a/b/memory.max", "209715200\n"},
     {"a/b/memory.current", "157286400\n"},
     {"a/b/memory.stat", "anon 52428800\nfile 104857600\ninactive_file 83886080\n"
                         "active_file 20971520\n"},
     {"a/memory.max", "max\n"}}};

static const struct machine v1 = {
    "5:memory:/c\n0::/\n",
    {{"memory/c/memory.limit_in_bytes", "209715200\n"},
     {"memory/c/memory.usage_in_bytes", "157286400\n"},
     {"memory/c/memory.stat", "inactive_file 0\ntotal_inactive_file 83886080\n"
                              "total_active_file 20971520\n"}}};

/* The one above leaves less. */
static const struct machine nested = {"0::/a/b\n",
                                      {{"a/b/memory.max", "209715200\n"},
                                       {"a/b/memory.current", "0\n"},
                                       {"a/memory.max", "104857600\n"},
                                       {"a/memory.current", "73400320\n"}}};

static void test_cgroups(void **state UNUSED)
{
    assert_int_equal(available_in(&v2), 150);
    assert_int_equal(available_in(&v1), 150);
    assert_int_equal(available_in(&nested), 30);
}

static void test_machine(void **state UNUSED)
{
    assert_true(memory_available() > 16 * MIB);
    assert_true(memory_left() > 16 * MIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine),
        cmocka_unit_test(test_cgroups),
    };

    if (access("/sys/fs/cgroup", F_OK) < 0 || available_in(&v2) == 255) {
        (void)printf("skip: needs the rights to mount, to make up a machine\n");
        return 77;
    }
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
