/* Log lines for -v, to stderr or to a sink. */
#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"

static enum log_level current_level = LOG_WARN; /* written before the first thread only */

static pthread_mutex_t sink_lock = PTHREAD_MUTEX_INITIALIZER;
static void (*sink_fn)(enum log_level, const char *, void *); /* guarded by sink_lock */
static void *sink_arg;                                        /* guarded by sink_lock */

void log_set_level(enum log_level level)
{
    current_level = level;
}

bool log_enabled(enum log_level level)
{
    return level <= current_level;
}

void log_set_sink(void (*sink)(enum log_level, const char *, void *), void *arg)
{
    (void)pthread_mutex_lock(&sink_lock);
    sink_fn = sink;
    sink_arg = arg;
    (void)pthread_mutex_unlock(&sink_lock);
}

void log_line(enum log_level level, const char *fmt, ...)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    char *text = NULL;
    va_list ap;

    if (!log_enabled(level))
        return;
    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        BUG("vasprintf failed");
    va_end(ap);
    auto_free char *line = text;
    str_make_line(line);
    (void)pthread_mutex_lock(&sink_lock);
    if (sink_fn)
        sink_fn(level, line, sink_arg);
    else
        (void)fprintf(stderr, "truewheel: %s: %s\n", names[level], line);
    (void)pthread_mutex_unlock(&sink_lock);
}
