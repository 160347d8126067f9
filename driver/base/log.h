/*
 * Diagnostics for developers and for -v: one line for each event, on stderr. Results and errors do
 * not go through here: commands/ prints them. Any thread.
 */
#pragma once

#include "base/util.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Before the first thread. Default: LOG_WARN. */
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

/*
 * Sends the lines to `sink` instead of stderr, so that a progress display can make room for them.
 * It gets one line without its newline, is called under the log's lock, and must not log itself.
 * NULL: stderr again.
 */
void log_set_sink(void (*sink)(enum log_level, const char *line, void *arg), void *arg);

#define log_warn(...) log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
void log_line(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);
