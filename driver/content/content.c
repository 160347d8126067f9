/* Unpacks one file of a wheel into memory or into a mapped file. */
#include "content/content.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "system/tmp.h"

static int write_piece(void *arg, const void *bytes, size_t len, struct err *err)
{
    int ret = write_full(*(const int *)arg, bytes, len);

    return ret < 0 ? err_errno(err, -ret, "cannot write a temporary file") : 0;
}

/* One page more than the content, so that a NUL follows it. */
static int map_file(int fd, size_t len, struct content *content, struct err *err)
{
    if (ftruncate(fd, (off_t)len + 1) < 0)
        return err_errno(err, errno, "cannot write a temporary file");
    void *map = mmap(NULL, len + 1, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return err_errno(err, errno, "cannot map a temporary file");
    content->map = map;
    content->bytes = map;
    content->len = len;
    return 0;
}

static int load_mapped(struct wheel_zip *z, const struct wheel_entry *entry,
                       struct content *content, struct err *err)
{
    auto_close int fd = tmp_scratch_open(err);
    int ret = fd < 0 ? fd : wheel_zip_stream(z, entry, write_piece, &fd, err);

    return ret < 0 ? ret : map_file(fd, (size_t)entry->size, content, err);
}

void content_take(struct content *content, struct str *bytes)
{
    content_release(content);
    content->heap = *bytes;
    content->bytes = content->heap.buf;
    content->len = content->heap.len;
    *bytes = (struct str)STR_INIT;
}

int content_load(struct wheel_zip *z, const struct wheel_entry *entry, struct content *ret_content,
                 struct err *err)
{
    auto_str struct str bytes = STR_INIT;

    if (entry->size > CONTENT_MAX)
        return err_set(err, -EFBIG, "'%s' is larger than %d MiB", entry->name, CONTENT_MAX >> 20);
    if (entry->size > CONTENT_IN_MEMORY)
        return load_mapped(z, entry, ret_content, err);
    int ret = wheel_zip_read(z, entry, CONTENT_IN_MEMORY, &bytes, err);
    if (ret == 0)
        content_take(ret_content, &bytes);
    return ret;
}

void content_release(struct content *content)
{
    if (content->map)
        (void)munmap(content->map, content->len + 1);
    str_release(&content->heap);
    *content = (struct content)CONTENT_INIT;
}

int content_to_fd(const char *bytes, size_t len, struct err *err)
{
    auto_close int fd = tmp_scratch_open(err);

    if (fd < 0)
        return fd;
    int ret = write_full(fd, bytes, len);
    return ret < 0 ? err_errno(err, -ret, "cannot write a temporary file") : steal_fd(&fd);
}
