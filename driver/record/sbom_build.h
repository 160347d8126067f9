/*
 * How the wheels were made, as CycloneDX has it (`formulation`): one formula, whose components are what
 * builds used (sources, build requirements, interpreter, compiler, pip), each once, and a workflow for
 * each build that names its inputs and the wheel that came out.
 */
#pragma once

#include "record/house.h"

/* A new list; NULL when nothing of it was built. With `only`, of that wheel alone. */
json_t *sbom_formulation(const struct run_record *record, const struct house *house,
                         const struct house_wheel *only);
