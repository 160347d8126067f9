/* Is a published wheel what its sdist builds? */
#include "published/verify_published.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "compare/compare.h"
#include "run/wheel_run.h"
#include "published/attempts.h"
#include "published/judge.h"
#include "published/subject.h"

struct verifying {
    const struct published_question *question;
    struct published_index *index;
    char *dir;
    size_t runs;
    struct subject subject;
    struct result *result;
    size_t differing; /* of the best attempt so far */
    struct attempt best;
    bool built;
    int signal;
};

/* ------------------------------------------------------------------------------------ one attempt */

static int write_constraints(const struct verifying *v, const struct attempt *attempt,
                             const char *path, struct strv *lines, struct err *err)
{
    auto_str struct str text = STR_INIT;

    attempt_constraints(attempt, &v->subject.generator, lines);
    for (size_t i = 0; i < lines->count; i++)
        str_addf(&text, "%s\n", lines->items[i]);
    return write_file(path, text.buf, text.len, 0600, err);
}

static void fill_options(const struct verifying *v, const struct attempt *attempt, const char *out,
                         const char *constraints, struct wheel_options *o)
{
    *o = *v->question->options;
    o->pip_args = (struct strv)STRV_INIT;
    o->build_constraints = (struct strv)STRV_INIT;
    strv_extend(&o->pip_args, &v->index->args);
    strv_push(&o->pip_args, "--no-deps");
    strv_push(&o->pip_args, "--ignore-requires-python");
    if (!attempt->any_time) {
        strv_push(&o->pip_args, "--uploaded-prior-to");
        strv_push(&o->pip_args, v->subject.as_of);
    }
    strv_push(&o->pip_args, "--");
    strv_push(&o->pip_args, v->subject.sdist);
    strv_push(&o->build_constraints, constraints);
    o->wheel_dir = out;
    if (v->subject.python)
        o->python = v->subject.python;
}

/* The wheel that was built, or why there is none. */
static int build(struct verifying *v, const struct attempt *attempt, struct outcome *outcome,
                 struct strv *lines, struct err *err)
{
    auto_free char *out = xasprintf("%s/out%zu", v->dir, v->runs);
    auto_free char *constraints = xasprintf("%s/constraints%zu.txt", v->dir, v->runs++);
    struct wheel_options options;
    int ret = write_constraints(v, attempt, constraints, lines, err);

    if (ret < 0)
        return ret;
    fill_options(v, attempt, out, constraints, &options);
    ret = wheel_run(&options, v->index->progress, outcome, err);
    strv_release(&options.pip_args);
    strv_release(&options.build_constraints);
    v->signal = outcome->signal;
    if (ret == 0 && outcome->failures.count) {
        err_move(err, &outcome->failures.items[0]);
        return err->code;
    }
    if (ret == 0 && !v->signal && outcome->record.wheels.count != 1)
        return err_set(err, ERR_BUILD, "the build gave no wheel");
    return ret;
}

static int compare(const struct verifying *v, const struct outcome *outcome,
                   struct comparison *comparison, struct err *err)
{
    const char *name = outcome->record.wheels.items[0].file;
    auto_free char *path = path_join(outcome->wheel_dir, name);
    auto_close int published = open(v->subject.normal, O_RDONLY | O_CLOEXEC);
    auto_close int built = open(path, O_RDONLY | O_CLOEXEC);
    const struct compared_wheel a = {.fd = published, .file = v->subject.file};
    const struct compared_wheel b = {.fd = built, .file = name};

    if (published < 0 || built < 0)
        return err_errno(err, errno, "cannot open '%s'", built < 0 ? path : v->subject.normal);
    return compare_wheels(&a, &b, comparison, err);
}

static void keep(struct verifying *v, const struct attempt *attempt, const struct outcome *outcome,
                 struct result *judged, struct strv *lines)
{
    struct result *result = v->result;

    v->best = *attempt;
    result->verdict = judged->verdict;
    strv_release(&result->causes);
    strv_release(&result->but_for);
    strv_release(&result->constraints);
    result->causes = judged->causes;
    result->but_for = judged->but_for;
    result->constraints = *lines;
    judged->causes = judged->but_for = *lines = (struct strv)STRV_INIT;
    free(result->built_sha256);
    result->built_sha256 = xstrdup(outcome->record.wheels.items[0].sha256);
}

/* Builds, compares, and keeps what came of it when that is closer than before. */
static int attempt_one(struct verifying *v, const struct attempt *attempt, struct err *err)
{
    auto_outcome struct outcome outcome = {0};
    auto_comparison struct comparison comparison = COMPARISON_INIT;
    auto_result struct result judged = RESULT_INIT;
    auto_strv struct strv lines = STRV_INIT;
    int ret = build(v, attempt, &outcome, &lines, err);

    if (ret < 0 || v->signal)
        return ret;
    ret = compare(v, &outcome, &comparison, err);
    if (ret < 0)
        return ret;
    size_t differing = judge_differences(&comparison, &v->subject.names, &judged);
    if (!v->built || judged.verdict > v->result->verdict ||
        (judged.verdict == v->result->verdict && differing < v->differing)) {
        v->differing = differing;
        keep(v, attempt, &outcome, &judged, &lines);
    }
    v->built = true;
    return 0;
}

/* -------------------------------------------------------------------------------------- all attempts */

/* What is not of the sdist: no other attempt would be better, and no other question. */
static bool is_of_machine(int ret)
{
    return ret == -ERR_ENVIRONMENT || ret == -ERR_CANCELLED;
}

static int build_somehow(struct verifying *v, struct err *first)
{
    struct attempts attempts;
    auto_err struct err err = ERR_INIT;

    attempts_init(&attempts, &v->subject.generator, v->subject.as_of != NULL);
    for (size_t i = 0; i < attempts.count && !v->built && !v->signal; i++) {
        int ret = attempt_one(v, &attempts.items[i], &err);
        /* Else the likeliest tools say best what is wrong. */
        if (is_of_machine(ret) || (ret < 0 && !first->code))
            err_move(first, &err);
        err_release(&err);
        if (is_of_machine(ret))
            return ret;
        if (ret == -ERR_TIMEOUT) /* other tools would take as long */
            break;
    }
    return v->built || v->signal ? 0 : first->code;
}

/* Whether other versions of tools that are not named could give the same bytes. */
static bool may_be_tools(const struct result *result)
{
    static const enum published_cause others[] = {WHY_LINE_ENDS, WHY_NOT_IN_SDIST, WHY_OTHER_SOURCE,
                                                  WHY_BUILD_PATH, WHY_NATIVE};

    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        if (strv_contains(&result->causes, published_cause_id(others[i])))
            return false;
    /* Content with other tags as well: the publisher has built something else. */
    return result->verdict == PUBLISHED_METADATA ||
           (result->verdict == PUBLISHED_DIFFERENT &&
            !strv_contains(&result->causes, published_cause_id(WHY_TAG)));
}

static int search_tools(struct verifying *v, struct err *err)
{
    struct attempts attempts;
    auto_err struct err why = ERR_INIT;

    if (!v->built)
        return 0;
    attempts_for_metadata(&attempts, &v->subject.generator, &v->best);
    for (size_t i = 0; i < attempts.count && !v->signal; i++) {
        if (!may_be_tools(v->result))
            return 0;
        int ret = attempt_one(v, &attempts.items[i], &why); /* one that fails is no candidate */
        if (is_of_machine(ret)) {
            err_move(err, &why);
            return ret;
        }
        err_release(&why);
    }
    return 0;
}

static int answer(struct verifying *v, const char *asked, struct err *err)
{
    struct result *result = v->result;
    int ret =
        subject_fetch(v->index, asked, v->question->against, v->dir, &v->subject, result, err);

    if (ret < 0)
        return ret;
    result->verdict = PUBLISHED_NOT_BUILT;
    ret = build_somehow(v, err);
    if (ret == 0)
        err_release(err);
    if (ret == 0)
        ret = search_tools(v, err);
    if (v->built)
        attempt_notes(&v->best, &v->subject.generator, v->subject.as_of != NULL, &result->notes);
    return ret;
}

static int make_dir(struct verifying *v, struct err *err)
{
    v->dir = path_join(v->index->tmp.path, "subject");
    return mkdir(v->dir, 0700) < 0 ? err_errno(err, errno, "cannot create '%s'", v->dir) : 0;
}

static void remove_dir(struct verifying *v)
{
    auto_err struct err why = ERR_INIT;

    (void)remove_tree_at(AT_FDCWD, v->dir, &why); /* else at the end, with what it lies in */
    free(v->dir);
}

int verify_published(const struct published_question *question, struct published_index *index,
                     const char *asked, struct result *ret_result, int *ret_signal, struct err *err)
{
    struct verifying v = {.question = question, .index = index, .result = ret_result};

    ret_result->asked = xstrdup(asked);
    ret_result->against = question->against ? xstrdup(question->against) : NULL;
    int ret = make_dir(&v, err);
    if (ret == 0)
        ret = answer(&v, asked, err);
    subject_release(&v.subject);
    remove_dir(&v);
    *ret_signal = v.signal;
    bool wrong = ret == -ERR_USAGE && ret_result->verdict == PUBLISHED_NOT_FETCHED;
    if (ret == 0 || is_of_machine(ret) || wrong)
        return ret;
    if (ret == -ERR_INDEX)
        ret_result->again = true;
    ret_result->why = xstrdup(err->message);
    str_make_line(ret_result->why);
    err_release(err);
    return 0;
}
