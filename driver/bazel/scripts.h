/*
 * The programs of a wheel: its entry points and the scripts in its .data/scripts. rules_python's
 * wheel_installer puts both in bin/. Their interpreter is not known yet, so the first line is
 * "#!/dev/null". The rules make targets of them, or copy one when they are told to.
 */
#pragma once

#include <jansson.h>

#include "base/vec.h"
#include "wheel/wheel_zip.h"

/*
 * The console scripts of entry_points.txt, sorted by name: [{"name", "module", "attribute"}], a new
 * reference. A line that is no entry point is skipped.
 */
int bazel_scripts_list(struct wheel_zip *z, json_t **ret_points, struct err *err);

/*
 * Writes bin/NAME below dirfd for every console and gui script, and adds it to ret_written.
 * ERR_FORMAT when NAME cannot be a file name.
 */
int bazel_scripts_write(struct wheel_zip *z, int dirfd, struct strv *ret_written, struct err *err);

/*
 * The text to write for an entry of .data/scripts that begins with "#!python": it gets the other
 * first line. ret_text stays empty for any other entry, which is left as it is.
 */
int bazel_scripts_convert(struct wheel_zip *z, const struct wheel_entry *entry,
                          struct str *ret_text, struct err *err);
