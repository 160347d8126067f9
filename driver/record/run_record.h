/*
 * The record of a run: what was delivered, what each wheel was built from, and what its bytes depend on.
 * docs/record.md says what each field means. Written by the `wheel` command (--json), read by whatever
 * rebuilds or compares. All strings are owned.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"

enum { RECORD_FORMAT = 1 };

/* A distribution in a build environment. */
struct record_wheel {
    char *name;
    char *version;
    char *file;
    char *sha256;
    char *url; /* where it came from; NULL: unknown, or built (build_requirements) */
};

struct record_env {
    char *hash;
    bool isolated;
    struct {
        struct record_wheel *items;
        size_t count;
        size_t cap;
    } wheels;
    json_t *installed; /* NULL with build isolation */
};

struct record_source {
    char *url;
    char *sha256;
    char *subdirectory;
    json_t *repository; /* an object; NULL: none */
    char *backend;
    json_t *config_settings; /* an object */
};

struct record_build {
    struct record_source source;
    struct record_env environment;
    char *path; /* below R */
    bool memory;
    char *crates;     /* NULL: none */
    json_t *settings; /* an object: what the settings file said of it; NULL: nothing */
    char *clock;      /* NULL: unknown */
    json_t *traces;   /* a list of objects; NULL: none */
    json_t *proof;    /* an object; NULL: it was not built once more */
    char *key;        /* sha256 of the key's text */
    json_t *inputs;   /* the parts of the key that are this wheel's own; an object of strings */
    double seconds;
    double cpu_seconds;
};

struct record_item {
    char *name;
    char *version;
    char *file;
    char *sha256;
    char *url;                  /* of an index wheel; NULL: unknown, or built */
    struct record_build *build; /* NULL: from an index */
    bool from_store;            /* built by an earlier run: build tells of that one */
    json_t *extras;             /* that were asked for, a list; NULL: none */
    char *yanked; /* why the index has yanked it, or what it was built from; NULL: not */
};

struct record_items {
    struct record_item *items;
    size_t count;
    size_t cap;
};

struct record_failure {
    char *message;
    char *detail;
    char *kind;     /* "build", "timeout", "environment", …; NULL in older records */
    char *cause;    /* a known one's id; NULL: none is known */
    char *headline; /* what that cause is, for people; NULL: the message says it */
    char *remedy;   /* what the user can do; NULL: not known */
    char *name;     /* this and the rest: NULL where it is not known */
    char *version;
    char *phase; /* "wheel" */
    char *ended; /* how what ran ended: "status 1", "signal 9" */
    char *log;
};

struct record_interpreter {
    char *python;
    char *executable;
    char *tag;
    char *pip;
    char *zlib;
};

struct record_paths {
    char *mode;
    char *root;
    bool stable;
};

struct run_record {
    int format;
    int normal_form;
    char *truewheel;
    char *compressor;
    char *compiler;
    char *addresses;
    json_t *variables; /* an object */
    json_t *inputs;    /* the parts of the key that all wheels have; an object of strings */
    struct record_interpreter interpreter;
    struct record_paths paths;
    struct record_items wheels;             /* in the resolver's order */
    struct record_items build_requirements; /* those that were built, each once */
    struct {
        struct record_failure *items;
        size_t count;
        size_t cap;
    } failures;
};

#define auto_run_record __attribute__((cleanup(run_record_release)))

/* A new object. */
json_t *run_record_to_json(const struct run_record *record);
/* *ret must be zeroed, and is released by the caller in any case. -ERR_FORMAT names what is wrong. */
int run_record_from_json(const json_t *json, struct run_record *ret_record, struct err *err);
/* The same of a file, which may also be the record beside one wheel (record/beside.h). */
int run_record_read_file(const char *path, struct run_record *ret_record, struct err *err);
/* The JSON of such a file, in the form of a run's record. The caller releases it. */
int run_record_load(const char *path, json_t **ret_json, struct err *err);
void run_record_release(struct run_record *record);

/* "built", "store" or "index". */
const char *record_item_origin(const struct record_item *item);
