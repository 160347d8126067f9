/*
 * truewheel under other names. A link or copy called piptool, whltool or wheel_installer, also with
 * .par or .py after the name, is that tool. One with "python" in its name stands in for an
 * interpreter: it is a tool when it is asked to run that tool's script or module; otherwise it
 * becomes the real interpreter, with the same arguments and environment. So does truewheel by any
 * name when its first argument is an option that only an interpreter has: whoever resolved the link
 * has lost the name.
 */
#pragma once

#include "base/vec.h"

struct multicall {
    enum {
        MULTICALL_TRUEWHEEL,  /* called by its own name */
        MULTICALL_TOOL,       /* `tool` with `args` */
        MULTICALL_INTERPRETER /* the real interpreter */
    } kind;
    const char *tool; /* the command's name */
    struct strv args; /* the tool's arguments; owned */
};

/*
 * Decides by the arguments alone: a script is not opened and need not exist. Only for the module of
 * rules_python before 0.34 it reads the rules' files on PYTHONPATH (bazel/rules.h).
 */
void multicall_choose(int argc, char **argv, struct multicall *ret_call);
void multicall_release(struct multicall *m);

/*
 * Called by main before it changes anything in the process, since a real interpreter inherits that.
 * True when truewheel was called by another name: *ret_status is then the exit status of the tool,
 * or of the interpreter that could not be started. Does not return when the interpreter starts.
 */
bool multicall_run(int argc, char **argv, int *ret_status);
