/*
 * A library to preload: a libzip that gives every entry the time of one second after 1980 began. What it
 * writes is as valid as before.
 */
#include <dlfcn.h>
#include <stdint.h>

/* libzip's API without its header. */
struct zip;
int zip_file_set_dostime(struct zip *archive, uint64_t index, uint16_t time, uint16_t date,
                         uint32_t flags);

int zip_file_set_dostime(struct zip *archive, uint64_t index, uint16_t time, uint16_t date,
                         uint32_t flags)
{
    static int (*real)(struct zip *, uint64_t, uint16_t, uint16_t, uint32_t);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "zip_file_set_dostime");
    return real(archive, index, (uint16_t)(time + 1), date, flags);
}
