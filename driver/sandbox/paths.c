/* The paths of job directories and environments in each mode. */
#include "sandbox/paths.h"

char *sandbox_path_job(enum sandbox_mode mode, const char *root, const char *dir,
                       const char *work_host)
{
    return mode == SANDBOX_MAPPED ? xstrdup(work_host) : xasprintf("%s/%s", root, dir);
}

char *sandbox_path_of(const struct sandbox_spec *spec)
{
    return sandbox_path_job(spec->mode, spec->root, spec->dir, spec->work_host);
}

char *sandbox_path_env(enum sandbox_mode mode, const char *root, const char *hash,
                       const char *env_host)
{
    if (mode == SANDBOX_MAPPED)
        return xstrdup(env_host);
    return xasprintf("%s/%s/%s", root, SANDBOX_ENV_DIR, hash);
}
