/*
 * A library to preload: directories list their entries in an unusual order.
 *
 * The first readdir of a stream reads all of it and deals the entries out in an order that depends on their names
 * alone, and is not that of any file system: descending by a hash. "." and ".." are dealt out like the others.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct listing {
    DIR *stream;
    struct dirent64 **entries;
    size_t count;
    size_t next;
    struct listing *other;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards all listings */
static struct listing *listings;

static uint64_t hash(const char *name)
{
    uint64_t value = 1469598103934665603u;
    for (; *name; name++)
        value = (value ^ (unsigned char)*name) * 1099511628211u;
    return value;
}

static int by_hash(const void *a, const void *b)
{
    const struct dirent64 *const *left = a, *const *right = b;
    uint64_t x = hash((*left)->d_name), y = hash((*right)->d_name);
    return (x < y) - (x > y);
}

static struct dirent64 *next_real(DIR *stream)
{
    static struct dirent64 *(*real)(DIR *);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "readdir64");
    return real(stream);
}

static struct listing *read_all(DIR *stream)
{
    struct listing *listing = calloc(1, sizeof *listing);
    struct dirent64 *entry;
    if (!listing)
        abort();
    listing->stream = stream;
    while ((entry = next_real(stream))) {
        struct dirent64 **grown = realloc(listing->entries, (listing->count + 1) * sizeof *grown);
        struct dirent64 *copy = malloc(entry->d_reclen);
        if (!grown || !copy)
            abort();
        memcpy(copy, entry, entry->d_reclen);
        listing->entries = grown;
        listing->entries[listing->count++] = copy;
    }
    if (listing->count)
        qsort(listing->entries, listing->count, sizeof *listing->entries, by_hash);
    return listing;
}

static void forget(DIR *stream)
{
    pthread_mutex_lock(&lock);
    for (struct listing **at = &listings; *at; at = &(*at)->other) {
        struct listing *found = *at;
        if (found->stream != stream)
            continue;
        *at = found->other;
        for (size_t i = 0; i < found->count; i++)
            free(found->entries[i]);
        free(found->entries);
        free(found);
        break;
    }
    pthread_mutex_unlock(&lock);
}

struct dirent64 *readdir64(DIR *stream)
{
    struct listing *listing;
    pthread_mutex_lock(&lock);
    for (listing = listings; listing && listing->stream != stream; listing = listing->other)
        ;
    if (!listing) {
        listing = read_all(stream);
        listing->other = listings;
        listings = listing;
    }
    pthread_mutex_unlock(&lock);
    return listing->next < listing->count ? listing->entries[listing->next++] : NULL;
}

struct dirent *readdir(DIR *stream)
{
    _Static_assert(sizeof(struct dirent) == sizeof(struct dirent64), "only where the two are one");
    return (struct dirent *)readdir64(stream);
}

void rewinddir(DIR *stream)
{
    static void (*real)(DIR *);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "rewinddir");
    forget(stream);
    real(stream);
}

int closedir(DIR *stream)
{
    static int (*real)(DIR *);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "closedir");
    forget(stream);
    return real(stream);
}
