/* B, the first process of a sandbox (sandbox.h): sets it up, reaps, ends the tree. */
#pragma once

#include "sandbox/fork.h"
#include "sandbox/ids.h"
#include "sandbox/io.h"
#include "sandbox/spec.h"

struct sandbox_init {
    const struct sandbox_spec *spec;
    const struct sandbox_ids *ids;
    const struct sandbox_io *io;
    const struct fork_hooks *hooks;
    int report; /* frames to A: ready, failed, ended */
    int hold;   /* end of file: A is gone, or wants the end */
    int cgroup; /* what B writes to in order to enter its cgroup; -1: none */
    int (*body)(void *arg);
    void *arg;
};

/* To be called in the process that becomes B. */
_Noreturn void sandbox_init_main(const struct sandbox_init *init);
