/*
 * What a wheel wants to be started by: its entry points, and the scripts of its .data/scripts.
 * rules_python's wheel_installer leaves both in bin/, for an interpreter that nobody knows yet: the
 * first line is "#!/dev/null". The rules make targets of them, or are told to copy one.
 */
#pragma once

#include <jansson.h>

#include "base/vec.h"
#include "wheel/wheel_zip.h"

/*
 * The console scripts of entry_points.txt by name: [{"name", "module", "attribute"}]. A line that
 * makes no sense is no script. *ret is a new array.
 */
int bazel_scripts_list(struct wheel_zip *z, json_t **ret, struct err *err);

/*
 * bin/NAME for every console and gui script; each is added to ret_written. ERR_FORMAT for a NAME that
 * is no file's.
 */
int bazel_scripts_write(struct wheel_zip *z, int dirfd, struct strv *ret_written, struct err *err);

/*
 * What to write for an entry that lies in .data/scripts: a script for "#!python" gets the other first
 * line. *ret stays empty when the entry is to be left as it is.
 */
int bazel_scripts_convert(struct wheel_zip *z, const struct wheel_entry *entry, struct str *ret,
                          struct err *err);
