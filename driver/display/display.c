/* Notes what goes on and has it shown: redrawn lines on a terminal, plain ones elsewhere. */
#include "display/display.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/num.h"
#include "base/str.h"
#include "base/vec.h"
#include "display/columns.h"
#include "display/state.h"

enum { TICK_MS = 200, SLOW_TICK_MS = 1000, HEARTBEAT_MS = 30000 };

static void lock(struct display *d)
{
    (void)pthread_mutex_lock(&d->lock);
}

static void unlock(struct display *d)
{
    (void)pthread_mutex_unlock(&d->lock);
}

/* ------------------------------------------------------------------------------------- events */

static struct line *find(struct display *d, const void *id)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->items[i].id == id)
            return &d->items[i];
    return NULL;
}

static void line_release(struct line *line)
{
    free(line->what);
    free(line->phase);
    free(line->step);
    free(line->printed);
    str_release(&line->held);
}

static void on_begin(void *arg, enum progress_kind kind, const void *id, const char *what,
                     const char *phase)
{
    struct display *d = arg;
    int64_t now = clock_ms();

    if (kind >= PROGRESS_RUN)
        return; /* and its phases are those of no line */
    lock(d);
    VEC_GROW(d);
    d->items[d->count++] = (struct line){.id = id,
                                         .kind = kind,
                                         .what = xstrdup(what),
                                         .phase = xstrdup(phase),
                                         .word_ms = now,
                                         .since_ms = now,
                                         .held = STR_INIT};
    unlock(d);
}

static void set_phase(struct display *d, struct line *line, const char *phase)
{
    bool waited = line->waits;

    free(line->phase);
    line->phase = xstrdup(phase);
    line->waits = str_eq(phase, PHASE_WAITING);
    if (waited && !line->waits) {
        line->since_ms = line->word_ms = clock_ms();
        plain_began(d, line);
    }
    plain_phase(d, line);
}

static void on_phase(void *arg, const void *id, const char *phase)
{
    struct display *d = arg;

    lock(d);
    struct line *line = find(d, id);
    if (line)
        set_phase(d, line, phase);
    unlock(d);
}

/*
 * "[17/230]" of ninja, "[ 17%]" of CMake's makefiles, at the beginning of a line. The caller frees;
 * NULL: none.
 */
static char *find_step(const char *text)
{
    size_t len = strspn(text + (text[0] == '['), "0123456789/% ") + 1;
    size_t digits = strcspn(text, "0123456789");

    if (text[0] != '[' || text[len] != ']' || digits >= len || len > 20)
        return NULL;
    return xstrndup(text, len + 1);
}

static void set_printed(struct line *line, const char *text)
{
    char *step = find_step(text);

    if (step) {
        free(line->step);
        line->step = step;
    }
    free(line->printed);
    line->printed = xstrdup(text);
}

static void on_line(void *arg, const void *id, const char *text)
{
    struct display *d = arg;

    lock(d);
    struct line *line = find(d, id);
    if (line) {
        set_printed(line, text);
        plain_printed(d, line);
    }
    unlock(d);
}

static void on_end(void *arg, const void *id)
{
    struct display *d = arg;

    lock(d);
    struct line *line = find(d, id);
    if (line) {
        plain_ended(d, line);
        line_release(line);
        d->count--;
        /* the others keep their order: a row that jumps cannot be read */
        memmove(line, line + 1, (size_t)(d->items + d->count - line) * sizeof(*line));
    }
    unlock(d);
}

static void on_say(void *arg, enum progress_mood mood, const char *text)
{
    struct display *d = arg;

    lock(d);
    plain_say(d, mood, text);
    unlock(d);
}

static void on_totals(void *arg, const struct progress_totals *totals)
{
    struct display *d = arg;

    lock(d);
    d->totals = *totals;
    d->totals_ms = clock_ms();
    unlock(d);
}

static void on_tick(void *arg)
{
    struct display *d = arg;

    lock(d);
    if (d->style == STYLE_TERMINAL)
        drawing_redraw(d);
    else
        plain_heartbeat(d);
    unlock(d);
}

static void on_log(enum log_level level, const char *text, void *arg)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    struct display *d = arg;
    auto_free char *line = xasprintf("truewheel: %s: %s", names[level], text);

    lock(d);
    plain_say(d, MOOD_PLAIN, line);
    unlock(d);
}

#define WATCHER(tick_ms_)                                                                          \
    {                                                                                              \
        .begin = on_begin, .phase = on_phase, .end = on_end, .say = on_say, .line = on_line,       \
        .totals = on_totals, .tick = on_tick, .tick_ms = (tick_ms_)                                \
    }

static const struct progress_watcher terminal_watcher = WATCHER(TICK_MS);
static const struct progress_watcher plain_watcher = WATCHER(SLOW_TICK_MS);

/* ------------------------------------------------------------------------------- begin and end */

static enum style choose_style(const struct display_options *options)
{
    if (options->quiet)
        return STYLE_QUIET;
    bool terminal = isatty(STDERR_FILENO) && !str_eq(getenv("TERM"), "dumb");
    return terminal ? STYLE_TERMINAL : STYLE_PLAIN;
}

static enum log_level choose_level(const struct display_options *options)
{
    if (options->quiet)
        return LOG_ERROR;
    return (enum log_level)(LOG_WARN + (options->verbose > 2 ? 2 : options->verbose));
}

/* TRUEWHEEL_HEARTBEAT: seconds, 0 for never. */
static int64_t choose_heartbeat(void)
{
    const char *text = getenv("TRUEWHEEL_HEARTBEAT");
    int64_t ms;

    if (!text || !text[0])
        return HEARTBEAT_MS;
    if (parse_seconds_ms(text, &ms))
        return ms;
    log_warn("TRUEWHEEL_HEARTBEAT='%s' is no number of seconds: every %d s it is", text,
             HEARTBEAT_MS / 1000);
    return HEARTBEAT_MS;
}

/* What is printed meanwhile may be a build's. */
static void stop_commands(struct display *d)
{
    auto_str struct str out = STR_INIT;

    ci_stop_commands(d->ci, &out);
    (void)!write(STDERR_FILENO, out.buf, out.len);
}

static void take_commands(struct display *d)
{
    auto_str struct str out = STR_INIT;

    drawing_clear(d, &out);
    ci_take_commands(d->ci, &out);
    (void)!write(STDERR_FILENO, out.buf, out.len);
}

struct display *display_begin(const struct display_options *options, struct progress *progress)
{
    struct display *d = xcalloc(1, sizeof(*d));
    const char *no_color = getenv("NO_COLOR");

    d->style = choose_style(options);
    d->ci = d->style == STYLE_PLAIN ? ci_find() : CI_NONE;
    d->colour = d->style == STYLE_TERMINAL && !options->no_color && !(no_color && no_color[0]);
    d->ascii = !columns_show_utf8();
    d->verbose = options->verbose;
    d->start_ms = clock_ms();
    d->totals.left_ms = -1;
    (void)pthread_mutex_init(&d->lock, NULL);
    log_set_level(choose_level(options));
    log_set_sink(on_log, d);
    d->heartbeat_ms = choose_heartbeat();
    stop_commands(d);
    if (d->style != STYLE_QUIET)
        progress_watch(progress, d->style == STYLE_TERMINAL ? &terminal_watcher : &plain_watcher,
                       d);
    return d;
}

void display_end(struct display *d)
{
    if (!d)
        return;
    log_set_sink(NULL, NULL);
    take_commands(d);
    for (size_t i = 0; i < d->count; i++)
        line_release(&d->items[i]);
    free(d->items);
    (void)pthread_mutex_destroy(&d->lock);
    free(d);
}
