/* Lines that are drawn again and again: one for each job that runs, and one for all. */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "display/columns.h"
#include "display/state.h"

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

/* One screen line, never two: "\x1b[2K" clears what stood there. */
static void add_line(struct str *out, const struct screen *screen, const char *text)
{
    str_add(out, "\x1b[2K");
    str_append(out, text, columns_fitting(text, screen->columns - 1));
    str_addch(out, '\n');
}

/* `width` columns, at least four: cut with "..", filled with blanks. */
static void add_column(struct str *out, size_t width, const char *text)
{
    size_t taken = columns_of(text);

    if (taken > width) {
        auto_str struct str cut = STR_INIT;
        str_append(&cut, text, columns_fitting(text, width - 2));
        str_add(&cut, "..");
        taken = columns_of(cut.buf);
        str_add(out, cut.buf);
    } else {
        str_add(out, text);
    }
    for (; taken < width; taken++)
        str_addch(out, ' ');
}

void drawing_clear(struct display *d, struct str *out)
{
    if (d->drawn)
        str_addf(out, "\x1b[%zuA\x1b[J", d->drawn);
    d->drawn = 0;
}

/* --------------------------------------------------------------------------------------- a job */

/* What a phase is called among those who build. */
static const char *phase_words(const char *phase)
{
    static const char *const words[][2] = {
        {"starting", "starting"},
        {"sandbox", "making its sandbox"},
        {"interpreter", "starting Python"},
        {"fetch", "fetching"},
        {"unpack", "unpacking"},
        {"requires", "asking what it needs"},
        {"metadata", "asking for metadata"},
        {"wheel", "building the wheel"},
        {"ending", "ending"},
        {"normal form", "packing"},
        {"storing", "storing"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (str_eq(phase, words[i][0]))
            return words[i][1];
    return phase;
}

/* How the columns of a row are shared. */
struct widths {
    size_t what, phase, doing; /* doing: 0 when there is no room for it */
};

enum { INDENT = 2, GAP = 2, SECONDS = 8, PHASE = 20, LEAST_WHAT = 12, LEAST_DOING = 12 };

static size_t widest_what(const struct display *d)
{
    size_t widest = LEAST_WHAT;

    for (size_t i = 0; i < d->count; i++) {
        size_t width = d->items[i].waits ? 0 : columns_of(d->items[i].what);
        widest = width > widest ? width : widest;
    }
    return widest;
}

static struct widths share_columns(const struct display *d, const struct screen *screen)
{
    enum { TAKEN = INDENT + GAP + SECONDS + 1, LEAST = 20 };
    size_t room = screen->columns > TAKEN + LEAST ? screen->columns - TAKEN : LEAST;
    size_t what = widest_what(d), most = room * 2 / 5;
    struct widths widths = {.what = what < most ? what : most, .phase = PHASE};

    if (room >= widths.what + PHASE + GAP + LEAST_DOING)
        widths.doing = room - widths.what - PHASE - GAP;
    else
        widths = (struct widths){.what = room * 3 / 5, .phase = room - room * 3 / 5};
    return widths;
}

static char *describe_doing(const struct line *line)
{
    const char *printed = line->printed ? line->printed : "";

    return line->step ? xasprintf("%s %s", line->step, printed) : xstrdup(printed);
}

static void add_job(const struct line *line, const struct widths *widths, struct str *out,
                    const struct screen *screen)
{
    auto_str struct str text = STR_INIT;

    str_add(&text, "  ");
    add_column(&text, widths->what, line->what);
    str_add(&text, "  ");
    add_column(&text, widths->phase, phase_words(line->phase));
    if (widths->doing) {
        auto_free char *doing = describe_doing(line);
        str_add(&text, "  ");
        add_column(&text, widths->doing, doing);
    }
    str_addf(&text, " %6.1fs", (double)(clock_ms() - line->since_ms) / 1000);
    add_line(out, screen, text.buf);
}

/* --------------------------------------------------------------------------------- all of them */

/* Until all is there, in milliseconds; -1: nothing is known. */
static int64_t estimate(const struct display *d)
{
    const struct progress_totals *t = &d->totals;
    size_t done = t->built + t->stored + t->failed;
    int64_t now = clock_ms(), left = t->left_ms;

    if (done >= t->known)
        return -1;
    if (left < 0 && t->built > 1) /* by the rate until now */
        left = (d->totals_ms - d->start_ms) * (int64_t)(t->known - done) / (int64_t)t->built;
    left -= now - d->totals_ms;
    return left > 0 ? left : -1;
}

static void add_estimate(const struct display *d, struct str *out)
{
    enum { MINUTE_MS = 60000 };
    long long left = estimate(d);

    if (left >= 2 * MINUTE_MS)
        str_addf(out, ", about %lld min left", (left + MINUTE_MS / 2) / MINUTE_MS);
    else if (left >= 0)
        str_addf(out, ", about %lld s left", left / 1000 + 1);
}

static void add_total(const struct display *d, struct str *out, const struct screen *screen,
                      size_t running, size_t shown)
{
    const struct progress_totals *t = &d->totals;
    size_t done = t->built + t->stored + t->failed, over = done + running;
    auto_str struct str total = STR_INIT;

    if (t->known)
        str_addf(&total, "  %zu of %zu done, ", done, t->known);
    else
        str_add(&total, "  resolving, ");
    str_addf(&total, "%zu running", running);
    if (shown < running)
        str_addf(&total, " (%zu shown)", shown);
    if (t->known > over)
        str_addf(&total, ", %zu waiting", t->known - over);
    str_addf(&total, ", %.1fs", (double)(clock_ms() - d->start_ms) / 1000);
    add_estimate(d, &total);
    if (t->stored)
        str_addf(&total, " (%zu from the store)", t->stored);
    add_line(out, screen, total.buf);
}

static size_t count_running(const struct display *d)
{
    size_t running = 0;

    for (size_t i = 0; i < d->count; i++)
        running += !d->items[i].waits;
    return running;
}

/* What scrolls out can never be taken back: two lines are for the total and the cursor. */
static void add_all(struct display *d, struct str *out)
{
    const struct screen screen = look_at_screen();
    const struct widths widths = share_columns(d, &screen);
    size_t room = screen.lines > 2 ? screen.lines - 2 : 0;
    size_t shown = 0;

    for (size_t i = 0; i < d->count && shown < room; i++)
        if (!d->items[i].waits) {
            add_job(&d->items[i], &widths, out, &screen);
            shown++;
        }
    if (screen.lines > 1)
        add_total(d, out, &screen, count_running(d), shown);
    d->drawn = shown + (screen.lines > 1);
}

void drawing_redraw(struct display *d)
{
    auto_str struct str out = STR_INIT;

    drawing_clear(d, &out);
    add_all(d, &out);
    if (d->ascii)
        for (char *p = out.buf; *p; p++)
            *p = (unsigned char)*p < 0x80 ? *p : '?';
    put(&out);
}
