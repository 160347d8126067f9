/* Looks at one wheel. */
#include "lint/lint.h"

#include "base/io.h"
#include "base/path.h"
#include "system/tmp.h"
#include "wheel/normal.h"
#include "lint/lint_archive.h"
#include "lint/lint_content.h"
#include "lint/lint_entry_points.h"
#include "lint/lint_layout.h"
#include "lint/lint_metadata.h"
#include "lint/lint_name.h"

/* False, with a finding, when the archive cannot be read. Another error than its form is one. */
static int open_archive(struct subject *s, bool *ret_open, struct err *err)
{
    auto_err struct err cause = ERR_INIT;
    int ret = zip_layout_read(s->fd, WHEEL_MAX_ENTRIES, &s->layout, &cause);

    *ret_open = false;
    s->has_layout = ret == 0;
    if (s->has_layout && !lint_headers(s))
        return 0;
    if (ret == 0)
        ret = wheel_zip_open(s->fd, &s->zip, &cause);
    if (ret == -ERR_FORMAT) {
        lint_add(s->report, LINT_ARCHIVE, NULL, "%s", cause.message);
        return 0;
    }
    if (ret < 0) {
        err_move(err, &cause);
        return ret;
    }
    s->entries = wheel_zip_entries(s->zip, &s->count);
    *ret_open = true;
    return 0;
}

static int check_normal_form(const struct subject *s, struct err *err)
{
    struct normal_options options = {.file_name = s->file};
    struct normal_result result;
    auto_err struct err cause = ERR_INIT;

    if (!lint_wants(s->report, LINT_NORMAL_FORM))
        return 0;
    auto_close int out = tmp_scratch_open(err);
    if (out < 0)
        return out;
    int ret = normal_form(s->fd, out, &options, &result, &cause);
    if (ret == -ERR_FORMAT)
        lint_add(s->report, LINT_NORMAL_FORM, NULL, "it has none: %s", cause.message);
    else if (ret == 0 && result.changed)
        lint_add(s->report, LINT_NORMAL_FORM, NULL, "not in normal form");
    if (ret == 0 || ret == -ERR_FORMAT)
        return 0;
    err_move(err, &cause);
    return ret;
}

static int check_all(struct subject *s, struct err *err)
{
    bool open = false;

    lint_file_name(s);
    int ret = open_archive(s, &open, err);
    if (ret < 0 || !open)
        return ret;
    lint_names(s);
    lint_dist_info(s);
    lint_read_metadata(s);
    lint_identity(s);
    lint_metadata(s);
    lint_entry_points(s);
    lint_layout(s);
    ret = lint_content(s, err);
    return ret == 0 ? check_normal_form(s, err) : ret;
}

int lint_wheel(int fd, const char *file, const struct lint_selection *selection,
               const struct lint_identity *identity, struct lint_report *ret_report,
               struct err *err)
{
    struct subject s = {
        .report = ret_report, .identity = identity, .fd = fd, .file = path_base(file)};

    *ret_report = (struct lint_report){.selection = selection};
    int ret = check_all(&s, err);
    lint_report_finish(ret_report);
    wheel_name_release(&s.name);
    zip_layout_release(&s.layout);
    wheel_zip_close(s.zip);
    meta_fields_release(&s.fields);
    meta_fields_release(&s.info);
    return ret;
}
