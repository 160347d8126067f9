/*
 * The mode of a run (--mode, --require-sandbox, --require-stable): what was asked for and what the
 * probe found. Builds lose their isolation only where the machine forbids namespaces or the user asks
 * for it, and every such run says so. Main thread, before there is another.
 */
#pragma once

#include "build/builder.h"

/* Whether the options can be meant together: -ERR_USAGE. */
int mode_check(const struct wheel_options *options, struct err *err);
/* Sets builder->mode by its options and caps. -ERR_ENVIRONMENT when there is none that will do. */
int mode_choose(struct builder *builder, struct err *err);
