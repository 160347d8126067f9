/* tar archives: ustar, with the extensions of pax and GNU for names and numbers. */
#pragma once

#include "content/members.h"

/* ERR_FORMAT with the reason for what is damaged. *ret_members is empty then. Any thread. */
int tar_read(const char *bytes, size_t len, struct members *ret_members, struct err *err);
