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

/* What a terminal that does not say is taken for. */
enum { USUAL_LINES = 24, USUAL_COLUMNS = 80 };

struct screen {
    size_t lines, columns;
};

static struct screen look_at_screen(void)
{
    struct winsize size = {0};

    (void)ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    return (struct screen){.lines = size.ws_row ? size.ws_row : USUAL_LINES,
                           .columns = size.ws_col ? size.ws_col : USUAL_COLUMNS};
}

static void put(const struct str *text)
{
    (void)!write(STDERR_FILENO, text->buf, text->len); /* a lost progress line is no error */
}

/* The bytes of text that fit, whole characters of UTF-8; none of them is wider than its bytes. */
static size_t fitting(const char *text, size_t room)
{
    size_t len = strlen(text);

    if (len <= room)
        return len;
    while (room && ((unsigned char)text[room] & 0xc0) == 0x80)
        room--;
    return room;
}

/* One screen line, never two: "\x1b[2K" clears what stood there. */
static void add_line(struct str *out, const struct screen *screen, const char *text)
{
    str_add(out, "\x1b[2K");
    str_append(out, text, fitting(text, screen->columns - 1));
    str_addch(out, '\n');
}

/* `width` bytes, at least four: cut with "..", filled with blanks. */
static void add_column(struct str *out, size_t width, const char *text)
{
    size_t start = out->len;

    str_append(out, text, fitting(text, strlen(text) > width ? width - 2 : width));
    if (strlen(text) > width)
        str_add(out, "..");
    while (out->len < start + width)
        str_addch(out, ' ');
}

static void add_clear(struct display *d, struct str *out)
{
    if (d->drawn)
        str_addf(out, "\x1b[%zuA\x1b[J", d->drawn);
    d->drawn = 0;
}

static void add_total(const struct display *d, struct str *out, const struct screen *screen,
                      size_t shown)
{
    auto_str struct str total = STR_INIT;

    if (d->known)
        str_addf(&total, "  %zu of %zu built, ", d->done, d->known);
    else
        str_add(&total, "  resolving, ");
    str_addf(&total, "%zu running", d->count);
    if (shown < d->count)
        str_addf(&total, " (%zu shown)", shown);
    str_addf(&total, ", %.1fs", (double)(clock_ms() - d->start_ms) / 1000);
    add_line(out, screen, total.buf);
}

static void add_job(const struct line *line, struct str *out, const struct screen *screen)
{
    enum { INDENT = 2, SECONDS = 8, LEAST = 20 };
    size_t taken = INDENT + SECONDS + 3;
    size_t columns = screen->columns > taken + LEAST ? screen->columns - taken : LEAST;
    auto_str struct str text = STR_INIT;

    str_add(&text, "  ");
    add_column(&text, columns * 3 / 5, line->what);
    str_add(&text, "  ");
    add_column(&text, columns * 2 / 5, line->phase);
    str_addf(&text, " %6.1fs", (double)(clock_ms() - line->since_ms) / 1000);
    add_line(out, screen, text.buf);
}

/* What scrolls out can never be taken back: two lines are for the total and the cursor. */
static void add_jobs(struct display *d, struct str *out)
{
    const struct screen screen = look_at_screen();
    size_t room = screen.lines > 2 ? screen.lines - 2 : 0;
    size_t shown = d->count < room ? d->count : room;

    for (size_t i = 0; i < shown; i++)
        add_job(&d->items[i], out, &screen);
    if (screen.lines > 1)
        add_total(d, out, &screen, shown);
    d->drawn = shown + (screen.lines > 1);
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

static void on_begin(void *arg, enum progress_kind kind, const void *id, const char *what,
                     const char *phase)
{
    struct display *d = arg;

    if (kind >= PROGRESS_RUN)
        return; /* and its phases are those of no line */
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
