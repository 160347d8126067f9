/* Telling inherited descriptors from the process's own. */
#include "system/fds.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static bool is_listed(int fd)
{
    int fds[64];
    size_t count = fds_inherited(fds, ARRAY_SIZE(fds));

    for (size_t i = 0; i < count && i < ARRAY_SIZE(fds); i++)
        if (fds[i] == fd)
            return true;
    return false;
}

static void test_inherited(void **state UNUSED)
{
    auto_close int own = open("/dev/null", O_RDONLY | O_CLOEXEC);
    auto_close int inherited = open("/dev/null", O_RDONLY);
    int sockets[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    assert_true(is_listed(inherited));
    assert_false(is_listed(own));
    assert_false(is_listed(sockets[0]));
    assert_false(is_listed(STDOUT_FILENO));
    assert_false(is_listed(STDERR_FILENO));
    close_fd(&sockets[0]);
    close_fd(&sockets[1]);
}

static void test_more_than_there_is_room_for(void **state UNUSED)
{
    auto_close int first = open("/dev/null", O_RDONLY);
    auto_close int second = open("/dev/null", O_RDONLY);
    int fds[] = {-1, -1};
    size_t count = fds_inherited(fds, 1);

    assert_true(count >= 2);
    assert_true(fds[0] >= 0);
    assert_int_equal(fds[1], -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inherited),
        cmocka_unit_test(test_more_than_there_is_room_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
