/* `truewheel diff`: what differs between two wheels, or two directories of them, and why. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "compare/compare.h"
#include "compare/wheel_pairs.h"
#include "commands/commands.h"
#include "output/diff_output.h"

struct diff_options {
    struct strv records;
    bool json;
    bool quiet;
    bool list_causes;
};

#define FIELD(name) offsetof(struct diff_options, name)

static const struct opt options[] = {
    OPTION_VALUE(
        LIST, 0, "record", records, "FILE",
        "the record of the run that built A, then the one of B (default: WHEEL.build.json)"),
    OPTION(FLAG, 0, "json", json, "print JSON"),
    OPTION(FLAG, 'q', "quiet", quiet, "print nothing; the exit status says whether they differ"),
    OPTION(FLAG, 0, "list-causes", list_causes,
           "print the causes that can be told, and what each means"),
};

struct diff {
    const struct diff_options *options;
    struct run_record records[2]; /* of --record */
    json_t *json;                 /* a list; NULL without --json */
    bool differs;
};

/* ------------------------------------------------------------------------------------- one pair */

/* A wheel, open, with its record. */
struct side_wheel {
    int fd;
    struct run_record own; /* from the file beside it */
    struct compared_wheel wheel;
};

/* Without --record the record is a file beside the wheel, if there is one. */
static int find_record(const struct diff *d, int index, const char *path, struct side_wheel *side,
                       struct err *err)
{
    auto_free char *beside = xasprintf("%s.build.json", path);

    if (d->options->records.count) {
        side->wheel.record = &d->records[index];
        return 0;
    }
    if (access(beside, F_OK) < 0)
        return 0;
    int ret = run_record_read_file(beside, &side->own, err);
    if (ret == 0)
        side->wheel.record = &side->own;
    return ret;
}

static int open_wheel(const struct diff *d, int index, const char *path, struct side_wheel *side,
                      struct err *err)
{
    struct stat st;

    side->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (side->fd < 0 || fstat(side->fd, &st) < 0)
        return err_errno(err, errno, "cannot open '%s'", path);
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_FORMAT, "'%s' is not a regular file", path);
    side->wheel = (struct compared_wheel){.fd = side->fd, .file = path_base(path)};
    return find_record(d, index, path, side, err);
}

static void close_wheel(struct side_wheel *side)
{
    close_fd(&side->fd);
    run_record_release(&side->own);
}

static void show(struct diff *d, const char *a, const char *b, const struct comparison *comparison)
{
    const struct shown_diff shown = {.a = a, .b = b, .comparison = comparison};

    d->differs = d->differs || !comparison->equal;
    if (d->json)
        (void)json_array_append_new(d->json, diff_to_json(&shown));
    else if (!d->options->quiet)
        diff_print(&shown);
}

static int compare_two(struct diff *d, const char *a, const char *b, struct err *err)
{
    struct side_wheel sides[2] = {{.fd = -1}, {.fd = -1}};
    auto_comparison struct comparison comparison = COMPARISON_INIT;
    int ret = open_wheel(d, 0, a, &sides[0], err);

    if (ret == 0)
        ret = open_wheel(d, 1, b, &sides[1], err);
    if (ret == 0)
        ret = compare_wheels(&sides[0].wheel, &sides[1].wheel, &comparison, err);
    if (ret == 0)
        show(d, a, b, &comparison);
    close_wheel(&sides[0]);
    close_wheel(&sides[1]);
    return ret;
}

/* ---------------------------------------------------------------------------------- directories */

static void show_missing(struct diff *d, const char *a, const char *b)
{
    auto_comparison struct comparison comparison = COMPARISON_INIT;

    comparison_add_values(&comparison, CAUSE_MISSING_WHEEL, NULL, NULL, a ? path_base(a) : NULL,
                          b ? path_base(b) : NULL);
    show(d, a, b, &comparison);
}

static int compare_directories(struct diff *d, const char *dir_a, const char *dir_b,
                               struct err *err)
{
    auto_strv struct strv names_a = STRV_INIT, names_b = STRV_INIT;
    auto_wheel_pairs struct wheel_pairs pairs = WHEEL_PAIRS_INIT;
    int ret = wheel_names_in(dir_a, &names_a, err);

    if (ret == 0)
        ret = wheel_names_in(dir_b, &names_b, err);
    if (ret == 0 && !names_a.count && !names_b.count)
        ret = err_set(err, ERR_USAGE, "there is no wheel in '%s', nor in '%s'", dir_a, dir_b);
    if (ret < 0)
        return ret;
    wheel_pairs_make(&names_a, &names_b, &pairs);
    for (size_t i = 0; i < pairs.count && ret == 0; i++) {
        const struct wheel_pair *pair = &pairs.items[i];
        auto_free char *a = pair->a ? path_join(dir_a, pair->a) : NULL;
        auto_free char *b = pair->b ? path_join(dir_b, pair->b) : NULL;
        if (a && b)
            ret = compare_two(d, a, b, err);
        else
            show_missing(d, a, b);
    }
    return ret;
}

/* ---------------------------------------------------------------------------------- the command */

static bool is_directory(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int compare_arguments(struct diff *d, const char *a, const char *b, struct err *err)
{
    bool dir_a = is_directory(a), dir_b = is_directory(b);

    if (dir_a && dir_b)
        return compare_directories(d, a, b, err);
    if (!dir_a && !dir_b)
        return compare_two(d, a, b, err);
    /* As diff(1) does: the file of that name in the directory. */
    auto_free char *in_a = dir_a ? path_join(a, path_base(b)) : xstrdup(a);
    auto_free char *in_b = dir_b ? path_join(b, path_base(a)) : xstrdup(b);
    return compare_two(d, in_a, in_b, err);
}

static int read_records(struct diff *d, struct err *err)
{
    const struct strv *files = &d->options->records;
    int ret = 0;

    if (files->count && files->count != 2)
        return err_set(err, ERR_USAGE, "--record is given twice, for A and for B, or not at all");
    for (size_t i = 0; i < files->count && ret == 0; i++)
        ret = run_record_read_file(files->items[i], &d->records[i], err);
    return ret;
}

static void print_json(struct diff *d)
{
    json_t *all =
        json_pack("{s:i, s:b, s:O}", "format", 1, "equal", !d->differs, "wheels", d->json);
    auto_free char *text = json_dumps(all, JSON_INDENT(2) | JSON_SORT_KEYS);

    (void)printf("%s\n", text ? text : "null");
    json_decref(all);
}

static int run_diff(struct diff *d, const char *a, const char *b)
{
    auto_err struct err err = ERR_INIT;
    int ret = read_records(d, &err);

    if (ret == 0)
        ret = compare_arguments(d, a, b, &err);
    if (ret == 0 && d->json)
        print_json(d);
    if (ret == 0 && fflush(stdout) != 0)
        ret = err_errno(&err, errno, "cannot write to stdout");
    if (ret < 0)
        return cmd_fail(&err);
    return d->differs ? EXIT_BUILD : EXIT_DONE;
}

static int run(void *opaque, int argc, char **argv)
{
    struct diff_options *o = opaque;
    struct diff d = {.options = o};
    auto_err struct err err = ERR_INIT;
    int status;

    if (o->list_causes) {
        diff_print_causes();
        return EXIT_DONE;
    }
    if (argc != 2) {
        (void)err_set(&err, ERR_USAGE, "diff wants two wheels, or two directories of them");
        status = cmd_fail_usage(&cmd_diff, &err);
    } else {
        d.json = o->json ? json_array() : NULL;
        status = run_diff(&d, argv[0], argv[1]);
    }
    json_decref(d.json);
    run_record_release(&d.records[0]);
    run_record_release(&d.records[1]);
    strv_release(&o->records);
    return status;
}

const struct cmd cmd_diff = {
    .name = "diff",
    .arguments = "A B",
    .summary = "Say what differs between two wheels, or directories of them, and why.",
    .about =
        "Compares inputs (from records), files and archives, down to sections of ELF files, code\n"
        "objects of bytecode, members of archives in the wheels and the compressor. Names each\n"
        "cause by a stable identifier. Exit status: 0 equal byte for byte, 1 different.",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .options_size = sizeof(struct diff_options),
    .run = run,
};
