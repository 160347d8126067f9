/* system/pool.h: every task runs once, help comes from whoever is idle, the end waits for what runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "system/pool.h"

enum { TASKS = 500, ITEMS = 1000, WORKERS = 4 };

struct gate {
    sem_t entered;
    sem_t leave;
    atomic_int count;
};

static struct pool *new_pool(int threads)
{
    auto_err struct err err = ERR_INIT;
    struct pool *pool = NULL;

    assert_int_equal(pool_new(threads, &pool, &err), 0);
    return pool;
}

static void count_and_tell(void *arg)
{
    struct gate *gate = arg;

    atomic_fetch_add(&gate->count, 1);
    (void)sem_post(&gate->entered);
}

static void wait_at_gate(void *arg)
{
    struct gate *gate = arg;

    (void)sem_post(&gate->entered);
    (void)sem_wait(&gate->leave);
    atomic_fetch_add(&gate->count, 1);
}

static void init_gate(struct gate *gate)
{
    assert_int_equal(sem_init(&gate->entered, 0, 0), 0);
    assert_int_equal(sem_init(&gate->leave, 0, 0), 0);
    atomic_init(&gate->count, 0);
}

static void every_task_runs_once(void **state UNUSED)
{
    struct pool *pool = new_pool(WORKERS);
    struct gate gate;

    init_gate(&gate);
    for (int i = 0; i < TASKS; i++)
        pool_add(pool, count_and_tell, &gate);
    for (int i = 0; i < TASKS; i++)
        (void)sem_wait(&gate.entered);
    pool_free(pool);
    assert_int_equal(atomic_load(&gate.count), TASKS);
}

/* Each task notes when it came. */
static void note_place(void *arg)
{
    static atomic_int next;

    *(int *)arg = atomic_fetch_add(&next, 1);
}

static void hurried_tasks_come_first(void **state UNUSED)
{
    struct pool *pool = new_pool(1);
    struct gate gate;
    int places[5] = {-1, -1, -1, -1, -1};

    init_gate(&gate);
    pool_add(pool, wait_at_gate, &gate);
    (void)sem_wait(&gate.entered); /* the only worker is busy */
    for (int i = 0; i < 3; i++)
        pool_add(pool, note_place, &places[i]);
    pool_hurry(pool, &places[2]); /* the last one: the next is added behind the new last one */
    pool_hurry(pool, &gate);      /* runs already */
    pool_add(pool, note_place, &places[3]);
    pool_add_weighted(pool, note_place, &places[4], 5);
    pool_add(pool, count_and_tell, &gate);
    (void)sem_post(&gate.leave);
    (void)sem_wait(&gate.entered);
    pool_free(pool);
    const int expected[] = {2, 3, 0, 4, 1};
    assert_memory_equal(places, expected, sizeof(places));
}

static void as_many_at_once_as_threads(void **state UNUSED)
{
    struct pool *pool = new_pool(WORKERS);
    struct gate gate;

    init_gate(&gate);
    for (int i = 0; i < WORKERS; i++)
        pool_add(pool, wait_at_gate, &gate);
    for (int i = 0; i < WORKERS; i++) /* all are inside before one may leave */
        (void)sem_wait(&gate.entered);
    for (int i = 0; i < WORKERS; i++)
        (void)sem_post(&gate.leave);
    pool_free(pool);
    assert_int_equal(atomic_load(&gate.count), WORKERS);
}

static void freeing_waits_for_what_runs(void **state UNUSED)
{
    struct pool *pool = new_pool(1);
    struct gate gate;

    init_gate(&gate);
    pool_add(pool, wait_at_gate, &gate);
    (void)sem_wait(&gate.entered);
    (void)sem_post(&gate.leave);
    pool_free(pool);
    assert_int_equal(atomic_load(&gate.count), 1);
}

struct items {
    atomic_int seen[ITEMS];
};

static void see(void *arg, size_t index)
{
    struct items *items = arg;

    atomic_fetch_add(&items->seen[index], 1);
}

static void assert_all_seen_once(struct items *items)
{
    for (size_t i = 0; i < ITEMS; i++)
        assert_int_equal(atomic_load(&items->seen[i]), 1);
}

static void spread_calls_each_index_once(void **state UNUSED)
{
    struct pool *pool = new_pool(WORKERS);
    static struct items items;

    pool_spread(pool, see, &items, ITEMS);
    assert_all_seen_once(&items);
    pool_spread(pool, see, &items, 0);
    pool_free(pool);
}

/* All workers wait: the caller must do everything itself rather than wait for them. */
static void spread_needs_no_free_worker(void **state UNUSED)
{
    struct pool *pool = new_pool(WORKERS);
    static struct items items;
    struct gate gate;

    init_gate(&gate);
    for (int i = 0; i < WORKERS; i++)
        pool_add(pool, wait_at_gate, &gate);
    for (int i = 0; i < WORKERS; i++)
        (void)sem_wait(&gate.entered);
    pool_spread(pool, see, &items, ITEMS);
    assert_all_seen_once(&items);
    for (int i = 0; i < WORKERS; i++)
        (void)sem_post(&gate.leave);
    pool_free(pool);
}

/* Everybody meets at a barrier that only opens to all of them: one thread too few would be stuck. */
static void meet(void *barrier, size_t index UNUSED)
{
    (void)pthread_barrier_wait(barrier);
}

/* Whoever owns the pool and is none of its workers works beside all of them. */
static void spread_by_another_thread_uses_all_workers(void **state UNUSED)
{
    for (int threads = 1; threads <= WORKERS; threads++) {
        struct pool *pool = new_pool(threads);
        pthread_barrier_t barrier;

        assert_int_equal(pthread_barrier_init(&barrier, NULL, (unsigned)threads + 1), 0);
        pool_spread(pool, meet, &barrier, (size_t)threads + 1);
        pool_free(pool);
        (void)pthread_barrier_destroy(&barrier);
    }
}

struct meeting {
    struct pool *pool;
    pthread_barrier_t barrier;
    sem_t over;
};

static void spread_a_meeting(void *arg)
{
    struct meeting *meeting = arg;

    pool_spread(meeting->pool, meet, &meeting->barrier, WORKERS);
    (void)sem_post(&meeting->over);
}

static void spread_by_a_worker_uses_the_others(void **state UNUSED)
{
    struct meeting meeting = {.pool = new_pool(WORKERS)};

    assert_int_equal(pthread_barrier_init(&meeting.barrier, NULL, WORKERS), 0);
    assert_int_equal(sem_init(&meeting.over, 0, 0), 0);
    pool_add(meeting.pool, spread_a_meeting, &meeting);
    (void)sem_wait(&meeting.over);
    pool_free(meeting.pool);
    (void)pthread_barrier_destroy(&meeting.barrier);
}

/* What a weighted task leaves in the list when it runs. */
static const char *order[6];
static atomic_size_t ordered;

static void note_order(void *arg)
{
    order[atomic_fetch_add(&ordered, 1)] = arg;
}

struct last {
    sem_t over;
};

static void tell(void *arg)
{
    struct last *last = arg;

    (void)sem_post(&last->over);
}

/* All are added while the only worker is held up. */
static void more_weight_first_else_in_turn(void **state UNUSED)
{
    static const struct {
        char name[8];
        int64_t weight;
    } added[] = {{"none", 0}, {"short", 10}, {"long", 500}, {"short2", 10}, {"long2", 500}};
    static const char *const wanted[] = {"long", "long2", "short", "short2", "none"};
    struct pool *pool = new_pool(1);
    struct last last;
    struct gate gate;

    init_gate(&gate);
    assert_int_equal(sem_init(&last.over, 0, 0), 0);
    pool_add(pool, wait_at_gate, &gate);
    (void)sem_wait(&gate.entered);
    for (size_t i = 0; i < ARRAY_SIZE(added); i++)
        pool_add_weighted(pool, note_order, (void *)(uintptr_t)added[i].name, added[i].weight);
    pool_add(pool, tell, &last);
    (void)sem_post(&gate.leave);
    (void)sem_wait(&last.over);
    assert_int_equal(atomic_load(&ordered), ARRAY_SIZE(added));
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
        assert_string_equal(order[i], wanted[i]);
    pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once),
        cmocka_unit_test(hurried_tasks_come_first),
        cmocka_unit_test(as_many_at_once_as_threads),
        cmocka_unit_test(freeing_waits_for_what_runs),
        cmocka_unit_test(spread_calls_each_index_once),
        cmocka_unit_test(spread_needs_no_free_worker),
        cmocka_unit_test(spread_by_another_thread_uses_all_workers),
        cmocka_unit_test(spread_by_a_worker_uses_the_others),
        cmocka_unit_test(more_weight_first_else_in_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
