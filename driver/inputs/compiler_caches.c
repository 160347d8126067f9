/* Finds the compiler caches on a build's PATH that nothing asked for. */
#include "inputs/compiler_caches.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/json.h"
#include "base/path.h"

static const char *const names[] = {"ccache", "sccache"};

/* sccache is named by the same letters. */
static bool is_named(const json_t *value)
{
    auto_free char *text = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;

    return text && strstr(text, names[0]);
}

void compiler_caches_unasked(const json_t *variables, const json_t *settings, struct strv *ret)
{
    auto_strv struct strv dirs = STRV_INIT;

    if (guard_is_off("compiler-caches") || is_named(variables) || is_named(settings))
        return;
    strv_split(&dirs, json_text(variables, "PATH"), ":");
    for (size_t i = 0; i < dirs.count; i++)
        for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
            auto_free char *path = path_join(dirs.items[i], names[k]);
            auto_free char *real = access(path, X_OK) == 0 ? realpath(path, NULL) : NULL;
            if (real && !strv_contains(ret, real))
                strv_push(ret, real);
        }
}
