/* Which Python a run is for, and the virtual environment around it. */
#include "jobs/environment.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "jobs/interpreter.h"

enum { CONFIG_MAX_BYTES = 64 << 10 };

void environment_release(struct environment *environment)
{
    free(environment->python);
    free(environment->base);
    free(environment->prefix);
    *environment = (struct environment)ENVIRONMENT_INIT;
}

static bool is_version(const char *name)
{
    return name[0] && !name[strspn(name, "0123456789.")];
}

/* "3.11" of "3.11.2" and of "3.11.2.final.0"; NULL: it is no version. */
static char *major_minor(const char *text)
{
    size_t len = strspn(text, "0123456789");

    if (!len || text[len] != '.')
        return NULL;
    size_t minor = strspn(text + len + 1, "0123456789");
    return minor ? xstrndup(text, len + 1 + minor) : NULL;
}

/* The version that a pyvenv.cfg names: "version" to venv, "version_info" to virtualenv and uv. */
static char *version_in_config(const char *text)
{
    static const char *const keys[] = {"version", "version_info"};
    auto_strv struct strv lines = STRV_INIT;

    strv_split(&lines, text, "\n");
    for (size_t i = 0; i < lines.count; i++)
        for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
            const char *line = lines.items[i] + strspn(lines.items[i], " \t");
            const char *rest = line + strlen(keys[k]);
            if (!str_starts(line, keys[k]))
                continue;
            rest += strspn(rest, " \t");
            if (*rest == '=')
                return major_minor(rest + 1 + strspn(rest + 1, " \t"));
        }
    return NULL;
}

/* Takes the directory for a virtual environment; false when it is none. */
static bool take_prefix(struct environment *environment, const char *directory)
{
    auto_free char *config = path_join(directory, "pyvenv.cfg");
    auto_str struct str text = STR_INIT;

    if (read_file(config, CONFIG_MAX_BYTES, &text, NULL) < 0)
        return false;
    environment->prefix = path_absolute(directory);
    environment->python = version_in_config(text.buf);
    return true;
}

/* An interpreter's environment is where its pyvenv.cfg lies: beside it or, as usual, one above. */
static void take_interpreter(struct environment *environment, const char *path)
{
    auto_free char *absolute = path_absolute(path);
    auto_free char *beside = path_dir(absolute);
    auto_free char *above = path_dir(beside);

    if (interpreter_is_truewheel(path))
        return; /* Bazel's rules name it so: the default is meant */
    environment->base = realpath(path, NULL);
    if (!take_prefix(environment, beside))
        (void)take_prefix(environment, above);
    if (!environment->python)
        environment->python = steal(&absolute);
}

static int take_path(struct environment *environment, const char *path, struct err *err)
{
    auto_free char *inside = path_join(path, "bin/python");
    struct stat st;

    if (stat(path, &st) < 0)
        return err_set(err, ERR_USAGE, "%s '%s': %s", environment->named_by, path, strerror(errno));
    if (S_ISDIR(st.st_mode) && access(inside, X_OK) < 0)
        return err_set(err, ERR_USAGE, "%s '%s' is no virtual environment: it has no bin/python",
                       environment->named_by, path);
    if (!S_ISDIR(st.st_mode) && access(path, X_OK) < 0)
        return err_set(err, ERR_USAGE, "%s '%s': %s", environment->named_by, path, strerror(errno));
    take_interpreter(environment, S_ISDIR(st.st_mode) ? inside : path);
    return 0;
}

/* The one that is activated, unless it is none. */
static int take_activated(const char *directory, struct environment *ret_environment,
                          struct err *err)
{
    auto_free char *config = path_join(directory, "pyvenv.cfg");

    if (access(config, R_OK) < 0) {
        log_warn("VIRTUAL_ENV=%s is no virtual environment, and ignored", directory);
        return 0;
    }
    ret_environment->named_by = "VIRTUAL_ENV";
    return take_path(ret_environment, directory, err);
}

/* A version alone: the activated environment is meant when it is of that version. */
static int take_version(const char *version, const char *activated,
                        struct environment *ret_environment, struct err *err)
{
    struct environment other = ENVIRONMENT_INIT;
    auto_free char *wanted = major_minor(version);
    int ret = activated ? take_activated(activated, &other, err) : 0;

    if (ret == 0 && other.prefix && str_eq(other.python, wanted ? wanted : version)) {
        *ret_environment = other;
        return 0;
    }
    if (ret == 0 && other.prefix)
        log_warn("%s %s: the virtual environment %s is of another version, and not used",
                 ret_environment->named_by, version, other.prefix);
    environment_release(&other);
    ret_environment->python = xstrdup(version);
    return ret;
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value && value[0] ? value : NULL;
}

int environment_find(const char *asked, bool activated, struct environment *ret_environment,
                     struct err *err)
{
    const char *of_pip = activated ? variable("PIP_PYTHON") : NULL;
    const char *current = activated ? variable("VIRTUAL_ENV") : NULL;
    const char *name = asked ? asked : of_pip;
    struct stat st;

    *ret_environment = (struct environment)ENVIRONMENT_INIT;
    if (!name)
        return current ? take_activated(current, ret_environment, err) : 0;
    ret_environment->named_by = asked ? "--python" : "PIP_PYTHON";
    if (is_version(name))
        return take_version(name, current, ret_environment, err);
    if (asked && !strchr(name, '/') && stat(name, &st) < 0) {
        ret_environment->python = xstrdup(name); /* "python3.11", or an error of whoever reads it */
        return 0;
    }
    return take_path(ret_environment, name, err);
}

bool environment_has(const struct environment *environment, const char *executable)
{
    return !environment->base || strcmp(environment->base, executable) == 0;
}
