/*
 * What a root needs that is not on any disk: /dev, /proc, the files of /etc that name people and hosts, loopback.
 */
#pragma once

#include "sandbox/spec.h"

int sandbox_make_dev(const char *root, struct err *err);
int sandbox_make_proc(const char *root, struct err *err);
int sandbox_make_etc(const char *root, const char *skel, const struct sandbox_spec *spec,
                     struct err *err);
