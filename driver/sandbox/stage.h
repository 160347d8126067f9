/* The stage on which the new root is built (root.c). For B, in a mount namespace of its own. */
#pragma once

#include "sandbox/ids.h"
#include "sandbox/mount.h"

int sandbox_make_dir(const char *path, mode_t mode, struct err *err);
/* Enters a root of ours that has the host's at STAGE_HOST and an empty tmpfs at STAGE_NEW. */
int sandbox_enter_stage(const struct sandbox_ids *ids, struct err *err);
