/* Every command of truewheel; a new one is a file, a line here and a line in main.c's table. */
#pragma once

#include "commands/cmd.h"

extern const struct cmd cmd_wheel;
extern const struct cmd cmd_normalize;
extern const struct cmd cmd_piptool;
extern const struct cmd cmd_whltool;
extern const struct cmd cmd_wheel_installer;
