/* Starts the embedded interpreter, and probes the one that it is to be. */
#include <Python.h>

#include "engine/py_init.h"

#include <stdlib.h>
#include <string.h>

#include "engine/py_error.h"

static int status_error(PyStatus status, struct err *err)
{
    return err_set(err, ERR_ENVIRONMENT, "cannot start Python " PY_VERSION ": %s%s%s",
                   status.func ? status.func : "", status.func ? ": " : "",
                   status.err_msg ? status.err_msg : "unknown error");
}

static PyStatus pre_initialize(void)
{
    PyPreConfig pre;

    PyPreConfig_InitIsolatedConfig(&pre);
    pre.utf8_mode = 1; /* else an isolated interpreter gets its encodings from the C locale */
    return Py_PreInitialize(&pre);
}

static PyStatus initialize(PyConfig *config, const char *executable)
{
    config->site_import = 0;
    config->write_bytecode = 0;
    config->buffered_stdio = 1;
    PyStatus status = PyConfig_SetBytesString(config, &config->program_name, executable);
    if (!PyStatus_Exception(status))
        status = PyConfig_SetBytesString(config, &config->executable, executable);
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(config);
    return status;
}

/*
 * Whether the library that was loaded is of the version of the headers and has the right
 * executable.
 */
static int check(const char *executable, struct err *err)
{
    const char *version = Py_GetVersion();
    size_t len = strlen(TRUEWHEEL_ENGINE_VERSION);

    if (strncmp(version, TRUEWHEEL_ENGINE_VERSION, len) != 0 || version[len] != '.')
        return err_set(err, ERR_ENVIRONMENT,
                       "this engine was built for Python %s and got the library of %.20s",
                       TRUEWHEEL_ENGINE_VERSION, version);
    PyObject *seen = PySys_GetObject("executable");
    const char *text = seen && PyUnicode_Check(seen) ? PyUnicode_AsUTF8(seen) : NULL;
    if (!text || strcmp(text, executable) != 0) {
        PyErr_Clear();
        return err_set(err, ERR_ENVIRONMENT, "sys.executable is '%s' instead of '%s'",
                       text ? text : "", executable);
    }
    PyObject *os =
        PyImport_ImportModule("os"); /* a standard library of another version fails here */
    if (!os)
        return py_error_fetch(err);
    Py_DECREF(os);
    return 0;
}

int py_init(const char *executable, struct err *err)
{
    PyConfig config;
    PyStatus status = pre_initialize();

    if (PyStatus_Exception(status))
        return status_error(status, err);
    PyConfig_InitIsolatedConfig(&config);
    status = initialize(&config, executable);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status))
        return status_error(status, err);
    return check(executable, err);
}

/* ------------------------------------------------------------------ the interpreter that is run */

static const char question[] = "import sys\n"
                               "for text in sys.version.split()[0], sys.base_prefix, sys.prefix:\n"
                               "    sys.stdout.write(text + '\\0')\n";

/* What is asked of the interpreter, in the order of the answer. */
enum fact { FACT_VERSION, FACT_BASE_PREFIX, FACT_PREFIX, FACT_COUNT };

static const char *const fact_names[FACT_COUNT] = {[FACT_VERSION] = "Python",
                                                   [FACT_BASE_PREFIX] = "sys.base_prefix",
                                                   [FACT_PREFIX] = "sys.prefix"};

int py_probe_start(const char *executable, struct capture *ret_probe, struct err *err)
{
    char *argv[] = {(char *)executable, "-I", "-S", "-c", (char *)question, NULL};
    /* An engine that hangs while it starts is killed as a process group, and the probe with it. */
    struct spawn_spec spec = {.path = executable, .argv = argv, .same_session = true};
    int ret = capture_start(&spec, ret_probe, NULL);

    return ret < 0 ? err_errno(err, ret, "cannot run the interpreter '%s'", executable) : 0;
}

/* What the embedded interpreter says. The caller frees. */
static char *own_fact(enum fact fact)
{
    static const char *const attributes[FACT_COUNT] = {"version", "base_prefix", "prefix"};
    PyObject *value = PySys_GetObject(attributes[fact]);
    const char *text = value && PyUnicode_Check(value) ? PyUnicode_AsUTF8(value) : NULL;

    if (!text) {
        PyErr_Clear();
        text = "";
    }
    return xstrndup(text, fact == FACT_VERSION ? strcspn(text, " ") : strlen(text));
}

/* Two paths of one directory count as the same. */
static bool same_fact(const char *a, const char *b)
{
    auto_free char *real_a = realpath(a, NULL);
    auto_free char *real_b = realpath(b, NULL);

    return strcmp(a, b) == 0 || (real_a && real_b && strcmp(real_a, real_b) == 0);
}

/*
 * A libpython that uses the standard library of another installation fails late and with odd
 * errors, or not at all.
 */
static int compare(const char *executable, const struct str *answer, struct err *err)
{
    const char *theirs = answer->buf, *end = answer->buf + answer->len;

    for (enum fact fact = 0; fact < FACT_COUNT; fact++) {
        auto_free char *ours = own_fact(fact);
        if (theirs >= end)
            return err_set(err, ERR_ENVIRONMENT, "'%s' does not answer like a Python", executable);
        if (!same_fact(ours, theirs))
            return err_set(err, ERR_ENVIRONMENT,
                           "it embeds %s %s, but for '%s' that is %s; build truewheel again "
                           "(make PYTHON=%s)",
                           fact_names[fact], ours, executable, theirs, executable);
        theirs += strlen(theirs) + 1;
    }
    return 0;
}

int py_probe_finish(const char *executable, struct capture *probe, struct err *err)
{
    struct capture_limits limits = {.max_bytes = 64 << 10, .stop_fd = -1};
    auto_str struct str answer = STR_INIT;
    int status;
    int ret = capture_finish(probe, &limits, &answer, &status, err);

    if (ret < 0)
        return ret;
    if (status != 0)
        return err_set(err, ERR_ENVIRONMENT, "the interpreter '%s' does not run", executable);
    return compare(executable, &answer, err);
}
