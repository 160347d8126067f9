/*
 * The sandbox with namespaces: what a build cannot see, change or reach.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/path.h"

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

/* A home below what is shown; HOME is this or that while the build runs. */
static void read_with_home(const char *shown, const char *home, const char *path)
{
    auto_free char *old = xstrdup(getenv("HOME") ? getenv("HOME") : "/");

    trial_release(&trial);
    (void)setenv("HOME", home, 1);
    prepare(body_read, (void *)(uintptr_t)path);
    trial_bind(&trial, shown, false);
    trial_run(&trial);
    (void)setenv("HOME", old, 1);
    trial_expect_done(&trial);
}

static void test_home_is_hidden_wherever_it_is(void **state UNUSED)
{
    auto_free char *shown = outside("shown");
    auto_free char *home = outside("shown/home");
    auto_free char *path = outside("shown/home/.netrc");

    assert_int_equal(chmod(scratch.path, 0755), 0);
    assert_int_equal(mkdir(shown, 0755), 0);
    assert_int_equal(mkdir(home, 0755), 0);
    make_file("shown/home/.netrc", "secret");
    read_with_home(shown, "/", path);
    trial_expect_said(&trial, "secret"); /* the control: it is readable but for being the home */
    read_with_home(shown, home, path);
    trial_expect_said(&trial, "!");
}

/* ------------------------------------------------------------------- secrets below what is shown */

static const struct secret {
    const char *variable, *before, *name; /* the value is `before` and the path */
} secrets[] = {
    {"NETRC", "", "netrc"},
    {"SSH_AUTH_SOCK", "", "agent"},
    {"KRB5CCNAME", "FILE:", "krb5cc"},
    {"GNUPGHOME", "", "gnupg/ring"},
    {"XDG_CONFIG_HOME", "", "config/pip.conf"},
    {"XDG_RUNTIME_DIR", "", "run/bus"},
    {"DBUS_SESSION_BUS_ADDRESS", "unix:path=", "bus"},
    {"PIP_CONFIG_FILE", "", "my.conf"},
    {"DOCKER_CONFIG", "", "docker/config.json"},
    {"DOCKER_HOST", "unix://", "docker.sock"},
    {"KUBECONFIG", "/nowhere:", "kube"},
    {"AWS_SHARED_CREDENTIALS_FILE", "", "aws"},
    {"GOOGLE_APPLICATION_CREDENTIALS", "", "google"},
    {"SOME_TOKEN_FILE", "", "token"},
    {"TMPDIR", "", "tmp/file"},
    {"TRUEWHEEL_CACHE_DIR", "", "store/file"},
    {"LANG", "", "pip.conf"}, /* no variable: an interpreter's own configuration */
};

/* Says the names of the secrets that can be read. */
static int body_secrets(void *arg)
{
    for (size_t i = 0; i < ARRAY_SIZE(secrets); i++) {
        auto_free char *path = xasprintf("%s/%s", (const char *)arg, secrets[i].name);
        auto_str struct str text = STR_INIT;
        if (read_file(path, 100, &text, NULL) == 0 && text.len)
            say("%s ", secrets[i].name);
    }
    return 0;
}

static void make_secrets(const char *shown)
{
    for (size_t i = 0; i < ARRAY_SIZE(secrets); i++) {
        auto_free char *path = xasprintf("%s/%s", shown, secrets[i].name);
        auto_free char *dir = path_dir(path);
        bool in_dir = strcmp(dir, shown) != 0;
        auto_free char *value = xasprintf("%s%s", secrets[i].before, in_dir ? dir : path);
        assert_int_equal(make_dirs(dir, 0755, NULL), 0);
        assert_int_equal(write_file(path, "secret", 6, 0644, NULL), 0);
        if (strcmp(secrets[i].variable, "LANG") != 0)
            (void)setenv(secrets[i].variable, value, 1);
    }
}

static void run_body_secrets(const char *shown, const char *guards_off)
{
    trial_release(&trial);
    (void)setenv("TRUEWHEEL_TEST_GUARDS_OFF", guards_off, 1);
    prepare(body_secrets, (void *)(uintptr_t)shown);
    trial_bind(&trial, shown, false);
    trial_run(&trial);
    (void)unsetenv("TRUEWHEEL_TEST_GUARDS_OFF");
    trial_expect_done(&trial);
}

static void try_secrets(void)
{
    auto_free char *shown = outside("shown");
    auto_free char *link = outside("link"); /* another name of the same directory */
    size_t words = 0;

    assert_int_equal(chmod(scratch.path, 0755), 0);
    assert_int_equal(symlinkat("shown", scratch.fd, "link"), 0);
    make_secrets(shown);
    run_body_secrets(shown, "");
    trial_expect_said(&trial, "");
    run_body_secrets(link, "");
    trial_expect_said(&trial, "");
    run_body_secrets(link, "hidden");
    for (const char *p = trial.said.buf; *p; p++)
        words += *p == ' ';
    assert_int_equal(words, ARRAY_SIZE(secrets));
}

static void test_secrets_that_variables_name(void **state UNUSED)
{
    char *old[ARRAY_SIZE(secrets)];

    for (size_t i = 0; i < ARRAY_SIZE(secrets); i++) {
        const char *value = getenv(secrets[i].variable);
        old[i] = value ? xstrdup(value) : NULL;
    }
    try_secrets();
    for (size_t i = 0; i < ARRAY_SIZE(secrets); i++) {
        (void)unsetenv(secrets[i].variable);
        if (old[i])
            (void)setenv(secrets[i].variable, old[i], 1);
        free(old[i]);
    }
}

/* Who names it gets it. */
static void test_bind_of_what_is_hidden(void **state UNUSED)
{
    auto_free char *file = outside("netrc");

    make_file("netrc", "secret");
    (void)setenv("NETRC", file, 1);
    prepare(body_read, file);
    trial_bind(&trial, file, false);
    trial_run(&trial);
    (void)unsetenv("NETRC");
    trial_expect_done(&trial);
    trial_expect_said(&trial, "secret");
}

/* ----------------------------------------------------------------------------- what is allowed */

static int body_root(void *arg UNUSED)
{
    static const char *const empty[] = {"/home",  "/root", "/opt",  "/mnt",
                                        "/media", "/srv",  "/boot", "/run"};
    static const char *const gone[] = {"/etc/shadow",  "/etc/fstab",       "/etc/ssh",
                                       "/etc/apt",     "/etc/pip.conf",    "/etc/machine-id",
                                       "/etc/sudoers", "/etc/ssl/private", "/var/lib",
                                       "/var/log",     "/lost+found",      "/.dockerenv"};

    for (size_t i = 0; i < ARRAY_SIZE(empty); i++)
        say_listing(empty[i]);
    for (size_t i = 0; i < ARRAY_SIZE(gone); i++)
        if (access(gone[i], F_OK) == 0)
            say("%s ", gone[i]);
    say("; ");
    for (size_t i = 0; i < 3; i++)
        say("%d ",
            access((const char *[]){"/usr/bin/env", "/bin/sh", "/etc/passwd"}[i], R_OK) == 0);
    return 0;
}

static void test_only_what_is_allowed(void **state UNUSED)
{
    run(body_root, NULL);
    trial_expect_said(&trial, "; 1 1 1 ");
}

/* A directory of this machine's own, open to everybody: the table does not have it. */
static void test_directories_of_the_machine(void **state UNUSED)
{
    char dir[] = "/truewheel-test-XXXXXX";

    if (!mkdtemp(dir))
        skip(); /* needs root */
    auto_free char *path = xasprintf("%s/file", dir);
    assert_int_equal(chmod(dir, 0755), 0);
    assert_int_equal(write_file(path, "here", 4, 0644, NULL), 0);
    run(body_read, path);
    auto_free char *without = xstrdup(trial.said.buf);
    trial_release(&trial);
    prepare(body_read, path);
    trial_bind(&trial, dir, false);
    trial_run(&trial);
    (void)remove_tree_at(AT_FDCWD, dir, NULL);
    assert_string_equal(without, "!");
    trial_expect_said(&trial, "here");
}

static void test_shadow(void **state UNUSED)
{
    run(body_read, (void *)"/etc/shadow");
    assert_int_equal(strchr(trial.said.buf, ':') == NULL, 1);
}

/* Whatever list is incomplete: a real root's build is somebody to whom no file of the host belongs. */
static void test_files_of_root(void **state UNUSED)
{
    auto_free char *path = outside("secret");

    if (!is_real_root)
        skip();
    assert_int_equal(chmod(scratch.path, 0755), 0);
    assert_int_equal(write_file(path, "secret", 6, 0600, NULL), 0);
    prepare(body_read, path);
    trial_bind(&trial, scratch.path, false);
    trial_run(&trial);
    trial_expect_done(&trial);
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
        TEST(test_secrets_that_variables_name),
        TEST(test_bind_of_what_is_hidden),
        TEST(test_only_what_is_allowed),
        TEST(test_directories_of_the_machine),
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
