/*
 * What came of one comparison of a published wheel with what its sdist builds: data, which a state file
 * keeps (docs/published.md has the fields). All strings are owned. One thread at a time.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "base/vec.h"

enum published_verdict {
    PUBLISHED_NOT_FETCHED, /* there is no such wheel or sdist, or it could not be had */
    PUBLISHED_NOT_BUILT,
    PUBLISHED_DIFFERENT,
    PUBLISHED_METADATA, /* equal but for files of *.dist-info */
    PUBLISHED_EQUAL,    /* byte for byte, both in normal form */
    PUBLISHED_COUNT
};

struct result {
    char *asked;   /* as it was asked for */
    char *against; /* where the wheel is from; NULL: the index */
    char *name, *version;
    char *file; /* the published wheel's name; like all that follow NULL while it is not known */
    char *url, *sha256; /* of the wheel as it is published */
    char *sdist_url, *sdist_sha256;
    char *generator;
    char *as_of; /* the time that the index was asked for; NULL also: no limit */
    char *built_sha256;
    enum published_verdict verdict;
    struct strv causes;  /* identifiers, the most likely one first */
    struct strv but_for; /* "METADATA: Platform", "WHEEL: Tag", or names of files */
    struct strv notes;   /* what was not as it should be: a time limit left out, another version */
    struct strv constraints; /* of build requirements: "setuptools==56.0.0" */
    char *why;               /* one line: why it was not fetched or built */
    bool again;              /* it may be otherwise next time: an index could not be reached */
};

#define RESULT_INIT                                                                                \
    {                                                                                              \
        .verdict = PUBLISHED_NOT_FETCHED                                                           \
    }
#define auto_result __attribute__((cleanup(result_release)))

void result_release(struct result *result);

/* "equal", "metadata", "different", "not-built", "not-fetched". */
const char *published_verdict_id(enum published_verdict verdict);

/* A new object. */
json_t *result_to_json(const struct result *result);
/* *ret_result must be empty. False when this is none; it is empty then, too. */
bool result_from_json(const json_t *json, struct result *ret_result);
