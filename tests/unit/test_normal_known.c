/*
 * The known answer of the normal form, with libzip as it is and with one that is off. The faulty
 * functions below take libzip's place, because a program's own symbols come before a library's.
 */
#include "wheel/normal.h"

#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include <cmocka.h>

#include "wheel/normal_known.h"

enum fault { NONE, TIME, MODE, METHOD, NAME_FLAG, FAILS };
static enum fault fault;
static unsigned calls;

static void *real(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (!found)
        abort();
    return found;
}

int zip_file_set_dostime(zip_t *archive, zip_uint64_t index, zip_uint16_t dostime,
                         zip_uint16_t dosdate, zip_flags_t flags)
{
    int (*next)(zip_t *, zip_uint64_t, zip_uint16_t, zip_uint16_t, zip_flags_t);

    calls++;
    *(void **)&next = real("zip_file_set_dostime");
    return next(archive, index, dostime, (zip_uint16_t)(dosdate + (fault == TIME)), flags);
}

int zip_file_set_external_attributes(zip_t *archive, zip_uint64_t index, zip_flags_t flags,
                                     zip_uint8_t system, zip_uint32_t attributes)
{
    int (*next)(zip_t *, zip_uint64_t, zip_flags_t, zip_uint8_t, zip_uint32_t);

    *(void **)&next = real("zip_file_set_external_attributes");
    return fault == MODE ? 0 : next(archive, index, flags, system, attributes);
}

int zip_set_file_compression(zip_t *archive, zip_uint64_t index, zip_int32_t method,
                             zip_uint32_t flags)
{
    int (*next)(zip_t *, zip_uint64_t, zip_int32_t, zip_uint32_t);

    *(void **)&next = real("zip_set_file_compression");
    return fault == METHOD ? next(archive, index, ZIP_CM_DEFLATE, flags)
                           : next(archive, index, method, flags);
}

zip_int64_t zip_file_add(zip_t *archive, const char *name, zip_source_t *source, zip_flags_t flags)
{
    zip_int64_t (*next)(zip_t *, const char *, zip_source_t *, zip_flags_t);

    *(void **)&next = real("zip_file_add");
    if (fault == NAME_FLAG)
        flags |= ZIP_FL_ENC_CP437;
    if (fault != FAILS)
        return next(archive, name, source, flags);
    zip_error_set(zip_get_error(archive), ZIP_ER_INVAL, 0);
    return -1;
}

static void test_this_libzip(void **state UNUSED)
{
    auto_err struct err err = ERR_INIT;

    fault = NONE;
    assert_int_equal(normal_known_answer(&err), 0);
    assert_string_equal(normal_libzip_version(), zip_libzip_version());
}

static void test_faults(void **state UNUSED)
{
    static const enum fault faults[] = {TIME, MODE, METHOD, NAME_FLAG, FAILS};

    for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
        auto_err struct err err = ERR_INIT;
        fault = faults[i];
        int ret = normal_known_answer(&err);
        if (ret == 0)
            print_error("fault %u was not found\n", fault);
        assert_int_equal(ret, -ERR_ENVIRONMENT);
        assert_non_null(strstr(err.message, zip_libzip_version()));
        assert_non_null(err.hint);
    }
}

/* A failure is not for ever; an answer that was good once is not asked for again. */
static void test_remembered(void **state UNUSED)
{
    fault = TIME;
    assert_int_equal(normal_self_test(NULL), -ERR_ENVIRONMENT);
    fault = NONE;
    assert_int_equal(normal_self_test(NULL), 0);
    calls = 0;
    assert_int_equal(normal_self_test(NULL), 0);
    assert_int_equal(calls, 0);
}

static void *ask(void *ret)
{
    *(int *)ret = normal_self_test(NULL);
    return NULL;
}

static void test_threads(void **state UNUSED)
{
    pthread_t threads[8];
    int ret[8];

    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &ret[i]), 0);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(ret[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_this_libzip),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_remembered),
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
