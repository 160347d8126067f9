/* Judges the headers of a wheel's archive: names, kinds of entry, methods. */
#include "wheel/wheel_headers.h"

#include <string.h>

#include "base/path.h"
#include "base/str.h"
#include "zip/zip_decode.h"

enum { MAX_VERSION = 63 }; /* of the zip format, times ten: what Python knows */

/* For messages: a name may hold terminal sequences. */
static char *ascii_name(const char *name, size_t len)
{
    char *shown = xstrndup(name, len < 200 ? len : 200);

    str_make_ascii(shown);
    return shown;
}

/* Control bytes and what is no UTF-8 would reach terminals, records and other readers. */
static bool is_printable(const char *name, size_t len)
{
    auto_free char *shown = xstrndup(name, len);

    str_make_printable(shown, "");
    return memcmp(shown, name, len) == 0;
}

static int refuse_name(const char *name, size_t len, struct err *err)
{
    auto_free char *shown = ascii_name(name, len);
    int ret = err_set(err, ERR_FORMAT, "unsafe name '%s'", shown);

    if (strchr(shown, '\\'))
        err_hint(err, "names in a wheel have '/' between their parts: write the path so in the "
                      "project's configuration; PyPI refuses the wheel as well");
    else if (str_starts(shown, "./") || strstr(shown, "/./") || strstr(shown, "//"))
        err_hint(err, "write the path without './' and '//' in the project's configuration; PyPI "
                      "refuses the wheel as well");
    return ret;
}

int wheel_check_name(const char *name, size_t len, bool is_utf8, struct err *err)
{
    bool is_dir = len && name[len - 1] == '/';

    if (path_is_safe_member(name, is_dir ? len - 1 : len) && (!is_utf8 || is_printable(name, len)))
        return 0;
    return refuse_name(name, len, err);
}

/* Kinds of entry that Python's zipfile does not read either. */
static int check_features(const char *name, const struct zip_span *span, struct err *err)
{
    enum { ENCRYPTED = ZIP_FLAG_ENCRYPTED | ZIP_FLAG_STRONG_ENCRYPTION | ZIP_FLAG_HIDDEN };
    unsigned version = span->version & 255; /* the upper byte is of no meaning */

    if (span->flags & ENCRYPTED)
        return err_set(err, ERR_FORMAT, "'%s' is encrypted", name);
    if (span->flags & ZIP_FLAG_PATCHED)
        return err_set(err, ERR_FORMAT, "'%s' is a patch to another file", name);
    if (version > MAX_VERSION)
        return err_set(err, ERR_FORMAT, "'%s' needs version %u.%u of the zip format", name,
                       version / 10, version % 10);
    return 0;
}

static int check_method(const char *name, const struct zip_span *span, struct err *err)
{
    if (span->method == ZIP_METHOD_STORED && span->size != span->packed_size)
        return err_set(err, ERR_FORMAT, "'%s' is stored, but has two sizes", name);
    int ret = zip_check_method(span->method, err);
    return ret < 0 ? err_wrap(err, "'%s'", name) : 0;
}

int wheel_check_headers(const struct zip_layout *l, struct err *err)
{
    int ret = 0;

    for (size_t i = 0; i < l->count && ret == 0; i++) {
        const struct zip_span *span = &l->spans[i];
        const char *raw = l->directory + span->name_at;
        ret = wheel_check_name(raw, span->name_len, span->flags & ZIP_FLAG_UTF8, err);
        if (ret < 0)
            return ret;
        auto_free char *name = ascii_name(raw, span->name_len);
        ret = check_features(name, span, err);
        if (ret == 0)
            ret = check_method(name, span, err);
    }
    return ret;
}
