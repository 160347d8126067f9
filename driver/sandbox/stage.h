/* From the host's root, or a chroot's, to the stage on which the new root is built (root.h). */
#pragma once

#include "sandbox/ids.h"
#include "sandbox/mount.h"

int sandbox_make_dir(const char *path, mode_t mode, struct err *err);
/* Changes to a root of our own with the host at STAGE_HOST and an empty tmpfs at STAGE_NEW. */
int sandbox_enter_stage(const struct sandbox_ids *ids, struct err *err);
