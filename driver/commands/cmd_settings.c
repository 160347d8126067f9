/* `truewheel settings check`: what the settings file would apply to, and what applies to nothing. */
#include <stddef.h>
#include <stdio.h>

#include "base/json.h"
#include "base/str.h"
#include "run/settings_check.h"
#include "output/wheel_output.h"
#include "commands/commands.h"
#include "commands/run_options.h"

struct settings_command {
    struct wheel_options run;
    struct strv records;
};

#define FIELD(name) offsetof(struct settings_command, name)

static const struct opt options[] = {
    PASS_VALUE('r', "requirement", "FILE", "requirements from a file; may be repeated"),
    OPTION_VALUE(LIST, 0, "record", records, "FILE", "what a run has built (wheel --json FILE)"),
    OPTION_VALUE(STRING, 0, "settings", run.settings, "FILE",
                 "the settings file (default: truewheel.toml beside -r)"),
    OPTION_VALUE(STRING, 0, "python", run.python, "X.Y|PATH", "the Python whose engine reads it"),
    RUN_PIP,
};

static void print_list(const json_t *texts)
{
    const json_t *text;
    size_t i;

    json_array_foreach(texts, i, text)
    {
        (void)printf("%s%s", i ? ", " : "", json_string_value(text));
    }
    (void)putchar('\n');
}

/* "truewheel.toml:4: numpy<2: env, timeout" and, below it, to what that applies. */
static void print_row(const json_t *row, const char *shown, bool with_subjects)
{
    const json_t *applies = json_object_get(row, "applies");
    json_int_t line = json_integer_value(json_object_get(row, "line"));

    if (line)
        (void)printf("%s:%lld: ", shown, (long long)line);
    (void)printf("%s: ", json_text(row, "what"));
    print_list(json_object_get(row, "keys"));
    if (!with_subjects)
        return;
    (void)printf("    applies to %s", json_array_size(applies) ? "" : "nothing\n");
    if (json_array_size(applies))
        print_list(applies);
}

static size_t print_all(const json_t *found)
{
    const char *shown = json_text(found, "shown");
    const json_t *defaults = json_object_get(found, "defaults"), *row;
    bool with_subjects = json_integer_value(json_object_get(found, "subjects")) > 0;
    size_t i, idle = 0;

    if (json_array_size(defaults)) {
        (void)printf("defaults: ");
        print_list(defaults);
    }
    json_array_foreach(json_object_get(found, "rows"), i, row)
    {
        print_row(row, shown, with_subjects);
        idle += with_subjects && !json_array_size(json_object_get(row, "applies"));
    }
    if (!with_subjects)
        (void)printf("nothing is wrong with %s; -r FILE or --record FILE tells what it would apply "
                     "to\n",
                     shown);
    else if (idle)
        (void)printf("%zu of these apply to nothing\n", idle);
    return idle;
}

static int check(struct settings_command *settings, int argc, char **argv)
{
    auto_err struct err err = ERR_INIT;
    json_t *found = NULL;

    settings->run.find_settings = true;
    wheel_add_requirements(&settings->run, argc, argv);
    if (settings_check(&settings->run, &settings->records, &found, &err) < 0)
        return cmd_fail(&err);
    size_t idle = print_all(found);
    json_decref(found);
    return idle ? EXIT_BUILD : EXIT_DONE;
}

static int run(void *opaque, int argc, char **argv)
{
    struct settings_command *settings = opaque;
    auto_err struct err err = ERR_INIT;
    int status;

    if (argc && str_eq(argv[0], "check")) {
        status = check(settings, argc - 1, argv + 1);
    } else {
        (void)err_set(&err, ERR_USAGE, "settings wants check%s%s", argc ? ", not " : "",
                      argc ? argv[0] : "");
        status = cmd_fail_usage(&cmd_settings, &err);
    }
    strv_release(&settings->records);
    wheel_options_release(&settings->run);
    return status;
}

const struct cmd cmd_settings = {
    .name = "settings",
    .arguments = "check [REQUIREMENT]...",
    .summary = "Check the settings file, and say what it would apply to.",
    .about =
        "Names and versions come from requirements, without what they depend on, and from records\n"
        "of runs, with what their builds needed. Exit status 1: something applies to nothing.",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .options_size = sizeof(struct settings_command),
    .run = run,
};
