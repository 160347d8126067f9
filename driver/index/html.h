/* Text in HTML. Any thread. */
#pragma once

#include "base/str.h"

/*
 * Appends text so that it stands for itself, between tags and in attributes with either quote. What HTML
 * cannot have becomes visible: bytes that are not UTF-8 as "\xE9", control characters as U+FFFD.
 */
void html_add(struct str *out, const char *text);
