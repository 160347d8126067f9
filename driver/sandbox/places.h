/*
 * What of the host a build sees, as one list of places in the order in which they are made: the table
 * (shown.h), the binds of the specification, and what is hidden below them. The innermost decides: what
 * is hidden below a directory that is shown, what is bound below one that is hidden.
 * For B, before the root is built: later the paths would lead elsewhere.
 */
#pragma once

#include "base/err.h"
#include "sandbox/ids.h"
#include "sandbox/mount.h"
#include "sandbox/spec.h"

enum sandbox_place_kind {
    PLACE_BASE, /* of the table: made before /dev, /proc and /tmp are */
    PLACE_LINK, /* of the table, a symbolic link */
    PLACE_BIND,
    PLACE_HIDDEN,
};

struct sandbox_place {
    enum sandbox_place_kind kind;
    char *path; /* in the new root; owned like the other */
    char *from; /* PLACE_BASE, PLACE_BIND: what is shown there; PLACE_LINK: the link's text */
    enum mount_access access;
};

struct sandbox_places {
    struct sandbox_place *items; /* sorted by path: an inner one comes after the outer one */
    size_t count;
    size_t cap;
};

/* An error names the bind that is not there. */
int sandbox_list_places(const struct sandbox_spec *spec, const struct sandbox_ids *ids,
                        struct sandbox_places *ret_places, struct err *err);
void sandbox_places_release(struct sandbox_places *places);
