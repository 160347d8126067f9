/* The sandbox with namespaces: what its processes are measured to use, and how many there may be. */
#define TRIAL_SUBJECT "sandbox, usage"
#include "trial_users.h"

#include "sandbox/ids.h"
#include "trial_usage.h"

/* Files in memory count as well: what is written to /tmp, to /dev/shm, to the job directory. */
static int body_writes(void *arg UNUSED)
{
    static const char *const files[] = {"/tmp/a", "/dev/shm/a", "src/a", "/var/tmp/a"};
    enum { LEN = USAGE_MIB / 4 << 20 };
    auto_free char *bytes = xcalloc(LEN, 1);

    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        if (write_file(files[i], bytes, LEN, 0600, NULL) < 0)
            say("%s ", files[i]);
    free(steal(&bytes));
    stay();
    return 0;
}

static void test_usage_of_files(void **state UNUSED)
{
    watch(body_writes, USAGE_BYTES, USAGE_BYTES + USAGE_BYTES / 2);
}

enum { MANY = 100 };

static int body_forks_on(void *arg UNUSED)
{
    for (int i = 0; i < 2 * MANY; i++) {
        pid_t pid = fork();
        if (pid == 0)
            pause();
        if (pid < 0) {
            say("no more after %s", i < MANY ? "few" : "many");
            return 0;
        }
    }
    say("made all");
    return 0;
}

static void limit_processes(const char *guards_off)
{
    (void)setenv("TRUEWHEEL_TEST_GUARDS_OFF", guards_off, 1);
    prepare(body_forks_on, NULL);
    trial.spec.processes_max = MANY;
    trial_run(&trial);
    (void)unsetenv("TRUEWHEEL_TEST_GUARDS_OFF");
    trial_expect_done(&trial);
}

static void test_processes_are_limited(void **state UNUSED)
{
    struct sandbox_ids ids;

    sandbox_ids_choose(&ids);
    if (geteuid() == 0 && !ids.privileged)
        skip(); /* the kernel sets root no such limit, also to one who is root for it alone */
    limit_processes("");
    trial_expect_said(&trial, "no more after few");
    trial_release(&trial);
    limit_processes("memory");
    trial_expect_said(&trial, "made all");
}

static int run_all(const char *who)
{
    const struct CMUnitTest tests[] = {
        TRIAL_USAGE_TESTS,
        TEST(test_usage_of_files),
        TEST(test_processes_are_limited),
    };
    return cmocka_run_group_tests_name(who, tests, NULL, NULL);
}

int main(void)
{
    return trial_users_main();
}
