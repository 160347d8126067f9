/*
 * What the settings file says of one source, as the resolver found it (docs/settings.md). What is said
 * of a package counts more than the command line, which is for all of them, and that more than defaults.
 *
 * Made once; read-only from then on, so any thread may look at it. All of it is owned.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "base/vec.h"
#include "inputs/key.h"

struct package_settings {
    json_t *all;             /* an object, for records; NULL: nothing applies */
    struct strv default_env; /* NAME=VALUE, by name */
    struct strv env;
    struct strv binds; /* as of --bind */
    bool network;
    int64_t default_timeout_ms; /* 0: none */
    int64_t timeout_ms;
    uint64_t memory_bytes; /* 0: as much as all builds together may have */
    struct key inputs;     /* files that the variables and binds name */
};

/*
 * Reads the field of the resolver's frame; NULL: there is none. Lists what it names of this machine, but
 * with `image` only the binds. *ret must be zeroed, and is released by the caller in any case.
 */
int package_settings_read(const json_t *json, bool image, struct package_settings *ret_settings,
                          struct err *err);
void package_settings_release(struct package_settings *settings);

/* The variables of a build for which the command line asks for `asked`; a later one counts more. */
void package_settings_env(const struct package_settings *settings, const struct strv *asked,
                          struct strv *ret_env);
/* How long it may take; 0: as long as it takes. */
int64_t package_settings_timeout(const struct package_settings *settings, int64_t asked_ms);

/* What of it may decide about bytes: all but the limits; "none" without any. The caller frees. */
char *package_settings_text(const struct package_settings *settings);
