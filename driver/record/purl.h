/*
 * Package URLs, as the purl specification has them for type pypi: the name in normal form, the rest
 * percent-encoded. They name a project and a version wherever its files came from. Any thread.
 */
#pragma once

#include "base/util.h"

/* "pkg:pypi/NAME@VERSION". The caller frees. */
char *purl_pypi(const char *name, const char *version);
