/* Recognises build requirements that are files of this machine. */
#include "plan/local_requires.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "wheel/pep508.h"

/* "file:", "FILE:", "git+file:", and whatever has no scheme. */
static bool is_local_url(const char *url)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-";
    size_t len = strspn(url, letters);

    if (!len || url[len] != ':')
        return true;
    auto_free char *scheme = xstrndup(url, len);
    const char *plus = strrchr(scheme, '+'); /* behind the name of a version control system */
    return strcasecmp(plus ? plus + 1 : scheme, "file") == 0;
}

/* pip takes a bare name that ends so for a file of the working directory, if there is one. */
static bool is_archive_name(const char *name)
{
    static const char *const endings[] = {".zip", ".whl", ".tar", ".tgz", ".tbz", ".txz",
                                          ".tlz", ".gz",  ".bz2", ".xz",  ".lz",  ".lzma"};
    size_t len = strlen(name);

    for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
        size_t ending = strlen(endings[i]);
        if (len > ending && strcasecmp(name + len - ending, endings[i]) == 0)
            return true;
    }
    return false;
}

static bool is_local(const char *text)
{
    auto_requirement struct requirement parsed = REQUIREMENT_INIT;

    if (requirement_parse(&parsed, text, NULL) < 0)
        return strpbrk(text, "@/") != NULL; /* pip may still know what to do with it */
    if (parsed.url)
        return is_local_url(parsed.url);
    return !parsed.specifiers.count && is_archive_name(parsed.name);
}

const char *local_requires_find(const struct strv *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (is_local(list->items[i]))
            return list->items[i];
    return NULL;
}
