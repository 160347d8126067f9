/* The normal form as others call it: the libraries are tested first, the result described after. */
#include "wheel/normal.h"

#include <pthread.h>
#include <sys/stat.h>
#include <zip.h>

#include "base/io.h"
#include "zip/deflate.h"
#include "wheel/normal_known.h"

const char *normal_libzip_version(void)
{
    return zip_libzip_version();
}

static pthread_mutex_t test_lock = PTHREAD_MUTEX_INITIALIZER;
static bool test_passed; /* (test_lock) */

int normal_self_test(struct err *err)
{
    (void)pthread_mutex_lock(&test_lock); /* a plain mutex: cannot fail */
    int ret = test_passed ? 0 : deflate_self_test(err);
    if (ret == 0 && !test_passed)
        ret = normal_known_answer(err);
    test_passed = ret == 0;
    (void)pthread_mutex_unlock(&test_lock);
    return ret;
}

static int fill_result(const struct wheel *wheel, int out_fd, struct normal_result *result,
                       struct err *err)
{
    struct stat in, out;
    bool same = false;

    if (fstat(wheel->fd, &in) < 0 || fstat(out_fd, &out) < 0)
        return err_errno(err, errno, "cannot read");
    int ret = sha256_hex_fd(out_fd, result->sha256, err);
    if (ret == 0)
        ret = files_equal(wheel->fd, out_fd, &same, err);
    result->size_in = (uint64_t)in.st_size;
    result->size_out = (uint64_t)out.st_size;
    result->unpacked = wheel_zip_unpacked_size(wheel->zip);
    result->changed = !same;
    return ret;
}

int normal_form_of(const struct wheel *wheel, int out_fd, const struct normal_options *options,
                   struct normal_result *ret_result, struct err *err)
{
    struct normal_result result = {0};
    int ret = normal_self_test(err);

    if (ret == 0)
        ret = normal_write(wheel, out_fd, options, &result.entries, err);
    if (ret == 0)
        ret = fill_result(wheel, out_fd, &result, err);
    if (ret == 0)
        *ret_result = result;
    return ret;
}

int normal_form(int in_fd, int out_fd, const struct normal_options *options,
                struct normal_result *ret_result, struct err *err)
{
    auto_wheel struct wheel wheel = WHEEL_INIT;
    int ret = wheel_open(in_fd, options->file_name, &wheel, err);

    return ret < 0 ? ret : normal_form_of(&wheel, out_fd, options, ret_result, err);
}
