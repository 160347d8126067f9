/* How a function of this library takes the place of libc's: all others are hidden. */
#pragma once

#define EXPORT __attribute__((visibility("default")))
