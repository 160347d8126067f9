/* Whether the indexes of pip's configuration answer the pip of an engine. */
#pragma once

#include "jobs/engine.h"
#include "base/vec.h"
#include "doctor/findings.h"

/*
 * `engine` is ready; `prefix` is of the virtual environment whose pip.conf counts, or NULL. Blocks until
 * each index has answered, or pip's --timeout is over.
 */
void doctor_look_at_index(struct engine *engine, const char *prefix, const struct strv *pip_args,
                          struct findings *findings);
