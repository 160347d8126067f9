/*
 * The wheels that a run has delivered, with what their METADATA says, and which of them need which.
 *
 * A wheel needs another one when a Requires-Dist of it counts for the interpreter of the run, without
 * an extra or for one that was asked for: by the user, or by another wheel of the house. One thread.
 */
#pragma once

#include "record/run_record.h"
#include "wheel/meta.h"
#include "wheel/wheel_deps.h"

/* What is known of a wheel's requirements. */
enum house_known {
    HOUSE_COMPLETE,   /* each is met by a wheel of the house */
    HOUSE_INCOMPLETE, /* one is not (--no-deps) */
    HOUSE_UNKNOWN     /* one cannot be read, or does not say whether it counts */
};

struct house_wheel {
    const struct record_item *item; /* borrowed */
    struct meta_fields metadata;
    struct wheel_deps deps;
    struct strv extras; /* that were asked for; "" first */
    struct strv needs;  /* files of the house, sorted, each once */
    enum house_known known;
};

struct house {
    struct house_wheel *items; /* by the names of their files */
    size_t count;
};

#define auto_house __attribute__((cleanup(house_release)))

/*
 * Reads the wheels of a record from the directory in which they lie; the record must outlive the house.
 * *ret must be zeroed, and is released by the caller in any case. ERR_FORMAT for a wheel that cannot be
 * read, or whose METADATA cannot.
 */
int house_read(const struct run_record *record, const char *dir, struct house *ret_house,
               struct err *err);
void house_release(struct house *house);
