/*
 * What of the host every build is shown, read-only: a table of what is allowed, and nothing else. To it
 * come the binds of the specification (the interpreter, toolchains, what the user asked for).
 * For B, before the root is built: links are looked at where they still lead to their targets.
 */
#pragma once

#include "base/vec.h"

struct sandbox_shown {
    char *path;
    char *from; /* what is mounted there: the path itself, or what a link there leads to */
    char *link; /* or the link is made again, because its target is shown as well; else NULL */
};

struct sandbox_shown_list {
    struct sandbox_shown *items; /* sorted by path: an inner one comes after the outer one */
    size_t count;
    size_t cap;
};

/* What there is of the table on this machine. */
void sandbox_list_shown(struct sandbox_shown_list *ret_list);
void sandbox_shown_list_release(struct sandbox_shown_list *list);

/* Whether the table shows the path, or what is above it. For paths without links. Any process. */
bool sandbox_shows(const char *path);
