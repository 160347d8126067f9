/*
 * The sandbox with namespaces: what a build sees, what it cannot see or change, and that nothing of
 * it outlives its end. Run by root, everything is run four times: as root, as an unprivileged user,
 * as the root of a container, and as root in a chroot.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "trial.h"

static const char root[] = "/tmp/truewheel";

static struct scratch scratch; /* below /tmp: hidden from the sandbox */
static struct trial trial = TRIAL_INIT;
static bool is_real_root;

static int set_up(void **state UNUSED)
{
    return scratch_make(&scratch);
}

static int tear_down(void **state UNUSED)
{
    trial_release(&trial);
    return scratch_remove(&scratch);
}

static void prepare(int (*body)(void *arg), void *arg)
{
    trial_init(&trial, SANDBOX_NAMESPACES, root, body, arg);
}

static void run(int (*body)(void *arg), void *arg)
{
    prepare(body, arg);
    trial_run(&trial);
    trial_expect_done(&trial);
}

static char *outside(const char *name)
{
    return xasprintf("%s/%s", scratch.path, name);
}

static void make_file(const char *name, const char *text)
{
    auto_free char *path = outside(name);

    assert_int_equal(write_file(path, text, strlen(text), 0644, NULL), 0);
}

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

static int body_read(void *arg)
{
    auto_str struct str text = STR_INIT;
    int ret = read_file(arg, 1 << 16, &text, NULL);

    say("%s%s", ret < 0 ? "!" : "", text.buf);
    return 0;
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

    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID) < 0)
        return 0; /* forbidden on this machine: good as well */
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
    run(body_nested, NULL);
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

/* -------------------------------------------------------------------------------------- sources */

static int body_binds(void *arg)
{
    char **paths = arg;

    for (int i = 0; i < 2; i++) {
        auto_free char *file = xasprintf("%s/file", paths[i]);
        auto_free char *made = xasprintf("%s/new", paths[i]);
        auto_str struct str text = STR_INIT;
        (void)read_file(file, 100, &text, NULL);
        say("%s %d ", text.buf, write_file(made, "", 0, 0644, NULL) == 0);
    }
    return 0;
}

static void test_binds(void **state UNUSED)
{
    auto_free char *ro = outside("ro");
    auto_free char *rw = outside("rw");
    char *paths[] = {ro, rw};

    assert_int_equal(mkdir(ro, 0777), 0);
    assert_int_equal(mkdir(rw, 0777), 0);
    assert_int_equal(chmod(ro, 0777), 0);
    assert_int_equal(chmod(rw, 0777), 0);
    make_file("ro/file", "read");
    make_file("rw/file", "write");
    prepare(body_binds, paths);
    trial_bind(&trial, ro, false);
    trial_bind(&trial, rw, true);
    trial_run(&trial);
    trial_expect_done(&trial);
    trial_expect_said(&trial, "read 0 write 1 ");
}

/* What is bound below a hidden directory keeps its own access, though the cover becomes read-only. */
static void test_bind_below_home(void **state UNUSED)
{
    auto_free char *home = xstrdup(access("/opt", W_OK) == 0 ? "/opt/truewheel-test-XXXXXX" : "");
    auto_free char *old = xstrdup(getenv("HOME") ? getenv("HOME") : "/");

    if (!*home)
        skip(); /* needs root */
    assert_non_null(mkdtemp(home));
    auto_free char *rw = xasprintf("%s/rw", home);
    auto_free char *file = xasprintf("%s/file", rw);
    char *paths[] = {home, rw};
    assert_int_equal(mkdir(rw, 0777), 0);
    assert_int_equal(chmod(rw, 0777), 0);
    assert_int_equal(write_file(file, "write", 5, 0644, NULL), 0);
    (void)setenv("HOME", home, 1);
    prepare(body_binds, paths);
    trial_bind(&trial, rw, true);
    trial_run(&trial);
    (void)setenv("HOME", old, 1);
    (void)remove_tree_at(AT_FDCWD, home, NULL);
    trial_expect_done(&trial);
    trial_expect_said(&trial, " 0 write 1 ");
}

/* A virtual environment's python is a link out of it; both names must work. */
static void test_bind_through_link(void **state UNUSED)
{
    auto_free char *link = outside("link");
    auto_free char *file = outside("link/file");

    assert_int_equal(mkdirat(scratch.fd, "real", 0755), 0);
    make_file("real/file", "found");
    assert_int_equal(symlinkat("real", scratch.fd, "link"), 0);
    prepare(body_read, file);
    trial_bind(&trial, link, false);
    trial_run(&trial);
    trial_expect_done(&trial);
    trial_expect_said(&trial, "found");
}

static void test_missing_bind(void **state UNUSED)
{
    prepare(body_read, NULL);
    trial_bind(&trial, "/tmp/truewheel-no-such-thing", false);
    trial_run(&trial);
    assert_string_equal(trial_text(&trial, "t"), "error");
    assert_non_null(strstr(trial_text(&trial, "message"), "/tmp/truewheel-no-such-thing"));
}

static int body_sources(void *arg UNUSED)
{
    auto_str struct str text = STR_INIT;
    struct stat st;

    (void)read_file("sdist/demo-1.0.tar.gz", 100, &text, NULL);
    (void)read_file("src/pkg/code.c", 100, &text, NULL);
    (void)read_file("/tmp/truewheel/env/abc/cfg", 100, &text, NULL);
    say("%s ", text.buf);
    say("%d ", stat("src/run.sh", &st) == 0 && st.st_mode & 0100);
    say("%d ", readlink("src/link", text.buf, 3) == 3);
    say("%d ", write_file("src/pkg/code.c", "changed", 7, 0644, NULL) == 0);
    say("%d ", mkdir("src/build", 0755) == 0 && rename("src/pkg/code.c", "src/moved") == 0);
    say("%d", unlink("src/run.sh") == 0);
    return 0;
}

static void show_sources(uint64_t copy_max)
{
    auto_free char *tree = outside("tree");
    auto_free char *code = outside("tree/pkg/code.c");
    auto_free char *script = outside("tree/run.sh");
    auto_free char *env = outside("env");
    auto_str struct str text = STR_INIT;

    make_file("demo-1.0.tar.gz", "archive,");
    assert_int_equal(mkdir(tree, 0755), 0);
    assert_int_equal(mkdir(env, 0755), 0);
    assert_int_equal(mkdirat(scratch.fd, "tree/pkg", 0700), 0);
    make_file("tree/pkg/code.c", "tree,");
    make_file("tree/run.sh", "");
    assert_int_equal(chmod(code, 0600), 0); /* nobody else may read it: the build may */
    assert_int_equal(chmod(script, 0700), 0);
    assert_int_equal(symlinkat("pkg/code.c", scratch.fd, "tree/link"), 0);
    make_file("env/cfg", "env");
    prepare(body_sources, NULL);
    trial.spec.archive_host = outside("demo-1.0.tar.gz");
    trial.spec.tree_host = steal(&tree);
    trial.spec.tree_copy_max = copy_max;
    trial.spec.env_host = steal(&env);
    trial.spec.env_hash = xstrdup("abc");
    trial_run(&trial);
    trial_expect_done(&trial);
    trial_expect_said(&trial, "archive,tree,env 1 1 1 1 1");
    /* The user's tree is as it was. */
    assert_int_equal(read_file(code, 100, &text, NULL), 0);
    assert_string_equal(text.buf, "tree,");
    assert_int_equal(access(script, F_OK), 0);
    assert_int_equal(faccessat(scratch.fd, "tree/build", F_OK, 0), -1);
}

static void test_sources(void **state UNUSED)
{
    show_sources(0);
}

static void test_large_tree(void **state UNUSED)
{
    show_sources(1);
}

/* On tmpfs the order of a directory is that of its making; copies are made sorted. */
static int body_order(void *arg UNUSED)
{
    DIR *dir = opendir("src");

    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (isdigit((unsigned char)entry->d_name[0]))
            say("%s ", entry->d_name);
    return 0;
}

/* The sources lie on a tmpfs, too, where their directories differ; on a disk hashes decide. */
static void test_directory_order(void **state UNUSED)
{
    static const int orders[2][5] = {{1, 2, 3, 4, 5}, {4, 1, 5, 3, 2}};
    auto_free char *first = NULL;

    for (int i = 0; i < 2; i++) {
        auto_free char *tree = xstrdup("/dev/shm/truewheel-test-XXXXXX");
        trial_release(&trial);
        assert_non_null(mkdtemp(tree));
        for (int j = 0; j < 5; j++) {
            auto_free char *file = xasprintf("%s/%d", tree, orders[i][j]);
            assert_int_equal(write_file(file, "", 0, 0644, NULL), 0);
        }
        prepare(body_order, NULL);
        trial.spec.tree_host = xstrdup(tree);
        trial_run(&trial);
        (void)remove_tree_at(AT_FDCWD, tree, NULL);
        trial_expect_done(&trial);
        if (first)
            trial_expect_said(&trial, first);
        else
            first = xstrdup(trial.said.buf);
    }
    assert_int_equal(strlen(first), 10);
}

static int body_fill(void *arg UNUSED)
{
    enum { LEN = 1 << 20 };
    auto_free char *bytes = xcalloc(LEN, 1);
    int fd = open("out/big", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

    for (int i = 0; i < 64; i++)
        if (write(fd, bytes, LEN) < 0)
            say("%s", strerror(errno));
    return 0;
}

static void test_memory_limit(void **state UNUSED)
{
    prepare(body_fill, NULL);
    trial.spec.tmpfs_bytes = 16 << 20;
    trial_run(&trial);
    trial_expect_done(&trial);
    assert_true(str_starts(trial.said.buf, "No space left on device"));
}

static void test_work_directory(void **state UNUSED)
{
    auto_free char *work = outside("work");

    assert_int_equal(mkdir(work, 0700), 0);
    prepare(body_write, NULL);
    trial.spec.tmpfs = false;
    trial.spec.work_host = outside("work");
    trial_run(&trial);
    trial_expect_done(&trial);
    assert_int_equal(faccessat(scratch.fd, "work/src/a", F_OK, 0), 0);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static int run_all(const char *who)
{
    const struct CMUnitTest tests[] = {
        TEST(test_identity),
        TEST(test_capabilities),
        TEST(test_descriptors),
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
        TEST(test_no_network),
        TEST(test_network),
        TEST(test_abstract_sockets),
        TEST(test_binds),
        TEST(test_bind_below_home),
        TEST(test_bind_through_link),
        TEST(test_missing_bind),
        TEST(test_sources),
        TEST(test_large_tree),
        TEST(test_directory_order),
        TEST(test_memory_limit),
        TEST(test_work_directory),
        TEST(test_two_at_once),
        TRIAL_ENDS_TESTS,
    };
    return cmocka_run_group_tests_name(who, tests, NULL, NULL);
}

static int run_as_stranger(void *arg UNUSED)
{
    (void)setenv("HOME", "/nonexistent", 1);
    return run_all("sandbox (namespaces), unprivileged");
}

/*
 * The root of a container that knows one user: it is uid 0 for the kernel, too, whose /proc/sys asks
 * for no capability. There the covers over /proc and the list of secrets are all that stands between.
 */
static int run_as_container_root(void *arg UNUSED)
{
    if (unshare(CLONE_NEWUSER) < 0 || write_file("/proc/self/setgroups", "deny", 4, 0, NULL) < 0 ||
        write_file("/proc/self/uid_map", "0 0 1", 5, 0, NULL) < 0 ||
        write_file("/proc/self/gid_map", "0 0 1", 5, 0, NULL) < 0)
        return 1;
    return run_all("sandbox (namespaces), root of a container");
}

static int show_in_chroot(const char *chroot_path, const char *path)
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
static int run_in_chroot(void *arg UNUSED)
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
              run_all("sandbox (namespaces), root in a chroot"));
    int status = 1;
    (void)wait(&status);
    failed |= status | read_file("/proc/self/mountinfo", 1 << 20, &after, NULL);
    if (strcmp(before.buf, after.buf) != 0)
        failed = 1;
    return umount2(place, MNT_DETACH) < 0 || rmdir(place) < 0 || failed;
}

int main(void)
{
    struct sandbox_caps caps;

    if (sandbox_probe(root, &caps, NULL) < 0)
        return 1;
    if (!caps.namespaces) {
        (void)printf("skip: no namespaces here: %s\n", caps.reason);
        return 77;
    }
    sandbox_caps_release(&caps);
    is_real_root = geteuid() == 0;
    int failed = run_all("sandbox (namespaces)");
    is_real_root = false;
    if (geteuid() == 0)
        failed |= scratch_as_user(SCRATCH_STRANGER, run_as_stranger, NULL) |
                  scratch_as_user(0, run_as_container_root, NULL) |
                  scratch_as_user(0, run_in_chroot, NULL);
    return failed != 0;
}
