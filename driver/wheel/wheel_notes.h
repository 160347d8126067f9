/*
 * Names in a wheel that are fine here and lose or stop an installation elsewhere. Windows cannot have
 * files that are called after its devices ("aux.py"), that have a ':' or the like ("C:/x"), or that end
 * in a dot or blank; there and on macOS "A.py" and "a.py" are one file. Nothing of this makes the wheel
 * wrong (it may be for Linux alone), so it is told and not refused.
 *
 * Case is compared for ASCII letters; what those systems do with others differs between them.
 */
#pragma once

#include "base/vec.h"

/*
 * Adds sentences about these names, each once and in the order of the list, to out; at most
 * WHEEL_NOTES_MAX of them and one that says how many more there are. `names` are safe ones
 * (base/path.h) in bytewise order. Any thread.
 */
enum { WHEEL_NOTES_MAX = 20 };
void wheel_notes(const char *const names[], size_t count, struct strv *out);
