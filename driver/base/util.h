/*
 * Small things that every room uses: allocation that does not fail, locals that clean up after
 * themselves, retry of interrupted calls.
 *
 * Ownership: a local marked auto_free, auto_close or auto_str owns what it holds and releases it
 * when it goes out of scope; steal() and steal_fd() hand it over instead. These cleanups do not run
 * on exit() or when a signal kills the process. Whatever must not survive the process is therefore
 * tied to something that the kernel ends with it: a file without a name, a lock, a pipe
 * (system/tmp.h, system/lock.h, sandbox/sandbox.h). Out of memory ends the process, so no caller
 * checks for it.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define UNUSED __attribute__((unused))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* A broken invariant: prints where it was found and aborts. Never for what input can cause. */
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
noreturn void bug_at(const char *file, int line, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Allocation that ends the process instead of returning NULL. */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t len);
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);

void free_ptr(void *pp); /* free(*(void **)pp) */
void close_fd(int *fd);  /* close when not negative, then -1; errno is kept */

#define auto_free __attribute__((cleanup(free_ptr)))
#define auto_close __attribute__((cleanup(close_fd)))

/* Returns what an owning variable holds and leaves the variable empty. */
#define steal(pp)                                                                                  \
    __extension__({                                                                                \
        __typeof__(*(pp)) steal_tmp_ = *(pp);                                                      \
        *(pp) = NULL;                                                                              \
        steal_tmp_;                                                                                \
    })

static inline int steal_fd(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

/* Repeats a call that a signal interrupted. */
#define retry_eintr(call)                                                                          \
    __extension__({                                                                                \
        __typeof__(call) retry_ret_;                                                               \
        do                                                                                         \
            retry_ret_ = (call);                                                                   \
        while (retry_ret_ == -1 && errno == EINTR);                                                \
        retry_ret_;                                                                                \
    })
