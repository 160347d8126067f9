/* inputs/listing.h: another digest for each change that a build could see, and only for those. */
#include "inputs/listing.h"

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
#include "scratch.h"

static struct scratch scratch;

static int set_up(void **state UNUSED)
{
    return scratch_make(&scratch);
}

static int tear_down(void **state UNUSED)
{
    return scratch_remove(&scratch);
}

static void put(const char *name, const char *text, time_t when)
{
    auto_free char *path = xasprintf("%s/%s", scratch.path, name);
    struct timespec times[] = {{.tv_sec = when}, {.tv_sec = when}};

    assert_int_equal(write_file(path, text, strlen(text), 0644, NULL), 0);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool changed(char before[SHA256_HEX], const char *const *skip)
{
    char now[SHA256_HEX];

    assert_int_equal(listing_digest(scratch.path, skip, now, NULL), 0);
    bool differs = strcmp(before, now) != 0;
    memcpy(before, now, SHA256_HEX);
    return differs;
}

static void test_what_counts(void **state UNUSED)
{
    static const char *const skip[] = {"cache", NULL};
    char digest[SHA256_HEX] = "";

    put("one.h", "1", 1000);
    assert_true(changed(digest, skip));
    assert_false(changed(digest, skip));
    put("one.h", "2", 1000); /* the limit: neither size nor time says so */
    assert_false(changed(digest, skip));
    put("one.h", "2", 1001);
    assert_true(changed(digest, skip));
    put("one.h", "22", 1001);
    assert_true(changed(digest, skip));
    assert_int_equal(fchmodat(scratch.fd, "one.h", 0755, 0), 0);
    assert_true(changed(digest, skip));
    assert_int_equal(mkdirat(scratch.fd, "dir", 0755), 0);
    assert_true(changed(digest, skip));
    assert_int_equal(symlinkat("one.h", scratch.fd, "dir/link"), 0);
    assert_true(changed(digest, skip));
    assert_int_equal(mkdirat(scratch.fd, "dir/cache", 0755), 0);
    assert_false(changed(digest, skip));
    assert_true(changed(digest, NULL));
}

static void test_nothing_there(void **state UNUSED)
{
    char none[SHA256_HEX], empty[SHA256_HEX];
    auto_free char *missing = xasprintf("%s/missing", scratch.path);

    assert_int_equal(listing_digest(missing, NULL, none, NULL), 0);
    assert_int_equal(listing_digest(scratch.path, NULL, empty, NULL), 0);
    assert_string_equal(none, empty);
}

static bool stamp_changed(char before[SHA256_HEX], int64_t *newest_ns)
{
    char now[SHA256_HEX];

    assert_int_equal(listing_stamp(scratch.path, now, newest_ns, NULL), 0);
    bool differs = strcmp(before, now) != 0;
    memcpy(before, now, SHA256_HEX);
    return differs;
}

/* What the listing's limit is, the stamp sees: the time of status cannot be set. */
static void test_stamp(void **state UNUSED)
{
    char digest[SHA256_HEX] = "";
    int64_t newest_ns, later_ns;

    put("one.h", "1", 1000);
    assert_true(stamp_changed(digest, &newest_ns));
    assert_false(stamp_changed(digest, &newest_ns));
    assert_true(newest_ns <= clock_real_ns());
    scratch_wait_for_tick();
    put("one.h", "2", 1000);
    assert_true(stamp_changed(digest, &later_ns));
    assert_true(later_ns > newest_ns);
    assert_int_equal(mkdirat(scratch.fd, "dir", 0755), 0);
    assert_true(stamp_changed(digest, &later_ns));
    assert_int_equal(unlinkat(scratch.fd, "one.h", 0), 0);
    assert_true(stamp_changed(digest, &later_ns));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stamp, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("listing", tests, NULL, NULL);
}
