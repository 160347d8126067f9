/*
 * Which file the settings of packages are read from (docs/settings.md): the one that is named, else
 * truewheel.toml, or a pyproject.toml with [tool.truewheel], in the directory of the first requirements
 * file or lock file, else in the current one.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"
#include "inputs/options.h"

struct settings_place {
    char *path;            /* absolute; NULL: there are none */
    char *shown;           /* the same as people may type it */
    bool found;            /* it was looked for, not named */
    struct strv looked_at; /* absolute paths: while they stay as they are, the answer is the same */
};

void settings_place_release(struct settings_place *place);

/*
 * -ERR_USAGE for a file that was found and may be somebody else's: it belongs to neither this user, root
 * nor the owner of the requirements file, or everybody may write to it. *ret must be zeroed.
 */
int settings_place_find(const struct wheel_options *options, struct settings_place *ret_place,
                        struct err *err);
