/*
 * Build requirements that name a file of this machine: a path, or a URL of the scheme "file". The
 * resolver runs outside of every sandbox and sees the user's home, so a source that came from
 * elsewhere must not choose what is taken from there. Pure text; any thread.
 */
#pragma once

#include "base/vec.h"

/* The first such requirement, pointing into the list; NULL: none. */
const char *local_requires_find(const struct strv *list);
