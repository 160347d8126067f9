/* C, the payload of a sandbox (sandbox.h): gives up what the build must not have, then runs it. */
#pragma once

#include "sandbox/fork.h"
#include "sandbox/ids.h"
#include "sandbox/io.h"
#include "sandbox/spec.h"

struct sandbox_payload {
    const struct sandbox_spec *spec;
    const struct sandbox_ids *ids;
    const struct sandbox_io *io;
    const char *job_path;
    int sync;             /* to B while C is set up, see payload.c */
    int proc_sys;         /* for sandbox_forbid_nesting(); -1 without namespaces */
    pid_t parent;         /* B */
    mode_t outside_umask; /* the caller's; the payload gets it when a test switches the guard off */
    int (*body)(void *arg);
    void *arg;
};

/* To be called in the process that becomes C. */
_Noreturn void sandbox_payload_main(const struct sandbox_payload *payload);
