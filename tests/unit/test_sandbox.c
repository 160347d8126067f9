/*
 * The sandbox with namespaces: who a build is there, that two are apart, and that nothing of it outlives
 * its end.
 */
#include <pwd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#define TRIAL_SUBJECT "sandbox"
#include "trial_users.h"

/* ------------------------------------------------------------------------------------ identity */

static int body_identity(void *arg UNUSED)
{
    const struct passwd *user = getpwuid(getuid());
    char host[65] = "", cwd[100] = "";
    struct rlimit core = {1, 1};
    mode_t mask = umask(0);

    (void)gethostname(host, sizeof(host));
    (void)getrlimit(RLIMIT_CORE, &core);
    say("%d %d %d %d %s %s\n", getuid(), geteuid(), getgid(), getgroups(0, NULL),
        user ? user->pw_name : "?", user ? user->pw_dir : "?");
    say("%s %s %03o %d\n", host, getcwd(cwd, sizeof(cwd)) ? cwd : "?", mask, (int)core.rlim_max);
    say("%d %d %d\n", getpid(), getsid(0) == getpid(), open("/dev/tty", O_RDWR | O_CLOEXEC) < 0);
    return 0;
}

static void test_identity(void **state UNUSED)
{
    run(body_identity, NULL);
    /* The one supplementary group of an unprivileged caller that cannot be given up has no number. */
    char *groups = strstr(trial.said.buf, "1000 1000 1000 ");
    assert_non_null(groups);
    groups[15] = '0';
    trial_expect_said(&trial, "1000 1000 1000 0 builder /tmp/truewheel/demo-1.0/home\n"
                              "truewheel /tmp/truewheel/demo-1.0 022 0\n2 1 1\n");
}

static int body_capabilities(void *arg UNUSED)
{
    auto_str struct str text = STR_INIT;
    auto_strv struct strv lines = STRV_INIT;

    (void)read_file("/proc/self/status", 1 << 16, &text, NULL);
    strv_split(&lines, text.buf, "\n");
    for (size_t i = 0; i < lines.count; i++)
        if (str_starts(lines.items[i], "Cap") || str_starts(lines.items[i], "NoNewPrivs"))
            say("%s\n", lines.items[i]);
    return 0;
}

static void test_capabilities(void **state UNUSED)
{
    run(body_capabilities, NULL);
    trial_expect_said(&trial, "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\n"
                              "CapEff:\t0000000000000000\nCapBnd:\t0000000000000000\n"
                              "CapAmb:\t0000000000000000\nNoNewPrivs:\t1\n");
}

static int body_descriptors(void *arg UNUSED)
{
    for (int fd = 3; fd < 1024; fd++)
        if (fd != trial_voice_fd && fcntl(fd, F_GETFD) >= 0)
            say("%d ", fd);
    return 0;
}

static void test_descriptors(void **state UNUSED)
{
    run(body_descriptors, NULL);
    trial_expect_said(&trial, "");
}

/* ---------------------------------------------------------------------------------- two at once */

static int body_exclusive(void *arg)
{
    char byte;

    say("%d ", access("src/mine", F_OK) == 0 || access("/tmp/mine", F_OK) == 0);
    (void)write_file("src/mine", "", 0, 0644, NULL);
    (void)write_file("/tmp/mine", "", 0, 0644, NULL);
    say("made ");
    (void)!read(*(int *)arg, &byte, 1);
    return 0;
}

static void test_two_at_once(void **state UNUSED)
{
    int hold[2];
    struct trial other;

    assert_int_equal(make_pipe(hold, NULL), 0);
    assert_int_equal(dup2(hold[0], 0), 0); /* descriptor 0 is what a body keeps */
    close_fd(&hold[0]);
    int zero = 0;
    prepare(body_exclusive, &zero);
    trial_init(&other, SANDBOX_NAMESPACES, root, body_exclusive, &zero);
    trial_start(&trial);
    trial_hear(&trial, "made");
    trial_start(&other);
    trial_hear(&other, "made");
    assert_int_equal(write(hold[1], "xx", 2),
                     2); /* closing is not enough: supervisors have copies */
    close_fd(&hold[1]);
    trial_finish(&trial);
    trial_finish(&other);
    trial_expect_said(&trial, "0 made ");
    trial_expect_said(&other, "0 made ");
    trial_release(&other);
}

/* ---------------------------------------------------------------------------------------- ends */

#include "trial_ends.h"

/* ------------------------------------------------------------------------------------------ main */

static int run_all(const char *who)
{
    const struct CMUnitTest tests[] = {
        TEST(test_identity),    TEST(test_capabilities), TEST(test_descriptors),
        TEST(test_two_at_once), TRIAL_ENDS_TESTS,
    };
    return cmocka_run_group_tests_name(who, tests, NULL, NULL);
}

int main(void)
{
    return trial_users_main();
}
