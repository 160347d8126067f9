/*
 * What a wheel's METADATA says of its licence, as CycloneDX writes it: the expression of PEP 639; without
 * one the classifiers, by their SPDX names where one means exactly that licence; without those the free
 * text. It is what was declared: nobody has read the code for it. Any thread.
 */
#pragma once

#include <jansson.h>

#include "wheel/meta.h"

/* A new list, or NULL when nothing is declared. */
json_t *licences_of(const struct meta_fields *metadata);
