/* Calls the functions of the shim that C knows by name. */
#include <Python.h>

#include "engine/py_call.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/py_error.h"

enum { STATUS_UNCAUGHT = 70 }; /* EX_SOFTWARE */

static int prepend_path(const char *dir, struct err *err)
{
    PyObject *path = PySys_GetObject("path");
    PyObject *entry = PyUnicode_DecodeFSDefault(dir);
    int ret = path && entry ? PyList_Insert(path, 0, entry) : -1;

    Py_XDECREF(entry);
    return ret < 0 ? py_error_fetch(err) : 0;
}

static PyObject *entry_module(void)
{
    return PyImport_ImportModule("pyshim.entry");
}

/* loads(text) or dumps(object) of the module that knows how bytes travel in JSON. */
static PyObject *json_call(const char *function, PyObject *argument)
{
    PyObject *module = PyImport_ImportModule("pyshim.wire");
    PyObject *result = module ? PyObject_CallMethod(module, function, "O", argument) : NULL;

    Py_XDECREF(module);
    return result;
}

static PyObject *to_python(const json_t *value)
{
    auto_free char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    PyObject *str = PyUnicode_FromString(text ? text : "null");
    PyObject *object = str ? json_call("loads", str) : NULL;

    Py_XDECREF(str);
    return object;
}

static json_t *from_python(PyObject *object)
{
    PyObject *str = json_call("dumps", object);
    const char *text = str ? PyUnicode_AsUTF8(str) : NULL;
    json_t *value = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;

    Py_XDECREF(str);
    return value;
}

int shim_preload(const char *shim_parent, const char *pip, json_t **ret_greeting, struct err *err)
{
    int ret = prepend_path(shim_parent, err);

    if (ret < 0)
        return ret;
    PyObject *module = entry_module();
    PyObject *place = module ? PyUnicode_DecodeFSDefault(pip) : NULL;
    PyObject *found = place ? PyObject_CallMethod(module, "find_pip", "O", place) : NULL;
    PyObject *greeting = found ? PyObject_CallMethod(module, "preload", NULL) : NULL;
    *ret_greeting = greeting ? from_python(greeting) : NULL;
    ret = *ret_greeting ? 0 : py_error_fetch(err);
    Py_XDECREF(greeting);
    Py_XDECREF(found);
    Py_XDECREF(place);
    Py_XDECREF(module);
    return ret;
}

/* Prints the exception that the shim has not caught. */
static int print_exception(void)
{
    auto_err struct err err = ERR_INIT;

    (void)py_error_fetch(&err);
    (void)fprintf(stderr, "%s\n", err.detail ? err.detail : err.message);
    (void)fflush(stderr);
    return STATUS_UNCAUGHT;
}

int shim_run(const char *function, const json_t *request, int fd)
{
    PyObject *module = entry_module();
    PyObject *argument = module ? to_python(request) : NULL;
    PyObject *result = argument ? PyObject_CallMethod(module, function, "Oi", argument, fd) : NULL;
    long status = result ? PyLong_AsLong(result) : -1;

    if (PyErr_Occurred())
        status = print_exception();
    Py_XDECREF(result);
    Py_XDECREF(argument);
    Py_XDECREF(module);
    return (int)(status & 0xff);
}
