/* Package URLs. */
#include "record/purl.h"

#include <string.h>

#include "base/str.h"
#include "wheel/wheel_name.h"

static void add_encoded(struct str *out, const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_~";

    for (; *text; text++)
        if (strchr(plain, *text))
            str_addch(out, *text);
        else
            str_addf(out, "%%%02X", (unsigned)(unsigned char)*text);
}

char *purl_pypi(const char *name, const char *version)
{
    auto_free char *canonical = wheel_dist_canonical(name);
    struct str out = STR_INIT;

    str_add(&out, "pkg:pypi/");
    add_encoded(&out, canonical);
    str_addch(&out, '@');
    add_encoded(&out, version);
    return str_detach(&out);
}
