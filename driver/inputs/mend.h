/*
 * What a failed build's settings file (docs/settings.md) would need, as lines to paste. Whoever adds a
 * hint that a setting could say as well adds it here, too.
 */
#pragma once

#include "base/err.h"

/*
 * Adds `key = value` for the project to the error's lines; `value` is TOML. Nothing without a name, and
 * nothing for a key that is there already. All of one error are for the same project.
 */
void mend_by_setting(struct err *err, const char *project, const char *key, const char *value);

/* The same for `key = value` as one line. */
void mend_by_line(struct err *err, const char *project, const char *line);

/* A string of TOML that stands for the text, whatever is in it. The caller frees. */
char *toml_string(const char *text);
