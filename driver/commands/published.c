/* `truewheel verify --published`: asks for each wheel, and says what came of it. */
#include "commands/published.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/str.h"
#include "compare/wheel_pairs.h"
#include "published/judge.h"
#include "published/state.h"
#include "published/verify_published.h"
#include "commands/commands.h"

struct published {
    const struct published_options *options;
    bool quiet;
    struct published_question question;
    struct published_index index;
    struct state state;
    struct strv asked;
    json_t *json; /* a list; NULL without --json */
    size_t counts[PUBLISHED_COUNT];
    int signal;
};

bool published_is_asked(const struct published_options *options)
{
    return options->published || options->against;
}

/* ------------------------------------------------------------------------------------- what is shown */

static const char *const words[PUBLISHED_COUNT] = {
    [PUBLISHED_EQUAL] = "byte-equal",          [PUBLISHED_METADATA] = "equal but for",
    [PUBLISHED_DIFFERENT] = "different",       [PUBLISHED_NOT_BUILT] = "cannot be built",
    [PUBLISHED_NOT_FETCHED] = "not to be had",
};

/* The first few, and how many there are besides. */
static void print_list(const struct strv *list)
{
    enum { SHOWN = 4 };

    for (size_t i = 0; i < list->count && i < SHOWN; i++)
        (void)printf("%s%s", i ? ", " : "", list->items[i]);
    if (list->count > SHOWN)
        (void)printf(", and %zu more", list->count - SHOWN);
}

static void print_result(const struct result *result)
{
    (void)printf("%-15s  %s", words[result->verdict], result->file ? result->file : result->asked);
    if (result->but_for.count) {
        (void)printf("\n    ");
        print_list(&result->but_for);
    }
    for (size_t i = 0; i < result->causes.count; i++) {
        const char *text = published_cause_find(result->causes.items[i]);
        (void)printf("\n    %s: %s", result->causes.items[i], text ? text : "");
    }
    if (result->why)
        (void)printf("\n    %s", result->why);
    for (size_t i = 0; i < result->notes.count; i++)
        (void)printf("\n    note: %s", result->notes.items[i]);
    (void)putchar('\n');
    (void)fflush(stdout);
}

static size_t total(const struct published *p)
{
    size_t all = 0;

    for (size_t i = 0; i < PUBLISHED_COUNT; i++)
        all += p->counts[i];
    return all;
}

static void print_summary(const struct published *p)
{
    size_t all = total(p), equal = p->counts[PUBLISHED_EQUAL];

    if (!all)
        return;
    (void)printf("%zu of %zu byte-equal (%.1f %%)", equal, all,
                 100.0 * (double)equal / (double)all);
    for (size_t i = PUBLISHED_COUNT - 1; i-- > 0;)
        if (p->counts[i])
            (void)printf(", %zu %s%s", p->counts[i], words[i],
                         i == PUBLISHED_METADATA ? " metadata" : "");
    (void)putchar('\n');
}

static void print_json(const struct published *p)
{
    json_t *counts = json_object();

    for (size_t i = 0; i < PUBLISHED_COUNT; i++)
        (void)json_object_set_new(counts, published_verdict_id(i),
                                  json_integer((json_int_t)p->counts[i]));
    json_t *all = json_pack("{s:i, s:o, s:O}", "format", 1, "counts", counts, "wheels", p->json);
    auto_free char *text = json_dumps(all, JSON_INDENT(2) | JSON_SORT_KEYS);

    (void)printf("%s\n", text ? text : "null");
    json_decref(all);
}

static void show(struct published *p, const struct result *result)
{
    p->counts[result->verdict]++;
    if (p->json)
        (void)json_array_append_new(p->json, result_to_json(result));
    else if (!p->quiet)
        print_result(result);
}

/* -------------------------------------------------------------------------------- what is asked */

static bool is_directory(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* A directory alone stands for the wheels in it. */
static int ask_for_all_in(const char *dir, struct strv *asked, struct err *err)
{
    auto_strv struct strv names = STRV_INIT;

    if (!dir || !is_directory(dir))
        return err_set(err, ERR_USAGE, "no requirement and no wheel is given");
    int ret = wheel_names_in(dir, &names, err);
    for (size_t i = 0; i < names.count; i++)
        strv_push_owned(asked, path_join(dir, names.items[i]));
    if (ret == 0 && !names.count)
        ret = err_set(err, ERR_USAGE, "there is no wheel in '%s'", dir);
    return ret;
}

static int collect(struct published *p, int argc, char **argv, struct err *err)
{
    const struct published_options *o = p->options;
    int ret = index_list(&p->index, &o->requirements, &p->asked, err);

    for (int i = 0; i < argc; i++)
        strv_push(&p->asked, argv[i]);
    return ret == 0 && !p->asked.count ? ask_for_all_in(o->against, &p->asked, err) : ret;
}

static int ask_one(struct published *p, const char *asked, struct err *err)
{
    auto_result struct result result = RESULT_INIT;
    const struct result *known = state_find(&p->state, asked, p->options->against);

    if (known) {
        show(p, known);
        return 0;
    }
    int ret = verify_published(&p->question, &p->index, asked, &result, &p->signal, err);
    if (ret < 0 || p->signal)
        return ret;
    show(p, &result);
    return state_add(&p->state, &result, err);
}

static int ask_all(struct published *p, int argc, char **argv, struct err *err)
{
    int ret = p->options->resume ? state_open(p->options->resume, &p->state, err) : 0;

    if (ret == 0)
        ret = index_open(&p->index, p->question.options, p->index.progress, err);
    if (ret == 0)
        ret = collect(p, argc, argv, err);
    for (size_t i = 0; i < p->asked.count && ret == 0 && !p->signal; i++)
        ret = ask_one(p, p->asked.items[i], err);
    return ret;
}

static int conclude(struct published *p, int ret, struct err *err)
{
    if (p->json)
        print_json(p);
    else if (!p->quiet)
        print_summary(p);
    if (ret == 0 && fflush(stdout) != 0)
        ret = err_errno(err, errno, "cannot write to stdout");
    if (ret < 0)
        return cmd_fail(err);
    if (p->signal) {
        (void)fprintf(stderr, "truewheel: stopped by signal %d (%s)\n", p->signal,
                      strsignal(p->signal));
        return 128 + p->signal;
    }
    return p->counts[PUBLISHED_EQUAL] == total(p) ? EXIT_DONE : EXIT_BUILD;
}

int published_run(const struct published_options *options, const struct wheel_options *run,
                  const struct display_options *display, bool json, int argc, char **argv)
{
    struct published p = {
        .options = options,
        .quiet = display->quiet,
        .question = {.options = run, .against = options->against},
        .index = PUBLISHED_INDEX_INIT,
        .state = STATE_INIT,
        .json = json ? json_array() : NULL,
    };
    auto_err struct err err = ERR_INIT;
    struct progress *progress = progress_new();
    const struct display_options shown = {
        .quiet = !display->verbose, .no_color = display->no_color, .verbose = display->verbose};
    struct display *display_now = display_begin(&shown, progress);

    p.index.progress = progress;
    int ret = ask_all(&p, argc, argv, &err);
    index_close(&p.index);
    display_end(display_now);
    progress_free(progress);
    int status = conclude(&p, ret, &err);
    state_release(&p.state);
    strv_release(&p.asked);
    json_decref(p.json);
    return status;
}
