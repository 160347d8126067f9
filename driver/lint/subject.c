/* The wheel that is looked at. */
#include "lint/subject.h"

#include <string.h>

#include "base/str.h"

const char *subject_info_file(const struct subject *s, const char *name)
{
    size_t len = s->dist_info ? strlen(s->dist_info) : 0;

    if (!len || strncmp(name, s->dist_info, len) != 0 || name[len] != '/')
        return NULL;
    return name + len + 1;
}

const struct wheel_entry *subject_find_info(const struct subject *s, const char *file)
{
    if (!s->dist_info)
        return NULL;
    auto_free char *name = xasprintf("%s/%s", s->dist_info, file);
    return wheel_zip_find(s->zip, name);
}

void subject_split(const char *set, struct strv *out)
{
    strv_split(out, set, ".");
}

bool subject_is_for(const struct subject *s, const char *platform)
{
    auto_strv struct strv platforms = STRV_INIT;
    bool all = s->has_name;

    if (s->has_name)
        subject_split(s->name.platform, &platforms);
    for (size_t i = 0; i < platforms.count && all; i++)
        all = str_starts(platforms.items[i], platform);
    return all;
}
