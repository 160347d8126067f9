/* What people and files get of a run's outcome. */
#include "output/wheel_output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/str.h"
#include "system/publish.h"
#include "display/ci.h"
#include "lock/lock_job.h"
#include "record/beside.h"
#include "record/depends.h"
#include "record/depfile.h"
#include "run/wheel_run.h"
#include "output/exit_status.h"

void wheel_add_requirements(struct wheel_options *options, int argc, char **argv)
{
    if (argc)
        strv_push(&options->pip_args, "--");
    for (int i = 0; i < argc; i++)
        strv_push(&options->pip_args, argv[i]);
}

int wheel_run_shown(const struct wheel_options *options, const struct display_options *display,
                    struct trace *trace, struct outcome *ret_outcome, struct err *err)
{
    struct progress *progress = progress_new();
    struct display *shown = display_begin(display, progress);

    if (trace)
        trace_watch(trace, progress);
    int ret = wheel_run(options, progress, ret_outcome, err);

    display_end(shown);
    progress_free(progress);
    return ret;
}

/* --------------------------------------------------------------------------------------- table */

/* How much of a hash has room beside `taken` columns; on a terminal alone is anything cut. */
static int hash_width(size_t taken)
{
    enum { WHOLE = SHA256_HEX - 1, LEAST = 8 };
    struct winsize size = {0};

    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col)
        return WHOLE;
    int room = size.ws_col - 1 - (int)taken;
    return room > WHOLE ? WHOLE : room < LEAST ? LEAST : room;
}

static size_t widest(const struct run_record *record, size_t offset, size_t least)
{
    size_t width = least;

    for (size_t i = 0; i < record->wheels.count; i++) {
        size_t len = strlen(*(char *const *)((const char *)&record->wheels.items[i] + offset));
        width = len > width ? len : width;
    }
    return width;
}

/* A path below the current directory as pip shows it: ./wheels/x.whl. The caller frees. */
static char *shown_path(const char *dir, const char *file)
{
    auto_free char *cwd = getcwd(NULL, 0);
    auto_free char *joined = path_join(dir, file);
    auto_free char *path = path_absolute(joined);

    if (!cwd || strcmp(cwd, "/") == 0 || !path_is_below(path, cwd))
        return steal(&path);
    return xasprintf(".%s", path + strlen(cwd));
}

/* In pip's words, which scripts look for. */
static void print_saved(const struct outcome *outcome)
{
    const struct run_record *record = &outcome->record;
    size_t built = 0;

    for (size_t i = 0; i < record->wheels.count; i++) {
        auto_free char *path = shown_path(outcome->wheel_dir, record->wheels.items[i].file);
        str_make_line(path);
        (void)printf("Saved %s\n", path);
    }
    for (size_t i = 0; i < record->wheels.count; i++)
        if (record->wheels.items[i].build)
            (void)printf("%s %s", built++ ? "" : "Successfully built",
                         record->wheels.items[i].name);
    if (built)
        (void)putchar('\n');
}

static const char *proof_of(const struct record_item *item)
{
    return item->build ? json_text(item->build->proof, "verdict") : "";
}

static bool has_proofs(const struct run_record *record)
{
    for (size_t i = 0; i < record->wheels.count; i++)
        if (proof_of(&record->wheels.items[i])[0])
            return true;
    return false;
}

int wheel_print_result(const struct outcome *outcome, struct err *err)
{
    const struct run_record *record = &outcome->record;
    size_t name = widest(record, offsetof(struct record_item, name), sizeof("package") - 1);
    size_t version = widest(record, offsetof(struct record_item, version), sizeof("version") - 1);

    enum { OTHERS = sizeof("    seconds  index  ") - 1, PROOF = sizeof("not-rebuilt  ") - 1 };
    int proof = has_proofs(record) ? PROOF : 0;
    int hash = hash_width(name + version + OTHERS + (size_t)proof);

    if (!record->wheels.count)
        return 0;
    (void)printf("%-*s  %-*s  %7s  %-5s  %-*s%s\n", (int)name, "package", (int)version, "version",
                 "seconds", "from", proof, proof ? "proof" : "", "sha256");
    for (size_t i = 0; i < record->wheels.count; i++) {
        const struct record_item *item = &record->wheels.items[i];
        (void)printf("%-*s  %-*s  %7.1f  %-5s  %-*s%.*s\n", (int)name, item->name, (int)version,
                     item->version, item->build && !item->from_store ? item->build->seconds : 0,
                     record_item_origin(item), proof, proof_of(item), hash, item->sha256);
    }
    print_saved(outcome);
    errno = 0;
    bool failed = fflush(stdout) != 0 || ferror(stdout);
    return failed ? err_errno(err, errno ? errno : EIO, "cannot write to stdout") : 0;
}

/* What all of them have; several kinds, or a build whose process died, are builds that failed. */
static int status_of_failures(const struct outcome *outcome)
{
    int status = EXIT_DONE;

    for (size_t i = 0; i < outcome->failures.count; i++) {
        int code = outcome->failures.items[i].code;
        int own = code == -ERR_PROTOCOL ? (int)EXIT_BUILD : (int)exit_status_of(code);
        if (status != EXIT_DONE && status != own)
            return EXIT_BUILD;
        status = own;
    }
    return status;
}

int wheel_print_failures(const struct outcome *outcome)
{
    if (outcome->signal) {
        (void)fprintf(stderr, "truewheel: stopped by signal %d (%s)\n", outcome->signal,
                      strsignal(outcome->signal));
        return 128 + outcome->signal;
    }
    ci_begin_quote();
    for (size_t i = 0; i < outcome->failures.count; i++)
        err_print(&outcome->failures.items[i]);
    ci_end_quote();
    return status_of_failures(outcome);
}

void wheel_print_delivered(const struct outcome *outcome)
{
    enum { SHOWN = 10 };
    const struct run_record *record = &outcome->record;
    auto_str struct str line = STR_INIT;
    size_t i = 0;

    if (!record->wheels.count)
        return;
    for (; i < record->wheels.count && i < SHOWN; i++)
        str_addf(&line, "%s%s", i ? ", " : "", record->wheels.items[i].file);
    if (i < record->wheels.count)
        str_addf(&line, ", and %zu more", record->wheels.count - i);
    auto_free char *dir = xstrdup(outcome->wheel_dir);
    str_make_line(dir);
    (void)fprintf(stderr, "truewheel: delivered before that, to '%s': %s\n", dir, line.buf);
}

/* --------------------------------------------------------------------------------------- files */

/* Whether this directory will be there, when it is not there now. */
static bool is_made(const char *dir, const struct strv *made)
{
    auto_free char *path = path_absolute(dir);

    for (size_t i = 0; made && i < made->count; i++) {
        auto_free char *top = path_absolute(made->items[i]);
        if (path_is_below(path, top))
            return true;
    }
    return false;
}

int wheel_check_file(const char *option, const char *path, const struct strv *made, struct err *err)
{
    int ret = 0;

    if (!path || str_eq(path, "-"))
        return 0;
    auto_free char *dir = path_dir(path);
    if (access(dir, F_OK) < 0) {
        int why = errno;
        if (!is_made(dir, made))
            ret = err_errno(err, why, "cannot write '%s'", path);
    }
    if (ret == 0)
        ret = publish_check(path, err);
    return ret < 0 ? err_wrap(err, "%s", option) : 0;
}

static int check_dir(const char *option, const char *path, struct err *err)
{
    auto_free char *at = path ? path_absolute(path) : NULL;
    struct stat st;

    while (at && at[1] && lstat(at, &st) < 0 && errno == ENOENT) {
        char *above = path_dir(at);
        free(at);
        at = above;
    }
    int why = 0;
    if (at && stat(at, &st) == 0 && !S_ISDIR(st.st_mode))
        why = ENOTDIR;
    else if (at && access(at, W_OK | X_OK) < 0)
        why = errno;
    return why ? err_errno(err, why, "%s: cannot write to '%s'", option, at) : 0;
}

int wheel_check_dirs(const struct wheel_options *options, struct err *err)
{
    int ret = check_dir("--wheel-dir", options->wheel_dir, err);

    if (ret == 0)
        ret = check_dir("--dest", options->download_dir, err);
    return ret == 0 ? check_dir("--log-dir", options->log_dir, err) : ret;
}

int wheel_write_bytes(const struct str *bytes, const char *path, struct err *err)
{
    if (!str_eq(path, "-"))
        return publish_bytes(path, bytes->buf, bytes->len, err);
    (void)fflush(stdout);
    int ret = write_full(STDOUT_FILENO, bytes->buf, bytes->len);
    return ret < 0 ? err_errno(err, ret, "cannot write to stdout") : 0;
}

int wheel_write_json(const json_t *json, const char *path, struct err *err)
{
    auto_free char *text = json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS);
    auto_str struct str out = STR_INIT;

    str_addf(&out, "%s\n", text ? text : "null");
    return wheel_write_bytes(&out, path, err);
}

int wheel_write_beside(const struct outcome *outcome, struct err *err)
{
    const struct run_record *record = &outcome->record;
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < record->wheels.count; i++) {
        auto_free char *name = beside_name(&record->wheels.items[i]);
        auto_free char *path = path_join(outcome->wheel_dir, name);
        json_t *json = beside_to_json(record, &record->wheels.items[i]);
        ret = wheel_write_json(json, path, err);
        json_decref(json);
    }
    return ret;
}

/* With --locked what is built, and how it is chosen, stands in the lock file. */
static const char *find_chosen_already(const struct strv *args)
{
    static const char *const names[] = {"--requirement",
                                        "--requirements-from-script",
                                        "--group",
                                        "--constraint",
                                        "--editable",
                                        "--no-deps",
                                        "--only-deps",
                                        "--pre",
                                        "--all-releases",
                                        "--only-final",
                                        "--require-hashes",
                                        "--no-require-hashes",
                                        "--no-binary",
                                        "--only-binary",
                                        "--prefer-binary",
                                        "--uploaded-prior-to",
                                        "--ignore-requires-python",
                                        "--config-settings",
                                        "--no-build-isolation"};

    for (size_t i = 0; i < args->count; i++)
        for (size_t k = 0; k < ARRAY_SIZE(names); k++)
            if (str_eq(args->items[i], names[k]))
                return names[k];
    return NULL;
}

int wheel_check_locks(const struct wheel_options *options, int requirements, struct err *err)
{
    int ret = options->lock ? lock_check_name(options->lock, err) : 0;

    if (ret == 0 && options->lock)
        ret = publish_check(options->lock, err);
    if (ret == 0 && options->locked)
        ret = lock_check_name(options->locked, err);
    if (ret < 0 || !options->locked)
        return ret;
    if (requirements)
        return err_set(err, ERR_USAGE, "--locked takes no requirements besides");
    const char *extra = options->lock          ? "--lock"
                        : options->from_source ? "--from-source"
                        : options->build_constraints.count
                            ? "--build-constraint"
                            : find_chosen_already(&options->pip_args);
    return extra
               ? err_set(err, ERR_USAGE,
                         "--locked builds what was locked, as it was: %s has no place there", extra)
               : 0;
}

/* Of a file that may be still to be written. */
static void push_real(struct strv *paths, const char *path)
{
    auto_free char *above = path ? path_dir(path) : NULL;
    auto_free char *dir = above ? realpath(above, NULL) : NULL;

    if (dir)
        strv_push_owned(paths, path_join(dir, path_base(path)));
}

int wheel_check_depfile(const struct wheel_options *options, struct err *err)
{
    auto_strv struct strv names = STRV_INIT;
    int ret = 0;

    depends_list_named(options, &names);
    if (options->wheel_dir)
        strv_push(&names, options->wheel_dir);
    for (size_t i = 0; ret == 0 && i < names.count; i++)
        ret = depfile_check_name(names.items[i], err);
    return ret;
}

int wheel_write_depfile(const struct outcome *outcome, const struct wheel_options *options,
                        const struct strv *files, const char *path, struct err *err)
{
    auto_strv struct strv targets = STRV_INIT, inputs = STRV_INIT, outputs = STRV_INIT;
    auto_str struct str out = STR_INIT;

    for (size_t i = 0; i < outcome->record.wheels.count; i++)
        strv_push_owned(&targets,
                        path_join(outcome->wheel_dir, outcome->record.wheels.items[i].file));
    for (size_t i = 0; i < targets.count; i++)
        push_real(&outputs, targets.items[i]);
    for (size_t i = 0; i < files->count; i++)
        push_real(&outputs, files->items[i]);
    auto_free char *wheel_dir = realpath(outcome->wheel_dir, NULL);
    if (wheel_dir)
        strv_push(&outputs, wheel_dir);
    push_real(&outputs, options->log_dir);
    push_real(&outputs, options->pip_log);
    push_real(&outputs, path);
    depends_list(options, &outcome->record, &outputs, &inputs);
    int ret = depfile_write(&targets, &inputs, &out, err);
    return ret < 0 ? ret : publish_bytes(path, out.buf, out.len, err);
}
