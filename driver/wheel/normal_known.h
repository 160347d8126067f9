/*
 * The known answer of the normal form. The bytes of a wheel rest on the libraries of the machine:
 * libzip assembles the archive and reads names in code page 437, zlib compresses. Neither promises the
 * same bytes for ever, so a small wheel in which everything happens that the form knows is made in
 * memory and rewritten, and the result compared with the one digest that it must have.
 *
 * normal_form does this once per process; this header is for it and for the tests. Any thread.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

/* The digest of the known wheel's normal form. tests/e2e/test_normal_form.py computes it without us. */
extern const char normal_known_sha256[];

/* The wheel before it is rewritten; appended to out. */
void normal_known_wheel(struct str *out);

/*
 * Rewrites and compares, each time: a few milliseconds. ERR_ENVIRONMENT, naming the version of libzip,
 * when the bytes are others; a negative errno when memory files cannot be made or written.
 */
int normal_known_answer(struct err *err);
