/* Compares a built wheel with what its sdist promised. */
#include "build/promise.h"

#include <string.h>

#include "wheel/meta_compare.h"
#include "jobs/interpreter.h"

static int compare(const char *promise, const struct metadata *built, const json_t *markers,
                   struct err *err)
{
    auto_metadata struct metadata promised = METADATA_INIT;
    auto_marker_env struct marker_env env = MARKER_ENV_INIT;
    int ret = metadata_parse(promise, strlen(promise), &promised, err);

    if (ret < 0)
        return err_wrap(err, "is not what was built");
    interpreter_take_markers(markers, &env);
    return meta_compare(&promised, built, &env, err);
}

int promise_check(const char *promise, const struct metadata *built, const json_t *markers,
                  struct err *err)
{
    auto_err struct err why = ERR_INIT;

    if (compare(promise, built, markers, &why) == 0)
        return 0;
    return err_set(err, ERR_BUILD, "the sdist's PKG-INFO %s", why.message);
}
