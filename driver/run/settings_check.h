/* What `truewheel settings check` asks an engine, without a run around it. */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "inputs/options.h"

/*
 * The final frame of the engine's job `settings-check` (docs/engine-protocol.md), with the file's name for
 * people as `shown`; the caller releases it. `records`: files of `wheel --json`. -ERR_USAGE when there is
 * no settings file, and for what is wrong with one. Starts an engine, so call it while there is one thread.
 */
int settings_check(const struct wheel_options *options, const struct strv *records,
                   json_t **ret_found, struct err *err);
