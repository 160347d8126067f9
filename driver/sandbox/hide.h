/* What is hidden of what a build is shown, and the programs that it shall not find. */
#pragma once

#include "base/vec.h"
#include "sandbox/ids.h"
#include "sandbox/spec.h"

/* The empty directories over hidden ones: writable while mount points are made in them. */
struct sandbox_covers {
    int *items; /* owned O_PATH descriptors: a path may by then lead to what was bound over it */
    size_t count;
    size_t cap;
};

/* The caller's home and what the specification names, as resolved paths of the host. */
void sandbox_list_hidden(const struct sandbox_spec *spec, const struct sandbox_ids *ids,
                         struct strv *ret);
/* Hides these, and everything that is hidden always. */
int sandbox_hide_all(const struct strv *more, struct sandbox_covers *covers, struct err *err);
/* Covers path, when it is there, with something empty. */
int sandbox_hide(const char *path, struct sandbox_covers *covers, struct err *err);
/* The programs that the specification takes away, as resolved paths of the host. */
void sandbox_list_unwanted(const struct sandbox_spec *spec, struct strv *ret);
/*
 * Puts a fifo that nobody may open in place of each, whatever shows it: a search of the PATH wants a
 * regular file (dash), one that can be read (older cmake), or one that can be run (all others).
 */
int sandbox_take_away(const struct strv *programs, struct err *err);
/* When all mount points are made; what is mounted in the covers keeps its own access. */
int sandbox_seal_covers(const struct sandbox_covers *covers, struct err *err);
void sandbox_release_covers(struct sandbox_covers *covers);
