/*
 * A library to preload: every zlib stream comes out different, as with another implementation of zlib. The level is kept;
 * the match finder gets another memory level and therefore ends its blocks elsewhere. (A real other zlib can be named
 * to the tests instead.)
 */
#include <dlfcn.h>
#include <stddef.h>

/*
 * An interpreter may load its zlib out of reach of RTLD_NEXT (dlopen, local): then it is loaded here.
 */
static void *zlib(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    void *library = found ? NULL : dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL);
    return library ? dlsym(library, name) : found;
}

/* zlib's API without its header: the handle stays opaque. */
struct stream;

int deflateInit2_(struct stream *stream, int level, int method, int window_bits, int memory_level,
                  int strategy, const char *version, int size);
int deflateInit_(struct stream *stream, int level, const char *version, int size);

enum { DEFLATED = 8, WINDOW_BITS = 15, MEMORY_LEVEL = 1 };

int deflateInit2_(struct stream *stream, int level, int method, int window_bits, int memory_level,
                  int strategy, const char *version, int size)
{
    static int (*real)(struct stream *, int, int, int, int, int, const char *, int);
    if (!real)
        *(void **)&real = zlib("deflateInit2_");
    (void)memory_level;
    return real(stream, level, method, window_bits, MEMORY_LEVEL, strategy, version, size);
}

int deflateInit_(struct stream *stream, int level, const char *version, int size)
{
    return deflateInit2_(stream, level, DEFLATED, WINDOW_BITS, MEMORY_LEVEL, 0, version, size);
}
