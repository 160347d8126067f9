/* Any bytes as a wheel: what is accepted has a normal form, and that is its own normal form. */
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "wheel/normal.h"
#include "wheel/wheel_zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int memory_file(const void *bytes, size_t len)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    if (fd < 0 || write_full(fd, bytes, len) < 0)
        BUG("no memory file");
    return fd;
}

static void check_normal_form(int in)
{
    struct normal_options first = {.memory_bytes = 4096}, again = {.memory_bytes = 1};
    struct normal_result one, two;
    auto_err struct err err = ERR_INIT;
    auto_close int out = memory_file("", 0), twice = memory_file("", 0);

    if (normal_form(in, out, &first, &one, &err) < 0)
        return;
    if (normal_form(out, twice, &again, &two, &err) < 0)
        BUG("the normal form is refused: %s", err.message);
    if (two.changed)
        BUG("the normal form has another normal form");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    auto_close int in = memory_file(data, len);
    auto_wheel_zip struct wheel_zip *z = NULL;
    auto_err struct err err = ERR_INIT;
    size_t count;

    if (wheel_zip_open(in, &z, &err) < 0)
        return 0;
    /* A fuzzer finds sizes of gigabytes that are honest; they are only slow. */
    if (wheel_zip_unpacked_size(z) > 1 << 20)
        return 0;
    const struct wheel_entry *entries = wheel_zip_entries(z, &count);
    for (size_t i = 0; i < count; i++) {
        auto_str struct str out = STR_INIT;
        auto_err struct err ignored = ERR_INIT;
        (void)wheel_zip_read(z, &entries[i], 1 << 20, &out, &ignored);
    }
    check_normal_form(in);
    return 0;
}
