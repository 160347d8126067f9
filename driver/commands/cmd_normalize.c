/* `truewheel normalize`: brings wheels into their normal form, or checks that they are. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "system/pool.h"
#include "system/processors.h"
#include "system/publish.h"
#include "wheel/normal.h"
#include "commands/commands.h"

struct normalize_options {
    const char *dir;
    bool check;
    bool quiet;
    int jobs;
};

#define FIELD(name) offsetof(struct normalize_options, name)

static const struct opt options[] = {
    OPTION_VALUE(STRING, 'o', "output-dir", dir, "DIR",
                 "write the wheels there instead of in place"),
    OPTION(FLAG, 0, "check", check, "write nothing; fail when a wheel is not in normal form"),
    OPTION_JOBS(jobs, "threads (default: the processors this process may use)"),
    OPTION(FLAG, 'q', "quiet", quiet, "no list of the wheels"),
};

/* One wheel of the command line. Used by one thread at a time. */
struct job {
    const struct normalize_options *options;
    struct pool *pool; /* NULL: no threads */
    const char *path;
    char *target; /* the path to print */
    char *output; /* the path to write; without --output-dir the wheel itself, not a link to it */
    struct normal_result result;
    struct strv notes; /* about the wheel; shown whatever becomes of it */
    struct err err;
};

static int run_normal_form(struct job *job, int in_fd, int out_fd)
{
    auto_wheel struct wheel wheel = WHEEL_INIT;
    struct normal_options normal = {.run = job->pool ? pool_spread : NULL, .pool = job->pool};
    int ret = wheel_open(in_fd, path_base(job->path), &wheel, &job->err);

    if (ret < 0)
        return ret;
    strv_extend(&job->notes, &wheel.notes);
    return normal_form_of(&wheel, out_fd, &normal, &job->result, &job->err);
}

static int check_one(struct job *job, int in_fd)
{
    auto_close int out_fd = tmp_scratch_open(&job->err);

    if (out_fd < 0)
        return out_fd;
    int ret = run_normal_form(job, in_fd, out_fd);
    if (ret < 0 || !job->result.changed)
        return ret;
    ret = err_set(&job->err, ERR_BUILD, "not in normal form");
    err_hint(&job->err, "truewheel normalize '%s' puts it right", job->path);
    return ret;
}

static int write_one(struct job *job, int in_fd, mode_t mode)
{
    auto_free char *dir = path_dir(job->output);
    auto_close int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct tmp_file tmp = TMP_FILE_INIT;

    if (dirfd < 0)
        return err_errno(&job->err, errno, "cannot open '%s'", dir);
    int ret = tmp_file_create(dirfd, &tmp, &job->err);
    if (ret == 0)
        ret = run_normal_form(job, in_fd, tmp.fd);
    /* A target with the same bytes keeps its time, so that make and ninja see no change. */
    if (ret == 0 && !publish_is_current(dirfd, path_base(job->output), tmp.fd))
        ret = publish_commit(&tmp, path_base(job->output), mode, &job->err);
    tmp_file_release(&tmp);
    return ret;
}

static void run_job(void *arg, size_t index)
{
    struct job *job = &((struct job *)arg)[index];
    auto_close int fd = open(job->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    int ret;

    if (fd < 0 || fstat(fd, &st) < 0) {
        (void)err_errno(&job->err, errno, "cannot open '%s'", job->path);
        return;
    }
    if (!S_ISREG(st.st_mode))
        ret = err_set(&job->err, ERR_FORMAT, "not a regular file");
    else if (job->options->check)
        ret = check_one(job, fd);
    else
        ret = write_one(job, fd, st.st_mode & 0777);
    if (ret < 0)
        (void)err_wrap(&job->err, "'%s'", job->path);
}

static int compare_outputs(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Two wheels with the same output would overwrite each other, in the order of chance. */
static int refuse_same_outputs(const struct job *jobs, size_t count, struct err *err)
{
    auto_free const char **outputs = xmalloc((count + 1) * sizeof(*outputs));
    int ret = 0;

    for (size_t i = 0; i < count; i++)
        outputs[i] = jobs[i].output;
    qsort(outputs, count, sizeof(*outputs), compare_outputs);
    for (size_t i = 1; i < count && ret == 0; i++)
        if (strcmp(outputs[i - 1], outputs[i]) == 0)
            ret = err_set(err, ERR_USAGE, "two wheels would be written to '%s'", outputs[i]);
    return ret;
}

static void run_jobs(struct job *jobs, size_t count, struct pool *pool)
{
    for (size_t i = 0; i < count; i++)
        jobs[i].pool = pool;
    if (pool) {
        pool_spread(pool, run_job, jobs, count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        run_job(jobs, i);
}

/* In the order of the command line and the format of sha256sum, whose -c can check the wheels. */
static int report(const struct job *jobs, size_t count, bool quiet)
{
    int status = EXIT_DONE;

    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < jobs[i].notes.count; k++)
            log_warn("'%s': %s", jobs[i].path, jobs[i].notes.items[k]);
        if (jobs[i].err.code) {
            int one = cmd_fail(&jobs[i].err);
            status = one > status ? one : status;
        } else if (!quiet) {
            (void)printf("%s  %s\n", jobs[i].result.sha256, jobs[i].target);
        }
    }
    if (fflush(stdout) == 0)
        return status;
    auto_err struct err err = ERR_INIT;
    (void)err_errno(&err, errno, "cannot write to stdout");
    return cmd_fail(&err);
}

static int run_all(const struct normalize_options *o, struct job *jobs, size_t count)
{
    auto_err struct err err = ERR_INIT;
    struct pool *pool = NULL;
    int threads = o->jobs ? o->jobs : processors_count();

    if (refuse_same_outputs(jobs, count, &err) < 0)
        return cmd_fail(&err);
    if (o->dir && make_dirs(o->dir, 0777, &err) < 0)
        return cmd_fail(&err);
    /* One thread less than asked for: the calling thread works too. */
    if (threads > 1 && pool_new(threads - 1, &pool, &err) < 0)
        return cmd_fail(&err);
    run_jobs(jobs, count, pool);
    pool_free(pool);
    return report(jobs, count, o->quiet);
}

static void set_paths(struct job *job)
{
    const char *dir = job->options->dir;

    job->target = dir ? path_join(dir, path_base(job->path)) : xstrdup(job->path);
    job->output = dir ? NULL : realpath(job->path, NULL);
    if (!job->output) /* when the wheel is missing, opening it fails later on */
        job->output = xstrdup(job->target);
}

static int run(void *arg, int argc, char **argv)
{
    const struct normalize_options *o = arg;
    size_t count = (size_t)argc;
    auto_free struct job *jobs = xcalloc(count + 1, sizeof(*jobs));
    auto_err struct err err = ERR_INIT;

    if (argc == 0 || (o->check && o->dir)) {
        (void)err_set(&err, ERR_USAGE,
                      argc ? "--check writes nothing, so --output-dir has no use"
                           : "no wheel given");
        err_hint(&err, "truewheel normalize --help tells more");
        return cmd_fail(&err);
    }
    for (size_t i = 0; i < count; i++) {
        jobs[i].options = o;
        jobs[i].path = argv[i];
        set_paths(&jobs[i]);
    }
    int status = run_all(o, jobs, count);
    for (size_t i = 0; i < count; i++) {
        free(jobs[i].target);
        free(jobs[i].output);
        strv_release(&jobs[i].notes);
        err_release(&jobs[i].err);
    }
    return status;
}

const struct cmd cmd_normalize = {
    .name = "normalize",
    .arguments = "WHEEL...",
    .summary = "Put wheels into the normal form: equal content, equal bytes.",
    .about = "Rewrites each wheel so that its bytes depend on its content alone: order, dates,\n"
             "modes, RECORD and compression are settled. A wheel that is in normal form already\n"
             "is left alone, its time stamp too. Wheels that contradict their RECORD are refused.\n"
             "Prints the SHA-256 and the name of each wheel as sha256sum does.",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .options_size = sizeof(struct normalize_options),
    .run = run,
};
