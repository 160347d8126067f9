#include "jobs/progress.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/vec.h"

struct line {
    const void *id;
    char *what;
    char *phase;
    int64_t since_ms;
};

struct progress {
    enum progress_style style;
    bool colour;
    int verbose;
    int64_t start_ms;
    pthread_mutex_t lock; /* guards everything below, and stderr */
    struct line *items;
    size_t count, cap;
    size_t drawn; /* lines on the screen now */
    size_t done, known;
};

struct progress *progress_new(enum progress_style style, bool colour, int verbose)
{
    struct progress *p = xcalloc(1, sizeof(*p));

    p->style = style;
    p->colour = colour;
    p->verbose = verbose;
    p->start_ms = clock_ms();
    (void)pthread_mutex_init(&p->lock, NULL);
    return p;
}

static void line_release(struct line *line)
{
    free(line->what);
    free(line->phase);
}

void progress_free(struct progress *p)
{
    if (!p)
        return;
    progress_clear(p);
    for (size_t i = 0; i < p->count; i++)
        line_release(&p->items[i]);
    free(p->items);
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
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

/* Exactly `width` bytes: cut with "..", filled with blanks. Names and phases are ASCII nearly always. */
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

static void add_clear(struct progress *p, struct str *out)
{
    if (p->drawn)
        str_addf(out, "\x1b[%zuA\x1b[J", p->drawn);
    p->drawn = 0;
}

static void add_jobs(struct progress *p, struct str *out)
{
    enum { INDENT = 2, SECONDS = 8 };
    size_t width = screen_width();
    size_t columns = width - INDENT - SECONDS - 3;
    int64_t now = clock_ms();

    for (size_t i = 0; i < p->count; i++) {
        auto_str struct str text = STR_INIT;
        str_add(&text, "  ");
        add_column(&text, columns * 3 / 5, p->items[i].what);
        str_add(&text, "  ");
        add_column(&text, columns * 2 / 5, p->items[i].phase);
        str_addf(&text, " %6.1fs", (double)(now - p->items[i].since_ms) / 1000);
        add_line(out, width, text.buf);
    }
    auto_str struct str total = STR_INIT;
    if (p->known)
        str_addf(&total, "  %zu of %zu built, ", p->done, p->known);
    else
        str_add(&total, "  resolving, ");
    str_addf(&total, "%zu running, %.1fs", p->count, (double)(now - p->start_ms) / 1000);
    add_line(out, width, total.buf);
    p->drawn = p->count + 1;
}

void progress_draw(struct progress *p)
{
    auto_str struct str out = STR_INIT;

    if (p->style != PROGRESS_TERMINAL)
        return;
    (void)pthread_mutex_lock(&p->lock);
    add_clear(p, &out);
    add_jobs(p, &out);
    put(&out);
    (void)pthread_mutex_unlock(&p->lock);
}

void progress_clear(struct progress *p)
{
    auto_str struct str out = STR_INIT;

    (void)pthread_mutex_lock(&p->lock);
    add_clear(p, &out);
    put(&out);
    (void)pthread_mutex_unlock(&p->lock);
}

/* Under the lock. */
static void say(struct progress *p, enum progress_mood mood, const char *text)
{
    static const char *const colours[] = {"", "\x1b[32m", "\x1b[31m"};
    auto_str struct str out = STR_INIT;

    add_clear(p, &out);
    if (p->colour)
        str_addf(&out, "%s%s%s\n", colours[mood], text, mood ? "\x1b[0m" : "");
    else
        str_addf(&out, "%s\n", text);
    put(&out);
}

void progress_say(struct progress *p, enum progress_mood mood, const char *fmt, ...)
{
    auto_str struct str text = STR_INIT;
    va_list ap;

    if (p->style == PROGRESS_QUIET)
        return;
    va_start(ap, fmt);
    str_vaddf(&text, fmt, ap);
    va_end(ap);
    (void)pthread_mutex_lock(&p->lock);
    say(p, mood, text.buf);
    (void)pthread_mutex_unlock(&p->lock);
}

/* --------------------------------------------------------------------------------------- jobs */

static struct line *find(struct progress *p, const void *id)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->items[i].id == id)
            return &p->items[i];
    return NULL;
}

/* What comes from a build must not steer the terminal. */
static char *printable(const char *text)
{
    char *copy = xstrdup(text);

    str_make_printable(copy, "");
    return copy;
}

void progress_begin(struct progress *p, const void *id, const char *what, const char *phase)
{
    (void)pthread_mutex_lock(&p->lock);
    VEC_GROW(p);
    p->items[p->count++] = (struct line){
        .id = id, .what = printable(what), .phase = printable(phase), .since_ms = clock_ms()};
    (void)pthread_mutex_unlock(&p->lock);
}

void progress_phase(struct progress *p, const void *id, const char *phase)
{
    (void)pthread_mutex_lock(&p->lock);
    struct line *line = find(p, id);
    if (line) {
        free(line->phase);
        line->phase = printable(phase);
        if (p->style == PROGRESS_PLAIN && p->verbose) {
            auto_free char *text = xasprintf("%s: %s", line->what, line->phase);
            say(p, MOOD_PLAIN, text);
        }
    }
    (void)pthread_mutex_unlock(&p->lock);
}

void progress_end(struct progress *p, const void *id)
{
    (void)pthread_mutex_lock(&p->lock);
    struct line *line = find(p, id);
    if (line) {
        line_release(line);
        *line = p->items[--p->count];
    }
    (void)pthread_mutex_unlock(&p->lock);
}

void progress_totals(struct progress *p, size_t done, size_t known)
{
    (void)pthread_mutex_lock(&p->lock);
    p->done = done;
    p->known = known;
    (void)pthread_mutex_unlock(&p->lock);
}
