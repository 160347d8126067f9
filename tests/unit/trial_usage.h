/*
 * What trial sandboxes are measured to use: the same tests for every mode. Included by a test program
 * that has prepare(body, arg), run(body, arg) and `trial`.
 */
#pragma once

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define TRIAL_USAGE_TESTS                                                                          \
    TEST(test_usage_of_own_memory), TEST(test_usage_of_many), TEST(test_usage_of_shared_memory),   \
        TEST(test_usage_of_forks), TEST(test_usage_of_nothing), TEST(test_usage_that_hides)

enum { USAGE_MIB = 96 };
#define USAGE_BYTES ((uint64_t)USAGE_MIB << 20)

/* What a process has besides; sanitizers take as much as they like. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
#define USAGE_SLACK (UINT64_MAX / 4)
#else
#define USAGE_SLACK ((uint64_t)32 << 20)
#endif

/* Until the test has seen what it wants. */
static void stay(void)
{
    for (;;)
        pause();
}

static char *take(size_t bytes, int flags)
{
    (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* as after an exec */
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        say("no memory");
    else
        memset(memory, 'x', bytes);
    return memory;
}

static int body_takes(void *arg UNUSED)
{
    (void)take(USAGE_BYTES, MAP_PRIVATE);
    stay();
    return 0;
}

/*
 * Waits until so much was reported, and for some reports more: never more than `most`. Ends the body,
 * which stays.
 */
static void watch(int (*body)(void *arg), uint64_t least, uint64_t most)
{
    auto_frame_reader struct frame_reader reader;

    prepare(body, NULL);
    trial.spec.tmpfs_bytes = 2 * USAGE_BYTES;
    trial_start(&trial);
    frame_reader_init(&reader, trial.channel, 0, 1);
    for (int after = 0; after < 2; after += trial.peak_bytes >= least) {
        auto_frame struct frame frame = FRAME_INIT;
        assert_int_equal(frame_wait(&reader, DEADLINE_NEVER, &frame, NULL), FRAME_READY);
        if (trial_note(&trial, &frame))
            fail_msg("ended: %s", trial.said.buf);
    }
    assert_int_equal(tree_signal(trial.supervisor, SIGTERM), 0);
    trial_finish(&trial);
    trial_expect_said(&trial, "");
    if (trial.peak_bytes > most)
        fail_msg("%llu MiB were seen", (unsigned long long)(trial.peak_bytes >> 20));
}

static void test_usage_of_own_memory(void **state UNUSED)
{
    watch(body_takes, USAGE_BYTES, USAGE_BYTES + USAGE_SLACK);
}

/* Children of children, also those whose parent is gone. */
static int body_many(void *arg UNUSED)
{
    for (int i = 0; i < 4; i++)
        if (fork() == 0) {
            if (fork() == 0) {
                (void)take(USAGE_BYTES / 4, MAP_PRIVATE);
                stay();
            }
            _exit(0);
        }
    stay();
    return 0;
}

static void test_usage_of_many(void **state UNUSED)
{
    watch(body_many, USAGE_BYTES, USAGE_BYTES + USAGE_SLACK);
}

static int body_shares(void *arg UNUSED)
{
    (void)take(USAGE_BYTES / 2, MAP_SHARED);
    (void)take(USAGE_BYTES, MAP_PRIVATE);
    stay();
    return 0;
}

static void test_usage_of_shared_memory(void **state UNUSED)
{
    watch(body_shares, USAGE_BYTES + USAGE_BYTES / 2, USAGE_BYTES + USAGE_BYTES / 2 + USAGE_SLACK);
}

/* What forks share counts once. */
static int body_forks(void *arg UNUSED)
{
    (void)take(USAGE_BYTES, MAP_PRIVATE);
    for (int i = 0; i < 4; i++)
        if (fork() == 0)
            stay();
    stay();
    return 0;
}

static void test_usage_of_forks(void **state UNUSED)
{
    watch(body_forks, USAGE_BYTES, USAGE_BYTES + USAGE_SLACK);
}

static int body_rests(void *arg UNUSED)
{
    stay();
    return 0;
}

/* Who keeps others from looking cannot have less seen of it. */
static int body_hides(void *arg)
{
    (void)take(USAGE_BYTES / 2, MAP_SHARED);
    (void)take(USAGE_BYTES, MAP_PRIVATE);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return body_rests(arg);
}

static void test_usage_that_hides(void **state UNUSED)
{
    watch(body_hides, USAGE_BYTES + USAGE_BYTES / 2, UINT64_MAX);
}

static void test_usage_of_nothing(void **state UNUSED)
{
    watch(body_rests, 0, 2 * USAGE_SLACK);
}
