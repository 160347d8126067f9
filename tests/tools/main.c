/* Finds the subcommand of truewheel-test-tool (tool.h) and runs it. */
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "tool.h"

static const struct tool *const tools[] = {
    &tool_deny_ns, &tool_deny_personality, &tool_known_wheel, &tool_pep508, &tool_wheel_zip,
};

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
