/* A bounded log file that keeps the beginning and the end of a build's output. */
#include "jobs/job_log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

int job_log_open(struct job_log *log, const char *path, struct err *err)
{
    log->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (log->fd < 0)
        return err_errno(err, errno, "cannot create the log '%s'", path);
    log->path = xstrdup(path);
    return 0;
}

static void put(struct job_log *log, const char *bytes, size_t len)
{
    int ret = log->fd >= 0 && !log->write_error ? write_full(log->fd, bytes, len) : 0;

    if (ret < 0)
        log->write_error = -ret;
}

static void keep_tail(struct job_log *log, const char *bytes, size_t len)
{
    if (len > JOB_LOG_TAIL_BYTES) {
        bytes += len - JOB_LOG_TAIL_BYTES;
        len = JOB_LOG_TAIL_BYTES;
    }
    if (log->tail.len + len > 2 * JOB_LOG_TAIL_BYTES) {
        size_t keep = JOB_LOG_TAIL_BYTES;
        memmove(log->tail.buf, log->tail.buf + log->tail.len - keep, keep);
        str_truncate(&log->tail, keep);
    }
    str_append(&log->tail, bytes, len);
}

static void end_line(struct job_log *log)
{
    if (log->line.len)
        log->on_line(log->arg, log->line.buf);
    str_truncate(&log->line, 0);
}

/* A carriage return ends a line as well: what draws a bar begins each picture with one. */
static void tell_lines(struct job_log *log, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] == '\n' || bytes[i] == '\r')
            end_line(log);
        else if (bytes[i] && log->line.len < JOB_LOG_LINE_BYTES)
            str_addch(&log->line, bytes[i]);
}

void job_log_write(struct job_log *log, const char *bytes, size_t len)
{
    size_t room = JOB_LOG_HEAD_BYTES - log->written;
    size_t now = len < room ? len : room;

    put(log, bytes, now);
    log->written += now;
    log->dropped += len - now;
    keep_tail(log, bytes, len);
    if (log->on_line)
        tell_lines(log, bytes, len);
}

void job_log_note(struct job_log *log, const char *fmt, ...)
{
    auto_str struct str line = STR_INIT;
    va_list ap;

    va_start(ap, fmt);
    str_vaddf(&line, fmt, ap);
    va_end(ap);
    str_addch(&line, '\n');
    job_log_write(log, line.buf, line.len);
}

static const char *start_of_last_lines(const struct str *tail, int lines)
{
    const char *p = tail->buf + tail->len;

    if (p > tail->buf && p[-1] == '\n')
        p--;
    while (p > tail->buf && lines > 0)
        if (*--p == '\n')
            lines--;
    return lines > 0 ? p : p + 1;
}

char *job_log_last_lines(const struct job_log *log, int lines)
{
    struct str out = STR_INIT;
    size_t column = 0;

    for (const char *p = start_of_last_lines(&log->tail, lines); p < log->tail.buf + log->tail.len;
         p++) {
        if (*p == '\n') {
            column = 0;
            str_addch(&out, '\n');
        } else if (column++ < JOB_LOG_LINE_BYTES) {
            str_addch(&out, *p);
        }
    }
    str_make_printable_bytes(out.buf, out.len, "\n\t");
    return str_detach(&out);
}

void job_log_close(struct job_log *log)
{
    if (log->fd < 0)
        return;
    if (log->on_line)
        end_line(log);
    size_t held = log->dropped < log->tail.len ? (size_t)log->dropped : log->tail.len;
    if (log->dropped > held) {
        auto_free char *gap = xasprintf("\n[truewheel: %llu bytes of output left out here]\n",
                                        (unsigned long long)(log->dropped - held));
        put(log, gap, strlen(gap));
    }
    put(log, log->tail.buf + log->tail.len - held, held);
    close_fd(&log->fd);
}

void job_log_release(struct job_log *log)
{
    job_log_close(log);
    free(log->path);
    str_release(&log->tail);
    str_release(&log->line);
    *log = (struct job_log)JOB_LOG_INIT;
}
