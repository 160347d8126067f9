/* The index, asked through an engine of its own. */
#include "published/index.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "base/path.h"
#include "base/str.h"
#include "jobs/plain_job.h"

int index_open(struct published_index *index, const struct wheel_options *options,
               struct progress *progress, struct err *err)
{
    int ret = environment_find(options->python, true, &index->environment, err);

    index->progress = progress;
    strv_extend(&index->args, &options->pip_args);
    if (ret == 0)
        ret = cancel_init(&index->cancel, err);
    if (ret == 0)
        ret = tmp_dir_create(&index->tmp, -1, err);
    if (ret < 0)
        return ret;
    index->log = path_join(index->tmp.path, "index.log");
    ret = engine_start(&index->engine, index->environment.python, options->pip, err);
    return ret == 0 ? engine_wait_ready(&index->engine, -1, err) : ret;
}

void index_close(struct published_index *index)
{
    engine_stop(&index->engine);
    engine_release(&index->engine);
    environment_release(&index->environment);
    cancel_release(&index->cancel);
    tmp_dir_release(&index->tmp);
    free(index->log);
    strv_release(&index->args);
}

static int ask(struct published_index *index, json_t *request, json_t **ret_done, struct err *err)
{
    const struct plain_job job = {
        .engine = &index->engine,
        .cancel = &index->cancel,
        .progress = index->progress,
        .log = index->log,
        .what = "index",
    };
    auto_free char *cwd = getcwd(NULL, 0);

    if (!request)
        return err_set(err, ERR_USAGE, "a name that was given is not UTF-8");
    (void)json_object_set_new(request, "cwd", json_string(cwd ? cwd : "/"));
    return plain_job_run(&job, request, ret_done, err);
}

int index_list(struct published_index *index, const struct strv *files, struct strv *asked,
               struct err *err)
{
    json_t *done = NULL;
    json_t *request = json_pack("{s:s, s:o, s:o}", "op", "published-list", "args",
                                json_from_strings(&index->args), "files", json_from_strings(files));
    int ret = ask(index, request, &done, err);

    if (ret < 0)
        return ret;
    json_add_strings(json_object_get(done, "requirements"), asked);
    strv_release(&index->args);
    json_add_strings(json_object_get(done, "args"), &index->args);
    json_decref(done);
    return 0;
}

int index_fetch(struct published_index *index, const char *asked, const char *file,
                const char *against, const char *dir, json_t **ret_answer, struct err *err)
{
    json_t *request = json_pack("{s:s, s:o, s:s, s:s, s:s, s:s}", "op", "published-fetch", "args",
                                json_from_strings(&index->args), "asked", asked, "file",
                                file ? file : "", "against", against ? against : "", "target", dir);

    return ask(index, request, ret_answer, err);
}
