/* File names as text: no function here touches a file. Results are owned by the caller. */
#pragma once

#include "base/util.h"

char *path_join(const char *dir, const char *name); /* name alone when it is absolute */
const char *path_base(const char *path);            /* points into path, after the last '/' */
char *path_dir(const char *path);                   /* "." when there is no '/' */
char *path_absolute(const char *path); /* against the current directory; not resolved */

/* True when path is dir itself or below it; both absolute and without "." or "..". */
bool path_is_below(const char *path, const char *dir);

/*
 * True for a relative name that cannot lead out of the directory that it is joined to: no empty, "." or
 * ".." part, at most 4096 bytes. Any other bytes may be in it, as in the names of a machine's files.
 */
bool path_is_inner(const char *name);
/* True for '/' and such a name. */
bool path_is_normal(const char *path);

/*
 * The same for an archive's member, whose name comes from others: no backslash and no control byte
 * either.
 */
bool path_is_safe_member(const char *name, size_t len);

/* The path of a URL "file:///PATH", decoded; NULL for every other text. */
char *path_of_url(const char *url);
