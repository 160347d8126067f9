/* Zip archives: wheels, and archives inside wheels. Files first, then headers, then the compressor. */
#pragma once

#include "compare/context.h"
#include "compare/side.h"

/*
 * Compares two open archives; `where` is NULL for the wheels themselves. *ret_same_content: the same
 * names, bytes and x bits. ERR_FORMAT when a file is damaged, a negative errno for reading.
 */
int compare_sides(struct context *c, const char *where, struct side *a, struct side *b,
                  bool *ret_same_content, struct err *err);

compare_fn compare_zip;
