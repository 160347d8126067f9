/*
 * Documents about the wheels of a run for programs other than truewheel: bills of materials (CycloneDX)
 * and provenance (SLSA). Written from the record, each at once or not at all.
 */
#pragma once

#include "inputs/options.h"
#include "run/outcome.h"

struct wheel_documents {
    const char *sbom; /* "-" is stdout; NULL: none */
    bool sbom_beside;
    const char *provenance; /* likewise */
    const char *index; /* a directory, for an index of all wheels that lie with them; NULL: none */
};

/*
 * Whether they can be written, as far as can be seen before anything is built. `made`: directories that
 * the run makes before.
 */
int wheel_documents_check(const struct wheel_documents *documents, const struct strv *made,
                          struct err *err);

int wheel_documents_write(const struct wheel_documents *documents, const struct outcome *outcome,
                          const struct wheel_options *options, struct err *err);
