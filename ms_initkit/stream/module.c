/* The kernels as a Python module, on the stable ABI: one file serves every Python from 3.11 on.
 *
 * What is drawn is a table of `struct row` in any object with a buffer. Nothing of the interpreter is touched for an
 * element, and nothing for a task: threads take tasks from a counter in memory that they share. */
#define Py_LIMITED_API 0x030b0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <string.h>
#include <time.h>

#if defined(HAS_LEVELS)
#include <cpuid.h>
#endif

#include "kernels.h"

/* The levels that were compiled, the one with the widest vectors first. setup.py compiles the others on x86-64. */
static const struct level {
    const char *name;
    fill_function *fill;
} LEVELS[] = {
#if defined(HAS_LEVELS)
    {"v4", ms_initkit_fill_v4},
    {"v3", ms_initkit_fill_v3},
#endif
    {"baseline", ms_initkit_fill_baseline},
};
#define COUNT ((int)(sizeof LEVELS / sizeof *LEVELS))

static fill_function *fill = ms_initkit_fill_baseline;

#if defined(HAS_LEVELS)
/* What compilers may use at each level, as the x86-64 psABI defines it, beyond what older levels have. */
#define V3_LEAF_1_C (1u << 12 | 1u << 22 | 1u << 27 | 1u << 28 | 1u << 29) /* FMA, MOVBE, OSXSAVE, AVX, F16C */
#define V3_LEAF_7_B (1u << 3 | 1u << 5 | 1u << 8)                          /* BMI, AVX2, BMI2 */
#define V3_EXTENDED_C (1u << 5)                                            /* LZCNT */
#define V4_LEAF_7_B (1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31) /* AVX-512 F, DQ, CD, BW, VL */
#define V3_STATE 0x06u /* the system saves the upper halves of registers when it changes threads, */
#define V4_STATE 0xE6u /* and the upper halves of those and the masks */

/* Whether this processor, and its operating system, can run a level. Asked of the processor, since compilers' own
 * question needs a library that not all of them bring along. */
static int runs(int level) {
    uint32_t a, b, c, d, c_1, b_7, c_extended, state, unused;
    if (strcmp(LEVELS[level].name, "baseline") == 0) return 1;
    if (!__get_cpuid(1, &a, &b, &c_1, &d) || !__get_cpuid_count(7, 0, &a, &b_7, &c, &d) ||
        !__get_cpuid(0x80000001, &a, &b, &c_extended, &d) || (c_1 & V3_LEAF_1_C) != V3_LEAF_1_C ||
        (b_7 & V3_LEAF_7_B) != V3_LEAF_7_B || (c_extended & V3_EXTENDED_C) != V3_EXTENDED_C)
        return 0;
    __asm__("xgetbv" : "=a"(state), "=d"(unused) : "c"(0));
    if (strcmp(LEVELS[level].name, "v3") == 0) return (state & V3_STATE) == V3_STATE;
    return (state & V4_STATE) == V4_STATE && (b_7 & V4_LEAF_7_B) == V4_LEAF_7_B;
}
#else
static int runs(int level) { return level == COUNT - 1; }
#endif

PyDoc_STRVAR(levels_doc, "levels() -> tuple of str\n\nThe levels that this processor can run, the fastest first.");

static PyObject *levels(PyObject *module, PyObject *unused) {
    (void)module, (void)unused;
    int first = 0;
    while (!runs(first)) first++;
    PyObject *names = PyTuple_New(COUNT - first);
    for (int level = first; names && level < COUNT; level++) {
        PyObject *name = PyUnicode_FromString(LEVELS[level].name);
        if (!name || PyTuple_SetItem(names, level - first, name)) Py_CLEAR(names);
    }
    return names;
}

PyDoc_STRVAR(use_doc, "use(level)\n\nDraws with the kernels of one of levels() from now on; the values are the same.");

static PyObject *use(PyObject *module, PyObject *args) {
    (void)module;
    const char *name;
    if (!PyArg_ParseTuple(args, "s", &name)) return NULL;
    for (int level = 0; level < COUNT; level++)
        if (runs(level) && strcmp(name, LEVELS[level].name) == 0) {
            fill = LEVELS[level].fill;
            Py_RETURN_NONE;
        }
    return PyErr_Format(PyExc_ValueError, "this processor has no kernels called %s", name);
}

/* Whether a table holds as many rows; if not, an exception is set. */
static int holds(const Py_buffer *table, long long count) {
    if (count >= 0 && (long long)(table->len / (Py_ssize_t)sizeof(struct row)) >= count) return 1;
    PyErr_SetString(PyExc_ValueError, "the table is shorter than its rows");
    return 0;
}

PyDoc_STRVAR(fill_doc, "fill(table, count, start, stop, past_caches)\n\n"
                       "Writes elements start to stop of a table's tensors, laid end to end, without the interpreter's lock.");

static PyObject *fill_elements(PyObject *module, PyObject *args) {
    (void)module;
    Py_buffer table;
    long long count, start, stop;
    int past_caches;
    if (!PyArg_ParseTuple(args, "y*LLLp", &table, &count, &start, &stop, &past_caches)) return NULL;
    const int is_sound = holds(&table, count);
    if (is_sound) {
        Py_BEGIN_ALLOW_THREADS
        fill(table.buf, count, start, stop, past_caches);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&table);
    if (!is_sound) return NULL;
    Py_RETURN_NONE;
}

/* What threads that draw one table share. */
struct progress {
    int64_t next;     /* the first element that nobody has taken */
    int64_t done;     /* elements that have been written */
    int64_t stopped;  /* whether no more are to be taken */
    int64_t is_fresh; /* whether the memory has never been written */
    struct ms_initkit_pages pages;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Takes `step` elements after another until none are left (1) or the time is up (0). */
static int work_through(const struct row *rows, int64_t count, int64_t total, int64_t step, int past_caches,
                        struct progress *shared, double seconds) {
    const double end = now() + seconds;
    while (!__atomic_load_n(&shared->stopped, __ATOMIC_RELAXED)) {
        const int64_t start = __atomic_fetch_add(&shared->next, step, __ATOMIC_RELAXED);
        if (start >= total) break;
        const int64_t stop = step < total - start ? start + step : total;
        if (shared->is_fresh) ms_initkit_prepare(rows, count, start, stop, &shared->pages);
        fill(rows, count, start, stop, past_caches);
        __atomic_fetch_add(&shared->done, stop - start, __ATOMIC_RELEASE);
        if (seconds > 0.0 && now() > end) return 0;
    }
    return 1;
}

PyDoc_STRVAR(work_doc, "work(table, count, total, step, past_caches, shared, seconds) -> bool\n\n"
                       "Draws a table together with other threads that call this: each takes step elements in turn,\n"
                       "until none are left or, if seconds is not 0, for so long. Returns whether none are left.\n"
                       "shared is SHARED int64, zeros at first: elements taken, elements done, whether to stop, whether the\n"
                       "memory is fresh, and what was found out about its pages.");

static PyObject *work(PyObject *module, PyObject *args) {
    (void)module;
    Py_buffer table, shared;
    long long count, total, step;
    int past_caches, is_finished = 0;
    double seconds;
    if (!PyArg_ParseTuple(args, "y*LLLpw*d", &table, &count, &total, &step, &past_caches, &shared, &seconds))
        return NULL;
    int is_sound = holds(&table, count);
    if (is_sound && (step < 1 || shared.len < (Py_ssize_t)sizeof(struct progress))) {
        PyErr_SetString(PyExc_ValueError, "a step is at least 1, and what is shared SHARED int64");
        is_sound = 0;
    }
    if (is_sound) {
        Py_BEGIN_ALLOW_THREADS
        is_finished = work_through(table.buf, count, total, step, past_caches, shared.buf, seconds);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&table);
    PyBuffer_Release(&shared);
    return is_sound ? PyBool_FromLong(is_finished) : NULL;
}

PyDoc_STRVAR(keys_doc, "keys(version, seed, names, keys)\n\n"
                       "Writes the key of each of a list of names into as many uint64.");

static PyObject *write_keys(PyObject *module, PyObject *args) {
    (void)module;
    unsigned long long version, seed;
    PyObject *names;
    Py_buffer keys;
    if (!PyArg_ParseTuple(args, "KKO!w*", &version, &seed, &PyList_Type, &names, &keys)) return NULL;
    const Py_ssize_t count = PyList_Size(names);
    int is_sound = keys.len / (Py_ssize_t)sizeof(uint64_t) >= count;
    if (!is_sound) PyErr_SetString(PyExc_ValueError, "there is no room for as many keys");
    for (Py_ssize_t i = 0; is_sound && i < count; i++) {
        Py_ssize_t size;
        const char *name = PyUnicode_AsUTF8AndSize(PyList_GetItem(names, i), &size);
        is_sound = name != NULL;
        if (name) ((uint64_t *)keys.buf)[i] = ms_initkit_key(version, seed, name, (uint64_t)size);
    }
    PyBuffer_Release(&keys);
    if (!is_sound) return NULL;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(locked_doc, "locked(addresses) -> list of int, or None\n\n"
                         "The numbers of the addresses, uint64, of memory that may not be written; None where the\n"
                         "system does not say. Address 0 is none.");

static PyObject *locked(PyObject *module, PyObject *args) {
    (void)module;
    Py_buffer addresses;
    if (!PyArg_ParseTuple(args, "y*", &addresses)) return NULL;
    const uint64_t *const each = addresses.buf;
    int was_writable = 0;
    PyObject *found = PyList_New(0);
    for (Py_ssize_t i = 0; found && found != Py_None && i < addresses.len / (Py_ssize_t)sizeof *each; i++) {
        /* neighbours in one page, of which there are thousands where parameters are small, are asked for once */
        const int is_known = each[i] == 0 || (i && was_writable && each[i] / 4096 == each[i - 1] / 4096);
        const int is_writable = is_known ? 1 : ms_initkit_is_writable(each[i]);
        was_writable = is_writable == 1 && each[i] != 0;
        if (is_writable == 1) continue;
        PyObject *number = is_writable ? NULL : PyLong_FromSsize_t(i);
        if (is_writable || !number || PyList_Append(found, number)) Py_CLEAR(found);
        Py_XDECREF(number);
        if (is_writable) found = Py_NewRef(Py_None);
    }
    PyBuffer_Release(&addresses);
    return found;
}

static PyMethodDef METHODS[] = {
    {"fill", fill_elements, METH_VARARGS, fill_doc},
    {"work", work, METH_VARARGS, work_doc},
    {"keys", write_keys, METH_VARARGS, keys_doc},
    {"locked", locked, METH_VARARGS, locked_doc},
    {"levels", levels, METH_NOARGS, levels_doc},
    {"use", use, METH_VARARGS, use_doc},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ms_initkit.stream.kernels",
    .m_doc = "Stream version 1, compiled: see kernels.c.",
    .m_size = -1, /* the level is the process's */
    .m_methods = METHODS,
};

PyMODINIT_FUNC PyInit_kernels(void) {
    int level = 0;
    while (!runs(level)) level++;
    fill = LEVELS[level].fill;
    PyObject *module = PyModule_Create(&MODULE);
    if (module && PyModule_AddIntConstant(module, "SHARED", sizeof(struct progress) / sizeof(int64_t))) Py_CLEAR(module);
    return module;
}
