/*
 * Which wheels of two directories are compared with each other: those of the same file name; then, of
 * what is left, those of the same project and version, and of the same project, where each side has just
 * one. Any thread.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"

/* File names; one of them is NULL for a wheel that has no partner. */
struct wheel_pair {
    char *a, *b; /* owned */
};

struct wheel_pairs {
    struct wheel_pair *items; /* by name */
    size_t count;
    size_t cap;
};

#define WHEEL_PAIRS_INIT                                                                           \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_wheel_pairs __attribute__((cleanup(wheel_pairs_release)))

/* The names of the files that end in ".whl", sorted; added to ret_names. */
int wheel_names_in(const char *dir, struct strv *ret_names, struct err *err);

void wheel_pairs_make(const struct strv *a, const struct strv *b, struct wheel_pairs *ret_pairs);
void wheel_pairs_release(struct wheel_pairs *p);
