#include <Python.h>

#include "engine/py_init.h"

#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/py_error.h"

extern char **environ;

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
    pre.utf8_mode = 1; /* isolated leaves the locale alone, and the file system encoding with it */
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

/* The embedded library is what the headers were: the same minor version, isolated, and itself. */
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
    PyObject *os = PyImport_ImportModule("os"); /* another version's library fails here */
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

int py_probe_start(const char *executable, pid_t *ret_pid, struct err *err)
{
    static const char code[] = "import sys; raise SystemExit('%d.%d' % sys.version_info[:2] != " //
                               "'" TRUEWHEEL_ENGINE_VERSION "')";
    char *argv[] = {(char *)executable, "-I", "-S", "-c", (char *)code, NULL};
    int ret = posix_spawn(ret_pid, executable, NULL, NULL, argv, environ);

    if (ret)
        return err_errno(err, ret, "cannot run the interpreter '%s'", executable);
    return 0;
}

int py_probe_finish(const char *executable, pid_t pid, struct err *err)
{
    int status = 0;

    if (retry_eintr(waitpid(pid, &status, 0)) < 0)
        return err_errno(err, errno, "cannot wait for '%s'", executable);
    if (status != 0)
        return err_set(err, ERR_ENVIRONMENT,
                       "'%s' does not run or is not Python " TRUEWHEEL_ENGINE_VERSION, executable);
    return 0;
}
