/* Reads what is settled in this build: the file `world` beside the library. */
#include "preload/world.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct world world;

const struct world *world_get(void)
{
    return &world;
}

/* By system calls: the functions of libc are ours here, and would ask for the world. */
int world_open(const char *name, int flags)
{
    char path[GUEST_DIR_MAX + 32];
    size_t len = strlen(world.dir), name_len = strlen(name);

    if (!len || len + 1 + name_len >= sizeof(path))
        return -1;
    memcpy(path, world.dir, len);
    path[len] = '/';
    memcpy(path + len + 1, name, name_len + 1);
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0);
}

/* The directory from which LD_PRELOAD has this library: "/other.so:<dir>/libtruewheel-guest.so". */
static bool find_dir(const char *preloaded)
{
    const char *name = preloaded ? strstr(preloaded, "/" GUEST_LIBRARY) : NULL;
    const char *start = name;

    if (!name)
        return false;
    while (start > preloaded && start[-1] != ':' && start[-1] != ' ')
        start--;
    size_t len = (size_t)(name - start);
    if (len == 0 || len >= sizeof(world.dir))
        return false;
    memcpy(world.dir, start, len);
    return true;
}

static int64_t number(const char *text, const char *name)
{
    const char *found = strstr(text, name);

    return found ? strtoll(found + strlen(name), NULL, 10) : 0;
}

/*
 * One line of words: "clock", "files", "chance", "noted" for what is so, and "base=SECONDS",
 * "range=…" and "patience=…". The build began when the file was written: that time is of the same
 * clock as those of all other files.
 */
static void parse(const char *text, int64_t written_ns)
{
    world.base_ns = number(text, "base=") * NS_PER_S;
    world.range_ns = number(text, "range=") * NS_PER_S;
    world.patience_ns = number(text, "patience=") * NS_PER_S;
    world.start_ns = written_ns;
    if (!world.range_ns)
        return;
    world.clock = strstr(text, "clock") != NULL;
    world.files = strstr(text, "files") != NULL;
    world.chance = strstr(text, "chance") != NULL;
    world.noted = strstr(text, "noted") != NULL;
}

/* LD_PRELOAD is read now: a program may change its environment before it asks for anything. */
__attribute__((constructor)) static void read_world(void)
{
    char text[256];
    struct stat st;

    if (!find_dir(getenv("LD_PRELOAD")))
        return;
    int fd = world_open("world", O_RDONLY);
    if (fd < 0)
        return;
    ssize_t len = read(fd, text, sizeof(text) - 1);
    if (len > 0 &&
        fstat(fd, &st) == 0) { /* ours, which changes nothing as long as the world is empty */
        text[len] = '\0';
        parse(text, (int64_t)st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec);
    }
    (void)close(fd);
}
