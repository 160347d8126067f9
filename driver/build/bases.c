/* What a run's resolutions rest on. */
#include "build/bases.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/str.h"

/* False: a name has bytes that the answer's own file could not hold. */
static bool add_new(const json_t *names, struct strv *list)
{
    const json_t *name;
    bool plain = true;
    size_t i;

    json_array_foreach(names, i, name)
    {
        auto_free char *path = json_bytes_value(name);
        plain = plain && path && str_eq(path, json_string_value(name));
        if (path && !strv_contains(list, path))
            strv_push(list, path);
    }
    return plain;
}

void bases_add(struct bases *bases, const json_t *basis, bool root)
{
    const char *why_not = basis ? json_text(basis, "why_not") : "the resolver does not say";

    (void)pthread_mutex_lock(&bases->lock);
    bool plain = add_new(json_object_get(basis, "files"), &bases->files);
    plain = add_new(json_object_get(basis, "directories"), &bases->directories) && plain;
    if (!plain && !why_not[0])
        why_not = "a file that it read has a name that is not UTF-8";
    if (why_not[0] && !bases->why_not)
        bases->why_not = xstrdup(why_not);
    if (root)
        bases->closed = json_is_true(json_object_get(basis, "closed"));
    (void)pthread_mutex_unlock(&bases->lock);
}

void bases_release(struct bases *bases)
{
    strv_release(&bases->files);
    strv_release(&bases->directories);
    free(bases->why_not);
    bases->why_not = NULL;
}
