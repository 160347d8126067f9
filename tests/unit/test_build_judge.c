/* build/attempt.h: what a build and its supervisor said, and what is made of it. */
#include "build/attempt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "system/frame.h"

static struct builder builder;
static struct build build;
static struct attempt attempt;

static int set_up(void **state UNUSED)
{
    builder = (struct builder){.progress = progress_new()};
    build = (struct build){.label = "foo 1.0"};
    attempt = (struct attempt)ATTEMPT_INIT;
    attempt.builder = &builder;
    attempt.build = &build;
    return 0;
}

static int tear_down(void **state UNUSED)
{
    strv_release(&attempt.missing);
    strv_release(&attempt.files);
    free(attempt.error);
    build_result_release(&attempt.result);
    free(attempt.wheel_name);
    close_fd(&attempt.wheel_fd);
    progress_free(builder.progress);
    return 0;
}

/* Takes the message. */
static void say(json_t *msg, bool trusted)
{
    struct frame frame = {.msg = msg};

    assert_non_null(msg);
    assert_int_equal(attempt_on_frame(&attempt, NULL, &frame, trusted, NULL), 0);
    json_decref(msg);
}

static void end(void)
{
    say(json_pack("{s:s, s:i, s:i, s:[s]}", "t", "exit", "status", 0, "signal", 0, "files",
                  "a.whl"),
        true);
}

static void refused(const char *why)
{
    auto_err struct err err = ERR_INIT;

    assert_int_equal(attempt_judge(&attempt, &err), -ERR_BUILD);
    if (!strstr(err.message, why))
        fail_msg("'%s' is not in '%s'", why, err.message);
}

/* Takes the list. */
static void ask_for(json_t *list)
{
    say(json_pack("{s:s, s:o}", "t", "missing", "requires", list), false);
}

static void test_missing_is_taken(void **state UNUSED)
{
    ask_for(json_pack("[s, s]", "wheel", "cffi >= 1 ; python_version > '3'"));
    end();
    assert_int_equal(attempt_judge(&attempt, NULL), 0);
    assert_int_equal(attempt.missing.count, 2);
}

static void test_missing_once_more(void **state UNUSED)
{
    build.requires_final = true;
    ask_for(json_pack("[s]", "wheel"));
    end();
    refused("still missing");
}

static void test_missing_without_end(void **state UNUSED)
{
    json_t *list = json_array();

    for (int i = 0; i < 201; i++)
        (void)json_array_append_new(list, json_string("wheel"));
    ask_for(list);
    end();
    refused("asked for 201 build requirements");
}

static void test_missing_is_malformed(void **state UNUSED)
{
    auto_str struct str large = STR_INIT;

    for (int i = 0; i < 1025; i++)
        str_addch(&large, 'x');
    struct {
        json_t *list;
        const char *why;
    } cases[] = {
        {json_array(), "asked for 0"},
        {json_string("wheel"), "asked for 0"},
        {json_null(), "asked for 0"},
        {json_pack("[s, i]", "wheel", 7), "which is no requirement"},
        {json_pack("[s, [s]]", "wheel", "cffi"), "which is no requirement"},
        {json_pack("[s]", ""), "which is no requirement"},
        {json_pack("[s]", "--index-url=http://127.0.0.1/"), "which is no requirement"},
        {json_pack("[s]", "wheel\n--pre"), "which is no requirement"},
        {json_pack("[s]", large.buf), "which is no requirement"},
    };

    end();
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        ask_for(cases[i].list);
        refused(cases[i].why);
    }
}

/* What the supervisor says comes from outside of the sandbox; the inside cannot say it. */
static void test_the_inside_cannot_end(void **state UNUSED)
{
    auto_err struct err err = ERR_INIT;

    say(json_pack("{s:s, s:i, s:[s]}", "t", "exit", "status", 0, "files", "a.whl"), false);
    assert_int_equal(attempt_judge(&attempt, &err), -ERR_PROTOCOL);
}

static void test_wheels_in_out(void **state UNUSED)
{
    end();
    refused("beside its wheel"); /* no descriptor */
    attempt.wheel_fd = dup(STDERR_FILENO);
    assert_int_equal(attempt_judge(&attempt, NULL), 0);
    strv_push(&attempt.files, "b.whl");
    refused("2 wheels");
    strv_release(&attempt.files);
    refused("no wheel");
}

static void test_ends(void **state UNUSED)
{
    end();
    attempt.status = 7;
    refused("status 7");
    attempt.signal = 9;
    refused("signal 9");
    say(json_pack("{s:s, s:s, s:s}", "t", "error", "phase", "wheel", "message", "first"), false);
    say(json_pack("{s:s, s:s, s:s}", "t", "error", "phase", "wheel", "message", "second"), false);
    refused("first");
}

/* A failed fetch stands before the failure of the build, and only of a failed one. */
static void test_crates(void **state UNUSED)
{
    auto_err struct err err = ERR_INIT;

    say(json_pack("{s:s, s:s, s:s}", "t", "crates", "state", "failed", "message", "no way there"),
        false);
    end();
    attempt.wheel_fd = dup(STDERR_FILENO);
    assert_int_equal(attempt_judge(&attempt, NULL), 0);
    attempt.status = 1;
    assert_int_equal(attempt_judge(&attempt, &err), -ERR_BUILD);
    assert_string_equal(err.message, "crates could not be fetched: no way there; the build without "
                                     "them: the build ended with status 1");
    assert_non_null(strstr(err.hint, "cargo fetch"));
    say(json_pack("{s:s, s:s, s:s}", "t", "crates", "state", "locked", "message", ""), false);
    err_release(&err);
    assert_int_equal(attempt_judge(&attempt, &err), -ERR_BUILD);
    assert_string_equal(err.message, "the build ended with status 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_missing_is_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_missing_once_more, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_missing_without_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_missing_is_malformed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_inside_cannot_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wheels_in_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_crates, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("build_judge", tests, NULL, NULL);
}
