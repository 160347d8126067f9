/*
 * What the headers of a wheel's archive may not say, judged on their own bytes and before libzip reads
 * them: its versions differ in what they refuse, and in which words. Any thread.
 */
#pragma once

#include "zip/zip_layout.h"

/*
 * ERR_FORMAT for names that leave their place or cannot be shown, encryption, patches, versions of the
 * format that Python does not know, and methods that cannot be read here; with what to do about it where
 * the project's own configuration can be the reason.
 */
int wheel_check_headers(const struct zip_layout *l, struct err *err);

/* One name: in UTF-8, or in code page 437, where every byte above 127 stands for something. */
int wheel_check_name(const char *name, size_t len, bool is_utf8, struct err *err);
