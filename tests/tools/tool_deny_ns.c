/*
 * truewheel-test-tool deny-ns PROGRAM [ARGUMENT]...: runs a program as on a machine that forbids
 * namespaces. deny-personality: as in a container that forbids to switch address randomisation off.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "deny_ns.h"
#include "tool.h"

static int run_denied(const char *name, int denied, int argc, char **argv)
{
    if (argc < 1)
        return 2;
    if (denied < 0) {
        (void)fprintf(stderr, "%s: no seccomp filter: %s\n", name, strerror(-denied));
        return 77;
    }
    (void)execvp(argv[0], argv);
    (void)fprintf(stderr, "%s: %s: %s\n", name, argv[0], strerror(errno));
    return 127;
}

static int run_deny_ns(int argc, char **argv)
{
    return run_denied("deny-ns", deny_namespaces(), argc, argv);
}

static int run_deny_personality(int argc, char **argv)
{
    return run_denied("deny-personality", deny_personality(), argc, argv);
}

const struct tool tool_deny_ns = {"deny-ns", run_deny_ns};
const struct tool tool_deny_personality = {"deny-personality", run_deny_personality};
