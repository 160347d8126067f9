/*
 * What a wheel depends on, read natively from its METADATA: for one target environment, for no extra
 * and for each of its extras. A wheel that asks for extras of itself ("all" = "self[a,b]") gets what
 * those extras ask for instead, so that no target ever depends on its own wheel. Any thread.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"
#include "wheel/meta.h"
#include "wheel/pep508.h"

struct wheel_requirements {
    struct requirement *items;
    size_t count;
    size_t cap;
};

struct wheel_deps {
    char *name; /* as in METADATA */
    char *version;
    struct wheel_requirements requirements; /* all of Requires-Dist, in its order */
    struct strv extras;                     /* Provides-Extra, sorted, one spelling of each */
};

#define WHEEL_DEPS_INIT                                                                            \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_wheel_deps __attribute__((cleanup(wheel_deps_release)))

/*
 * From METADATA, such as an open wheel has it, from an archive or from a file. ERR_FORMAT for a broken
 * wheel, METADATA or requirement; a requirement whose versions alone are wrong is kept without them.
 * *deps is empty after a failure.
 */
struct wheel_zip;
int wheel_deps_of(struct wheel_deps *deps, const struct metadata *metadata, struct err *err);
int wheel_deps_read(struct wheel_deps *deps, struct wheel_zip *z, struct err *err);
int wheel_deps_read_file(struct wheel_deps *deps, const char *path, struct err *err);
void wheel_deps_release(struct wheel_deps *deps);

/*
 * The dependencies of one extra without those that count anyway; of the wheel itself for "". Each is
 * "name" or "name[extra]" as METADATA spells it, one per extra, sorted, each target once however it
 * is spelled. Added to `out`.
 */
int wheel_deps_list(const struct wheel_deps *deps, const struct marker_env *env, const char *extra,
                    struct strv *out, struct err *err);

/*
 * Adds to `extras` what the requirements of the wheel on itself ask for: to "all", the requirement
 * "self[a,b]; extra == 'all'" adds "a" and "b"; each once, however it is spelled. The list has ""
 * for what counts without any extra.
 */
int wheel_deps_close_extras(const struct wheel_deps *deps, const struct marker_env *env,
                            struct strv *extras, struct err *err);

/* Whether the requirement counts in this environment for any of these extras ("": for none). */
int wheel_deps_applies(const struct requirement *r, const struct marker_env *env,
                       const struct strv *extras, bool *ret_applies, struct err *err);
