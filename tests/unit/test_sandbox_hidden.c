/*
 * The sandbox with namespaces: what a build cannot see, change or reach.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#define TRIAL_SUBJECT "sandbox, what is hidden"
#include "trial_users.h"
#include "trial_calls.h"

/* ------------------------------------------------------------------------------- what is hidden */

static void say_listing(const char *path)
{
    DIR *dir = opendir(path);

    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            say("%s/%s ", path, entry->d_name);
    if (dir)
        (void)closedir(dir);
}

static int body_listings(void *arg UNUSED)
{
    static const char *const dirs[] = {"/home",    "/root", "/run",     "/mnt",     "/media",
                                       "/srv",     "/boot", "/var/tmp", "/var/log", "/var/backups",
                                       "/etc/ssh", "/tmp",  "/dev/shm"};
    for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
        say_listing(dirs[i]);
    say_listing("/tmp/truewheel");
    return 0;
}

static void test_private_directories_are_empty(void **state UNUSED)
{
    run(body_listings, NULL);
    trial_expect_said(&trial, "/tmp/truewheel /tmp/truewheel/demo-1.0 ");
}

static void expect_read(const char *path, const char *result)
{
    run(body_read, (void *)(uintptr_t)path);
    trial_expect_said(&trial, result);
}

static void test_other_temporary_files(void **state UNUSED)
{
    auto_free char *path = outside("secret");

    make_file("secret", "secret");
    expect_read(path, "!");
}

static void test_home_is_hidden_wherever_it_is(void **state UNUSED)
{
    /* A directory that is shown otherwise. */
    auto_free char *home =
        xasprintf("%s", access("/opt", W_OK) == 0 ? "/opt/truewheel-test-XXXXXX" : "");
    if (!*home)
        skip(); /* needs root */
    assert_non_null(mkdtemp(home));
    assert_int_equal(chmod(home, 0755), 0);
    auto_free char *path = xasprintf("%s/.netrc", home);
    assert_int_equal(write_file(path, "secret", 6, 0644, NULL), 0);
    auto_free char *old = xstrdup(getenv("HOME") ? getenv("HOME") : "/");

    (void)setenv("HOME", "/", 1);
    run(body_read, path);
    (void)setenv("HOME", home, 1);
    auto_free char *shown = xstrdup(trial.said.buf);
    trial_release(&trial);
    run(body_read, path);
    (void)setenv("HOME", old, 1);
    (void)remove_tree_at(AT_FDCWD, home, NULL);
    assert_string_equal(shown, "secret"); /* the control: it is readable but for being the home */
    trial_expect_said(&trial, "!");
}

static void test_shadow(void **state UNUSED)
{
    run(body_read, (void *)"/etc/shadow");
    assert_int_equal(strchr(trial.said.buf, ':') == NULL, 1);
}

/* Whatever list is incomplete: a real root's build is somebody to whom no file of the host belongs. */
static void test_files_of_root(void **state UNUSED)
{
    auto_free char *dir = xstrdup("/opt/truewheel-test-XXXXXX");

    if (!is_real_root)
        skip();
    assert_non_null(mkdtemp(dir));
    auto_free char *path = xasprintf("%s/secret", dir);
    assert_int_equal(chmod(dir, 0755), 0);
    assert_int_equal(write_file(path, "secret", 6, 0600, NULL), 0);
    run(body_read, path);
    (void)remove_tree_at(AT_FDCWD, dir, NULL);
    trial_expect_said(&trial, "!");
}

static void test_asked_to_hide(void **state UNUSED)
{
    prepare(body_listings, NULL);
    strv_push(&trial.spec.hide, "/usr/share/doc");
    strv_push(&trial.spec.hide, "/opt");
    trial_run(&trial);
    trial_expect_done(&trial); /* a system path stays, a missing one does no harm */
}

static int body_proc(void *arg)
{
    static const char *const paths[] = {"/proc/1/root/etc", "/proc/1/environ", "/proc/1/mem",
                                        "/proc/1/fd/0"};
    char path[64];

    for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
        if (open(paths[i], O_RDONLY | O_CLOEXEC) >= 0)
            say("%s ", paths[i]);
    (void)snprintf(path, sizeof(path), "/proc/%d", *(pid_t *)arg);
    if (access(path, F_OK) == 0 && *(pid_t *)arg > 2)
        say("%s ", path);
    return 0;
}

static void test_other_processes(void **state UNUSED)
{
    pid_t self = getpid();

    run(body_proc, &self);
    trial_expect_said(&trial, "");
}

/* -------------------------------------------------------------------------- what cannot be changed */

static void try_write(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

    if (fd >= 0)
        say("%s ", path);
    if (fd >= 0)
        (void)close(fd);
}

static int body_write(void *arg UNUSED)
{
    static const char *const paths[] = {"/new",
                                        "/etc/new",
                                        "/usr/new",
                                        "/home/new",
                                        "/root/new",
                                        "/etc/passwd",
                                        "/tmp/truewheel/x",
                                        "/tmp/truewheel/env/abc/new",
                                        "/sys/new",
                                        "/dev/new",
                                        "/proc/sys/kernel/hostname",
                                        "/proc/sysrq-trigger",
                                        "/proc/sys/kernel/core_pattern",
                                        "/run/new",
                                        "/usr/bin/env"};

    for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
        try_write(paths[i]);
    say("; ");
    try_write("/tmp/a");
    try_write("/var/tmp/a");
    try_write("/dev/shm/a");
    try_write("/dev/null");
    try_write("src/a");
    try_write("out/a");
    return 0;
}

static void write_everywhere(void)
{
    auto_free char *env = outside("env");

    assert_int_equal(mkdir(env, 0777), 0);
    assert_int_equal(chmod(env, 0777), 0);
    prepare(body_write, NULL);
    trial.spec.env_host = xstrdup(env);
    trial.spec.env_hash = xstrdup("abc");
    trial_run(&trial);
    trial_expect_done(&trial);
    trial_expect_said(&trial, "; /tmp/a /var/tmp/a /dev/shm/a /dev/null src/a out/a ");
}

static void test_read_only(void **state UNUSED)
{
    write_everywhere();
}

static void test_read_only_on_old_kernels(void **state UNUSED)
{
    (void)setenv("TRUEWHEEL_TEST_OLD_KERNEL", "1", 1);
    write_everywhere();
    (void)unsetenv("TRUEWHEEL_TEST_OLD_KERNEL");
}

/* A user namespace of its own gives a build all capabilities in it, and no way to lift a cover. */
static int body_nested(void *arg UNUSED)
{
    static const char *const covers[] = {"/home", "/proc/sys", "/etc/passwd", "/tmp"};

    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID) < 0) {
        say("%s", errno == EPERM ? "refused" : errno == ENOSPC ? "none left" : strerror(errno));
        return 0;
    }
    say("made ");
    for (size_t i = 0; i < ARRAY_SIZE(covers); i++)
        if (umount2(covers[i], MNT_DETACH) == 0)
            say("%s ", covers[i]);
    if (mount(NULL, "/usr", NULL, MS_REMOUNT | MS_BIND, NULL) == 0)
        say("remount ");
    pid_t pid = fork();
    if (pid == 0) {
        if (mount("proc", "/proc", "proc", 0, NULL) == 0)
            say("proc ");
        _exit(0);
    }
    (void)waitpid(pid, NULL, 0);
    return 0;
}

static void test_nested_namespace(void **state UNUSED)
{
    static const char *const guards_off[] = {"", "calls", "calls,nesting"};
    static const char *const expected[] = {"refused", "none left", "made "};

    for (size_t i = 0; i < ARRAY_SIZE(guards_off); i++) {
        (void)setenv("TRUEWHEEL_TEST_GUARDS_OFF", guards_off[i], 1);
        trial_release(&trial);
        run(body_nested, NULL);
        (void)unsetenv("TRUEWHEEL_TEST_GUARDS_OFF");
        trial_expect_said(&trial, expected[i]);
    }
}

static void test_refused_calls(void **state UNUSED)
{
    run(body_refused_calls, NULL);
    trial_expect_said(&trial, "");
}

/* -------------------------------------------------------------------------------------- network */

static int listen_somewhere(struct sockaddr_in *ret)
{
    socklen_t len = sizeof(*ret);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *ret = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    assert_int_equal(bind(fd, (struct sockaddr *)ret, sizeof(*ret)), 0);
    assert_int_equal(listen(fd, 5), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)ret, &len), 0);
    return fd;
}

static int body_connect(void *arg)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in own;
    int own_fd = listen_somewhere(&own);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    say("host %d, own %d", connect(fd, arg, sizeof(struct sockaddr_in)) == 0,
        connect(client, (struct sockaddr *)&own, sizeof(own)) == 0);
    (void)close(own_fd);
    return 0;
}

static void test_no_network(void **state UNUSED)
{
    struct sockaddr_in address;
    auto_close int fd = listen_somewhere(&address);

    run(body_connect, &address);
    trial_expect_said(&trial, "host 0, own 1"); /* loopback is there, but its own */
}

static void test_network(void **state UNUSED)
{
    struct sockaddr_in address;
    auto_close int fd = listen_somewhere(&address);

    prepare(body_connect, &address);
    trial.spec.network = true;
    trial_run(&trial);
    trial_expect_done(&trial);
    trial_expect_said(&trial, "host 1, own 1");
}

/* Abstract sockets have no file that could be hidden: agents and buses listen there. */
static int body_abstract(void *arg)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    say("%d", connect(fd, arg, sizeof(struct sockaddr_un)) == 0);
    return 0;
}

static void test_abstract_sockets(void **state UNUSED)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "truewheel-test-%d",
                   getpid());
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 5), 0);
    run(body_abstract, &address);
    trial_expect_said(&trial, "0");
}

/* ------------------------------------------------------------------------------------------ main */

static int run_all(const char *who)
{
    const struct CMUnitTest tests[] = {
        TEST(test_private_directories_are_empty),
        TEST(test_other_temporary_files),
        TEST(test_home_is_hidden_wherever_it_is),
        TEST(test_shadow),
        TEST(test_files_of_root),
        TEST(test_asked_to_hide),
        TEST(test_other_processes),
        TEST(test_read_only),
        TEST(test_read_only_on_old_kernels),
        TEST(test_nested_namespace),
        TEST(test_refused_calls),
        TEST(test_no_network),
        TEST(test_network),
        TEST(test_abstract_sockets),
    };
    return cmocka_run_group_tests_name(who, tests, NULL, NULL);
}

int main(void)
{
    return trial_users_main();
}
