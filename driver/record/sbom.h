/*
 * A software bill of materials in CycloneDX 1.6, as JSON, of the wheels that a run has delivered
 * (docs/sbom.md). The same record and wheels give the same bytes, so there is no time in it, and the
 * serial number is made from the content.
 */
#pragma once

#include "record/house.h"

/*
 * A new object: of all wheels of the house, or of `only`, one of them, which is then what the document
 * is about. The record must be that of the house.
 */
json_t *sbom_make(const struct run_record *record, const struct house *house,
                  const struct house_wheel *only);

/* The name of the file beside a wheel. The caller frees. */
char *sbom_beside_name(const struct house_wheel *wheel);
