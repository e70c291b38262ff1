/* What the kernels take: a table of tensors. `table.py` writes it, `kernels.c` reads it. */
#ifndef MS_INITKIT_KERNELS_H
#define MS_INITKIT_KERNELS_H

#include <stdint.h>

/* The storage types, as in table.py. */
enum storage { FLOAT32, FLOAT16, BFLOAT16, FLOAT64, UINT32 };

/* A tensor. Its elements are those of nested loops over element numbers in the whole parameter, or, where there are no
 * loops, consecutive numbers from `offset` on. */
struct row {
    int64_t end;  /* where it ends among all tensors of the table laid end to end, in elements */
    int64_t size; /* its elements */
    int64_t address;
    int64_t storage;
    int64_t law;
    uint64_t key;
    uint64_t substream;
    uint64_t offset;
    uint32_t parameters[8]; /* of the law: float32, pairs of float64 or whole numbers, as bits */
    int64_t loops;          /* how many loops there are, none or at least two, the innermost a run of stride 1 */
    int64_t where;          /* bytes from this row on to the lengths of the loops, which their strides follow */
};

/* Writes elements `start` to `stop` of the tensors of a table of `count` rows, whose elements are laid end to end;
 * `past_caches` if what is written had better not displace what the caches hold. */
typedef void fill_function(const struct row *rows, int64_t count, int64_t start, int64_t stop, int past_caches);

/* The same source compiled for several levels of one processor: the values are the same. */
fill_function ms_initkit_fill_baseline, ms_initkit_fill_v3, ms_initkit_fill_v4;

/* Bytes of an element. */
static inline int64_t ms_initkit_item_size(int64_t storage) {
    return storage == FLOAT64 ? 8 : storage == FLOAT16 || storage == BFLOAT16 ? 2 : 4;
}

/* The first row of a table that ends beyond element `start`. */
static inline int64_t ms_initkit_row_of(const struct row *rows, int64_t count, int64_t start) {
    int64_t row = 0, above = count;
    while (row < above) {
        const int64_t middle = row + (above - row) / 2;
        if (rows[middle].end <= start)
            row = middle + 1;
        else
            above = middle;
    }
    return row;
}

/* What threads that write fresh memory have found out about its pages, of either kind; zeros at first. */
struct ms_initkit_pages {
    int64_t choice;
    int64_t tickets;  /* trials that were begun */
    int64_t tried[2]; /* trials that have ended, and the nanoseconds that they took */
    int64_t spent[2];
};

/* Readies the fresh memory of elements `start` to `stop`, which are to be drawn next. */
void ms_initkit_prepare(const struct row *rows, int64_t count, int64_t start, int64_t stop,
                        struct ms_initkit_pages *pages);

/* Whether memory may be written: 1 or 0, or -1 where the system does not say. Nothing is changed. */
int ms_initkit_is_writable(uint64_t address);

/* The key of the stream of the parameter called `name`, of so many bytes. */
uint64_t ms_initkit_key(uint64_t version, uint64_t seed, const char *name, uint64_t size);

#endif
