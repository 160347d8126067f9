/* The settings file of a run, read once, by an engine job, before the first resolver starts. */
#pragma once

#include "build/builder.h"

/*
 * Fills builder->settings, and notes for later runs what was looked at (build/bases.h). -ERR_USAGE names
 * the line that is wrong.
 */
int settings_read(struct builder *builder, struct err *err);

/* Of a run that is over: warns of packages that settings name and that were not built. */
void settings_warn_of_unused(const struct builder *builder);
