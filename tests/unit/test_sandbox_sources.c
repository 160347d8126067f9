/*
 * The sandbox with namespaces: what is shown to a build, and where its own files lie.
 */
#include <ctype.h>
#include <dirent.h>

#define TRIAL_SUBJECT "sandbox, sources"
#include "trial_users.h"

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

/* A directory that everybody may write to, with a file in it. The caller frees. */
static char *open_dir(const char *name, const char *text)
{
    char *path = outside(name);
    auto_free char *file = xasprintf("%s/file", name);

    assert_int_equal(mkdir(path, 0777), 0);
    assert_int_equal(chmod(path, 0777), 0);
    make_file(file, text);
    return path;
}

static void test_binds(void **state UNUSED)
{
    auto_free char *ro = open_dir("ro", "read");
    auto_free char *rw = open_dir("rw", "write");
    char *paths[] = {ro, rw};

    prepare(body_binds, paths);
    trial_bind(&trial, ro, false);
    trial_bind(&trial, rw, true);
    trial_run(&trial);
    trial_expect_done(&trial);
    trial_expect_said(&trial, "read 0 write 1 ");
}

/* Whichever is named first: a directory keeps its own access below one with another. */
static void test_bind_below_bind(void **state UNUSED)
{
    auto_free char *above = open_dir("above", "read");
    auto_free char *below = open_dir("above/below", "write");
    char *paths[] = {above, below};

    prepare(body_binds, paths);
    trial_bind(&trial, below, true);
    trial_bind(&trial, above, false);
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
    (void)trial_tree(&trial, tree, "");
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

/* What each of some files holds, "-" for one that is not there. */
static int body_trees(void *arg UNUSED)
{
    static const char *const files[] = {"VERSION",         "secret/key", "deep/hidden",
                                        "deep/shown",      "deep/new",   "python/setup.py",
                                        "python/.git/HEAD"};
    struct stat st;

    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        auto_free char *path = xasprintf("src/%s", files[i]);
        auto_str struct str text = STR_INIT;
        say("%s ", read_file(path, 100, &text, NULL) == 0 ? text.buf : "-");
    }
    say("%d ", stat("src/deep", &st) == 0 && st.st_mtime == 1000000000);
    say("%d", write_file("src/deep/hidden", "mine", 4, 0644, NULL) == 0);
    return 0;
}

/* A repository without what it ignores, and what is made for the build in its place. */
static void show_trees(uint64_t copy_max)
{
    static const char omitted[] = "secret\0deep/hidden\0no/such/thing";
    static const char *const dirs[] = {"repo", "repo/secret", "repo/deep", "repo/python",
                                       "made", "made/deep",   "objects"};
    auto_free char *repo = outside("repo"), *made = outside("made");
    auto_free char *objects = outside("objects"), *deep = outside("repo/deep");
    const struct timespec times[] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};

    for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
        assert_int_equal(mkdirat(scratch.fd, dirs[i], 0755), 0);
    make_file("repo/VERSION", "3.1");
    make_file("repo/secret/key", "key");
    make_file("repo/deep/hidden", "hidden");
    make_file("repo/deep/shown", "shown");
    make_file("repo/python/setup.py", "setup");
    make_file("made/deep/new", "new");
    make_file("objects/HEAD", "head");
    make_file("omit", "");
    auto_free char *omit = outside("omit");
    assert_int_equal(write_file(omit, omitted, sizeof(omitted), 0644, NULL), 0);
    assert_int_equal(utimensat(AT_FDCWD, deep, times, 0), 0);
    prepare(body_trees, NULL);
    trial_tree(&trial, repo, "")->omit = steal(&omit);
    (void)trial_tree(&trial, objects, "python/.git");
    (void)trial_tree(&trial, made, "");
    trial.spec.tree_copy_max = copy_max;
    trial_run(&trial);
    trial_expect_done(&trial);
    trial_expect_said(&trial, "3.1 - - shown new setup head 1 1");
}

static void test_trees(void **state UNUSED)
{
    show_trees(0);
}

static void test_large_trees(void **state UNUSED)
{
    show_trees(1);
}

/* A link in the tree leads nowhere else: what is laid over it is not written behind the link. */
static void test_tree_behind_a_link(void **state UNUSED)
{
    auto_free char *tree = outside("tree"), *more = outside("more"), *target = outside("target");

    assert_int_equal(mkdir(tree, 0755), 0);
    assert_int_equal(mkdir(more, 0755), 0);
    assert_int_equal(mkdir(target, 0777), 0);
    make_file("more/file", "text");
    assert_int_equal(symlinkat(target, scratch.fd, "tree/link"), 0);
    prepare(body_trees, NULL);
    (void)trial_tree(&trial, tree, "");
    (void)trial_tree(&trial, more, "link");
    trial_run(&trial);
    assert_string_equal(trial_text(&trial, "t"), "error");
    assert_int_equal(faccessat(scratch.fd, "target/file", F_OK, 0), -1);
}

/* A file with a hole of 3 GiB takes no memory, however large the limit of a copy is. */
static int body_sparse(void *arg UNUSED)
{
    struct stat st;
    auto_close int fd = open("src/disk", O_RDONLY | O_CLOEXEC);
    char end[4] = "";

    if (fd < 0 || fstat(fd, &st) < 0 || pread(fd, end, 3, st.st_size - 3) != 3)
        return 1;
    say("%lld %d %s", (long long)st.st_size, st.st_blocks < 1024, end);
    return 0;
}

static void test_sparse_file(void **state UNUSED)
{
    auto_free char *tree = outside("tree");
    const off_t size = (off_t)3 << 30;

    assert_int_equal(mkdir(tree, 0755), 0);
    make_file("tree/disk", "");
    auto_close int fd = openat(scratch.fd, "tree/disk", O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "end", 3, size - 3), 3);
    prepare(body_sparse, NULL);
    trial.spec.tmpfs_bytes = 64 << 20;
    (void)trial_tree(&trial, tree, "");
    trial_run(&trial);
    trial_expect_done(&trial);
    trial_expect_said(&trial, "3221225472 1 end");
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
        (void)trial_tree(&trial, tree, "");
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

static int body_work(void *arg UNUSED)
{
    return write_file("src/a", "", 0, 0644, NULL) < 0;
}

static void test_work_directory(void **state UNUSED)
{
    auto_free char *work = outside("work");

    assert_int_equal(mkdir(work, 0700), 0);
    prepare(body_work, NULL);
    trial.spec.tmpfs = false;
    trial.spec.work_host = outside("work");
    trial_run(&trial);
    trial_expect_done(&trial);
    assert_int_equal(faccessat(scratch.fd, "work/src/a", F_OK, 0), 0);
}

/* ------------------------------------------------------------------------------------------ main */

static int run_all(const char *who)
{
    const struct CMUnitTest tests[] = {
        TEST(test_binds),
        TEST(test_bind_below_bind),
        TEST(test_bind_below_home),
        TEST(test_bind_through_link),
        TEST(test_missing_bind),
        TEST(test_sources),
        TEST(test_large_tree),
        TEST(test_directory_order),
        TEST(test_trees),
        TEST(test_large_trees),
        TEST(test_tree_behind_a_link),
        TEST(test_sparse_file),
        TEST(test_memory_limit),
        TEST(test_work_directory),
    };
    return cmocka_run_group_tests_name(who, tests, NULL, NULL);
}

int main(void)
{
    return trial_users_main();
}
