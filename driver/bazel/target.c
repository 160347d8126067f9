/* One interpreter for probes, markers and wheels. */
#include "bazel/target.h"

#include <string.h>

#include "jobs/interpreter.h"

int bazel_target(const char *name, struct marker_env *ret_env, const char **ret_engine,
                 struct err *err)
{
    auto_free char *python = NULL;
    int ret = interpreter_find(name, &python, err);

    if (ret == 0)
        ret = interpreter_markers(python, ret_env, err);
    if (ret < 0 || !ret_engine)
        return ret;
    if (strcmp(ret_env->values[MARKER_IMPLEMENTATION_NAME], "cpython") != 0)
        return err_set(err, ERR_ENVIRONMENT, "no engine for %s, only for CPython",
                       ret_env->values[MARKER_PLATFORM_PYTHON_IMPLEMENTATION]);
    *ret_engine = ret_env->values[MARKER_PYTHON_VERSION];
    return 0;
}
