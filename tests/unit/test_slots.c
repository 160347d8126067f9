/* Slots, with and without a make above, and the jobservers of builds, which may misbehave. */
#include "plan/slots.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/str.h"

struct fixture {
    char dir[32];
    int outer[2]; /* make's pipe */
    struct jobserver server;
    struct slots *slots;
};

static int set_up(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));

    *f = (struct fixture){
        .dir = "/tmp/test-slots-XXXXXX", .outer = {-1, -1}, .server = JOBSERVER_INIT};
    assert_non_null(mkdtemp(f->dir));
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    slots_free(f->slots);
    jobserver_close(&f->server);
    close_fd(&f->outer[0]);
    close_fd(&f->outer[1]);
    assert_int_equal(rmdir(f->dir), 0); /* every fifo is gone */
    free(f);
    return 0;
}

static void with_jobs(struct fixture *f, int count)
{
    assert_int_equal(slots_new(count, NULL, &f->slots, NULL), 0);
}

static void with_tokens(struct fixture *f, const char *tokens)
{
    struct jobserver_flags flags = {.style = JOBSERVER_PIPE};

    assert_int_equal(pipe(f->outer), 0);
    assert_int_equal(write(f->outer[1], tokens, strlen(tokens)), (ssize_t)strlen(tokens));
    flags.read_fd = f->outer[0];
    flags.write_fd = f->outer[1];
    assert_int_equal(jobserver_open(&flags, &f->server, NULL), 0);
    assert_int_equal(slots_new(99, &f->server, &f->slots, NULL), 0);
}

static int left_in(int fd)
{
    int count = -1;

    assert_int_equal(ioctl(fd, FIONREAD, &count), 0);
    return count;
}

static void take(struct fixture *f, const char *name, struct slot_lease *ret)
{
    auto_free char *path = xasprintf("%s/%s", f->dir, name);

    assert_int_equal(slots_take(f->slots, path, ret, NULL), 0);
}

/* What a tool inside a build does. */
static int join(const struct slot_lease *lease)
{
    int fd = open(lease->path, O_RDWR | O_NONBLOCK | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

/* Does what the main thread does until there is nothing to do. */
static void settle(struct fixture *f)
{
    struct pollfd fd = {.fd = slots_fd(f->slots), .events = POLLIN};

    while (poll(&fd, 1, 0) == 1)
        slots_serve(f->slots);
}

/* As many tokens as the pool gives when one asks for more each time. */
static int drain(struct fixture *f, int client)
{
    int count = 0;
    char byte;

    for (settle(f); read(client, &byte, 1) == 1; settle(f))
        count++;
    return count;
}

static void test_lonely_build_gets_all(void **state)
{
    struct fixture *f = *state;
    struct slot_lease a;

    with_jobs(f, 4);
    take(f, "a", &a);
    settle(f);
    assert_int_equal(left_in(a.pool), 0); /* nobody asked */
    auto_close int client = join(&a);
    settle(f);
    assert_int_equal(left_in(a.pool), 1); /* one at a time */
    assert_int_equal(drain(f, client), 3);
    slots_give(&a);
    take(f, "a", &a);
    auto_close int next = join(&a);
    assert_int_equal(drain(f, next), 3); /* nothing was lost with the first one's client */
    slots_give(&a);
}

static void test_pool_is_shared_by_all(void **state)
{
    struct fixture *f = *state;
    struct slot_lease a, b;

    with_jobs(f, 4);
    take(f, "a", &a);
    take(f, "b", &b);
    auto_close int one = join(&a);
    auto_close int two = join(&b);
    settle(f);
    assert_int_equal(left_in(a.pool) + left_in(b.pool), 2);
    assert_int_equal(drain(f, one) + drain(f, two), 2);
    slots_give(&a); /* killed, holding its tokens */
    assert_int_equal(drain(f, two), 2);
    slots_give(&b);
}

struct taker {
    struct fixture *fixture;
    struct slot_lease lease;
    int result;
};

static void *take_in_thread(void *arg)
{
    struct taker *t = arg;
    auto_free char *path = xasprintf("%s/taker", t->fixture->dir);

    t->result = slots_take(t->fixture->slots, path, &t->lease, NULL);
    return NULL;
}

static void test_unused_tokens_are_called_back(void **state)
{
    struct fixture *f = *state;
    struct slot_lease a, b;

    with_jobs(f, 2);
    take(f, "a", &a);
    auto_close int client = join(&a);
    settle(f);
    assert_int_equal(left_in(a.pool), 1);
    take(f, "b", &b); /* does not wait */
    assert_int_equal(left_in(a.pool), 0);
    assert_int_equal(drain(f, client), 0);
    slots_give(&a);
    slots_give(&b);
}

static void test_waits_for_a_token_in_use(void **state)
{
    struct fixture *f = *state;
    struct slot_lease a;
    struct taker t = {.fixture = f, .result = 77};
    pthread_t thread;

    with_jobs(f, 2);
    take(f, "a", &a);
    auto_close int client = join(&a);
    assert_int_equal(drain(f, client), 1);
    assert_int_equal(pthread_create(&thread, NULL, take_in_thread, &t), 0);
    assert_int_equal(write(client, "+", 1), 1); /* its job is done */
    settle(f); /* before the thread waits or after: both ways it gets the slot */
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(t.result, 0);
    assert_int_equal(drain(f, client), 0);
    slots_give(&a);
    slots_give(&t.lease);
}

static void test_invented_tokens_count_for_nothing(void **state)
{
    struct fixture *f = *state;
    struct slot_lease a, b;

    with_jobs(f, 2);
    take(f, "a", &a);
    auto_close int client = join(&a);
    assert_int_equal(write(client, "++++++++++", 10), 10);
    settle(f);
    take(f, "b", &b);
    slots_give(&a);
    slots_give(&b);
    take(f, "a", &a);
    take(f, "b", &b);
    auto_close int next = join(&a);
    assert_int_equal(drain(f, next), 0); /* two slots, two builds: no third came out of it */
    slots_give(&a);
    slots_give(&b);
}

static void test_full_pool(void **state)
{
    struct fixture *f = *state;
    struct slot_lease a;
    char bytes[4096] = {0};

    with_jobs(f, 3);
    take(f, "a", &a);
    auto_close int client = join(&a);
    while (write(client, bytes, sizeof(bytes)) > 0)
        continue;
    settle(f);
    slots_give(&a);
    take(f, "a", &a);
    auto_close int next = join(&a);
    assert_int_equal(drain(f, next), 2);
    slots_give(&a);
}

static void test_stop_ends_waiting(void **state)
{
    struct fixture *f = *state;
    struct slot_lease a;
    struct taker t = {.fixture = f};
    pthread_t thread;

    with_jobs(f, 1);
    take(f, "a", &a);
    assert_int_equal(pthread_create(&thread, NULL, take_in_thread, &t), 0);
    slots_stop(f->slots);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(t.result, -ERR_CANCELLED);
    slots_give(&t.lease);
    slots_give(&a);
}

/* ------------------------------------------------------------------------------------ below make */

static void test_first_build_needs_no_token(void **state)
{
    struct fixture *f = *state;
    struct slot_lease a, b;

    with_tokens(f, "xyz");
    settle(f);
    assert_int_equal(left_in(f->outer[0]), 3);
    take(f, "a", &a);
    assert_int_equal(left_in(f->outer[0]), 3);
    take(f, "b", &b);
    assert_int_equal(left_in(f->outer[0]), 2);
    slots_give(&a); /* b goes on with the slot that is free now, make gets its token */
    assert_int_equal(left_in(f->outer[0]), 3);
    slots_give(&b);
    assert_int_equal(left_in(f->outer[0]), 3);
}

static void test_lent_tokens_are_makes(void **state)
{
    struct fixture *f = *state;
    struct slot_lease a;

    with_tokens(f, "xyz");
    take(f, "a", &a);
    auto_close int client = join(&a);
    assert_int_equal(drain(f, client), 3);
    assert_int_equal(left_in(f->outer[0]), 0);
    assert_int_equal(write(client, "++", 2), 2);
    settle(f);
    assert_int_equal(left_in(a.pool), 1);
    assert_int_equal(left_in(f->outer[0]), 1); /* all beyond one go back at once */
    slots_give(&a);
    assert_int_equal(left_in(f->outer[0]), 3);
}

static void test_waits_for_make(void **state)
{
    struct fixture *f = *state;
    struct slot_lease a;
    struct taker t = {.fixture = f, .result = 77};
    pthread_t thread;

    with_tokens(f, "");
    take(f, "a", &a);
    assert_int_equal(pthread_create(&thread, NULL, take_in_thread, &t), 0);
    assert_int_equal(write(f->outer[1], "q", 1), 1);
    settle(f);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(t.result, 0);
    slots_give(&t.lease);
    slots_give(&a);
    assert_int_equal(left_in(f->outer[0]), 1);
}

/* A token that nobody here wants must not keep the main thread busy. */
static void test_unwanted_tokens_are_left_alone(void **state)
{
    struct fixture *f = *state;
    struct slot_lease a;
    struct pollfd fd;

    with_tokens(f, "xyz");
    take(f, "a", &a);
    fd = (struct pollfd){.fd = slots_fd(f->slots), .events = POLLIN};
    for (int i = 0; i < 3 && poll(&fd, 1, 0) == 1; i++)
        slots_serve(f->slots);
    assert_int_equal(poll(&fd, 1, 0), 0);
    slots_give(&a);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_lonely_build_gets_all),
        TEST(test_pool_is_shared_by_all),
        TEST(test_unused_tokens_are_called_back),
        TEST(test_waits_for_a_token_in_use),
        TEST(test_invented_tokens_count_for_nothing),
        TEST(test_full_pool),
        TEST(test_stop_ends_waiting),
        TEST(test_first_build_needs_no_token),
        TEST(test_lent_tokens_are_makes),
        TEST(test_waits_for_make),
        TEST(test_unwanted_tokens_are_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
