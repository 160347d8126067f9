/*
 * Known causes of failed builds, as data: what a line of the log looks like, what to say of it, and what
 * the user can do. A new cause is a row, and a build in tests/e2e/test_causes.py that fails of it.
 *
 * In `say`, `remedy` and `setting`, which are each one line:
 *
 *     %1 %2 %3   the pattern's words                %n   the project, or NAME
 *     %0         the whole line                     %N   the same as part of a variable's name
 *     %p         the packages that have %1,         %v   its version, or VERSION
 *                in brackets; "": not known         %a   what --allow-network wants
 *     %d         the distribution of module %1
 */
#pragma once

#include "causes/packages.h"

enum { CAUSE_SIGNS = 12 };

enum cause_kind {
    CAUSE_SURE,  /* the first such line counts */
    CAUSE_PROBE, /* a build may go on after it: the last such line counts, when nothing is sure */
    CAUSE_LINE /* an error that nothing more is known of: the first one, when there is nothing else */
};

/* What has to be so besides. */
enum cause_when {
    CAUSE_ALWAYS,
    CAUSE_OFFLINE, /* the build had no network */
    CAUSE_PROGRAM, /* the first word is a program that causes/packages.h knows */
    CAUSE_FOREIGN, /* the first word is no module of the project itself */
    CAUSE_REMOVED  /* the first word is a module that Python had in earlier versions */
};

struct cause {
    const char *id; /* stays: the record has it */
    const char *say;
    const char *remedy;             /* NULL: nothing to say */
    const char *setting;            /* the same as `key = value` of the settings file, or NULL */
    const char *of;                 /* the thing whose packages %p names; NULL: the first word */
    const char *signs[CAUSE_SIGNS]; /* patterns (causes/pattern.h); the rest is NULL */
    enum cause_kind kind;
    enum cause_when when;
    enum thing thing;
    int code; /* of the error; 0: that of a failed build */
};

struct cause_table {
    const struct cause *rows; /* of one line, the first row that matches counts */
    size_t count;
};

/* The machine: network, memory, disk. The tools: Python's world. The native world. In this order. */
extern const struct cause_table causes_machine, causes_python, causes_native;
