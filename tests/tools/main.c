/* Finds the subcommand of truewheel-test-tool (tool.h) and runs it. */
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "tool.h"

static const struct tool *const tools[] = {
    &tool_deny_ns, &tool_deny_personality, &tool_known_wheel,
    &tool_names,   &tool_pep508,           &tool_wheel_zip,
};

int tool_answer_lines(json_t *(*answer)(const json_t *request))
{
    json_error_t error;

    for (;;) {
        json_t *request = json_loadf(stdin, JSON_DISABLE_EOF_CHECK, &error);
        if (!request)
            return feof(stdin) ? 0 : 1;
        json_t *reply = answer(request);
        (void)json_dumpf(reply, stdout, JSON_ENCODE_ANY | JSON_COMPACT);
        (void)fputc('\n', stdout);
        json_decref(reply);
        json_decref(request);
    }
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(tools); i++)
        if (strcmp(tools[i]->name, argv[1]) == 0)
            return tools[i]->run(argc - 2, argv + 2);
    (void)fprintf(stderr, "usage: truewheel-test-tool NAME [ARGUMENT]...\nnames:");
    for (size_t i = 0; i < ARRAY_SIZE(tools); i++)
        (void)fprintf(stderr, " %s", tools[i]->name);
    (void)fputc('\n', stderr);
    return 2;
}
