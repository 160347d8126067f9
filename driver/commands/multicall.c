/* truewheel called by another name: which tool or interpreter is meant. */
#include "commands/multicall.h"

#include <signal.h>
#include <string.h>

#include "base/path.h"
#include "base/str.h"
#include "jobs/interpreter.h"
#include "bazel/rules.h"
#include "commands/commands.h"

static const struct cmd *const tools[] = {&cmd_piptool, &cmd_whltool, &cmd_wheel_installer};

/* The tool that the program or script has its name from; NULL: none. */
static const struct cmd *tool_of_file(const char *path, bool needs_suffix)
{
    const char *base = path ? path_base(path) : "";

    for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
        size_t len = strlen(tools[i]->name);
        if (strncmp(base, tools[i]->name, len) != 0)
            continue;
        const char *suffix = base + len;
        if (strcmp(suffix, ".par") == 0 || strcmp(suffix, ".py") == 0 ||
            (!suffix[0] && !needs_suffix))
            return tools[i];
    }
    return NULL;
}

/*
 * Since rules_python 0.34 the module is python.private.pypi.whl_installer.wheel_installer; before,
 * it was <package>.wheel_installer. From 0.27 on it has the options of our tool; older ones have
 * others (--repo, --annotation), and then it is left to the interpreter. The calls may look the
 * same, so its source tells: whether it knows --whl-file.
 */
static const struct cmd *tool_of_module(const char *module)
{
    bool installer = strstr(module, "whl_installer") ||
                     (str_ends(module, ".wheel_installer") &&
                      bazel_rules_mention(module, "arguments.py", "--whl-file") == BAZEL_RULES_YES);

    return installer ? &cmd_wheel_installer : NULL;
}

/* What an interpreter is asked to run: a script or a module. */
struct program {
    const char *script;
    const char *module;
    int next; /* index of its first argument */
};

/*
 * Reads one argument of single-letter options as CPython does. False when one of them is for the
 * interpreter alone (-c, -V).
 */
static bool read_letters(int argc, char **argv, int *at, struct program *ret_program)
{
    static const char flags[] = "bBdEiIOPqRsSuvx"; /* those that only change how a program is run */

    for (const char *p = argv[*at] + 1; *p; p++) {
        if (strchr(flags, *p))
            continue;
        if (*p != 'm' && *p != 'W' && *p != 'X')
            return false;
        const char *value = p[1] ? p + 1 : *at + 1 < argc ? argv[++*at] : NULL;
        if (*p == 'm' && value) {
            ret_program->module = value;
            ret_program->next = *at + 1;
        }
        return value != NULL;
    }
    return true;
}

/* False when there is no script or module: -c, standard input, --version, a wrong option. */
static bool find_program(int argc, char **argv, struct program *ret_program)
{
    *ret_program = (struct program){0};
    for (int at = 1; at < argc; at++) {
        const char *arg = argv[at];
        if (strcmp(arg, "--check-hash-based-pycs") == 0) {
            at++;
            continue;
        }
        if (strcmp(arg, "--") == 0 && at + 1 < argc)
            arg = argv[++at];
        else if (arg[0] == '-' && (arg[1] == '-' || !arg[1]))
            return false;
        else if (arg[0] == '-') {
            if (!read_letters(argc, argv, &at, ret_program))
                return false;
            if (ret_program->module)
                return true;
            continue;
        }
        ret_program->script = arg;
        ret_program->next = at + 1;
        return true;
    }
    return false;
}

/*
 * Adds --rules_python_repo: the path of the rules' own script has the name that their repository
 * has in this workspace, because Bazel keeps repositories at <output base>/external/<name>.
 */
static void add_repository(const char *script, struct strv *args)
{
    auto_strv struct strv parts = STRV_INIT;

    strv_split(&parts, script, "/");
    size_t n = parts.count; /* …/external/<name>/tools/piptool.par */
    if (n >= 4 && strcmp(parts.items[n - 4], "external") == 0)
        strv_pushf(args, "--rules_python_repo=%s", parts.items[n - 3]);
}

/* For a call as an interpreter: the tool that it is asked to run, or the real interpreter. */
static void choose_program(int argc, char **argv, struct multicall *ret_call)
{
    struct program program;
    const struct cmd *tool = NULL;

    ret_call->kind = MULTICALL_INTERPRETER;
    if (!find_program(argc, argv, &program))
        return;
    tool = program.module ? tool_of_module(program.module) : tool_of_file(program.script, true);
    if (!tool)
        return;
    ret_call->kind = MULTICALL_TOOL;
    ret_call->tool = tool->name;
    for (int i = program.next; i < argc; i++)
        strv_push(&ret_call->args, argv[i]);
    if (program.script)
        add_repository(program.script, &ret_call->args);
}

/*
 * True for a first argument that only an interpreter has: some rules resolve the link that they
 * were given and run `truewheel -B -I -c ...`. Options that may be meant for truewheel itself (-h,
 * -q, -v, --version) are not among them.
 */
static bool is_for_interpreter(const char *arg)
{
    static const char letters[] = "bBcEIimOPRsSuWX";

    return arg && arg[0] == '-' && arg[1] && strchr(letters, arg[1]);
}

void multicall_choose(int argc, char **argv, struct multicall *ret_call)
{
    *ret_call = (struct multicall){.kind = MULTICALL_TRUEWHEEL};
    if (argc < 1)
        return;
    const struct cmd *tool = tool_of_file(argv[0], false);
    if (tool) {
        ret_call->kind = MULTICALL_TOOL;
        ret_call->tool = tool->name;
        for (int i = 1; i < argc; i++)
            strv_push(&ret_call->args, argv[i]);
    } else if (strstr(path_base(argv[0]), "python") || is_for_interpreter(argv[1])) {
        choose_program(argc, argv, ret_call);
    }
}

void multicall_release(struct multicall *m)
{
    strv_release(&m->args);
}

static int run_tool(const struct multicall *m)
{
    (void)signal(SIGPIPE, SIG_IGN); /* a closed stdout is an error of the write, not our death */
    for (size_t i = 0; i < ARRAY_SIZE(tools); i++)
        if (strcmp(tools[i]->name, m->tool) == 0)
            return cmd_dispatch(tools[i], (int)m->args.count, m->args.items);
    BUG("no tool '%s'", m->tool);
}

bool multicall_run(int argc, char **argv, int *ret_status)
{
    auto_err struct err err = ERR_INIT;
    struct multicall m;

    multicall_choose(argc, argv, &m);
    if (argc > 0 && m.kind != MULTICALL_TRUEWHEEL)
        interpreter_set_own_name(argv[0]);
    if (m.kind == MULTICALL_TOOL) {
        *ret_status = run_tool(&m);
    } else if (m.kind == MULTICALL_INTERPRETER) {
        (void)interpreter_exec(argv, &err); /* returns only with an error */
        *ret_status = cmd_fail(&err);
    }
    multicall_release(&m);
    return m.kind != MULTICALL_TRUEWHEEL;
}
