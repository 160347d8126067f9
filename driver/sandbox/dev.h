/*
 * What a root needs that is on no disk: /dev, /proc, and the files of /etc that name users and
 * hosts. For B, while the root is built (root.c). `root` is STAGE_NEW.
 */
#pragma once

#include "sandbox/spec.h"

int sandbox_make_dev(const char *root, struct err *err);
/* *ret_sys: /proc/sys, to which B can write; what is mounted there is a cover. */
int sandbox_make_proc(const char *root, int *ret_sys, struct err *err);
int sandbox_make_etc(const char *root, const struct sandbox_spec *spec, struct err *err);
/*
 * Files of /proc that say what is chance in each build: fixed ones, in a settled sandbox. The uuid
 * is for programs that the guest library does not reach; the others get one each
 * (preload/devices.h).
 */
int sandbox_settle_proc(const char *root, const struct sandbox_spec *spec, struct err *err);
