/* Memory that is written for the first time: the system hands out its pages then, which costs more than drawing.
 *
 * Pages of 2 MiB cost a fifth of ordinary ones where the system has them at hand, and five times as much where it has to
 * make them, by moving other memory about; which of the two it is shows only when they are touched. So a few pieces of
 * either kind are touched by the clock, and the quicker kind goes on; large pages are timed all the way. */
#define _DEFAULT_SOURCE
#include "kernels.h"

#include <time.h>
#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

#if defined(MADV_HUGEPAGE) && defined(MADV_NOHUGEPAGE)

#define PAGE 4096
#define PIECE (4 << 20) /* bytes that are touched at once: two large pages */
#define TRIALS 3        /* pieces of either kind before one is chosen */

enum { ORDINARY, LARGE };                             /* kinds of pages */
enum { TRYING, TO_ORDINARY, TO_LARGE };               /* what `choice` says */

/* Of this thread's own work: on a busy machine others have the core now and then. */
static int64_t nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int64_t touch(char *piece, int kind) {
    const int64_t began = nanoseconds();
    madvise(piece, PIECE, kind == LARGE ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    for (int64_t at = 0; at < PIECE; at += PAGE) *(volatile char *)(piece + at) = 0;
    return nanoseconds() - began;
}

static void settle(struct ms_initkit_pages *pages) {
    for (int kind = ORDINARY; kind <= LARGE; kind++)
        if (__atomic_load_n(&pages->tried[kind], __ATOMIC_ACQUIRE) < TRIALS) return;
    const int is_large = pages->spent[LARGE] < pages->spent[ORDINARY];
    __atomic_store_n(&pages->choice, is_large ? TO_LARGE : TO_ORDINARY, __ATOMIC_RELEASE);
}

static void prepare_piece(char *piece, struct ms_initkit_pages *pages) {
    const int64_t choice = __atomic_load_n(&pages->choice, __ATOMIC_ACQUIRE);
    if (choice == TO_ORDINARY) {
        madvise(piece, PIECE, MADV_NOHUGEPAGE);
    } else if (choice == TO_LARGE) {
        if (touch(piece, LARGE) * TRIALS > pages->spent[ORDINARY]) /* they have run out */
            __atomic_store_n(&pages->choice, TO_ORDINARY, __ATOMIC_RELEASE);
    } else {
        const int64_t ticket = __atomic_fetch_add(&pages->tickets, 1, __ATOMIC_RELAXED);
        if (ticket >= 2 * TRIALS) return; /* others are still trying */
        const int kind = ticket % 2 ? LARGE : ORDINARY;
        __atomic_fetch_add(&pages->spent[kind], touch(piece, kind), __ATOMIC_RELAXED);
        __atomic_fetch_add(&pages->tried[kind], 1, __ATOMIC_RELEASE);
        settle(pages);
    }
}

void ms_initkit_prepare(const struct row *rows, int64_t count, int64_t start, int64_t stop,
                        struct ms_initkit_pages *pages) {
    for (int64_t row = ms_initkit_row_of(rows, count, start); start < stop; row++) {
        const int64_t begin = rows[row].end - rows[row].size, last = stop < rows[row].end ? stop : rows[row].end;
        const uintptr_t width = (uintptr_t)ms_initkit_item_size(rows[row].storage);
        const uintptr_t address = (uintptr_t)rows[row].address;
        const uintptr_t from = address + (uintptr_t)(start - begin) * width;
        const uintptr_t to = address + (uintptr_t)(last - begin) * width;
        /* what lies beyond is another thread's, and may have been drawn */
        for (uintptr_t piece = (from + PIECE - 1) / PIECE * PIECE; piece + PIECE <= to; piece += PIECE)
            prepare_piece((char *)piece, pages);
        start = last;
    }
}

#else

void ms_initkit_prepare(const struct row *rows, int64_t count, int64_t start, int64_t stop,
                        struct ms_initkit_pages *pages) {
    (void)rows, (void)count, (void)start, (void)stop, (void)pages;
}

#endif

#if defined(__linux__)

#define POPULATE_WRITE 23 /* MADV_POPULATE_WRITE, Linux 5.14: readies pages for writing, or says that they are not for it */

static int populate(uintptr_t address) {
    const uintptr_t size = (uintptr_t)sysconf(_SC_PAGESIZE);
    return madvise((void *)(address / size * size), size, POPULATE_WRITE);
}

int ms_initkit_is_writable(uint64_t address) {
    const char own = 0; /* on the stack, which is writable: a system that says otherwise does not know the question */
    if (populate((uintptr_t)address) == 0) return 1;
    return populate((uintptr_t)&own) == 0 ? 0 : -1;
}

#else

int ms_initkit_is_writable(uint64_t address) {
    (void)address;
    return -1;
}

#endif
