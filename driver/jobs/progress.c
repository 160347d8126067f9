/* Hands what goes on to every watcher, made printable, one call at a time. */
#include "jobs/progress.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/str.h"
#include "base/vec.h"

struct watching {
    const struct progress_watcher *watcher;
    void *arg;
};

struct progress {
    struct watching *items; /* set before the first thread */
    size_t count, cap;
    pthread_mutex_t lock; /* held while watchers are called */
};

struct progress *progress_new(void)
{
    struct progress *p = xcalloc(1, sizeof(*p));

    (void)pthread_mutex_init(&p->lock, NULL);
    return p;
}

void progress_free(struct progress *p)
{
    if (!p)
        return;
    (void)pthread_mutex_destroy(&p->lock);
    free(p->items);
    free(p);
}

void progress_watch(struct progress *p, const struct progress_watcher *watcher, void *arg)
{
    VEC_GROW(p);
    p->items[p->count++] = (struct watching){watcher, arg};
}

static char *printable(const char *text)
{
    char *copy = xstrdup(text);

    str_make_printable(copy, "");
    return copy;
}

/* Calls the member `call` of every watcher that has it. */
#define TELL(p_, call_, ...)                                                                       \
    do {                                                                                           \
        (void)pthread_mutex_lock(&(p_)->lock);                                                     \
        for (size_t i_ = 0; i_ < (p_)->count; i_++)                                                \
            if ((p_)->items[i_].watcher->call_)                                                    \
                (p_)->items[i_].watcher->call_((p_)->items[i_].arg, ##__VA_ARGS__);                \
        (void)pthread_mutex_unlock(&(p_)->lock);                                                   \
    } while (0)

void progress_begin(struct progress *p, enum progress_kind kind, const void *id, const char *what,
                    const char *phase)
{
    auto_free char *shown = printable(what);
    auto_free char *in = printable(phase);

    TELL(p, begin, kind, id, shown, in);
}

void progress_phase(struct progress *p, const void *id, const char *phase)
{
    auto_free char *in = printable(phase);

    TELL(p, phase, id, in);
}

void progress_end(struct progress *p, const void *id)
{
    TELL(p, end, id);
}

void progress_say(struct progress *p, enum progress_mood mood, const char *fmt, ...)
{
    auto_str struct str text = STR_INIT;
    va_list ap;

    va_start(ap, fmt);
    str_vaddf(&text, fmt, ap);
    va_end(ap);
    str_make_printable(text.buf, "");
    TELL(p, say, mood, text.buf);
}

void progress_line(struct progress *p, const void *id, const char *text)
{
    auto_free char *shown = printable(text);

    TELL(p, line, id, shown);
}

void progress_totals(struct progress *p, const struct progress_totals *totals)
{
    TELL(p, totals, totals);
}

int progress_tick_ms(const struct progress *p)
{
    int least = -1;

    for (size_t i = 0; i < p->count; i++) {
        int wanted = p->items[i].watcher->tick_ms;
        if (wanted > 0 && (least < 0 || wanted < least))
            least = wanted;
    }
    return least;
}

void progress_tick(struct progress *p)
{
    TELL(p, tick);
}
