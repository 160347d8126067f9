/* `truewheel doctor`: what this machine can do, and what to type where it cannot. */
#include <errno.h>
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

#include "base/json.h"
#include "base/str.h"
#include "doctor/engines.h"
#include "doctor/machine.h"
#include "doctor/programs.h"
#include "doctor/stores.h"
#include "system/private.h"
#include "commands/commands.h"
#include "commands/run_options.h"

struct doctor_command {
    struct wheel_options run;
    bool json;
};

#define FIELD(name) offsetof(struct doctor_command, name)

static const struct opt options[] = {
    OPTION(FLAG, 0, "json", json, "print JSON"),
    OPTION(FLAG, 0, "offline", run.offline, "ask no index"),
    OPTION_VALUE(STRING, 0, "python", run.python, "X.Y|PATH",
                 "the Python whose pip asks the indexes (default: that of wheel)"),
    RUN_PIP,
    RUN_BUILD_ROOT,
    RUN_JOBS,
    RUN_ENV,

    PIP_WHERE_TO_FIND,
};

/* ---------------------------------------------------------------------------------------- printing */

static void print_finding(const struct finding *finding)
{
    (void)printf("  %-8s %-16s %s\n", finding_state_name(finding->state), finding->name,
                 finding->text);
    if (finding->remedy && finding->state != FINDING_OK)
        (void)printf("  %-8s %-16s -> %s\n", "", "", finding->remedy);
}

static void print_end(const struct findings *findings)
{
    auto_str struct str names = STR_INIT;

    for (size_t i = 0; i < findings->count; i++)
        if (finding_is_lacking(&findings->items[i]))
            str_addf(&names, "%s%s", names.len ? ", " : "", findings->items[i].name);
    if (names.len)
        (void)printf("\nneeded, and missing: %s\n", names.buf);
    else
        (void)printf("\nnothing that is needed is missing\n");
}

static void print_text(const struct findings *findings)
{
    const char *area = NULL;

    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        if (!str_eq(area, finding->area))
            (void)printf("%s%s\n", area ? "\n" : "", finding->area);
        area = finding->area;
        print_finding(finding);
    }
    print_end(findings);
}

static json_t *finding_to_json(const struct finding *finding)
{
    json_t *remedy = finding->remedy ? json_readable(finding->remedy) : json_null();

    return json_pack("{s:s, s:o, s:s, s:b, s:o, s:o}", "area", finding->area, "name",
                     json_readable(finding->name), "state", finding_state_name(finding->state),
                     "needed", finding->needed, "text", json_readable(finding->text), "remedy",
                     remedy);
}

static void print_json(const struct findings *findings)
{
    json_t *list = json_array();

    for (size_t i = 0; i < findings->count; i++)
        (void)json_array_append_new(list, finding_to_json(&findings->items[i]));
    json_t *all = json_pack("{s:i, s:b, s:o}", "format", 1, "fit",
                            !findings_lack_something(findings), "findings", list);
    auto_free char *text = json_dumps(all, JSON_INDENT(2) | JSON_SORT_KEYS);
    (void)printf("%s\n", text ? text : "null");
    json_decref(all);
}

/* ------------------------------------------------------------------------------------- the command */

static int check(const struct doctor_command *doctor, int argc, char **argv, struct err *err)
{
    if (argc)
        return err_set(err, ERR_USAGE, "doctor takes no argument '%s'", argv[0]);
    if (doctor->run.build_root && doctor->run.build_root[0] != '/')
        return err_set(err, ERR_USAGE, "--build-root wants an absolute path, not '%s'",
                       doctor->run.build_root);
    return 0;
}

static int look(const struct doctor_command *doctor, struct err *err)
{
    struct findings findings = {0};

    private_begin(); /* an index's password may be in the environment */
    doctor_look_at_machine(&doctor->run, &findings);
    doctor_look_at_programs(&doctor->run.env, &findings);
    doctor_look_at_stores(&findings);
    doctor_look_at_engines(&doctor->run, &findings);
    if (doctor->json)
        print_json(&findings);
    else
        print_text(&findings);
    int ret = fflush(stdout) == 0 ? findings_lack_something(&findings)
                                  : err_errno(err, errno, "cannot write to stdout");
    findings_release(&findings);
    return ret;
}

static int run(void *opaque, int argc, char **argv)
{
    struct doctor_command *doctor = opaque;
    auto_err struct err err = ERR_INIT;
    int status;

    if (check(doctor, argc, argv, &err) < 0) {
        status = cmd_fail_usage(&cmd_doctor, &err);
    } else {
        int ret = look(doctor, &err);
        status = ret < 0 ? cmd_fail(&err) : ret ? EXIT_BUILD : EXIT_DONE;
    }
    wheel_options_release(&doctor->run);
    return status;
}

const struct cmd cmd_doctor = {
    .name = "doctor",
    .arguments = "",
    .summary = "Say what this machine can do, what is missing, and what to type.",
    .about =
        "Looks at sandboxes, memory, compilers, Pythons and their engines, the index and the\n"
        "stores. Changes nothing. Exit status: 0 nothing that is needed is missing, 1 something.",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .options_size = sizeof(struct doctor_command),
    .run = run,
};
