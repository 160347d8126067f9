/* C: what is given up before body() runs. */
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
    int sync;             /* to B: set-up of C, see init.c */
    pid_t parent;         /* B */
    mode_t outside_umask; /* the caller's: what the payload has without its guard */
    int (*body)(void *arg);
    void *arg;
};

/* C. Never returns. */
_Noreturn void sandbox_payload_main(const struct sandbox_payload *payload);
