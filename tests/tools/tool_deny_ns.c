/*
 * truewheel-test-tool deny-ns PROGRAM [ARGUMENT]...: runs a program as on a machine that forbids
 * namespaces.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "deny_ns.h"
#include "tool.h"

static int run(int argc, char **argv)
{
    int ret = deny_namespaces();

    if (argc < 1)
        return 2;
    if (ret < 0) {
        (void)fprintf(stderr, "deny-ns: no seccomp filter: %s\n", strerror(-ret));
        return 77;
    }
    (void)execvp(argv[0], argv);
    (void)fprintf(stderr, "deny-ns: %s: %s\n", argv[0], strerror(errno));
    return 127;
}

const struct tool tool_deny_ns = {"deny-ns", run};
