/*
 * Requirements: PEP 508, `name[extra] >=1.0; marker` and `name @ url ; marker`, as `packaging` 26
 * reads them. The normal form of names: wheel_dist_canonical() in wheel_name.h. Any thread.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"
#include "wheel/marker.h"
#include "wheel/specifier.h"

struct requirement {
    char *name;         /* as written */
    struct strv extras; /* as written, in order */
    char *url;          /* NULL: none */
    struct specifier_set specifiers;
    bool has_marker;
    struct marker marker;
};

#define REQUIREMENT_INIT                                                                           \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_requirement __attribute__((cleanup(requirement_release)))

/* Parses all of the text; ERR_FORMAT. */
int requirement_parse(struct requirement *r, const char *text, struct err *err);
void requirement_release(struct requirement *r);

/* Whether the requirement counts in this environment for one requested extra ("" for none). */
int requirement_applies(const struct requirement *r, const struct marker_env *env,
                        const char *extra, bool *ret_applies, struct err *err);
