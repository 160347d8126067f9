/*
 * truewheel under other names. A link or copy called piptool, whltool or wheel_installer (with .par
 * or .py behind, too) is that tool. One whose name has "python" in it stands in for an interpreter:
 * it acts as a tool when it is asked to run that tool's script or module, and otherwise becomes the
 * real interpreter, which then sees the same arguments and environment. So does one of any other
 * name whose first argument is an option that only an interpreter takes: who resolved the link has
 * lost the name.
 */
#pragma once

#include "base/vec.h"

struct multicall {
    enum {
        MULTICALL_TRUEWHEEL,  /* called by its own name */
        MULTICALL_TOOL,       /* `tool` with `args` */
        MULTICALL_INTERPRETER /* the real one has to run */
    } kind;
    const char *tool; /* the command's name */
    struct strv args; /* what follows; owned */
};

/*
 * Decides from the arguments alone; the scripts are not opened, and may not exist. Only for the
 * module of rules_python before 0.34 it looks into its files on PYTHONPATH (bazel/rules.h).
 */
void multicall_choose(int argc, char **argv, struct multicall *ret);
void multicall_release(struct multicall *m);

/*
 * What main calls first, while nothing of the process is changed. True when truewheel was called by
 * another name: *ret_status is then the exit status of the tool, or of the interpreter that could
 * not be started. Does not return when the interpreter could.
 */
bool multicall_run(int argc, char **argv, int *ret_status);
