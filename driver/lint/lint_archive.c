/* Looks at an archive's headers and names. */
#include "lint/lint_archive.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "wheel/wheel_headers.h"
#include "wheel/wheel_notes.h"
#include "zip/zip_bytes.h"
#include "zip/zip_decode.h"

enum { CENTRAL_LEN = 46, COMMENT_LEN = 32, LONGEST_NAME = 4096 };

/* What PyPI takes for a bomb. */
enum { RATIO = 50, RATIO_FREE = 64 << 20 };

static char *name_of(const struct subject *s, const struct zip_span *span)
{
    char *name = xstrndup(s->layout.directory + span->name_at, span->name_len);

    str_make_printable(name, "");
    return name;
}

/* ----------------------------------------------------------------------------------------- headers */

static bool check_name(const struct subject *s, const struct zip_span *span, const char *name)
{
    if (wheel_check_name(s->layout.directory + span->name_at, span->name_len,
                         span->flags & ZIP_FLAG_UTF8, NULL) == 0)
        return true;
    lint_add(s->report, LINT_UNSAFE_NAME, name,
             "the name is unsafe: it is absolute, leads out of "
             "its directory, or cannot be shown");
    return false;
}

static bool check_kind(const struct subject *s, const struct zip_span *span, const char *name)
{
    mode_t mode = span->attributes >> 16, type = mode & S_IFMT;
    bool is_dir = span->name_len && name[strlen(name) - 1] == '/';

    if (!type || S_ISREG(mode) || (is_dir && S_ISDIR(mode)))
        return true;
    lint_add(s->report, LINT_SPECIAL_FILE, name, "it is a %s",
             S_ISLNK(mode) ? "symbolic link" : "special file");
    return false;
}

static bool check_readable(const struct subject *s, const struct zip_span *span, const char *name)
{
    auto_err struct err cause = ERR_INIT;

    if (span->flags & (ZIP_FLAG_ENCRYPTED | ZIP_FLAG_STRONG_ENCRYPTION | ZIP_FLAG_HIDDEN)) {
        lint_add(s->report, LINT_UNREADABLE_ENTRY, name, "it is encrypted");
        return false;
    }
    if (zip_check_method(span->method, &cause) < 0) {
        lint_add(s->report, LINT_UNREADABLE_ENTRY, name, "%s", cause.message);
        return false;
    }
    return true;
}

static void check_for_pypi(const struct subject *s, const struct zip_span *span, const char *name)
{
    const uint8_t *header = (const uint8_t *)s->layout.directory + span->name_at - CENTRAL_LEN;

    if (span->flags & ZIP_FLAG_DESCRIPTOR)
        lint_add(s->report, LINT_PYPI_ARCHIVE, name, "its sizes stand behind it (data descriptor)");
    if (get16(header + COMMENT_LEN))
        lint_add(s->report, LINT_PYPI_ARCHIVE, name, "it has a comment");
    if (span->method != ZIP_METHOD_STORED && span->method != ZIP_METHOD_DEFLATED)
        lint_add(s->report, LINT_PYPI_ARCHIVE, name,
                 "it is neither deflated nor stored (method %u)", span->method);
}

/* Whether a directory above `name` is a file; directories' own names end with '/'. */
static bool is_below_file(const struct strv *names, const char *name)
{
    auto_free char *above = xstrdup(strlen(name) <= LONGEST_NAME ? name : "");

    for (char *slash = strrchr(above, '/'); slash; slash = strrchr(above, '/')) {
        *slash = '\0';
        if (strv_contains_sorted(names, above))
            return true;
    }
    return false;
}

static bool check_clashes(const struct subject *s, struct strv *names)
{
    bool fine = true;

    strv_sort(names);
    for (size_t i = 1; i < names->count; i++) {
        if (strcmp(names->items[i - 1], names->items[i]) != 0)
            continue;
        lint_add(s->report, LINT_DUPLICATE_NAME, names->items[i], "it is there twice");
        fine = false;
    }
    for (size_t i = 0; i < names->count; i++) {
        if (!is_below_file(names, names->items[i]))
            continue;
        lint_add(s->report, LINT_FILE_AND_DIRECTORY, names->items[i],
                 "a directory above it is also a file");
        fine = false;
    }
    return fine;
}

bool lint_headers(const struct subject *s)
{
    auto_strv struct strv names = STRV_INIT;
    bool fine = true;

    for (size_t i = 0; i < s->layout.count; i++) {
        const struct zip_span *span = &s->layout.spans[i];
        auto_free char *name = name_of(s, span);
        fine = check_name(s, span, name) && fine;
        fine = check_kind(s, span, name) && fine;
        fine = check_readable(s, span, name) && fine;
        check_for_pypi(s, span, name);
        strv_push(&names, name);
    }
    return check_clashes(s, &names) && fine;
}

/* ------------------------------------------------------------------------------------------- names */

static void check_portable(const struct subject *s)
{
    auto_free const char **names = xmalloc((s->count + 1) * sizeof(*names));
    auto_strv struct strv notes = STRV_INIT;
    bool elsewhere = subject_is_for(s, "manylinux") || subject_is_for(s, "musllinux") ||
                     subject_is_for(s, "linux") || subject_is_for(s, "macosx");

    for (size_t i = 0; i < s->count; i++)
        names[i] = s->entries[i].name;
    wheel_notes(names, s->count, &notes);
    for (size_t i = 0; i < notes.count; i++) {
        bool twins = strstr(notes.items[i], "are one file") != NULL;
        if (twins || !elsewhere)
            lint_add(s->report, twins ? LINT_CASE_TWINS : LINT_WINDOWS_NAME, NULL, "%s",
                     notes.items[i]);
    }
}

/* Wheels that are built on Windows have 0666 throughout, because there is nothing else. */
static void check_modes(const struct subject *s)
{
    enum { BAD = S_IWOTH | S_ISUID | S_ISGID };
    const struct zip_span *first = NULL;
    size_t count = 0;

    for (size_t i = 0; i < s->layout.count; i++) {
        const struct zip_span *span = &s->layout.spans[i];
        if (!(span->attributes >> 16 & BAD))
            continue;
        if (!count++)
            first = span;
    }
    if (!count || subject_is_for(s, "win"))
        return;
    auto_free char *name = name_of(s, first);
    lint_add(s->report, LINT_MODE, name, "writable for everybody or set-uid (mode 0%o)%s",
             first->attributes >> 16 & 07777, count > 1 ? ", and others like it" : "");
}

static void check_ratio(const struct subject *s)
{
    uint64_t unpacked = wheel_zip_unpacked_size(s->zip);
    struct stat st;

    if (fstat(s->fd, &st) < 0 || st.st_size <= 0)
        return;
    if (unpacked > RATIO_FREE && unpacked / RATIO > (uint64_t)st.st_size)
        lint_add(s->report, LINT_PYPI_RATIO, NULL, "unpacks to %" PRIu64 " times its size",
                 unpacked / (uint64_t)st.st_size);
}

void lint_names(const struct subject *s)
{
    check_portable(s);
    check_modes(s);
    check_ratio(s);
}
