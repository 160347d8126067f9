/*
 * Traces of one build in its wheel: the time at which it ran, and random numbers that it was given.
 * A wheel that holds one will be another one at the next build.
 *
 * Times are searched for in the forms in which programs write them down: seconds since 1970, a date
 * with a time in the orders of ISO 8601, RFC 5322 and asctime, in UTC (which is the zone of
 * builds), and the time in the headers of gzip files and of byte code. Random numbers as bytes, as
 * hexadecimal digits and as a UUID. What was computed from them cannot be found.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"

enum trace_kind { TRACE_CLOCK, TRACE_CHANCE };

struct trace {
    enum trace_kind kind;
    char *file; /* in the wheel */
    char *text; /* what was found, printable */
};

/* At most one of each kind in a file, and at most MAX_TRACES. */
enum { MAX_TRACES = 16 };

struct traces {
    struct trace *items;
    size_t count;
    size_t cap;
};

#define auto_traces __attribute__((cleanup(traces_release)))

struct trace_search {
    int64_t from, to;          /* seconds since 1970, both included: when the build ran */
    int64_t settled;           /* this second and the two behind it are no traces; 0: none */
    bool days;                 /* its date without a time is a trace too */
    const struct strv *chance; /* random bytes, as lower-case hexadecimal digits, 16 or more */
};

/*
 * Adds the traces in `len` bytes of the file `name`. Linear in len, with a factor of about eight,
 * and one more for each random number.
 */
void traces_find(const struct trace_search *search, const char *name, const char *data, size_t len,
                 struct traces *traces);

/*
 * The same in all files of an open wheel but RECORD. Bounded: of a wheel that is larger than 256
 * MiB the first files, and of each nothing when it is larger than 64 MiB. The errors of
 * wheel_zip_open.
 */
int traces_find_in_wheel(const struct trace_search *search, int fd, struct traces *traces,
                         struct err *err);

void traces_release(struct traces *traces);
