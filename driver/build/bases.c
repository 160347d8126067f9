/* What a run's resolutions rest on. */
#include "build/bases.h"

#include <stdlib.h>

#include "base/json.h"

static void add_new(const json_t *names, struct strv *list)
{
    auto_strv struct strv added = STRV_INIT;

    json_add_strings(names, &added);
    for (size_t i = 0; i < added.count; i++)
        if (!strv_contains(list, added.items[i]))
            strv_push(list, added.items[i]);
}

void bases_add(struct bases *bases, const json_t *basis, bool root)
{
    const char *why_not = basis ? json_text(basis, "why_not") : "the resolver does not say";

    (void)pthread_mutex_lock(&bases->lock);
    add_new(json_object_get(basis, "files"), &bases->files);
    add_new(json_object_get(basis, "directories"), &bases->directories);
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
