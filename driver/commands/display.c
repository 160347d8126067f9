/* Draws what goes on: job lines that are redrawn on a terminal, plain lines elsewhere. */
#include "commands/display.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/vec.h"

enum style { STYLE_QUIET, STYLE_PLAIN, STYLE_TERMINAL };
enum { TICK_MS = 200 };

struct line {
    const void *id;
    char *what;
    char *phase;
    int64_t since_ms;
};

struct display {
    enum style style;
    bool colour;
    int verbose;
    int64_t start_ms;
    pthread_mutex_t lock; /* guards everything below, and stderr */
    struct line *items;
    size_t count, cap;
    size_t drawn; /* lines on the screen now */
    size_t done, known;
};

static void lock(struct display *d)
{
    (void)pthread_mutex_lock(&d->lock);
}

static void unlock(struct display *d)
{
    (void)pthread_mutex_unlock(&d->lock);
}

/* ------------------------------------------------------------------------------------ drawing */

static size_t screen_width(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20)
        return size.ws_col;
    return 80;
}

static void put(const struct str *text)
{
    (void)!write(STDERR_FILENO, text->buf, text->len); /* a lost progress line is no error */
}

/* One screen line: "\x1b[2K" clears what stood there. */
static void add_line(struct str *out, size_t width, const char *text)
{
    size_t len = strlen(text);

    str_add(out, "\x1b[2K");
    str_append(out, text, len < width ? len : width - 1);
    str_addch(out, '\n');
}

/* Exactly `width` bytes: cut with "..", filled with blanks. */
static void add_column(struct str *out, size_t width, const char *text)
{
    size_t len = strlen(text);

    if (len > width) {
        str_append(out, text, width - 2);
        str_add(out, "..");
        return;
    }
    str_addf(out, "%-*s", (int)width, text);
}

static void add_clear(struct display *d, struct str *out)
{
    if (d->drawn)
        str_addf(out, "\x1b[%zuA\x1b[J", d->drawn);
    d->drawn = 0;
}

static void add_total(const struct display *d, struct str *out, size_t width, int64_t now)
{
    auto_str struct str total = STR_INIT;

    if (d->known)
        str_addf(&total, "  %zu of %zu built, ", d->done, d->known);
    else
        str_add(&total, "  resolving, ");
    str_addf(&total, "%zu running, %.1fs", d->count, (double)(now - d->start_ms) / 1000);
    add_line(out, width, total.buf);
}

static void add_jobs(struct display *d, struct str *out)
{
    enum { INDENT = 2, SECONDS = 8 };
    size_t width = screen_width();
    size_t columns = width - INDENT - SECONDS - 3;
    int64_t now = clock_ms();

    for (size_t i = 0; i < d->count; i++) {
        auto_str struct str text = STR_INIT;
        str_add(&text, "  ");
        add_column(&text, columns * 3 / 5, d->items[i].what);
        str_add(&text, "  ");
        add_column(&text, columns * 2 / 5, d->items[i].phase);
        str_addf(&text, " %6.1fs", (double)(now - d->items[i].since_ms) / 1000);
        add_line(out, width, text.buf);
    }
    add_total(d, out, width, now);
    d->drawn = d->count + 1;
}

/* A line that stays, above the job lines, which come back with the next tick. Under the lock. */
static void add_message(struct display *d, enum progress_mood mood, const char *text)
{
    static const char *const colours[] = {"", "\x1b[32m", "\x1b[31m"};
    auto_str struct str out = STR_INIT;

    add_clear(d, &out);
    if (d->colour)
        str_addf(&out, "%s%s%s\n", colours[mood], text, mood ? "\x1b[0m" : "");
    else
        str_addf(&out, "%s\n", text);
    put(&out);
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
}

static void on_begin(void *arg, const void *id, const char *what, const char *phase)
{
    struct display *d = arg;

    lock(d);
    VEC_GROW(d);
    d->items[d->count++] = (struct line){
        .id = id, .what = xstrdup(what), .phase = xstrdup(phase), .since_ms = clock_ms()};
    unlock(d);
}

static void on_phase(void *arg, const void *id, const char *phase)
{
    struct display *d = arg;

    lock(d);
    struct line *line = find(d, id);
    if (line) {
        free(line->phase);
        line->phase = xstrdup(phase);
        if (d->style == STYLE_PLAIN && d->verbose) {
            auto_free char *text = xasprintf("%s: %s", line->what, line->phase);
            add_message(d, MOOD_PLAIN, text);
        }
    }
    unlock(d);
}

static void on_end(void *arg, const void *id)
{
    struct display *d = arg;

    lock(d);
    struct line *line = find(d, id);
    if (line) {
        line_release(line);
        *line = d->items[--d->count];
    }
    unlock(d);
}

static void on_say(void *arg, enum progress_mood mood, const char *text)
{
    struct display *d = arg;

    if (d->style == STYLE_QUIET)
        return;
    lock(d);
    add_message(d, mood, text);
    unlock(d);
}

static void on_totals(void *arg, size_t done, size_t known)
{
    struct display *d = arg;

    lock(d);
    d->done = done;
    d->known = known;
    unlock(d);
}

static void on_tick(void *arg)
{
    struct display *d = arg;
    auto_str struct str out = STR_INIT;

    lock(d);
    add_clear(d, &out);
    add_jobs(d, &out);
    put(&out);
    unlock(d);
}

static void on_log(enum log_level level, const char *text, void *arg)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    struct display *d = arg;
    auto_free char *line = xasprintf("truewheel: %s: %s", names[level], text);

    lock(d);
    add_message(d, MOOD_PLAIN, line);
    unlock(d);
}

static const struct progress_watcher plain_watcher = {
    .begin = on_begin,
    .phase = on_phase,
    .end = on_end,
    .say = on_say,
};

static const struct progress_watcher terminal_watcher = {
    .begin = on_begin,
    .phase = on_phase,
    .end = on_end,
    .say = on_say,
    .totals = on_totals,
    .tick = on_tick,
    .tick_ms = TICK_MS,
};

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

struct display *display_begin(const struct display_options *options, struct progress *progress)
{
    struct display *d = xcalloc(1, sizeof(*d));
    const char *no_color = getenv("NO_COLOR");

    d->style = choose_style(options);
    d->colour = d->style == STYLE_TERMINAL && !options->no_color && !(no_color && no_color[0]);
    d->verbose = options->verbose;
    d->start_ms = clock_ms();
    (void)pthread_mutex_init(&d->lock, NULL);
    log_set_level(choose_level(options));
    log_set_sink(on_log, d);
    progress_watch(progress, d->style == STYLE_TERMINAL ? &terminal_watcher : &plain_watcher, d);
    return d;
}

void display_end(struct display *d)
{
    auto_str struct str out = STR_INIT;

    if (!d)
        return;
    log_set_sink(NULL, NULL);
    add_clear(d, &out);
    put(&out);
    for (size_t i = 0; i < d->count; i++)
        line_release(&d->items[i]);
    free(d->items);
    (void)pthread_mutex_destroy(&d->lock);
    free(d);
}
