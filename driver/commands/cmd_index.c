/* `truewheel index`: a package index of a directory of wheels. */
#include <stddef.h>
#include <stdio.h>

#include "index/index.h"
#include "commands/commands.h"

struct index_command {
    bool quiet;
};

#define FIELD(name) offsetof(struct index_command, name)

static const struct opt options[] = {
    OPTION(FLAG, 'q', "quiet", quiet, "only errors"),
};

static void print_result(const char *dir, const struct index_result *result)
{
    (void)printf("%s %s/simple: %zu wheel%s of %zu project%s\n",
                 result->changed ? "Wrote" : "Left as it was", dir, result->wheels,
                 result->wheels == 1 ? "" : "s", result->projects,
                 result->projects == 1 ? "" : "s");
}

static int run(void *opaque, int argc, char **argv)
{
    const struct index_command *command = opaque;
    auto_err struct err err = ERR_INIT;
    struct index_result result;

    if (argc != 2) {
        (void)err_set(&err, ERR_USAGE, "a directory of wheels and one for the index are needed");
        return cmd_fail_usage(&cmd_index, &err);
    }
    if (index_write(argv[0], argv[1], NULL, &result, &err) < 0)
        return cmd_fail(&err);
    if (!command->quiet)
        print_result(argv[1], &result);
    return EXIT_DONE;
}

const struct cmd cmd_index = {
    .name = "index",
    .arguments = "WHEELHOUSE DIR",
    .summary = "Write a package index of wheels, for pip and uv, by file or HTTP.",
    .about =
        "Writes DIR/simple (PEP 503, 691): pages, a copy of each wheel of WHEELHOUSE, and its\n"
        "metadata (PEP 658). What is there already is replaced whole, or left alone when\n"
        "nothing has changed. Then: pip install --index-url file:///path/of/DIR/simple/ NAME",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .options_size = sizeof(struct index_command),
    .run = run,
};
