/* Components of a CycloneDX document. Each function returns a new object. */
#pragma once

#include "record/house.h"

/* A wheel of the house; its bom-ref is the name of its file. */
json_t *sbom_wheel(const struct house_wheel *wheel);

/* A part of the standard's own: "hashes", one property, one external reference. */
json_t *sbom_hashes(const char *sha256);
json_t *sbom_property(const char *name, const char *value);

/*
 * Adds where something came from, unless that is a file of this machine, which nobody else can look at;
 * `sha256` NULL: what lies there has none.
 */
void sbom_add_reference(json_t *component, const char *type, const char *url, const char *sha256);
