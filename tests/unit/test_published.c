/* published/: who wrote a wheel, what is tried, what differences mean, and what a state file keeps. */
#include "published/attempts.h"
#include "published/judge.h"
#include "published/state.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/str.h"

/* ------------------------------------------------------------------------------------- generators */

static void test_generators(void **state UNUSED)
{
    static const struct {
        const char *text, *project, *version;
    } known[] = {
        {"bdist_wheel (0.37.0)", "wheel", "0.37.0"},
        {"setuptools (75.1.0)", "setuptools", "75.1.0"},
        {"flit 3.9.0", "flit-core", "3.9.0"},
        {"flit 1.3", "flit", "1.3"},
        {"hatchling 1.25.0", "hatchling", "1.25.0"},
        {"poetry 1.0.7", "poetry-core", "1.0.7"},
        {"poetry-core 1.9.0", "poetry-core", "1.9.0"},
        {"pdm-backend (2.1.8)", "pdm-backend", "2.1.8"},
        {"maturin (1.4.0)", "maturin", "1.4.0"},
        {"uv 0.7.2", "uv-build", "0.7.2"},
        {"scikit-build-core 0.9.2", "scikit-build-core", "0.9.2"},
        {"bdist_wheel (0.40.0\n0.1)", NULL, NULL},
        {"meson", NULL, NULL},
        {"", NULL, NULL},
        {"a;b 1.0", NULL, NULL},
        {"two words 1.0", NULL, NULL},
        {NULL, NULL, NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        auto_generator struct generator generator;
        generator_parse(known[i].text, &generator);
        assert_true(str_eq(generator.project, known[i].project));
        assert_true(str_eq(generator.version, known[i].version));
        assert_int_equal(generator.setuptools_unnamed, str_eq(known[i].project, "wheel"));
    }
}

/* What a wheel says goes into a constraints file: it must not be an option there. */
static void test_hostile_generators(void **state UNUSED)
{
    static const char *const hostile[] = {"-r 1.0", "--index-url 1", "_x 1.0",
                                          ".x 1.0", "a\tb 1",        "../x 1.0"};

    for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
        auto_generator struct generator generator;
        generator_parse(hostile[i], &generator);
        assert_null(generator.project);
    }
}

/* --------------------------------------------------------------------------------------- attempts */

static void test_attempts(void **state UNUSED)
{
    struct generator wheel = {
        .project = (char *)"wheel", .version = (char *)"0.37.0", .setuptools_unnamed = true};
    struct generator flit = {.project = (char *)"flit-core", .version = (char *)"3.9.0"};
    struct generator none = {0};
    struct attempts attempts;
    auto_strv struct strv lines = STRV_INIT, notes = STRV_INIT;

    attempts_init(&attempts, &none, false);
    assert_int_equal(attempts.count, 1);
    assert_true(attempts.items[0].unpinned && attempts.items[0].any_time);
    attempts_init(&attempts, &flit, true);
    assert_int_equal(attempts.count, 4);
    assert_false(attempts.items[0].unpinned || attempts.items[0].any_time);
    assert_true(attempts.items[3].unpinned && attempts.items[3].any_time);
    attempts_init(&attempts, &wheel, true);
    assert_int_equal(attempts.count, 7);
    attempt_constraints(&attempts.items[1], &wheel, &lines);
    assert_string_equal(lines.items[0], "wheel==0.37.0");
    assert_string_equal(lines.items[1], "setuptools==41.2.0");
    attempt_notes(&attempts.items[1], &wheel, true, &notes);
    assert_int_equal(notes.count, 2);
    attempts_for_metadata(&attempts, &flit, &(struct attempt){0});
    assert_int_equal(attempts.count, 0);
    attempts_for_metadata(&attempts, &wheel, &(struct attempt){.setuptools = "58.1.0"});
    assert_int_equal(attempts.count, 5);
}

/* ---------------------------------------------------------------------------------------- verdicts */

struct planted {
    struct finding_spec spec;
    enum published_verdict verdict;
    const char *cause; /* NULL: none */
};

#define INFO "demo.dist-info/"

static const struct planted planted[] = {
    {{CAUSE_METADATA_FIELD, INFO "METADATA", "Platform", "UNKNOWN", NULL, NULL, false},
     PUBLISHED_METADATA,
     "tool-version"},
    {{CAUSE_METADATA_FIELD, INFO "METADATA", "Own-Field", "1", "2", NULL, false},
     PUBLISHED_METADATA,
     "metadata"},
    {{CAUSE_HASH_ORDER, INFO "METADATA", "Requires-Dist", NULL, NULL, NULL, false},
     PUBLISHED_METADATA,
     "hash-order"},
    {{CAUSE_LINE_ENDS, INFO "METADATA", NULL, NULL, NULL, NULL, false},
     PUBLISHED_METADATA,
     "line-ends"},
    {{CAUSE_WHEEL_TAG, INFO "WHEEL", "Tag", "py2", "py3", NULL, false}, PUBLISHED_METADATA, "tag"},
    {{CAUSE_FILE_NAME, NULL, NULL, "a", "b", NULL, false}, PUBLISHED_METADATA, "tag"},
    {{CAUSE_MISSING_FILE, "demo/kept.py", NULL, "there", NULL, NULL, false},
     PUBLISHED_DIFFERENT,
     "not-installed"},
    {{CAUSE_MISSING_FILE, "demo/lost.py", NULL, "there", NULL, NULL, false},
     PUBLISHED_DIFFERENT,
     "not-in-sdist"},
    {{CAUSE_MISSING_FILE, "demo.data/scripts/run", NULL, "there", NULL, NULL, false},
     PUBLISHED_DIFFERENT,
     "not-installed"},
    {{CAUSE_MISSING_FILE, "demo/more.py", NULL, NULL, "there", NULL, false},
     PUBLISHED_DIFFERENT,
     "extra-file"},
    {{CAUSE_TEXT, "demo/kept.py", NULL, NULL, NULL, NULL, false},
     PUBLISHED_DIFFERENT,
     "other-source"},
    {{CAUSE_TEXT, "demo/_made.py", NULL, NULL, NULL, NULL, false},
     PUBLISHED_DIFFERENT,
     "generated"},
    {{CAUSE_BUILD_PATH, "demo/kept.py", NULL, NULL, NULL, NULL, false},
     PUBLISHED_DIFFERENT,
     "build-path"},
    {{CAUSE_PYC_PYTHON, "demo/a.pyc", NULL, NULL, NULL, NULL, false},
     PUBLISHED_DIFFERENT,
     "python"},
    {{CAUSE_COMPILER_VERSION, "demo/a.so", NULL, NULL, NULL, NULL, false},
     PUBLISHED_DIFFERENT,
     "native"},
    {{CAUSE_ENTRY_MODE, NULL, NULL, NULL, NULL, NULL, false}, PUBLISHED_DIFFERENT, "archive"},
};

static void test_verdicts(void **state UNUSED)
{
    auto_strv struct strv names = STRV_INIT;

    strv_push(&names, "demo-1.0/src/demo/kept.py");
    strv_push(&names, "bin/run");
    for (size_t i = 0; i < ARRAY_SIZE(planted); i++) {
        auto_comparison struct comparison comparison = COMPARISON_INIT;
        auto_result struct result result = RESULT_INIT;
        comparison_add(&comparison, &planted[i].spec);
        comparison_add(&comparison,
                       &(struct finding_spec){.cause = CAUSE_RECORD_ROW, .where = INFO "RECORD"});
        assert_int_equal(judge_differences(&comparison, &names, &result), 1);
        assert_int_equal(result.verdict, planted[i].verdict);
        assert_int_equal(result.causes.count, 1);
        assert_string_equal(result.causes.items[0], planted[i].cause);
        assert_non_null(published_cause_find(planted[i].cause));
        assert_int_equal(result.but_for.count, 1);
    }
}

static void test_equal(void **state UNUSED)
{
    struct comparison comparison = {.equal = true};
    auto_result struct result result = RESULT_INIT;

    assert_int_equal(judge_differences(&comparison, &(struct strv)STRV_INIT, &result), 0);
    assert_int_equal(result.verdict, PUBLISHED_EQUAL);
}

/* -------------------------------------------------------------------------------------- state file */

static void test_state(void **state UNUSED)
{
    char path[] = "/tmp/truewheel-test-XXXXXX";
    auto_err struct err err = ERR_INIT;
    auto_str struct str text = STR_INIT;
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    {
        auto_state struct state found = STATE_INIT;
        auto_result struct result result = {.asked = xstrdup("demo==1"), .again = true};
        assert_int_equal(state_open(path, &found, &err), 0);
        assert_int_equal(state_add(&found, &result, &err), 0); /* not kept */
        result.again = false;
        result.verdict = PUBLISHED_METADATA;
        result.why = xstrdup("a \xff byte");
        strv_push(&result.causes, "tag");
        assert_int_equal(state_add(&found, &result, &err), 0);
    }
    assert_int_equal(write_full(fd, "x", 0), 0);
    (void)lseek(fd, 0, SEEK_END);
    assert_int_equal(write_full(fd, "{\"asked\"", 8), 0); /* cut off */
    {
        auto_state struct state found = STATE_INIT;
        assert_int_equal(state_open(path, &found, &err), 0);
        assert_int_equal(found.results.count, 1);
        const struct result *result = state_find(&found, "demo==1", NULL);
        assert_non_null(result);
        assert_int_equal(result->verdict, PUBLISHED_METADATA);
        assert_string_equal(result->why, "a \xff byte");
        assert_string_equal(result->causes.items[0], "tag");
        assert_null(state_find(&found, "demo==1", "elsewhere"));
        assert_null(state_find(&found, "demo==2", NULL));
    }
    assert_int_equal(read_file(path, 1 << 20, &text, &err), 0);
    assert_true(str_ends(text.buf, "}\n"));
    (void)close(fd);
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generators), cmocka_unit_test(test_hostile_generators),
        cmocka_unit_test(test_attempts),   cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_equal),      cmocka_unit_test(test_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
