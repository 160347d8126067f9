/*
 * Whether the METADATA of a built wheel keeps what the sdist's own PKG-INFO promised (PEP 643): the
 * resolver has decided by the promise, before anything was built.
 *
 * What counts is the meaning, because a newer release of the same backend may spell it otherwise:
 * names, versions and specifiers are compared as PEP 440, 503 and 508 read them, in any order, and
 * markers by which requirements they leave for this interpreter, without and with each extra. Any
 * thread.
 */
#pragma once

#include "base/err.h"
#include "wheel/marker.h"
#include "wheel/meta.h"

/* 0, or ERR_FORMAT with a message such as "promised version '1.0', built '2.0'". */
int meta_compare(const struct metadata *promised, const struct metadata *built,
                 const struct marker_env *env, struct err *err);
