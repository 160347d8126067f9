/* Lines that stay: what begins, what still runs, what builds print. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "display/state.h"

/* Of what one build prints, so much is shown in a group; its log has all of it. */
enum { HELD_BYTES = 1 << 20 };

static void put(const struct str *text)
{
    (void)!write(STDERR_FILENO, text->buf, text->len); /* a lost line is no error */
}

void plain_say(struct display *d, enum progress_mood mood, const char *text)
{
    static const char *const colours[] = {"", "\x1b[32m", "\x1b[31m"};
    auto_str struct str out = STR_INIT;

    drawing_clear(d, &out);
    if (d->colour)
        str_addf(&out, "%s%s%s\n", colours[mood], text, mood ? "\x1b[0m" : "");
    else
        str_addf(&out, "%s\n", text);
    put(&out);
}

void plain_began(struct display *d, struct line *line)
{
    if (d->style != STYLE_PLAIN || line->kind != PROGRESS_BUILD)
        return;
    auto_free char *text = xasprintf("building %s", line->what);
    plain_say(d, MOOD_PLAIN, text);
}

void plain_phase(struct display *d, struct line *line)
{
    if (d->style != STYLE_PLAIN || !d->verbose)
        return;
    auto_free char *text = xasprintf("%s: %s", line->what, line->phase);
    plain_say(d, MOOD_PLAIN, text);
    line->word_ms = clock_ms();
}

/* --------------------------------------------------------------------------- what builds print */

static void hold(struct line *line)
{
    size_t len = strlen(line->printed) + 1;

    if (line->held.len + len > HELD_BYTES)
        line->held_back += len;
    else
        str_addf(&line->held, "%s\n", line->printed);
}

void plain_printed(struct display *d, struct line *line)
{
    if (!d->verbose)
        return;
    if (d->ci) {
        hold(line);
        return;
    }
    auto_free char *text = xasprintf("%s | %s", line->what, line->printed);
    plain_say(d, MOOD_PLAIN, text);
    line->word_ms = clock_ms();
}

void plain_ended(struct display *d, struct line *line)
{
    auto_str struct str out = STR_INIT;

    if (!line->held.len)
        return;
    auto_free char *name = xasprintf("output of %s", line->what);
    ci_open_group(d->ci, name, &out);
    str_append(&out, line->held.buf, line->held.len);
    if (line->held_back)
        str_addf(&out, "[truewheel: %zu bytes more are in its log]\n", line->held_back);
    ci_close_group(d->ci, name, &out);
    put(&out);
}

/* --------------------------------------------------------------------------------- still there */

void plain_heartbeat(struct display *d)
{
    int64_t now = clock_ms();

    for (size_t i = 0; i < d->count && d->heartbeat_ms; i++) {
        struct line *line = &d->items[i];
        if (line->waits || now - line->word_ms < d->heartbeat_ms)
            continue;
        auto_free char *text =
            xasprintf("still at %s after %lld s (%s)%s%s", line->what,
                      (long long)(now - line->since_ms) / 1000, line->phase,
                      line->printed ? ": " : "", line->printed ? line->printed : "");
        plain_say(d, MOOD_PLAIN, text);
        line->word_ms = now;
    }
}
