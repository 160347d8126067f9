/*
 * A main for the fuzzers where there is no libFuzzer: feeds every file of the directories that are
 * named, whole, cut off and with single bits flipped, always in the same way. A fuzzer that finds
 * something aborts.
 */
#include <fcntl.h>
#include <stdio.h>

#include "base/io.h"
#include "base/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { PLACES = 200, MAX_SEED = 1 << 20 };

static void feed(const struct str *seed)
{
    size_t step = seed->len / PLACES + 1;

    (void)LLVMFuzzerTestOneInput((const uint8_t *)seed->buf, seed->len);
    for (size_t at = 0; at < seed->len; at += step) {
        (void)LLVMFuzzerTestOneInput((const uint8_t *)seed->buf, at);
        seed->buf[at] = (char)(seed->buf[at] ^ (1 << (at % 8)));
        (void)LLVMFuzzerTestOneInput((const uint8_t *)seed->buf, seed->len);
        seed->buf[at] = (char)(seed->buf[at] ^ (1 << (at % 8)));
    }
}

static int feed_directory(const char *path, struct err *err)
{
    auto_strv struct strv names = STRV_INIT;
    auto_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", path);
    int ret = list_dir(fd, 0, &names, err);
    if (ret == 0 && !names.count)
        ret = err_set(err, ERR_FORMAT, "no seeds in '%s'", path);
    for (size_t i = 0; i < names.count && ret == 0; i++) {
        auto_str struct str seed = STR_INIT;
        auto_free char *file = path_join(path, names.items[i]);
        ret = read_file(file, MAX_SEED, &seed, err);
        if (ret == 0)
            feed(&seed);
    }
    return ret;
}

int main(int argc, char **argv)
{
    auto_err struct err err = ERR_INIT;

    for (int i = 1; i < argc; i++) {
        if (feed_directory(argv[i], &err) < 0) {
            (void)fprintf(stderr, "%s\n", err.message);
            return 1;
        }
    }
    return argc > 1 ? 0 : 2;
}
