/* store/store.h: entries appear whole or not at all, are dropped, cleaned, and read by whom they may. */
#include "store/store.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/str.h"
#include "store/clean.h"
#include "store/envs.h"
#include "store/times.h"
#include "store/wheels.h"
#include "scratch.h"

static struct scratch scratch;
static char *place;
static struct store store;
static const struct lock_wait no_wait = {.deadline_ms = 0, .cancel_fd = -1};

static int set_up(void **state UNUSED)
{
    if (scratch_make(&scratch) < 0)
        return -1;
    place = xasprintf("%s/cache/truewheel", scratch.path);
    store = (struct store)STORE_INIT;
    return store_open(&store, place, false, &no_wait, NULL);
}

static int tear_down(void **state UNUSED)
{
    store_close(&store);
    free(place);
    return scratch_remove(&scratch);
}

static void make_key(struct key *key, const char *name)
{
    *key = (struct key)KEY_INIT;
    key_add(key, "name", name);
}

/* A file that stands for a wheel; its digest is right. */
static int make_wheel(struct stored_wheel *ret_wheel, const char *bytes)
{
    auto_free char *path = xasprintf("%s/wheel", scratch.path);
    char hex[SHA256_HEX];

    sha256_hex_of(bytes, strlen(bytes), hex);
    assert_int_equal(write_file(path, bytes, strlen(bytes), 0644, NULL), 0);
    *ret_wheel = (struct stored_wheel){.file = xstrdup("foo-1-py3-none-any.whl"),
                                       .sha256 = xstrdup(hex),
                                       .project = xstrdup("foo"),
                                       .version = xstrdup("1"),
                                       .metadata = xstrdup("Name: foo\n"),
                                       .seconds = 1.5};
    return open(path, O_RDONLY | O_CLOEXEC);
}

static void add(const char *name, const char *bytes)
{
    struct stored_wheel wheel;
    auto_key struct key key;
    auto_close int fd = make_wheel(&wheel, bytes);

    make_key(&key, name);
    assert_int_equal(stored_wheel_add(&store, &key, &wheel, fd, -1, NULL), 0);
    stored_wheel_release(&wheel);
}

static int find(const char *name, struct str *ret_bytes)
{
    struct stored_wheel wheel;
    auto_key struct key key;
    auto_close int fd = -1;

    make_key(&key, name);
    int ret = stored_wheel_find(&store, &key, false, &wheel, &fd, NULL);
    if (ret == 0) {
        assert_string_equal(wheel.metadata, "Name: foo\n");
        assert_int_equal(read_all(fd, 1000, ret_bytes, NULL), 0);
    }
    stored_wheel_release(&wheel);
    return ret;
}

static char *entry_of(const char *name)
{
    auto_key struct key key;
    char digest[SHA256_HEX];

    make_key(&key, name);
    key_digest(&key, digest);
    auto_free char *entry = store_entry_name(STORE_WHEELS, digest);
    return xasprintf("%s/%s", store.path, entry);
}

static void test_wheel_is_found_by_its_key(void **state UNUSED)
{
    auto_str struct str bytes = STR_INIT;

    assert_int_equal(find("foo", &bytes), -ENOENT);
    add("foo", "the wheel");
    assert_int_equal(find("foo", &bytes), 0);
    assert_string_equal(bytes.buf, "the wheel");
    assert_int_equal(find("bar", &bytes), -ENOENT);
}

/* Two that build the same: the first one's entry stays, the second one's is no error. */
static void test_second_of_the_same(void **state UNUSED)
{
    auto_str struct str bytes = STR_INIT;

    add("foo", "first");
    add("foo", "second");
    assert_int_equal(find("foo", &bytes), 0);
    assert_string_equal(bytes.buf, "first");
}

static void damage(const char *part, const char *text)
{
    auto_free char *entry = entry_of("foo");
    auto_free char *path = xasprintf("%s/%s", entry, part);

    assert_int_equal(unlink(path), 0);
    if (text)
        assert_int_equal(write_file(path, text, strlen(text), 0444, NULL), 0);
}

static void test_what_is_damaged_is_a_miss(void **state UNUSED)
{
    static const struct {
        const char *part, *text;
    } cases[] = {
        {"foo-1-py3-none-any.whl", "other bytes"},
        {"foo-1-py3-none-any.whl", NULL},
        {"about.json", "{"},
        {"about.json", "{}"},
        {"about.json", "{\"file\": \"../../x\", \"sha256\": \"\", \"project\": \"\", "
                       "\"version\": \"\"}"},
        {"about.json", NULL},
        {"key", "truewheel key 1\nname: bar\n"},
    };
    auto_str struct str bytes = STR_INIT;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        auto_free char *entry = entry_of("foo");
        add("foo", "the wheel");
        damage(cases[i].part, cases[i].text);
        assert_int_equal(find("foo", &bytes), -ENOENT);
        assert_int_equal(access(entry, F_OK), -1); /* it was dropped */
        add("foo", "the wheel");
        assert_int_equal(find("foo", &bytes), 0);
        str_reset(&bytes);
    }
}

static void test_an_answer_instead_of_a_wheel(void **state UNUSED)
{
    struct stored_wheel answer = {.missing = json_pack("[s]", "wheel"), .sandboxed = true}, found;
    auto_key struct key key;
    int fd = -1;

    make_key(&key, "foo");
    assert_int_equal(stored_wheel_add(&store, &key, &answer, -1, -1, NULL), 0);
    assert_int_equal(stored_wheel_find(&store, &key, true, &found, &fd, NULL), 0);
    assert_int_equal(fd, -1);
    assert_int_equal(json_array_size(found.missing), 1);
    stored_wheel_release(&answer);
    stored_wheel_release(&found);
}

/* What was built without a sandbox serves nobody who has one, and makes room for what they build. */
static void test_without_a_sandbox(void **state UNUSED)
{
    auto_str struct str bytes = STR_INIT;
    struct stored_wheel wheel;
    auto_key struct key key;
    int fd = -1;

    add("foo", "the wheel");
    make_key(&key, "foo");
    assert_int_equal(find("foo", &bytes), 0);
    assert_int_equal(stored_wheel_find(&store, &key, true, &wheel, &fd, NULL), -ENOENT);
    assert_int_equal(find("foo", &bytes), -ENOENT);
}

/* ------------------------------------------------------------------------------ environments */

static void add_env(const char digest[SHA256_HEX])
{
    auto_free char *staged = NULL, *tree = NULL;
    json_t *wheels = json_pack("[{s:s}]", "name", "tool");
    struct stored_env env;

    assert_int_equal(stored_env_stage(&store, &staged, &tree, NULL), 0);
    auto_free char *file = xasprintf("%s/file", tree);
    assert_int_equal(write_file(file, "text", 4, 0644, NULL), 0);
    assert_int_equal(stored_env_add(&store, staged, digest, wheels, &env, NULL), 0);
    stored_env_release(&env);
    json_decref(wheels);
}

static char *env_file(const char digest[SHA256_HEX])
{
    auto_free char *entry = store_entry_name(STORE_ENVS, digest);

    return xasprintf("%s/%s/tree/file", store.path, entry);
}

static void set_boot(const char digest[SHA256_HEX], const char *boot)
{
    auto_free char *entry = store_entry_name(STORE_ENVS, digest);
    auto_free char *path = xasprintf("%s/%s/about.json", store.path, entry);
    json_t *json = json_load_file(path, 0, NULL);

    assert_non_null(json);
    (void)json_object_set_new(json, "boot", json_string(boot));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(json_dump_file(json, path, 0), 0);
    json_decref(json);
}

static void change(const char *file)
{
    assert_int_equal(chmod(file, 0644), 0);
    assert_int_equal(write_file(file, "else", 4, 0644, NULL), 0);
}

/* In the boot in which it was made it is believed, in another one it is compared. */
static void test_environment_and_boots(void **state UNUSED)
{
    char digest[SHA256_HEX];
    struct stored_env env;

    sha256_hex_of("env", 3, digest);
    assert_int_equal(stored_env_find(&store, digest, &env, NULL), -ENOENT);
    add_env(digest);
    auto_free char *file = env_file(digest);
    set_boot(digest, "another one");
    assert_int_equal(stored_env_find(&store, digest, &env, NULL), 0);
    stored_env_release(&env);
    change(file);
    assert_int_equal(stored_env_find(&store, digest, &env, NULL), 0); /* compared in this boot */
    stored_env_release(&env);
    set_boot(digest, "another one");
    assert_int_equal(stored_env_find(&store, digest, &env, NULL), -ENOENT);
    assert_int_equal(access(file, F_OK), -1);
}

/* ----------------------------------------------------------------------------------- cleaning */

static void use_at(const char *name, time_t when)
{
    auto_free char *entry = entry_of(name);
    struct timespec times[] = {{.tv_sec = when}, {.tv_sec = when}};

    assert_int_equal(utimensat(AT_FDCWD, entry, times, 0), 0);
}

static bool has(const char *name)
{
    auto_free char *entry = entry_of(name);

    return access(entry, F_OK) == 0;
}

static void shrink(uint64_t max_bytes, int64_t max_age_s, size_t removed)
{
    const struct store_bounds bounds = {max_bytes, max_age_s};
    struct store_change change;

    assert_int_equal(store_claim(&store, NULL, NULL), 0);
    assert_int_equal(store_shrink(&store, &bounds, &change, NULL), 0);
    assert_int_equal(change.removed, removed);
}

static void test_least_recently_used_goes_first(void **state UNUSED)
{
    auto_str struct str bytes = STR_INIT;
    struct store_items items;
    uint64_t each;

    add("foo", "1");
    add("bar", "2");
    add("baz", "3");
    use_at("foo", 1000);
    use_at("bar", 2000);
    use_at("baz", 3000);
    assert_int_equal(find("foo", &bytes), 0); /* now the latest */
    assert_int_equal(store_list(&store, &items, NULL), 0);
    assert_int_equal(items.count, 3);
    assert_string_equal(items.items[0].name, "foo 1");
    each = items.items[0].bytes;
    store_items_release(&items);
    shrink(2 * each, 0, 1);
    assert_true(has("foo") && !has("bar") && has("baz"));
    shrink(0, 24 * 60 * 60, 1);
    assert_true(has("foo") && !has("baz"));
}

/* A clock that was set back: what lies in the future is not the oldest, and not too old. */
static void test_a_clock_that_jumps(void **state UNUSED)
{
    add("foo", "1");
    add("bar", "2");
    use_at("foo", INT32_MAX);
    use_at("bar", 1000);
    shrink(0, 60, 1);
    assert_true(has("foo") && !has("bar"));
}

static void test_nothing_goes_under_a_run(void **state UNUSED)
{
    struct store other = STORE_INIT;

    add("foo", "1");
    assert_int_equal(store_open(&other, place, false, &no_wait, NULL), 0);
    assert_int_equal(store_claim(&store, NULL, NULL), -EAGAIN);
    store_close(&other);
    assert_int_equal(store_claim(&store, NULL, NULL), 0);
    assert_int_equal(store_open(&other, place, false, &no_wait, NULL), -ERR_TIMEOUT);
    store_close(&other);
}

static void test_verify_finds_damage(void **state UNUSED)
{
    struct store_items items;

    add("foo", "no wheel in normal form");
    assert_int_equal(store_verify(&store, &items, NULL), 0);
    assert_int_equal(items.count, 1);
    assert_true(items.items[0].damaged);
    store_items_release(&items);
}

/* ------------------------------------------------------------------------------------- places */

static void test_a_store_that_others_can_write_to(void **state UNUSED)
{
    auto_err struct err err = ERR_INIT;
    struct store other = STORE_INIT;

    assert_int_equal(chmod(place, 0777), 0);
    assert_int_equal(store_open(&other, place, true, &no_wait, &err), -ERR_ENVIRONMENT);
    assert_non_null(strstr(err.message, "other users can write"));
    assert_non_null(err.hint);
    store_close(&other);
}

static void test_where_it_lies(void **state UNUSED)
{
    bool named;

    assert_int_equal(setenv("XDG_CACHE_HOME", "/xdg", 1), 0);
    assert_int_equal(setenv("HOME", "/home/me", 1), 0);
    assert_int_equal(unsetenv("TRUEWHEEL_CACHE_DIR"), 0);
    auto_free char *by_xdg = store_place(NULL, &named);
    assert_string_equal(by_xdg, "/xdg/truewheel");
    assert_false(named);
    assert_int_equal(setenv("XDG_CACHE_HOME", "relative", 1), 0);
    auto_free char *by_home = store_place(NULL, &named);
    assert_string_equal(by_home, "/home/me/.cache/truewheel");
    assert_int_equal(setenv("TRUEWHEEL_CACHE_DIR", "/mine", 1), 0);
    auto_free char *by_name = store_place(NULL, &named);
    assert_string_equal(by_name, "/mine");
    assert_true(named);
}

static void test_times(void **state UNUSED)
{
    assert_int_equal(store_time_ms(&store, "Foo.Bar"), 0);
    store_time_note(&store, "Foo.Bar", 1200);
    assert_int_equal(store_time_ms(&store, "foo-bar"), 1200);
    store_time_note(&store, "foo_bar", 800);
    assert_int_equal(store_time_ms(&store, "foo-bar"), 800);
    store_time_note(&store, "../tidied", 800);
    assert_int_equal(store_time_ms(&store, "../tidied"), 0);
    assert_int_equal(store_time_ms(&store, ""), 0);
}

static void test_damaged_time_is_unknown(void **state UNUSED)
{
    auto_free char *path = xasprintf("%s/v1/times/foo", place);

    store_time_note(&store, "foo", 1200);
    assert_int_equal(write_file(path, "12x", 3, 0600, NULL), 0);
    assert_int_equal(store_time_ms(&store, "foo"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_wheel_is_found_by_its_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_times, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damaged_time_is_unknown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_second_of_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_damaged_is_a_miss, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_answer_instead_of_a_wheel, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_a_sandbox, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_environment_and_boots, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_least_recently_used_goes_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_clock_that_jumps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_goes_under_a_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_verify_finds_damage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_store_that_others_can_write_to, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_where_it_lies, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
