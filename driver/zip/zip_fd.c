/* libzip's sources for open file descriptors: one that reads, one that writes through a window. */
#include "zip/zip_fd.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

enum { WINDOW = 4 << 20 };

struct zip_fd {
    int fd;
    uint64_t read_at;
    uint64_t write_at;
    uint64_t window_at; /* file offset of the window; everything before it is in the file */
    struct str window;
    zip_error_t error;
};

static zip_int64_t fail(struct zip_fd *f, int zip_code, int errno_value)
{
    zip_error_set(&f->error, zip_code, errno_value);
    return -1;
}

static zip_int64_t do_stat(struct zip_fd *f, void *data, zip_uint64_t len)
{
    zip_stat_t *out = data;
    struct stat st;

    if (len < sizeof(*out))
        return fail(f, ZIP_ER_INVAL, 0);
    if (fstat(f->fd, &st) < 0)
        return fail(f, ZIP_ER_READ, errno);
    zip_stat_init(out);
    out->size = (zip_uint64_t)st.st_size;
    out->valid = ZIP_STAT_SIZE;
    return sizeof(*out);
}

static zip_int64_t do_read(struct zip_fd *f, void *data, zip_uint64_t len)
{
    ssize_t n = retry_eintr(pread(f->fd, data, len, (off_t)f->read_at));

    if (n < 0)
        return fail(f, ZIP_ER_READ, errno);
    f->read_at += (uint64_t)n;
    return n;
}

static zip_int64_t do_seek(struct zip_fd *f, void *data, zip_uint64_t len)
{
    struct stat st;

    if (fstat(f->fd, &st) < 0)
        return fail(f, ZIP_ER_SEEK, errno);
    zip_int64_t at =
        zip_source_seek_compute_offset(f->read_at, (zip_uint64_t)st.st_size, data, len, &f->error);
    if (at < 0)
        return -1;
    f->read_at = (uint64_t)at;
    return 0;
}

static int pwrite_full(int fd, const char *bytes, size_t len, uint64_t at)
{
    while (len) {
        ssize_t n = retry_eintr(pwrite(fd, bytes, len, (off_t)at));
        if (n < 0)
            return -errno;
        bytes += n;
        len -= (size_t)n;
        at += (uint64_t)n;
    }
    return 0;
}

static int flush_window(struct zip_fd *f)
{
    int ret = pwrite_full(f->fd, f->window.buf, f->window.len, f->window_at);

    f->window_at += f->window.len;
    str_reset(&f->window);
    return ret;
}

/* Within the window, or right behind it. */
static int write_window(struct zip_fd *f, const char *bytes, size_t len)
{
    size_t at = (size_t)(f->write_at - f->window_at);
    size_t over = f->window.len - at < len ? f->window.len - at : len;

    memcpy(f->window.buf + at, bytes, over);
    str_append(&f->window, bytes + over, len - over);
    f->write_at += len;
    return f->window.len > WINDOW ? flush_window(f) : 0;
}

static zip_int64_t do_write(struct zip_fd *f, const char *bytes, zip_uint64_t len)
{
    uint64_t left = len;
    int ret = 0;

    if (f->write_at > f->window_at + f->window.len)
        return fail(f, ZIP_ER_INVAL, 0);
    if (f->write_at < f->window_at) { /* a header of an entry that was larger than the window */
        uint64_t before = f->window_at - f->write_at;
        size_t part = (size_t)(before < left ? before : left);
        ret = pwrite_full(f->fd, bytes, part, f->write_at);
        f->write_at += part;
        bytes += part;
        left -= part;
    }
    if (ret == 0 && left)
        ret = write_window(f, bytes, (size_t)left);
    return ret < 0 ? fail(f, ZIP_ER_WRITE, -ret) : (zip_int64_t)len;
}

static zip_int64_t do_seek_write(struct zip_fd *f, void *data, zip_uint64_t len)
{
    zip_int64_t at = zip_source_seek_compute_offset(f->write_at, f->window_at + f->window.len, data,
                                                    len, &f->error);

    if (at < 0)
        return -1;
    f->write_at = (uint64_t)at;
    return 0;
}

static zip_int64_t do_commit(struct zip_fd *f)
{
    int ret = flush_window(f);

    if (ret < 0)
        return fail(f, ZIP_ER_WRITE, -ret);
    if (ftruncate(f->fd, (off_t)f->window_at) < 0)
        return fail(f, ZIP_ER_WRITE, errno);
    return 0;
}

static zip_int64_t do_begin(struct zip_fd *f)
{
    f->write_at = f->window_at = 0;
    str_reset(&f->window);
    return 0;
}

static void release(struct zip_fd *f)
{
    str_release(&f->window);
    zip_error_fini(&f->error);
    free(f);
}

static zip_int64_t common_command(struct zip_fd *f, void *data, zip_uint64_t len,
                                  zip_source_cmd_t command)
{
    switch (command) {
    case ZIP_SOURCE_OPEN:
        f->read_at = 0;
        return 0;
    case ZIP_SOURCE_READ:
        return do_read(f, data, len);
    case ZIP_SOURCE_CLOSE:
        return 0;
    case ZIP_SOURCE_STAT:
        return do_stat(f, data, len);
    case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&f->error, data, len);
    case ZIP_SOURCE_FREE:
        release(f);
        return 0;
    case ZIP_SOURCE_SEEK:
        return do_seek(f, data, len);
    case ZIP_SOURCE_TELL:
        return (zip_int64_t)f->read_at;
    default:
        return fail(f, ZIP_ER_OPNOTSUPP, 0);
    }
}

static zip_int64_t read_command(void *arg, void *data, zip_uint64_t len, zip_source_cmd_t command)
{
    if (command == ZIP_SOURCE_SUPPORTS)
        return ZIP_SOURCE_SUPPORTS_SEEKABLE;
    return common_command(arg, data, len, command);
}

static zip_int64_t write_command(void *arg, void *data, zip_uint64_t len, zip_source_cmd_t command)
{
    struct zip_fd *f = arg;

    switch (command) {
    case ZIP_SOURCE_SUPPORTS:
        return ZIP_SOURCE_SUPPORTS_WRITABLE;
    case ZIP_SOURCE_BEGIN_WRITE:
        return do_begin(f);
    case ZIP_SOURCE_WRITE:
        return do_write(f, data, len);
    case ZIP_SOURCE_SEEK_WRITE:
        return do_seek_write(f, data, len);
    case ZIP_SOURCE_TELL_WRITE:
        return (zip_int64_t)f->write_at;
    case ZIP_SOURCE_COMMIT_WRITE:
        return do_commit(f);
    case ZIP_SOURCE_ROLLBACK_WRITE: /* the caller throws the file away */
    case ZIP_SOURCE_REMOVE:
        return 0;
    default:
        return common_command(f, data, len, command);
    }
}

static zip_source_t *make_source(int fd, zip_source_callback callback, zip_error_t *error)
{
    struct zip_fd *f = xcalloc(1, sizeof(*f));

    f->fd = fd;
    f->window = (struct str)STR_INIT;
    zip_error_init(&f->error);
    zip_source_t *source = zip_source_function_create(callback, f, error);
    if (!source)
        release(f);
    return source;
}

zip_source_t *zip_fd_reader(int fd, zip_error_t *error)
{
    return make_source(fd, read_command, error);
}

zip_source_t *zip_fd_writer(int fd, zip_error_t *error)
{
    return make_source(fd, write_command, error);
}

int zip_fail(struct err *err, zip_error_t *error, const char *what)
{
    int ret = ERR_FORMAT;

    if (zip_error_system_type(error) == ZIP_ET_SYS && zip_error_code_system(error))
        ret = -zip_error_code_system(error);
    return err_set(err, ret, "%s: %s", what, zip_error_strerror(error));
}
