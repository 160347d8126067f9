/*
 * Finds what made a build fail: in its own last word (the exception that its hook ended with), else in
 * the first line of its log that says so. Reads whatever a build has printed: nothing in it can make this
 * slow or wrong but in what is said. Any thread.
 */
#pragma once

#include "base/str.h"
#include "causes/cause.h"
#include "causes/pattern.h"

/* What is known of the build besides. */
struct cause_world {
    bool offline;        /* it had no network */
    const char *project; /* "": unknown */
    const char *version; /* "": unknown */
    const char *url;
};

struct cause_found {
    const struct cause *cause; /* NULL: none is known */
    const char *id;
    char *line; /* owned; what matched, fit to print */
    char *words[PATTERN_WORDS];
    size_t at; /* of the line in the log; SIZE_MAX: it is not there */
};

#define CAUSE_FOUND_INIT                                                                           \
    {                                                                                              \
        .at = SIZE_MAX                                                                             \
    }
#define auto_cause __attribute__((cleanup(cause_found_release)))

/* `message`: one line. The log may have NULs and lines without end. */
void cause_find(const struct str *log, const char *message, const struct cause_world *world,
                struct cause_found *ret_found);
void cause_found_release(struct cause_found *found);
