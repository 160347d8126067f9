/*
 * The `kind` of a job's `error` frame (docs/engine-protocol.md) as the code of an error.
 */
#pragma once

/* One of enum err_code; ERR_BUILD for a kind that says nothing about it. */
int kind_to_code(const char *kind);

/* What the record calls it as a cause: a constant, or NULL. */
const char *kind_to_cause(const char *kind);
