/* All commands of truewheel. A new one is a file, a line here and a line in table.c. */
#pragma once

#include "commands/cmd.h"

extern const struct cmd cmd_wheel;
extern const struct cmd cmd_lock;
extern const struct cmd cmd_download;
extern const struct cmd cmd_settings;
extern const struct cmd cmd_cache;
extern const struct cmd cmd_normalize;
extern const struct cmd cmd_diff;
extern const struct cmd cmd_check;
extern const struct cmd cmd_doctor;
extern const struct cmd cmd_index;
extern const struct cmd cmd_verify;
extern const struct cmd cmd_completion;
extern const struct cmd cmd_help;
extern const struct cmd cmd_piptool;
extern const struct cmd cmd_whltool;
extern const struct cmd cmd_wheel_installer;
