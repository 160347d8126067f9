/* What a build was told of clock and chance, and whether its wheel holds it. */
#include "build/attempt.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/str.h"
#include "wheel/traces.h"

enum { MOST_CHANCE = 64 };

/* A build may claim anything; what is no such thing is left out. */
static void take_chance(struct attempt *a, const json_t *list)
{
    const json_t *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        const char *hex = json_string_value(item);
        if (hex && strlen(hex) >= 16 && strlen(hex) <= 32 &&
            strspn(hex, "0123456789abcdef") == strlen(hex) && a->chance.count < MOST_CHANCE)
            strv_push(&a->chance, hex);
    }
}

void attempt_take_told(struct attempt *a, const json_t *msg)
{
    static const char *const states[] = {"settled", "ran", "real"};
    const char *state = json_text(msg, "clock");

    for (size_t i = 0; i < ARRAY_SIZE(states); i++)
        if (!a->result.clock && str_eq(state, states[i]))
            a->result.clock = xstrdup(state);
    a->clock_start = json_integer_value(json_object_get(msg, "start"));
    take_chance(a, json_object_get(msg, "chance"));
}

static void say(const struct attempt *a, const struct trace *trace)
{
    auto_free char *file = xstrdup(trace->file);
    const char *what =
        trace->kind == TRACE_CLOCK ? "the time of its build" : "random numbers of its build";

    str_make_ascii(file);
    log_warn("%s: '%s' holds %s (%s): the next build will give another wheel", a->build->label,
             file, what, trace->text);
}

static void note(struct attempt *a, const struct traces *traces)
{
    if (!traces->count)
        return;
    a->result.traces = json_array();
    for (size_t i = 0; i < traces->count; i++) {
        const struct trace *trace = &traces->items[i];
        if (i == 0)
            say(a, trace);
        (void)json_array_append_new(a->result.traces,
                                    json_pack("{s:s, s:s, s:s}", "what",
                                              trace->kind == TRACE_CLOCK ? "clock" : "chance",
                                              "file", trace->file, "text", trace->text));
    }
}

void attempt_find_traces(struct attempt *a)
{
    auto_traces struct traces traces = {0};
    auto_err struct err err = ERR_INIT;
    struct trace_search search = {
        .from = a->start_s,
        .to = (int64_t)time(NULL),
        .settled = a->clock_start,
        .days = str_eq(a->result.clock, "real"),
        .chance = &a->chance,
    };

    /* A wheel that cannot be read is refused by who makes its normal form. */
    if (traces_find_in_wheel(&search, a->wheel_fd, &traces, &err) == 0)
        note(a, &traces);
}
