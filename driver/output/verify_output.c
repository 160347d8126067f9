/* Shows verifications. */
#include "output/verify_output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "output/diff_output.h"
#include "output/exit_status.h"
#include "output/wheel_output.h"

int verify_run_shown(const struct wheel_options *options, void *arg, struct outcome *ret_outcome,
                     struct err *err)
{
    return wheel_run_shown(options, arg, NULL, ret_outcome, err);
}

void verify_print_axes(void)
{
    struct axis_info axis;

    for (size_t i = 0; axes_describe(i, &axis); i++)
        (void)printf("%-16s %s%s\n", axis.name, axis.text, axis.is_default ? "" : " (only in all)");
}

char *verify_reason(const struct verified *wheel)
{
    auto_str struct str causes = STR_INIT;

    if (wheel->why)
        return xstrdup(wheel->why);
    if (wheel->verdict != VERDICT_DIFFERS)
        return NULL;
    diff_list_causes(&wheel->comparison, &causes);
    return xstrdup(causes.len ? causes.buf : "why is not told");
}

/* ----------------------------------------------------------------------------------------- text */

static size_t widest(const struct verification *v)
{
    size_t width = 0;

    for (size_t i = 0; i < v->wheels.count; i++) {
        size_t len = strlen(v->wheels.items[i].file);
        width = len > width ? len : width;
    }
    return width;
}

static void print_row(const struct verified *wheel, size_t width)
{
    auto_free char *reason = verify_reason(wheel);
    auto_str struct str line = STR_INIT;

    str_addf(&line, "%-*s  %s%s%s", (int)width, wheel->file, verdict_text(wheel->verdict),
             reason ? ": " : "", reason ? reason : "");
    str_make_line(line.buf);
    (void)printf("%s\n", line.buf);
}

static void print_axes(const struct verification *v)
{
    const char *separator = "changed: ";
    const json_t *name;
    json_t *why;
    const char *key;
    size_t i;

    json_array_foreach(v->changed, i, name)
    {
        (void)printf("%s%s", separator, json_string_value(name));
        separator = ", ";
    }
    if (json_array_size(v->changed))
        (void)putchar('\n');
    json_object_foreach(v->kept, key, why)(void)
        printf("not changed: %s (%s)\n", key, json_string_value(why));
}

static void print_summary(const struct verification *v)
{
    const char *separator = ": ";

    (void)printf("%zu wheel%s", v->wheels.count, v->wheels.count == 1 ? "" : "s");
    for (int verdict = 0; verdict < VERDICT_COUNT; verdict++) {
        size_t count = verification_count(v, (enum verdict)verdict);
        if (!count)
            continue;
        (void)printf("%s%zu %s", separator, count, verdict_text((enum verdict)verdict));
        separator = ", ";
    }
    (void)putchar('\n');
}

static bool is_good(const struct verified *wheel)
{
    return wheel->verdict == VERDICT_PROVEN || wheel->verdict == VERDICT_TAKEN;
}

void verify_print(const struct verification *v, bool bad_only)
{
    size_t width = widest(v);

    for (size_t i = 0; i < v->wheels.count; i++)
        if (!bad_only || !is_good(&v->wheels.items[i]))
            print_row(&v->wheels.items[i], width);
    for (size_t i = 0; i < v->wheels.count; i++) {
        const struct verified *wheel = &v->wheels.items[i];
        const struct shown_diff diff = {.a = wheel->file,
                                        .b = "the wheel that was built once more",
                                        .comparison = &wheel->comparison,
                                        .is_gone = true};
        if (wheel->comparison.findings.count)
            diff_print(&diff);
    }
    if (bad_only)
        return;
    print_axes(v);
    print_summary(v);
}

/* ----------------------------------------------------------------------------------------- JSON */

static json_t *wheel_to_json(const struct verified *wheel)
{
    const struct shown_diff diff = {.a = wheel->path, .comparison = &wheel->comparison};
    bool compared = wheel->comparison.findings.count > 0;

    return json_pack("{s:s, s:s, s:s*, s:o}", "file", wheel->file, "verdict",
                     verdict_id(wheel->verdict), "why", wheel->why, "comparison",
                     compared ? diff_to_json(&diff) : json_null());
}

static json_t *verification_to_json(const struct verification *v)
{
    json_t *wheels = json_array();

    for (size_t i = 0; i < v->wheels.count; i++)
        (void)json_array_append_new(wheels, wheel_to_json(&v->wheels.items[i]));
    return json_pack("{s:i, s:o, s:o, s:o}", "format", 1, "changed",
                     v->changed ? json_incref(v->changed) : json_array(), "kept",
                     v->kept ? json_incref(v->kept) : json_object(), "wheels", wheels);
}

/* --------------------------------------------------------------------------------------- the end */

static int status_of(const struct verification *v)
{
    if (verification_count(v, VERDICT_DIFFERS))
        return EXIT_BUILD;
    return verification_count(v, VERDICT_CANNOT) ? EXIT_ENVIRONMENT : EXIT_DONE;
}

int verify_conclude(const struct verification *v, const struct verify_shown *shown, struct err *err)
{
    int ret = 0;

    if (v->signal) {
        (void)fprintf(stderr, "truewheel: stopped by signal %d (%s)\n", v->signal,
                      strsignal(v->signal));
        return 128 + v->signal;
    }
    if (shown->json) {
        json_t *json = verification_to_json(v);
        ret = wheel_write_json(json, "-", err);
        json_decref(json);
    } else {
        verify_print(v, shown->quiet);
        if (fflush(stdout) != 0)
            ret = err_errno(err, errno, "cannot write to stdout");
    }
    return ret < 0 ? ret : status_of(v);
}

int verify_print_proofs(const struct verification *v, const struct run_record *record, bool quiet)
{
    int status = EXIT_DONE;

    if (!quiet)
        verify_print(v, true);
    for (size_t i = 0; i < record->wheels.count; i++) {
        const struct record_build *build = record->wheels.items[i].build;
        const char *verdict = build ? json_text(build->proof, "verdict") : "";
        if (str_eq(verdict, verdict_id(VERDICT_DIFFERS)))
            return EXIT_BUILD;
        if (str_eq(verdict, verdict_id(VERDICT_CANNOT)))
            status = EXIT_ENVIRONMENT;
    }
    return status;
}
