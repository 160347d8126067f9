/*
 * Compiler caches (ccache, sccache) that nobody asked for: meson, and many a CMakeLists.txt, use one
 * as soon as the machine has it, and some write that into the wheel. With namespaces they are hidden,
 * so that a build looks the same on a machine that has them and on one that has not; in the other
 * modes pyshim/tools.py and pyshim/guest do what can be done there.
 */
#pragma once

#include <jansson.h>

#include "base/vec.h"

/*
 * Adds to `ret` the caches that lie on the PATH of `variables`, unless one of the variables or the
 * config settings (or NULL) names one: then they are inputs.
 */
void compiler_caches_unasked(const json_t *variables, const json_t *settings, struct strv *ret);
