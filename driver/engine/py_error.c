/* Turns a pending Python exception into a struct err. */
#include <Python.h>

#include "engine/py_error.h"

#include <string.h>

/* Clears the pending exception and returns it, with its traceback. */
static PyObject *fetch_exception(void)
{
#if PY_VERSION_HEX >= 0x030c0000
    return PyErr_GetRaisedException();
#else
    PyObject *type, *value, *traceback;

    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (value && traceback)
        (void)PyException_SetTraceback(value, traceback);
    Py_XDECREF(type);
    Py_XDECREF(traceback);
    return value;
#endif
}

/* A str as UTF-8. Lone surrogates, which file names have, are escaped. NULL when that fails. */
static char *utf8_of(PyObject *text)
{
    PyObject *bytes = PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace");
    char *copy = bytes ? xstrdup(PyBytes_AsString(bytes)) : NULL;

    Py_XDECREF(bytes);
    PyErr_Clear();
    return copy;
}

static char *summary_of(PyObject *exception)
{
    PyObject *text = PyObject_Str(exception);
    auto_free char *message = text ? utf8_of(text) : NULL;

    Py_XDECREF(text);
    PyErr_Clear();
    if (message &&
        strcmp(Py_TYPE(exception)->tp_name, "ShimError") == 0) /* a message for the user */
        return xstrdup(message);
    return xasprintf("%s: %s", Py_TYPE(exception)->tp_name, message ? message : "?");
}

static char *traceback_of(PyObject *exception)
{
    char *result = NULL;
    PyObject *module = PyImport_ImportModule("traceback");
    PyObject *traceback = PyException_GetTraceback(exception);
    PyObject *lines = module ? PyObject_CallMethod(module, "format_exception", "OOO",
                                                   (PyObject *)Py_TYPE(exception), exception,
                                                   traceback ? traceback : Py_None)
                             : NULL;
    PyObject *empty = PyUnicode_FromString("");
    PyObject *text = lines && empty ? PyUnicode_Join(empty, lines) : NULL;

    if (text)
        result = utf8_of(text);
    Py_XDECREF(text);
    Py_XDECREF(empty);
    Py_XDECREF(lines);
    Py_XDECREF(traceback);
    Py_XDECREF(module);
    PyErr_Clear();
    return result;
}

int py_error_fetch(struct err *err)
{
    PyObject *exception = fetch_exception();

    if (!exception)
        return err_set(err, ERR_PROTOCOL, "Python failed without an exception");
    auto_free char *summary = summary_of(exception);
    auto_free char *traceback = traceback_of(exception);
    int ret = err_set(err, ERR_PROTOCOL, "%s", summary);
    if (traceback)
        err_detail(err, traceback);
    Py_DECREF(exception);
    return ret;
}
