/*
 * The error object: what went wrong, in words for the user, gathered on the way up.
 *
 * A function that can fail returns int, 0 or a negative code (negative errno, or one of enum
 * err_code), and takes a `struct err *err` last. Success leaves *err alone; failure fills it.
 * Callers prepend context with err_wrap: "context: cause". Only commands/ prints an error, once;
 * the other rooms return it. err may be NULL where the caller only wants the code. Not shared
 * between threads.
 */
#pragma once

#include "base/util.h"

enum err_code {
    ERR_USAGE = 4097, /* the user asked for something that cannot be */
    ERR_ENVIRONMENT,  /* this machine does not allow it */
    ERR_BUILD,        /* a build failed */
    ERR_FORMAT,       /* input that does not follow its format */
    ERR_CANCELLED,    /* somebody asked to stop */
    ERR_TIMEOUT,      /* a deadline passed */
    ERR_PROTOCOL,     /* a peer process broke the protocol or went away */
    ERR_NOT_FOUND, /* nothing satisfies a requirement, requirements conflict, a hash is another */
    ERR_INDEX,     /* an index or a server could not be asked */
    ERR_RESOURCE,  /* memory, disk or processes ran out */
    ERR_DIFFERS    /* a wheel is not the one that it has to be */
};

struct err {
    int code;          /* negative, as returned; 0 when empty */
    char *message;     /* owned; one line */
    char *detail;      /* owned, may be NULL: traceback, log excerpt; may have many lines */
    char *hint;        /* owned, may be NULL: what the user can do, one line */
    char *lines;       /* owned, may be NULL: the same as lines for truewheel.toml */
    char *headline;    /* owned, may be NULL: the cause, one line; then the message says where */
    const char *cause; /* a known cause's id, which stays for ever; NULL: none is known */
};

#define ERR_INIT                                                                                   \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_err __attribute__((cleanup(err_release)))

/*
 * Sets message and code and returns the code, negated when positive, so that
 * `return err_set(err, ERR_FORMAT, "...")` is one line. Newlines in the text become blanks.
 */
int err_set(struct err *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The same, with ": " and strerror(errno_value) appended; the code is -errno_value. */
int err_errno(struct err *err, int errno_value, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Puts "context: " before the message. Returns the code of err, for `return err_wrap(...)`. */
int err_wrap(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

void err_hint(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
void err_detail(struct err *err, const char *text); /* copies */
void err_lines(struct err *err, const char *text);  /* copies */
void err_headline(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The cause is no copy: it must live for ever. */
void err_cause(struct err *err, const char *cause);

/*
 * The functions above always return a negative code. These wrappers show that to compilers and
 * analysers, which would otherwise follow paths on which a failure returned 0.
 */
static inline int err_negative(int code)
{
    return code < 0 ? code : -ERR_FORMAT;
}
#define err_set(...) err_negative((err_set)(__VA_ARGS__))
#define err_errno(...) err_negative((err_errno)(__VA_ARGS__))
#define err_wrap(...) err_negative((err_wrap)(__VA_ARGS__))

/* Moves the contents of src to dst (released first); src is empty afterwards. */
void err_move(struct err *dst, struct err *src);
/* All of an error that is also somebody else's; its code, negative. `err` may be NULL. */
int err_copy(const struct err *from, struct err *err);

/*
 * Prints "truewheel: message" on stderr, then the detail, the hint and the lines. With a headline
 * that comes in front, and the message behind it. What follows the first line is indented, so that no line of a
 * build's output can pass for one of ours. For commands/, once for each error.
 */
void err_print(const struct err *err);

/* Frees the contents; the object can be used again. Accepts an empty one. */
void err_release(struct err *err);
