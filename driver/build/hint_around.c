/* The hint for a build that wants to see more of what lies around its project. */
#include "build/hint_around.h"

#include <string.h>

#include "base/path.h"

/* Whether some line says of a path that leads upwards that there is no such file. */
static bool looks_above(const char *text)
{
    static const char sign[] = "No such file or directory";

    for (const char *p = strstr(text, sign); p; p = strstr(p + 1, sign)) {
        const char *start = p, *end = strchr(p, '\n');
        while (start > text && start[-1] != '\n')
            start--;
        size_t len = end ? (size_t)(end - start) : strlen(start);
        if (memmem(start, len, "../", 3))
            return true;
    }
    return false;
}

void build_hint_around(const struct str *output, const struct source *source, struct err *err)
{
    if (!err || err->hint || !source->local || !source->trees.count)
        return;
    if (!looks_above(output->buf) && !(err->message && looks_above(err->message)))
        return;
    const char *top = source->trees.items[0].host;
    auto_free char *above = path_dir(top);
    if (source->repository && source->subdirectory[0])
        err_hint(err,
                 "builds see what git does not ignore in '%s', and nothing above it; --bind %s "
                 "shows all of it",
                 top, top);
    else
        err_hint(err, "builds see nothing above '%s'; --bind %s shows what is there", top, above);
}
