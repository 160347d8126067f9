/*
 * Environment markers: `python_version < "3.8" and extra == "tests"`, parsed and evaluated as
 * `packaging` 26 does, which is what pip uses: names that hold versions (python_version,
 * python_full_version, implementation_version, platform_release) compare as PEP 440 versions where
 * the other side can be one, everything else compares as text, where < and > are never true.
 *
 * A parsed marker is immutable; any number of threads may evaluate it.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

enum marker_name {
    MARKER_IMPLEMENTATION_NAME,
    MARKER_IMPLEMENTATION_VERSION,
    MARKER_OS_NAME,
    MARKER_PLATFORM_MACHINE,
    MARKER_PLATFORM_PYTHON_IMPLEMENTATION,
    MARKER_PLATFORM_RELEASE,
    MARKER_PLATFORM_SYSTEM,
    MARKER_PLATFORM_VERSION,
    MARKER_PYTHON_FULL_VERSION,
    MARKER_PYTHON_VERSION,
    MARKER_SYS_PLATFORM,
    MARKER_EXTRA,             /* from here on: not a property of an interpreter */
    MARKER_EXTRAS,            /* only in lock files: never defined here */
    MARKER_DEPENDENCY_GROUPS, /* the same */
    MARKER_NAME_COUNT
};

/* The values of a target interpreter, owned; NULL is "not defined", and comparing with it an error. */
struct marker_env {
    char *values[MARKER_NAME_COUNT];
};

#define MARKER_ENV_INIT                                                                            \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_marker_env __attribute__((cleanup(marker_env_release)))

void marker_env_release(struct marker_env *env);
/* Sets one value by the name in markers ("os_name"); copies. False when there is no such name. */
bool marker_env_set(struct marker_env *env, const char *name, const char *value);
/* "python_version", … for a name. */
const char *marker_name_text(enum marker_name name);

struct marker_operand {
    bool is_name;
    enum marker_name name; /* when is_name */
    char *text;            /* owned; the literal, or the name's text */
};

struct marker_node {
    enum { MARKER_COMPARE, MARKER_AND, MARKER_OR } kind;
    size_t left, right; /* MARKER_AND, MARKER_OR: earlier nodes */
    struct marker_operand lhs, rhs;
    const char *op; /* MARKER_COMPARE: "==", "not in", … */
};

/* Nodes in evaluation order: operands before what combines them, the last one is the whole. */
struct marker {
    struct marker_node *items;
    size_t count;
    size_t cap;
};

#define MARKER_INIT                                                                                \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_marker __attribute__((cleanup(marker_release)))

/* Parses all of the text; ERR_FORMAT. */
int marker_parse(struct marker *m, const char *text, struct err *err);
/* Parses from *p as far as the marker goes and moves *p behind it. */
int marker_scan(struct marker *m, const char **p, struct err *err);
void marker_release(struct marker *m);

/*
 * Evaluates for one requested extra, "" for none. Every comparison is made, also where the result is
 * certain before, so an undefined one (ERR_FORMAT) is always found. An empty marker is true.
 */
int marker_evaluate(const struct marker *m, const struct marker_env *env, const char *extra,
                    bool *ret_holds, struct err *err);
