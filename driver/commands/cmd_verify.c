/* `truewheel verify`: builds wheels once more under other circumstances, and compares. */
#include <stddef.h>
#include <stdio.h>

#include "base/path.h"
#include "base/str.h"
#include "lock/lock_job.h"
#include "commands/commands.h"
#include "commands/published.h"
#include "commands/run_options.h"
#include "output/verify_output.h"
#include "output/wheel_output.h"

struct verify_command {
    struct wheel_options run;
    struct display_options display;
    struct published_options published;
    const char *axes;
    const char *record;
    bool trust_record;
    bool list_axes;
    bool json;
};

#define FIELD(name) offsetof(struct verify_command, name)

static const struct opt options[] = {
    OPTION_VALUE(STRING, 0, "axes", axes, "AXES",
                 "what to change: default, all, none, names separated by commas, or help"),
    OPTION(FLAG, 0, "list-axes", list_axes, "print what can be changed"),
    OPTION_VALUE(STRING, 0, "record", record, "FILE",
                 "the record of the run that built the wheels (default: WHEEL.build.json)"),
    OPTION(FLAG, 0, "trust-record", trust_record,
           "the record says variables, binds, network, clock, mode and build root as well"),

    PUBLISHED_ROWS,

    PIP_WHERE_TO_FIND,

    {.kind = OPT_HEADING, .help = "how to build"},
    RUN_JOBS,
    RUN_BUILD_TIMEOUT,
    RUN_MEMORY,
    RUN_ENV,
    RUN_ALLOW_NETWORK,
    RUN_BIND,
    RUN_REAL_CLOCK,
    RUN_BUILD_ROOT,
    RUN_MODE,
    RUN_IMAGE,
    OPTION_VALUE(STRING, 0, "python", run.python, "X.Y|PATH",
                 "build for this Python, not for the one of the record; needs its engine"),
    RUN_PIP,

    {.kind = OPT_HEADING, .help = "what to tell"},
    OPTION(FLAG, 0, "json", json, "print JSON"),
    RUN_LOG_DIR,
    SHOWN_NO_COLOR,
    SHOWN_QUIET,
    SHOWN_VERBOSE,
};

static bool is_lock(const char *path)
{
    return str_ends(path, ".toml");
}

static int add_all(struct wheelhouse *house, const struct verify_command *verify, int argc,
                   char **argv, struct err *err)
{
    int ret = 0;

    if (verify->record && argc > 1)
        ret = err_set(err, ERR_USAGE, "--record is of one directory of wheels");
    for (int i = 0; ret == 0 && i < argc; i++)
        if (!is_lock(argv[i]))
            ret = wheelhouse_add(house, argv[i], verify->record, err);
    return ret;
}

static int verify_all(const struct verify_spec *spec, const struct wheelhouse *house, int argc,
                      char **argv, struct verification *v, struct err *err)
{
    int ret = verify_wheelhouse(spec, house, v, err);

    for (int i = 0; ret == 0 && !v->signal && i < argc; i++)
        if (is_lock(argv[i]) && (ret = lock_check_name(argv[i], err)) == 0)
            ret = verify_lock(spec, argv[i], v, err);
    return ret;
}

static int run_verify(struct verify_command *verify, int argc, char **argv)
{
    struct wheelhouse house = WHEELHOUSE_INIT;
    auto_verification struct verification v = VERIFICATION_INIT;
    auto_err struct err err = ERR_INIT;
    struct axes axes;
    const struct verify_spec spec = {.given = &verify->run,
                                     .trusted = verify->trust_record,
                                     .axes = &axes,
                                     .run = verify_run_shown,
                                     .arg = &verify->display};
    int ret = axes_parse(verify->axes ? verify->axes : "default", &axes, &err);

    if (ret == 0)
        ret = add_all(&house, verify, argc, argv, &err);
    if (ret == 0)
        ret = verify_all(&spec, &house, argc, argv, &v, &err);
    wheelhouse_release(&house);
    const struct verify_shown shown = {.json = verify->json, .quiet = verify->display.quiet};
    if (ret == 0)
        ret = verify_conclude(&v, &shown, &err);
    return ret < 0 ? cmd_fail(&err) : ret;
}

/* The options of one question have no place in the other. */
static int check_question(const struct verify_command *verify, struct err *err)
{
    const struct published_options *published = &verify->published;

    if (published_is_asked(published) && (verify->axes || verify->record || verify->trust_record))
        return err_set(err, ERR_USAGE,
                       "--%s is of wheels that truewheel built, not of published ones",
                       verify->axes     ? "axes"
                       : verify->record ? "record"
                                        : "trust-record");
    if (!published_is_asked(published) && (published->resume || published->requirements.count))
        return err_set(err, ERR_USAGE, "--%s wants --published or --against",
                       published->resume ? "resume" : "requirement");
    return 0;
}

static int run(void *opaque, int argc, char **argv)
{
    struct verify_command *verify = opaque;
    auto_err struct err err = ERR_INIT;
    int status = EXIT_DONE;

    if (verify->list_axes || str_eq(verify->axes, "help") || str_eq(verify->axes, "list")) {
        verify_print_axes();
    } else if (check_question(verify, &err) < 0) {
        status = cmd_fail_usage(&cmd_verify, &err);
    } else if (published_is_asked(&verify->published)) {
        verify->run.activated = true;
        status = published_run(&verify->published, &verify->run, &verify->display, verify->json,
                               argc, argv);
    } else if (!argc) {
        (void)err_set(&err, ERR_USAGE,
                      "verify wants a directory of wheels, a record or a lock file");
        status = cmd_fail_usage(&cmd_verify, &err);
    } else {
        status = run_verify(verify, argc, argv);
    }
    strv_release(&verify->published.requirements);
    wheel_options_release(&verify->run);
    return status;
}

const struct cmd cmd_verify = {
    .name = "verify",
    .arguments = "WHEELHOUSE|WHEEL|RECORD|LOCK|REQUIREMENT...",
    .summary = "Build wheels once more under other circumstances, and compare.",
    .about =
        "Builds from what the records beside the wheels name (wheel --record-beside), the record\n"
        "of a run, or a lock file: sources and build requirements by their hashes, nothing from\n"
        "the store. With --published: whether published wheels are what their sdists build.\n"
        "Exit status: 0 all are proven, 1 one differs, 3 one could not be built once more.",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .options_size = sizeof(struct verify_command),
    .run = run,
};
