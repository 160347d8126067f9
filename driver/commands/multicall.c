#include "commands/multicall.h"

#include <signal.h>
#include <string.h>

#include "base/path.h"
#include "base/str.h"
#include "jobs/interpreter.h"
#include "bazel/rules.h"
#include "commands/commands.h"

static const struct cmd *const tools[] = {&cmd_piptool, &cmd_whltool, &cmd_wheel_installer};

/* The tool that a program or script is named after, NULL when none. */
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
 * python.private.pypi.whl_installer.wheel_installer since 0.34. Before, <package>.wheel_installer:
 * from 0.27 on with the same options, until then with others (--repo, --annotation), which only the
 * module itself knows. --whl-file tells them apart, but is not in every call.
 */
static const struct cmd *tool_of_module(const char *module)
{
    bool installer = strstr(module, "whl_installer") ||
                     (str_ends(module, ".wheel_installer") &&
                      bazel_rules_mention(module, "arguments.py", "--whl-file") == BAZEL_RULES_YES);

    return installer ? &cmd_wheel_installer : NULL;
}

/* What an interpreter is asked to run. */
struct program {
    const char *script; /* or */
    const char *module;
    int next; /* index of its first argument */
};

/* Reads one cluster of single-letter options as CPython does. False when the interpreter must see it. */
static bool read_cluster(int argc, char **argv, int *at, struct program *ret)
{
    static const char flags[] = "bBdEiIOPqRsSuvx"; /* those that only change how a program is run */

    for (const char *p = argv[*at] + 1; *p; p++) {
        if (strchr(flags, *p))
            continue;
        if (*p != 'm' && *p != 'W' && *p != 'X')
            return false;
        const char *value = p[1] ? p + 1 : *at + 1 < argc ? argv[++*at] : NULL;
        if (*p == 'm' && value) {
            ret->module = value;
            ret->next = *at + 1;
        }
        return value != NULL;
    }
    return true;
}

/* False when there is no script or module: -c, standard input, --version, a mistake. */
static bool find_program(int argc, char **argv, struct program *ret)
{
    *ret = (struct program){0};
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
            if (!read_cluster(argc, argv, &at, ret))
                return false;
            if (ret->module)
                return true;
            continue;
        }
        ret->script = arg;
        ret->next = at + 1;
        return true;
    }
    return false;
}

/*
 * Bazel keeps repositories at <output base>/external/<name>; the rules' own script tells by its path
 * what their repository is called in this workspace.
 */
static void add_repository(const char *script, struct strv *args)
{
    auto_strv struct strv parts = STRV_INIT;

    strv_split(&parts, script, "/");
    size_t n = parts.count; /* …/external/<name>/tools/piptool.par */
    if (n >= 4 && strcmp(parts.items[n - 4], "external") == 0)
        strv_pushf(args, "--rules_python_repo=%s", parts.items[n - 3]);
}

static void choose_program(int argc, char **argv, struct multicall *ret)
{
    struct program program;
    const struct cmd *tool = NULL;

    ret->kind = MULTICALL_INTERPRETER;
    if (!find_program(argc, argv, &program))
        return;
    tool = program.module ? tool_of_module(program.module) : tool_of_file(program.script, true);
    if (!tool)
        return;
    ret->kind = MULTICALL_TOOL;
    ret->tool = tool->name;
    for (int i = program.next; i < argc; i++)
        strv_push(&ret->args, argv[i]);
    if (program.script)
        add_repository(program.script, &ret->args);
}

/*
 * True for a first argument that only an interpreter takes. Rules resolve the link that they were
 * given and run `truewheel -B -I -c ...`. What somebody may mean for truewheel itself (-h, -q, -v,
 * --version) is not among them.
 */
static bool is_for_interpreter(const char *arg)
{
    static const char letters[] = "bBcEIimOPRsSuWX";

    return arg && arg[0] == '-' && arg[1] && strchr(letters, arg[1]);
}

void multicall_choose(int argc, char **argv, struct multicall *ret)
{
    *ret = (struct multicall){.kind = MULTICALL_TRUEWHEEL};
    if (argc < 1)
        return;
    const struct cmd *tool = tool_of_file(argv[0], false);
    if (tool) {
        ret->kind = MULTICALL_TOOL;
        ret->tool = tool->name;
        for (int i = 1; i < argc; i++)
            strv_push(&ret->args, argv[i]);
    } else if (strstr(path_base(argv[0]), "python") || is_for_interpreter(argv[1])) {
        choose_program(argc, argv, ret);
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
    if (m.kind == MULTICALL_TOOL) {
        *ret_status = run_tool(&m);
    } else if (m.kind == MULTICALL_INTERPRETER) {
        (void)interpreter_exec(argv, &err); /* is only back with an error */
        *ret_status = cmd_fail(&err);
    }
    multicall_release(&m);
    return m.kind != MULTICALL_TRUEWHEEL;
}
