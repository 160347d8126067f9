/*
 * How trees end and what lies in out/ then: the same tests for every mode. Included by a test program
 * that has prepare(body, arg), run(body, arg) and `trial`.
 */
#pragma once

#define TRIAL_ENDS_TESTS                                                                           \
    TEST(test_status), TEST(test_signal), TEST(test_usage), TEST(test_daemons_end),                \
        TEST(test_stopped_children_end), TEST(test_forker_ends), TEST(test_supervisor_is_killed),  \
        TEST(test_driver_dies), TEST(test_driver_hangs_up), TEST(test_cancelled),                  \
        TEST(test_cancelled_fetch), TEST(test_wheel), TEST(test_hostile_names),                    \
        TEST(test_two_wheels), TEST(test_many_files)

static int body_status(void *arg UNUSED)
{
    return 42;
}

static void test_status(void **state UNUSED)
{
    prepare(body_status, NULL);
    trial_run(&trial);
    assert_string_equal(trial_text(&trial, "t"), "exit");
    assert_int_equal(trial_number(&trial, "status"), 42);
    assert_int_equal(trial_number(&trial, "signal"), 0);
    assert_true(json_is_false(json_object_get(trial.last, "cancelled")));
}

static int body_signal(void *arg UNUSED)
{
    return raise(SIGUSR1);
}

static void test_signal(void **state UNUSED)
{
    prepare(body_signal, NULL);
    trial_run(&trial);
    assert_int_equal(trial_number(&trial, "signal"), SIGUSR1);
}

/* The time of an orphan counts: it is reaped inside. */
static int body_usage(void *arg UNUSED)
{
    if (fork() == 0) {
        if (fork() == 0) {
            struct rusage usage;
            do
                (void)getrusage(RUSAGE_SELF, &usage);
            while (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec < 50000);
            say("spent ");
            _exit(0);
        }
        _exit(0);
    }
    char path[32];
    (void)wait(NULL);
    (void)snprintf(path, sizeof(path), "/proc/%d", getpid());
    for (int i = 0; i < 3000 && access(path, F_OK) == 0; i++) /* until the other says so */
        if (poll(NULL, 0, 1) == 0 && i > 200)
            break;
    return 0;
}

static void test_usage(void **state UNUSED)
{
    run(body_usage, NULL);
    assert_true(trial_number(&trial, "maxrss_kib") > 0);
    if (strstr(trial.said.buf, "spent"))
        assert_true(trial_number(&trial, "utime_ms") + trial_number(&trial, "stime_ms") >= 45);
}

static void become_daemon(void)
{
    if (fork() != 0)
        _exit(0);
    (void)setsid();
    if (fork() != 0)
        _exit(0);
    for (int number = 1; number < NSIG; number++)
        (void)signal(number, SIG_IGN);
    say("daemon ");
    for (;;)
        pause();
}

static int body_daemons(void *arg)
{
    if (fork() == 0)
        become_daemon();
    if (fork() == 0)
        become_daemon();
    while (wait(NULL) > 0)
        ;
    if (arg)
        for (;;)
            pause();
    return 0;
}

/* trial_finish itself is the check: it returns when nobody holds the voice any more. */
static void test_daemons_end(void **state UNUSED)
{
    run(body_daemons, NULL);
}

static int body_stopped(void *arg UNUSED)
{
    pid_t pid = fork();

    if (pid == 0) {
        (void)setsid();
        (void)raise(SIGSTOP);
        for (;;)
            pause();
    }
    (void)waitpid(pid, NULL, WUNTRACED);
    return 0;
}

static void test_stopped_children_end(void **state UNUSED)
{
    run(body_stopped, NULL);
}

static int body_forker(void *arg UNUSED)
{
    if (fork() != 0)
        return 0;
    for (;;)
        if (fork() > 0)
            _exit(0);
}

static void test_forker_ends(void **state UNUSED)
{
    run(body_forker, NULL);
}

static void start_daemons(void)
{
    prepare(body_daemons, &trial);
    trial_start(&trial);
    trial_hear(&trial, "daemon daemon ");
}

static void test_supervisor_is_killed(void **state UNUSED)
{
    start_daemons();
    assert_int_equal(tree_signal(trial.supervisor, SIGKILL), 0);
    trial_finish(&trial);
    assert_null(trial.last);
}

static void test_driver_dies(void **state UNUSED)
{
    start_daemons();
    close_fd(&trial.life);
    trial_finish(&trial);
}

static void test_driver_hangs_up(void **state UNUSED)
{
    start_daemons();
    close_fd(&trial.channel);
    trial_finish(&trial);
}

static void test_cancelled(void **state UNUSED)
{
    start_daemons();
    assert_int_equal(tree_signal(trial.supervisor, SIGTERM), 0);
    trial_finish(&trial);
    assert_string_equal(trial_text(&trial, "t"), "exit");
    assert_true(json_is_true(json_object_get(trial.last, "cancelled")));
    assert_int_equal(trial_number(&trial, "signal"), SIGKILL);
}

static int body_fetch(void *arg UNUSED)
{
    say("fetching ");
    return pause();
}

/* Nothing has failed then, and the body never begins. */
static void test_cancelled_fetch(void **state UNUSED)
{
    prepare(body_status, NULL);
    trial.spec.fetch = true;
    trial.fetch = body_fetch;
    trial_start(&trial);
    trial_hear(&trial, "fetching ");
    assert_int_equal(tree_signal(trial.supervisor, SIGTERM), 0);
    trial_finish(&trial);
    assert_string_equal(trial_text(&trial, "t"), "exit");
    assert_true(json_is_true(json_object_get(trial.last, "cancelled")));
    assert_int_equal(trial_number(&trial, "signal"), SIGKILL);
}

static int body_wheel(void *arg UNUSED)
{
    return write_file("out/demo-1.0-py3-none-any.whl", "wheel", 5, 0, NULL) < 0 ||
           chmod("out", 0) < 0;
}

static void test_wheel(void **state UNUSED)
{
    auto_str struct str text = STR_INIT;

    run(body_wheel, NULL);
    assert_true(trial.wheel >= 0);
    assert_int_equal(fcntl(trial.wheel, F_GETFL) & O_ACCMODE, O_RDONLY);
    assert_int_equal(read_all(trial.wheel, 100, &text, NULL), 0);
    assert_string_equal(text.buf, "wheel");
    const json_t *files = json_object_get(trial.last, "files");
    assert_int_equal(json_array_size(files), 1);
    assert_string_equal(json_string_value(json_array_get(files, 0)), "demo-1.0-py3-none-any.whl");
}

/* Each would make a trusting reader open something else, wait for ever, or choke. */
enum hostile {
    HOSTILE_LINK,
    HOSTILE_FIFO,
    HOSTILE_DIRECTORY,
    HOSTILE_SOCKET,
    HOSTILE_NAME,
    HOSTILE_COUNT
};

static int body_hostile(void *arg)
{
    static const char name[] = "out/x.whl";
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "out/x.whl"};

    switch (*(enum hostile *)arg) {
    case HOSTILE_LINK:
        return symlink("/etc/hostname", name);
    case HOSTILE_FIFO:
        return mkfifo(name, 0644);
    case HOSTILE_DIRECTORY:
        return mkdir(name, 0755);
    case HOSTILE_SOCKET:
        return bind(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), (struct sockaddr *)&address,
                    sizeof(address));
    default:
        return write_file("out/\xff\n\x1b[2Jx.txt", "", 0, 0644, NULL);
    }
}

static void test_hostile_names(void **state UNUSED)
{
    for (enum hostile kind = 0; kind < HOSTILE_COUNT; kind++) {
        run(body_hostile, &kind);
        assert_int_equal(trial.wheel, -1);
        const json_t *files = json_object_get(trial.last, "files");
        assert_int_equal(json_array_size(files), 1);
        assert_string_equal(json_string_value(json_array_get(files, 0)),
                            kind == HOSTILE_NAME ? "???[2Jx.txt" : "x.whl");
        if (kind + 1 < HOSTILE_COUNT)
            trial_release(&trial);
    }
}

static int body_two_wheels(void *arg UNUSED)
{
    return write_file("out/b.whl", "", 0, 0644, NULL) < 0 ||
           write_file("out/a.whl", "", 0, 0644, NULL) < 0;
}

static void test_two_wheels(void **state UNUSED)
{
    run(body_two_wheels, NULL);
    assert_int_equal(trial.wheel, -1);
    const json_t *files = json_object_get(trial.last, "files");
    assert_string_equal(json_string_value(json_array_get(files, 0)), "a.whl");
    assert_string_equal(json_string_value(json_array_get(files, 1)), "b.whl");
}

static int body_many_files(void *arg UNUSED)
{
    for (int i = 0; i < 1000; i++) {
        auto_free char *name = xasprintf("out/%0200d", i);
        if (write_file(name, "", 0, 0644, NULL) < 0)
            return 1;
    }
    return 0;
}

static void test_many_files(void **state UNUSED)
{
    run(body_many_files, NULL);
    const json_t *files = json_object_get(trial.last, "files");
    assert_int_equal(json_array_size(files), 17);
    assert_string_equal(json_string_value(json_array_get(files, 16)), "...");
}
