/* `truewheel check`: what is wrong with wheels, whoever made them. */
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "compare/wheel_pairs.h"
#include "content/elf_look.h"
#include "lint/lint.h"
#include "system/publish.h"
#include "wheel/normal.h"
#include "output/check_output.h"
#include "commands/commands.h"

struct check_options {
    struct strv select;
    struct strv ignore;
    const char *format;
    const char *host;
    const char *user;
    const char *explain;
    bool fix;
    bool json;
    bool quiet;
    bool list_codes;
};

#define FIELD(name) offsetof(struct check_options, name)

static const struct opt options[] = {
    OPTION_VALUE(LIST, 0, "select", select, "CODES",
                 "look for these alone: codes, their beginnings (TW4), or ALL"),
    OPTION_VALUE(LIST, 0, "ignore", ignore, "CODES", "do not look for these"),
    OPTION(FLAG, 0, "fix", fix, "mend what the normal form mends, in place, then look again"),
    OPTION_VALUE(STRING, 0, "format", format, "text|github|json",
                 "how to print (default: text); github: annotations of a workflow"),
    OPTION(FLAG, 0, "json", json, "the same as --format json"),
    OPTION(FLAG, 'q', "quiet", quiet, "no line for wheels in which nothing was found"),
    OPTION_VALUE(STRING, 0, "host", host, "NAME",
                 "the machine's name to look for in files (default: this one's)"),
    OPTION_VALUE(STRING, 0, "user", user, "NAME",
                 "the user's name to look for in files (default: this one's)"),
    OPTION(FLAG, 0, "list-codes", list_codes, "print all codes"),
    OPTION_VALUE(STRING, 0, "explain", explain, "CODE",
                 "print what a code means and what to do; ALL: of every one"),
};

struct check {
    const struct check_options *options;
    enum check_format format;
    struct lint_selection selection;
    struct lint_identity identity;
    char host[256];
    json_t *json; /* a list; NULL for other formats */
    bool found;
};

/* --------------------------------------------------------------------------------------- identity */

/* Names that are of many machines or users, and words of other things. */
static bool is_telling(const char *name)
{
    static const char *const common[] = {
        "root",     "user",      "users",  "runner", "build",   "builder", "buildd",    "docker",
        "ubuntu",   "debian",    "fedora", "admin",  "vagrant", "jenkins", "localhost", "nobody",
        "circleci", "travis",    "gitlab", "github", "python",  "test",    "tests",     "linux",
        "vscode",   "codespace", "worker", "server", "node",    "host",    "machine",   "default"};

    for (size_t i = 0; i < ARRAY_SIZE(common); i++)
        if (str_eq(name, common[i]))
            return false;
    return strlen(name) >= 4;
}

static void find_identity(struct check *c)
{
    const struct passwd *user = getpwuid(getuid());

    c->identity.host = c->options->host;
    c->identity.user = c->options->user;
    if (!c->options->host && gethostname(c->host, sizeof(c->host) - 1) == 0 && is_telling(c->host))
        c->identity.host = c->host;
    if (!c->options->user && user && is_telling(user->pw_name))
        c->identity.user = user->pw_name;
}

/* ------------------------------------------------------------------------------------------ one wheel */

static int open_wheel(const char *path, mode_t *ret_mode, struct err *err)
{
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return err_errno(err, errno, "cannot open '%s'", path);
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_FORMAT, "'%s' is not a regular file", path);
    *ret_mode = st.st_mode & 0777;
    return steal_fd(&fd);
}

/* Writes the normal form over the wheel; *ret_fixed: there was something to change. */
static int fix(const char *path, int in_fd, mode_t mode, bool *ret_fixed, struct err *err)
{
    auto_free char *target = realpath(path, NULL);
    auto_free char *dir = path_dir(target ? target : path);
    auto_close int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct normal_options normal = {.file_name = path_base(path)};
    struct normal_result result = {.changed = false};
    struct tmp_file tmp = TMP_FILE_INIT;

    if (!target || dirfd < 0)
        return err_errno(err, errno, "cannot open '%s'", dir);
    int ret = tmp_file_create(dirfd, &tmp, err);
    if (ret == 0)
        ret = normal_form(in_fd, tmp.fd, &normal, &result, err);
    if (ret == 0 && result.changed)
        ret = publish_commit(&tmp, path_base(target), mode, err);
    tmp_file_release(&tmp);
    *ret_fixed = ret == 0 && result.changed;
    return ret;
}

static void show(struct check *c, const char *path, const struct lint_report *report, bool fixed)
{
    c->found = c->found || report->findings.count;
    if (c->json) {
        (void)json_array_append_new(c->json, check_to_json(path, report, fixed));
        return;
    }
    if (fixed)
        (void)printf("%s: fixed\n", path);
    check_print(path, report, c->format, c->options->quiet || fixed);
}

/* What cannot be brought into normal form stays as it is: its findings tell why. */
static int fix_and_look(struct check *c, const char *path, int fd, mode_t mode,
                        struct lint_report *report, bool *ret_fixed, struct err *err)
{
    auto_err struct err cause = ERR_INIT;
    int ret = fix(path, fd, mode, ret_fixed, &cause);

    if (ret == -ERR_FORMAT) {
        log_warn("'%s' cannot be fixed: %s", path, cause.message);
        return 0;
    }
    if (ret < 0) {
        err_move(err, &cause);
        return ret;
    }
    auto_close int again = open_wheel(path, &mode, err);
    if (again < 0)
        return again;
    lint_report_release(report);
    return lint_wheel(again, path, &c->selection, &c->identity, report, err);
}

static int check_wheel(struct check *c, const char *path, struct err *err)
{
    struct lint_report report = {.selection = NULL};
    bool fixed = false;
    mode_t mode = 0;
    auto_close int fd = open_wheel(path, &mode, err);

    if (fd < 0)
        return fd;
    int ret = lint_wheel(fd, path, &c->selection, &c->identity, &report, err);
    if (ret == 0 && c->options->fix && lint_report_is_fixable(&report))
        ret = fix_and_look(c, path, fd, mode, &report, &fixed, err);
    if (ret == 0)
        show(c, path, &report, fixed);
    else
        (void)err_wrap(err, "'%s'", path);
    lint_report_release(&report);
    return ret;
}

/* --------------------------------------------------------------------------------------- the command */

static int check_directory(struct check *c, const char *dir, struct err *err)
{
    auto_strv struct strv names = STRV_INIT;
    int ret = wheel_names_in(dir, &names, err);

    if (ret == 0 && !names.count)
        ret = err_set(err, ERR_USAGE, "there is no wheel in '%s'", dir);
    for (size_t i = 0; i < names.count && ret == 0; i++) {
        auto_free char *path = path_join(dir, names.items[i]);
        ret = check_wheel(c, path, err);
    }
    return ret;
}

static int check_argument(struct check *c, const char *path, struct err *err)
{
    struct stat st;

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return check_directory(c, path, err);
    return check_wheel(c, path, err);
}

static int choose_format(struct check *c, struct err *err)
{
    const char *format = c->options->json ? "json" : c->options->format;

    if (!format || str_eq(format, "text"))
        c->format = CHECK_TEXT;
    else if (str_eq(format, "github"))
        c->format = CHECK_GITHUB;
    else if (str_eq(format, "json"))
        c->format = CHECK_JSON;
    else
        return err_set(err, ERR_USAGE, "--format is text, github or json, not '%s'", format);
    return 0;
}

static void print_json(const struct check *c)
{
    json_t *all = json_pack("{s:i, s:O}", "format", 1, "wheels", c->json);
    auto_free char *text = json_dumps(all, JSON_INDENT(2) | JSON_SORT_KEYS);

    (void)printf("%s\n", text ? text : "null");
    json_decref(all);
}

static int check_all(struct check *c, int argc, char **argv, struct err *err)
{
    int ret = choose_format(c, err);

    if (ret == 0)
        ret = lint_select(&c->options->select, &c->options->ignore, &c->selection, err);
    if (ret < 0)
        return ret;
    find_identity(c);
    if (!elf_look_supported())
        log_warn("ELF files are not looked into: this truewheel was built without elfutils");
    c->json = c->format == CHECK_JSON ? json_array() : NULL;
    for (int i = 0; i < argc && ret == 0; i++)
        ret = check_argument(c, argv[i], err);
    if (ret == 0 && c->json)
        print_json(c);
    if (ret == 0 && fflush(stdout) != 0)
        ret = err_errno(err, errno, "cannot write to stdout");
    return ret;
}

static int explain(const char *code, struct err *err)
{
    if (str_eq(code, "ALL")) {
        check_print_page();
        return 0;
    }
    for (int i = 0; i < LINT_RULE_COUNT; i++) {
        const struct lint_rule_info *rule = lint_rule_info((enum lint_rule)i);
        if (str_eq(rule->code, code) || str_eq(rule->name, code)) {
            check_print_rule((enum lint_rule)i);
            return 0;
        }
    }
    int ret = err_set(err, ERR_USAGE, "no check has the code '%s'", code);
    err_hint(err, "truewheel check --list-codes prints them");
    return ret;
}

static int run_check(struct check *c, int argc, char **argv)
{
    auto_err struct err err = ERR_INIT;
    int ret = 0;

    if (c->options->list_codes) {
        check_print_codes();
        return EXIT_DONE;
    }
    if (c->options->explain) {
        ret = explain(c->options->explain, &err);
        return ret < 0 ? cmd_fail(&err) : EXIT_DONE;
    }
    if (argc == 0) {
        (void)err_set(&err, ERR_USAGE, "no wheel given");
        return cmd_fail_usage(&cmd_check, &err);
    }
    ret = check_all(c, argc, argv, &err);
    if (ret < 0)
        return cmd_fail(&err);
    return c->found ? EXIT_BUILD : EXIT_DONE;
}

static int run(void *opaque, int argc, char **argv)
{
    struct check_options *o = opaque;
    struct check c = {.options = o};
    int status = run_check(&c, argc, argv);

    json_decref(c.json);
    strv_release(&o->select);
    strv_release(&o->ignore);
    return status;
}

const struct cmd cmd_check = {
    .name = "check",
    .arguments = "WHEEL|DIRECTORY...",
    .summary = "Say what is wrong with wheels: archive, metadata, native code, traces of a build.",
    .about =
        "Prints one line for each finding, with a code that stays. --explain CODE says what one\n"
        "means and what to do. Exit status: 0 nothing found, 1 something found.",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .options_size = sizeof(struct check_options),
    .run = run,
};
