/* One engine job about lock files. */
#include "lock/lock_job.h"

#include <string.h>

#include "config.h"
#include "base/path.h"
#include "base/str.h"
#include "jobs/plain_job.h"

json_t *lock_facts(const struct lock_place *place)
{
    const struct engine *engine = place->engine;

    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "python", engine_fact(engine, "python"), "tag",
                     engine_fact(engine, "tag"), "pip", engine_fact(engine, "pip"), "compiler",
                     place->compiler, "truewheel", TRUEWHEEL_VERSION);
}

int lock_check_name(const char *path, struct err *err)
{
    static const char first[] = "pylock.", last[] = ".toml";
    const char *name = path_base(path);
    size_t len = strlen(name), around = strlen(first) + strlen(last);

    if (str_eq(name, "pylock.toml"))
        return 0;
    if (str_starts(name, first) && str_ends(name, last) && len > around &&
        !memchr(name + strlen(first), '.', len - around))
        return 0;
    return err_set(err, ERR_USAGE,
                   "a lock file is called pylock.toml or pylock.NAME.toml, not '%s' (PEP 751)",
                   name);
}

int lock_job_run(const struct lock_place *place, json_t *request, json_t **ret_done,
                 struct err *err)
{
    const struct plain_job job = {
        .engine = place->engine,
        .cancel = place->cancel,
        .progress = place->progress,
        .log = place->log,
        .what = "lock file",
    };

    return plain_job_run(&job, request, ret_done, err);
}
