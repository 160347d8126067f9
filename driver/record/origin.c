/* Where things came from. */
#include "record/origin.h"

#include <string.h>

#include "base/json.h"
#include "base/sha256.h"
#include "base/str.h"

bool origin_is_public(const char *url)
{
    const char *scheme = str_starts(url, "git+") ? url + strlen("git+") : url;

    return strstr(scheme, "://") && strncasecmp(scheme, "file:", strlen("file:")) != 0;
}

bool origin_is_archive(const struct record_build *build)
{
    return str_starts(json_text(build->inputs, "source"), "archive ");
}

const char *origin_tool_sha256(const struct run_record *record, const char *part)
{
    const char *text = json_text(record->inputs, part), *space = strrchr(text, ' ');
    const char *hex = space ? space + 1 : "";

    return strlen(hex) == SHA256_HEX - 1 && strspn(hex, "0123456789abcdef") == SHA256_HEX - 1
               ? hex
               : NULL;
}
