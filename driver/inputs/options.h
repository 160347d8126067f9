/*
 * What a run of `truewheel wheel` was asked for, whoever asked (the command line, piptool,
 * wheel_installer). Strings are borrowed and must outlive the run; lists are owned.
 */
#pragma once

#include "base/vec.h"

#define DEFAULT_BUILD_ROOT "/tmp/truewheel"

struct wheel_options {
    struct strv pip_args;          /* requirements and options that pip's resolver shall have */
    struct strv build_constraints; /* files */
    const char *hold_dir;          /* where wheels lie until they are proven; NULL: in wheel_dir */
    const char *wheel_dir;         /* NULL: what pip's configuration says, else "." */
    const char *lock;              /* the lock file to write; NULL: none */
    const char *locked;            /* the lock file whose files alone may be used; NULL: none */
    const char *download_dir;      /* where those go, and nothing is built; NULL: they are used */
    const char *pip_log;           /* --log; NULL: what pip's configuration says */
    const char *log_dir;           /* NULL: only logs of failed builds are kept */
    const char *build_root;        /* R; NULL: /tmp/truewheel */
    const char *mode;              /* auto, namespaces, locked, mapped; NULL: auto */
    const char *python;        /* X.Y, an interpreter's or virtual environment's path, or NULL */
    bool activated;            /* where that is NULL, PIP_PYTHON and VIRTUAL_ENV count */
    const char *pip;           /* a directory or wheel that holds pip; NULL: ours */
    struct strv allow_network; /* project names */
    struct strv allow_url;     /* project names */
    const char *image;    /* digest of the machine's image; NULL: what is installed is looked at */
    struct strv refresh;  /* project names, or ":all:": built, whatever the store has */
    struct strv binds;    /* PATH or PATH:rw */
    struct strv env;      /* NAME=VALUE */
    const char *memory;   /* what builds may use together: "4G"; NULL: a share of what there is */
    const char *settings; /* the settings file; NULL: it is looked for */
    bool find_settings;   /* settings of packages count at all */
    bool no_settings;     /* though there is a file */
    int jobs;             /* 0: the processors this process may use */
    int64_t timeout_ms;   /* for one package; 0: none */
    bool lock_only; /* the wheels are built, because only then all is known, and not delivered */
    bool from_source;
    bool keep_going;
    bool require_stable;
    bool offline;        /* only what is there: an earlier answer, or none */
    bool ask_again;      /* whatever answer is remembered */
    bool report;         /* pip's installation report is wanted */
    bool no_ahead;       /* nothing is built before the resolver asks for it */
    bool no_cache;       /* neither read nor write the store */
    bool serial_compile; /* a package's sources one after the other */
    bool require_sandbox;
    bool locked_is_record; /* `locked` is the record of a run: its wheels are built once more */
    bool other_bytes;      /* deliver what is not the locked wheel: the caller compares */
    bool backwards;        /* locked requirements in the opposite order */
    bool on_disk;          /* builds never lie in memory */
    bool real_clock;       /* the machine's clock and random numbers */
};

void wheel_options_release(struct wheel_options *options);

/* The path in a value of --bind, and whether it is writable (NULL: not asked). The caller frees. */
char *wheel_bind_path(const char *bind, bool *ret_writable);
