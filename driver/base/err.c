/* The error object: made, given context on the way up, printed. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static char *format(const char *fmt, va_list ap)
{
    char *text = NULL;

    if (vasprintf(&text, fmt, ap) < 0)
        BUG("vasprintf failed");
    return text;
}

/* Takes the message. err may be NULL. */
static int set_message(struct err *err, int code, char *message)
{
    code = code > 0 ? -code : code;
    if (!err) {
        free(message);
        return code;
    }
    err_release(err);
    str_make_line(message);
    err->code = code;
    err->message = message;
    return code;
}

int(err_set)(struct err *err, int code, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *message = format(fmt, ap);
    va_end(ap);
    return set_message(err, code, message);
}

int(err_errno)(struct err *err, int errno_value, const char *fmt, ...)
{
    char buf[128];
    va_list ap;

    va_start(ap, fmt);
    auto_free char *what = format(fmt, ap);
    va_end(ap);
    errno_value = abs(errno_value);
    return set_message(err, errno_value,
                       xasprintf("%s: %s", what, strerror_r(errno_value, buf, sizeof(buf))));
}

int(err_wrap)(struct err *err, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return -ERR_FORMAT;
    va_start(ap, fmt);
    auto_free char *context = format(fmt, ap);
    va_end(ap);
    char *joined = xasprintf("%s: %s", context, err->message ? err->message : "failed");
    str_make_line(joined);
    free(err->message);
    err->message = joined;
    return err->code;
}

void err_hint(struct err *err, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return;
    va_start(ap, fmt);
    free(err->hint);
    err->hint = format(fmt, ap);
    va_end(ap);
    str_make_line(err->hint);
}

void err_headline(struct err *err, const char *fmt, ...)
{
    va_list ap;

    if (!err)
        return;
    va_start(ap, fmt);
    free(err->headline);
    err->headline = format(fmt, ap);
    va_end(ap);
    str_make_line(err->headline);
}

void err_cause(struct err *err, const char *cause)
{
    if (err)
        err->cause = cause;
}

void err_detail(struct err *err, const char *text)
{
    if (!err)
        return;
    free(err->detail);
    err->detail = xstrdup(text);
    str_make_printable(err->detail, "\n\t");
}

void err_lines(struct err *err, const char *text)
{
    if (!err)
        return;
    char *copy = xstrdup(text);
    str_make_printable(copy, "\n");
    free(err->lines);
    err->lines = copy;
}

void err_move(struct err *dst, struct err *src)
{
    if (!dst) {
        err_release(src);
        return;
    }
    err_release(dst);
    *dst = *src;
    *src = (struct err)ERR_INIT;
}

int err_copy(const struct err *from, struct err *err)
{
    int ret = err_set(err, from->code, "%s", from->message ? from->message : "failed");

    if (from->detail)
        err_detail(err, from->detail);
    if (from->hint)
        err_hint(err, "%s", from->hint);
    if (from->headline)
        err_headline(err, "%s", from->headline);
    err_cause(err, from->cause);
    if (from->lines)
        err_lines(err, from->lines);
    return ret;
}

static void print_indented(const char *text, const char *indent)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        (void)fprintf(stderr, "%s%.*s\n", indent, (int)len, text);
        text += len + (text[len] == '\n');
    }
}

void err_print(const struct err *err)
{
    const char *message = err->message ? err->message : "failed";

    (void)fprintf(stderr, "truewheel: %s\n", err->headline ? err->headline : message);
    if (err->headline)
        print_indented(message, "  ");
    if (err->detail)
        print_indented(err->detail, "  ");
    if (err->hint)
        (void)fprintf(stderr, "truewheel: hint: %s\n", err->hint);
    if (err->lines) {
        (void)fprintf(stderr, "  %sin truewheel.toml:\n", err->hint ? "or " : "");
        print_indented(err->lines, "    ");
    }
}

void err_release(struct err *err)
{
    free(err->message);
    free(err->detail);
    free(err->hint);
    free(err->headline);
    free(err->lines);
    *err = (struct err)ERR_INIT;
}
