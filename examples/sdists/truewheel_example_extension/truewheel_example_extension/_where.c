#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyObject *where(PyObject *self, PyObject *args)
{
    (void)self;
    (void)args;
    return PyUnicode_FromString(__FILE__);
}

static PyMethodDef methods[] = {
    {"where", where, METH_NOARGS, "The path of this file when it was compiled."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "_where", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__where(void)
{
    return PyModule_Create(&module);
}
