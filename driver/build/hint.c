/* Known causes of failure, found in a build's output. */
#include "build/hint.h"

#include <string.h>

#include "plan/budget.h"

enum cause {
    CAUSE_NETWORK,
    CAUSE_HEADERS,
    CAUSE_COMPILER,
    CAUSE_SPACE,
    CAUSE_PROCESSES,
    CAUSE_LIBRARY
};

/* As resolvers, compilers, git, cargo, CMake and Python say it; the first one found counts. */
static const struct {
    const char *text;
    enum cause cause;
} signs[] = {
    {"Python.h: No such file", CAUSE_HEADERS},
    {"'Python.h' file not found", CAUSE_HEADERS},
    {"Network is unreachable", CAUSE_NETWORK},
    {"Temporary failure in name resolution", CAUSE_NETWORK},
    {"Name or service not known", CAUSE_NETWORK},
    {"Could not resolve host", CAUSE_NETWORK},
    {"Couldn't resolve host", CAUSE_NETWORK},
    {"failed to lookup address information", CAUSE_NETWORK},
    {"No such file or directory: 'cc'", CAUSE_COMPILER},
    {"No such file or directory: 'gcc'", CAUSE_COMPILER},
    {"gcc: not found", CAUSE_COMPILER},
    {"gcc: command not found", CAUSE_COMPILER},
    {"gcc' failed: No such file or directory", CAUSE_COMPILER},
    {"no acceptable C compiler", CAUSE_COMPILER},
    {"No CMAKE_C_COMPILER could be found", CAUSE_COMPILER},
    {"Unknown compiler(s)", CAUSE_COMPILER},
    {"No space left on device", CAUSE_SPACE},
    {"Resource temporarily unavailable", CAUSE_PROCESSES},
    {"/libtruewheel-guest.so)", CAUSE_LIBRARY}, /* "version `X' not found (required by ….so)" */
};

static bool contains(const struct str *output, const struct err *err, const char *text)
{
    return memmem(output->buf, output->len, text, strlen(text)) ||
           (err->message && strstr(err->message, text));
}

static void add_network(const char *project, const char *url, struct err *err)
{
    if (project[0])
        err_hint(err, "builds have no network; --allow-network %s gives it to this one", project);
    else
        err_hint(err,
                 "builds have no network, and this one failed before it said its project's name: "
                 "--allow-network NAME 'NAME @ %s' gives it the network",
                 url);
}

static void add(enum cause cause, const char *project, const char *url, struct err *err)
{
    switch (cause) {
    case CAUSE_NETWORK:
        add_network(project, url, err);
        break;
    case CAUSE_HEADERS:
        err_hint(err, "Python's headers are missing: install its development package "
                      "(Debian: python3-dev)");
        break;
    case CAUSE_COMPILER:
        err_hint(err, "there is no C compiler: install one (Debian: gcc)");
        break;
    case CAUSE_PROCESSES:
        err_hint(err, "a build may have %d processes and threads at once, and not more than you",
                 BUDGET_MAX_PROCESSES);
        break;
    case CAUSE_SPACE:
        err_hint(err, "the disk, or the memory that builds may use, is full");
        break;
    case CAUSE_LIBRARY:
        err_hint(err, "a program of the build brings a C library that is too old for truewheel's; "
                      "--real-clock builds without it");
        break;
    }
}

void build_hint(const struct str *output, bool offline, const char *project, const char *url,
                struct err *err)
{
    if (!err || err->hint)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
        if (signs[i].cause == CAUSE_NETWORK && !offline)
            continue;
        if (contains(output, err, signs[i].text)) {
            add(signs[i].cause, project, url, err);
            return;
        }
    }
}
