/* `truewheel wheel`: the command line, signals and the terminal around one run. */
#include <stddef.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "system/publish.h"
#include "inputs/options.h"
#include "verify/proving.h"
#include "commands/commands.h"
#include "commands/run_options.h"
#include "output/summary.h"
#include "output/verify_output.h"
#include "output/wheel_documents.h"
#include "output/wheel_output.h"

struct wheel_command {
    struct wheel_options run;
    const char *report; /* pip's installation report; "-" is stdout */
    const char *json;   /* our record of the run; "-" is stdout */
    bool record_beside;
    struct wheel_documents documents;
    bool prove;
    const char *depfile; /* a Makefile fragment */
    const char *trace;   /* a timeline; "-" is stdout */
    struct display_options display;
    int64_t began_ms;
};

#define FIELD(name) offsetof(struct wheel_command, name)
#define TAKEN(name_, value_, help_)                                                                \
    {                                                                                              \
        .kind = OPT_NOTHING, .name = (name_), .value = (value_), .help = (help_)                   \
    }

static const struct opt options[] = {
    PIP_WHAT_TO_BUILD,

    PIP_WHERE_TO_FIND,

    {.kind = OPT_HEADING, .help = "how to build"},
    OPTION_VALUE(STRING, 'w', "wheel-dir", run.wheel_dir, "DIR",
                 "where the wheels go (default: .)"),
    RUN_JOBS,
    RUN_BUILD_TIMEOUT,
    RUN_MEMORY,
    OPTION(FLAG, 'k', "keep-going", run.keep_going, "deliver the others when one fails"),
    RUN_CONFIG_SETTINGS,
    RUN_BUILD_CONSTRAINT,
    PASS(0, "no-build-isolation", "build with what the interpreter has installed"),
    PASS(0, "check-build-dependencies",
         "with --no-build-isolation: fail when it lacks what a build needs"),
    OPTION(FLAG, 0, "serial-compile", run.serial_compile,
           "a package's sources one after the other, as setuptools does"),
    PASS(0, "use-pep517", "always so"),
    TAKEN("no-clean", NULL, "nothing to keep: a build's directory is its own; see --log-dir"),
    OPTION(FLAG, 0, "no-ahead", run.no_ahead,
           "begin no build before the resolver has asked for it"),
    RUN_NO_CACHE,
    OPTION(FLAG, 0, "offline", run.offline,
           "ask nobody: give an earlier run's wheels, or say what is missing"),
    OPTION(FLAG, 0, "ask-again", run.ask_again,
           "resolve anew, though nothing has changed since an earlier run"),
    OPTION_VALUE(LIST, 0, "refresh", run.refresh, "NAME",
                 "build this project, whatever the store has; :all: for every one"),
    RUN_ENV,
    RUN_SETTINGS,
    RUN_ALLOW_NETWORK,
    OPTION_VALUE(LIST, 0, "allow-url", run.allow_url, "NAME",
                 "the project that may come from a URL which a build asks for"),
    RUN_BIND,
    OPTION(FLAG, 0, "prove", prove,
           "build each wheel once more, otherwise, before it is delivered"),
    RUN_REAL_CLOCK,

    {.kind = OPT_HEADING, .help = "lock files (PEP 751)"},
    OPTION_VALUE(STRING, 0, "lock", run.lock, "FILE",
                 "write down all that was used, build requirements too (pylock.toml)"),
    OPTION_VALUE(STRING, 0, "locked", run.locked, "FILE",
                 "build what that file names, without requirements or an index"),

    {.kind = OPT_HEADING, .help = "stable paths"},
    RUN_BUILD_ROOT,
    RUN_MODE,
    OPTION(FLAG, 0, "require-stable", run.require_stable, "fail rather than build in mapped mode"),
    OPTION(FLAG, 0, "require-sandbox", run.require_sandbox,
           "fail rather than build without isolation (only in namespaces mode)"),
    RUN_IMAGE,
    OPTION_VALUE(STRING, 0, "python", run.python, "X.Y|PATH",
                 "build for this Python or virtual environment; needs its engine"),
    RUN_PIP,

    {.kind = OPT_HEADING, .help = "what to tell"},
    OPTION_VALUE(STRING, 0, "report", report, "FILE", "pip's installation report (- for stdout)"),
    OPTION_VALUE(STRING, 0, "json", json, "FILE",
                 "what was built from what, in JSON (- for stdout)"),
    OPTION(FLAG, 0, "record-beside", record_beside,
           "the same of each wheel in WHEEL.build.json, beside it"),
    OPTION_VALUE(STRING, 0, "sbom", documents.sbom, "FILE",
                 "what the wheels are and were made of, in CycloneDX (- for stdout)"),
    OPTION(FLAG, 0, "sbom-beside", documents.sbom_beside,
           "the same of each wheel in WHEEL.cdx.json, beside it"),
    OPTION_VALUE(STRING, 0, "provenance", documents.provenance, "FILE",
                 "SLSA provenance of each built wheel, one a line (- for stdout)"),
    OPTION_VALUE(STRING, 0, "index", documents.index, "DIR",
                 "a package index of the directory of wheels, in DIR/simple"),
    RUN_LOG_DIR,
    RUN_PIP_LOG,
    OPTION_VALUE(STRING, 0, "depfile", depfile, "FILE",
                 "write a Makefile rule for the wheels and what they depend on"),
    OPTION_VALUE(STRING, 0, "trace", trace, "FILE",
                 "a timeline for Perfetto, also of a run that fails (- for stdout)"),
    SHOWN_NO_COLOR,
    TAKEN("progress-bar", "KIND", "taken for pip's sake; without effect"),
    TAKEN("require-virtualenv", NULL, "taken for pip's sake: nothing is installed anywhere"),
    SHOWN_QUIET,
    SHOWN_VERBOSE,
};

static int write_depfile(const struct wheel_command *wheel, const struct outcome *outcome,
                         struct err *err)
{
    auto_strv struct strv others = STRV_INIT;

    if (wheel->json)
        strv_push(&others, wheel->json);
    if (wheel->report)
        strv_push(&others, wheel->report);
    if (wheel->trace)
        strv_push(&others, wheel->trace);
    if (wheel->documents.sbom)
        strv_push(&others, wheel->documents.sbom);
    if (wheel->documents.provenance)
        strv_push(&others, wheel->documents.provenance);
    return wheel_write_depfile(outcome, &wheel->run, &others, wheel->depfile, err);
}

static int write_record(const struct wheel_command *wheel, const struct outcome *outcome,
                        struct err *err)
{
    json_t *record = run_record_to_json(&outcome->record);
    int ret = wheel_write_json(record, wheel->json, err);

    json_decref(record);
    return ret;
}

/* What others asked for besides: pip's report, our record, a Makefile rule. */
static int write_files(const struct wheel_command *wheel, const struct outcome *outcome,
                       struct err *err)
{
    bool whole = !outcome->failures.count;
    int ret = 0;

    if (wheel->report && outcome->report && whole)
        ret = wheel_write_json(outcome->report, wheel->report, err);
    if (ret == 0 && wheel->json)
        ret = write_record(wheel, outcome, err);
    if (ret == 0 && wheel->record_beside)
        ret = wheel_write_beside(outcome, err);
    if (ret == 0)
        ret = wheel_documents_write(&wheel->documents, outcome, &wheel->run, err);
    if (ret == 0 && wheel->depfile && whole)
        ret = write_depfile(wheel, outcome, err);
    return ret;
}

static bool is_stdout(const char *path)
{
    return path && (str_eq(path, "-") || publish_descriptor(path) == STDOUT_FILENO);
}

static bool owns_stdout(const struct wheel_command *wheel)
{
    return is_stdout(wheel->json) || is_stdout(wheel->report) || is_stdout(wheel->depfile) ||
           is_stdout(wheel->trace) || is_stdout(wheel->documents.sbom) ||
           is_stdout(wheel->documents.provenance);
}

/* That a package failed says more than that the table could not be written. */
static int conclude(const struct wheel_command *wheel, const struct proving *proving,
                    const struct outcome *outcome, struct err *err)
{
    int ret = outcome->signal ? 0 : write_files(wheel, outcome, err);
    bool shown = ret == 0 && !outcome->signal && !wheel->display.quiet;

    if (shown && !owns_stdout(wheel))
        ret = wheel_print_result(outcome, err);
    if (shown)
        summary_print(outcome, clock_ms() - wheel->began_ms);
    if (!outcome->signal)
        summary_add_to_step(outcome, clock_ms() - wheel->began_ms);
    int status = wheel_print_failures(outcome);
    if (status == EXIT_DONE && wheel->prove)
        status = verify_print_proofs(&proving->found, &outcome->record,
                                     wheel->display.quiet || owns_stdout(wheel));
    return ret < 0 && status == EXIT_DONE ? cmd_fail(err) : status;
}

/* Of a run that a build ended before it was known what is wanted: the record has why. */
static int fail(const struct wheel_command *wheel, const struct outcome *outcome, struct err *err)
{
    auto_err struct err why = ERR_INIT;
    int status = cmd_fail(err);

    if (wheel->json && outcome->record.failures.count && write_record(wheel, outcome, &why) < 0)
        (void)cmd_fail(&why);
    return status;
}

/* The run, and the proof of what it has built. */
static int build(struct wheel_command *wheel, struct proving *proving, struct trace *trace,
                 struct outcome *outcome, struct err *err)
{
    int ret = wheel->prove ? proving_begin(proving, &wheel->run, err) : 0;

    if (ret == 0)
        ret = wheel_run_shown(&wheel->run, &wheel->display, trace, outcome, err);
    if (ret == 0 && wheel->prove)
        ret = proving_finish(proving, &wheel->run, verify_run_shown, &wheel->display, outcome, err);
    return ret;
}

static void list_made(const struct wheel_command *wheel, struct strv *made)
{
    const char *const dirs[] = {wheel->run.wheel_dir, wheel->run.log_dir};

    for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
        if (dirs[i])
            strv_push(made, dirs[i]);
}

/* What cannot be written costs no builds. */
static int check_files(const struct wheel_command *wheel, struct err *err)
{
    const struct {
        const char *option, *path;
    } files[] = {
        {"--json", wheel->json}, {"--report", wheel->report}, {"--depfile", wheel->depfile}};
    auto_strv struct strv made = STRV_INIT;

    list_made(wheel, &made);
    int ret = wheel_documents_check(&wheel->documents, &made, err);
    if (ret == 0 && wheel->depfile)
        ret = wheel_check_depfile(&wheel->run, err);
    for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(files); i++)
        ret = wheel_check_file(files[i].option, files[i].path, &made, err);
    if (ret == 0)
        ret = wheel_check_file("--trace", wheel->trace, NULL,
                               err); /* a run that fails makes nothing */
    return ret == 0 ? wheel_check_dirs(&wheel->run, err) : ret;
}

/* Of a run that failed as well: why it failed says more than that this could not be written. */
static int write_trace(const struct wheel_command *wheel, struct trace *trace, int status)
{
    auto_err struct err err = ERR_INIT;
    json_t *json = trace_to_json(trace);
    int ret = wheel_write_json(json, wheel->trace, &err);

    json_decref(json);
    if (ret == 0)
        return status;
    int failed = cmd_fail(&err);
    return status == EXIT_DONE ? failed : status;
}

static int run(void *opaque, int argc, char **argv)
{
    struct wheel_command *wheel = opaque;
    auto_outcome struct outcome outcome = {0};
    struct proving proving = PROVING_INIT;
    auto_err struct err err = ERR_INIT;

    wheel->began_ms = clock_ms();
    wheel->run.activated = wheel->run.find_settings = true;
    wheel->run.report = wheel->report != NULL;
    wheel_add_requirements(&wheel->run, argc, argv);
    int ret = wheel_check_locks(&wheel->run, argc, &err);
    if (ret == 0)
        ret = check_files(wheel, &err);
    struct trace *trace = ret == 0 && wheel->trace ? trace_new() : NULL;
    if (ret == 0)
        ret = build(wheel, &proving, trace, &outcome, &err);
    int status = ret < 0 ? fail(wheel, &outcome, &err) : conclude(wheel, &proving, &outcome, &err);
    if ((ret < 0 || outcome.signal) && !wheel->prove)
        wheel_print_delivered(&outcome);
    if (trace)
        status = write_trace(wheel, trace, status);
    trace_free(trace);
    proving_release(&proving);
    wheel_options_release(&wheel->run);
    return status;
}

const struct cmd cmd_wheel = {
    .name = "wheel",
    .arguments = "[REQUIREMENT]...",
    .summary = "Build wheels for requirements and what they depend on, like pip wheel.",
    .about =
        "Each sdist is built at a path that depends on its name and version alone, so the same\n"
        "inputs give the same bytes. pip's configuration files and PIP_* variables count.",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .options_size = sizeof(struct wheel_command),
    .run = run,
};
