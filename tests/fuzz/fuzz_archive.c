/* Any bytes as the archives that wheels carry: tar, ar and gzip. */
#include "content/ar.h"
#include "content/gzip.h"
#include "content/tar.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

typedef int read_fn(const char *bytes, size_t len, struct members *ret_members, struct err *err);

static void check_members(read_fn *read, const char *bytes, size_t len)
{
    auto_members struct members members = MEMBERS_INIT;
    auto_err struct err err = ERR_INIT;

    if (read(bytes, len, &members, &err) < 0) {
        if (members.count)
            BUG("members of what is refused");
        return;
    }
    for (size_t i = 0; i < members.count; i++) {
        const struct member *m = &members.items[i];
        if (!m->name || (m->len && (m->bytes < bytes || m->bytes + m->len > bytes + len)))
            BUG("a member lies outside of its archive");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const char *bytes = (const char *)data;
    auto_gzip struct gzip gzip = GZIP_INIT;
    auto_err struct err err = ERR_INIT;

    check_members(tar_read, bytes, len);
    check_members(ar_read, bytes, len);
    if (gzip_read(bytes, len, 1 << 20, &gzip, &err) == 0 && gzip.packed_at + gzip.packed_len > len)
        BUG("a stream lies outside of its file");
    return 0;
}
