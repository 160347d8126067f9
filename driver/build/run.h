/*
 * What all parts of one run share. Made by wheel_run before the first worker thread starts and
 * read-only from then on, except for what the members guard themselves.
 */
#pragma once

#include "system/cancel.h"
#include "system/pool.h"
#include "system/tmp.h"
#include "sandbox/probe.h"
#include "sandbox/spec.h"
#include "jobs/engine.h"
#include "jobs/progress.h"
#include "inputs/options.h"
#include "plan/slots.h"

struct plan;

struct run {
    const struct wheel_options *options;
    struct engine engine;
    struct cancel cancel;
    struct pool *pool;
    struct plan *plan;
    struct progress *progress;
    struct jobserver jobserver; /* of the make above us, if any */
    struct slots *job_slots;    /* which builds may run now */
    struct tmp_dir tmp;
    const char *dir; /* of tmp: private, 0700, gone at the end */
    char *log_dir;   /* where logs are written; below dir unless --log-dir */
    char *root;      /* R */
    char *compiler;  /* who it says it is; "" for none */
    enum sandbox_mode mode;
    struct sandbox_caps caps;
    struct sandbox_binds
        binds; /* for every build: the interpreter's directories, --bind, toolchains */
    int slots; /* builds at once */
};
