"""numpy-abi: an extension that was compiled for NumPy 1, in an environment that has NumPy 2 by now."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow

SOURCE = """
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <numpy/arrayobject.h>
static PyObject *mean(PyObject *self, PyObject *given) {
    PyArrayObject *array = (PyArrayObject *)PyArray_FROM_OTF(given, NPY_DOUBLE, NPY_ARRAY_IN_ARRAY);
    if (array == NULL) return NULL;
    double sum = 0, *data = PyArray_DATA(array);
    npy_intp size = PyArray_SIZE(array);
    for (npy_intp i = 0; i < size; i++) sum += data[i];
    Py_DECREF(array);
    return PyFloat_FromDouble(size ? sum / size : 0);
}
static PyMethodDef methods[] = {{"mean", mean, METH_O, ""}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "fastmean", NULL, -1, methods};
PyMODINIT_FUNC PyInit_fastmean(void) { import_array(); return PyModule_Create(&module); }
"""
BUILD = """
include=$(python -c 'import sysconfig; print(sysconfig.get_path("include"))')
numpy=$(python -c 'import numpy; print(numpy.get_include())')
suffix=$(python -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')
gcc -shared -fPIC -w -I"$include" -I"$numpy" fastmean.c -o "fastmean$suffix"
"""
USE = "python -c 'import fastmean; print(fastmean.mean([1, 2, 3]))'"


def test_an_extension_for_numpy_1_meets_numpy_2(scene, compiler):
    user = scene.venv("numpy==1.26.4")
    user.write("fastmean.c", SOURCE)
    built = user(f"{BUILD}\n{USE}")
    assert (built.code, built.said) == (0, "2.0\n")
    upgraded = user("pip install --quiet --upgrade 'numpy>=2'")
    assert upgraded.code == 0, upgraded.said
    user.repaired(USE, "numpy-abi", holding="pip install 'numpy<2'", prints="2.0\n")


def test_an_extension_for_numpy_2_meets_numpy_1(scene, compiler):
    user = scene.venv("numpy>=2")
    user.write("fastmean.c", "#define NPY_TARGET_VERSION NPY_2_0_API_VERSION\n" + SOURCE)
    built = user(f"{BUILD}\n{USE}")
    assert (built.code, built.said) == (0, "2.0\n")
    downgraded = user("pip install --quiet 'numpy<2'")
    assert downgraded.code == 0, downgraded.said
    user.repaired(USE, "numpy-abi", holding="--upgrade numpy", prints="2.0\n")
