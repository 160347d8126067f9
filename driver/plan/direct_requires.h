/*
 * Build requirements that name a place: a URL ("direct reference", PEP 508), or a file of this machine.
 *
 * The resolver runs outside of every sandbox. It has the network, and sees the user's home and keys.
 * So a source that came from elsewhere must not choose what is taken from this machine or fetched with
 * those keys; and no hook may make up a URL, into which it could put what it has read. What a source
 * was published with may name URLs: nothing had run then. Pure text; any thread.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"
#include "plan/source.h"

/*
 * Checks what `source` requires for its build, in its pyproject.toml or (`of_hook`) by the answer of
 * its backend. Names in `allowed` (NULL: none) may come from any URL that is not of this machine; those
 * for which that counted are added to ret_used. -ERR_BUILD names the requirement, with a hint.
 */
int direct_requires_check(const struct strv *list, const struct source *source, bool of_hook,
                          const struct strv *allowed, struct strv *ret_used, struct err *err);
