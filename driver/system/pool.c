/* Worker threads with two queues: help that a running task asks for, and new tasks. */
#include "system/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "system/thread.h"

struct task {
    struct task *next;
    void (*run)(void *arg);
    void *arg;
    int64_t weight; /* the first of a queue has the most */
};

struct queue {
    struct task *first;
    struct task **tail;
};

struct pool {
    pthread_t *threads;
    int thread_count;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct queue help;  /* guarded by lock; done before tasks */
    struct queue tasks; /* guarded by lock */
    bool stop;          /* guarded by lock */
};

/*
 * One call of pool_spread(). Freed with its last user: a helper may start after the work is done.
 */
struct spread {
    void (*fn)(void *arg, size_t index);
    void *arg;
    size_t count;
    atomic_size_t next;
    atomic_int users;
    pthread_mutex_t lock;
    pthread_cond_t finished;
    size_t done; /* guarded by lock */
};

/* The pool whose worker this thread is; NULL for any other thread. */
static _Thread_local const struct pool *own_pool;

static void queue_push(struct queue *q, struct task *t)
{
    struct task **at = q->tail;

    if (t->weight > 0)
        for (at = &q->first; *at && (*at)->weight >= t->weight;)
            at = &(*at)->next;
    t->next = *at;
    *at = t;
    if (!t->next)
        q->tail = &t->next;
}

static struct task *queue_pop(struct queue *q)
{
    struct task *t = q->first;

    if (t) {
        q->first = t->next;
        if (!q->first)
            q->tail = &q->first;
    }
    return t;
}

static struct task *next_task(struct pool *pool)
{
    struct task *t = NULL;

    (void)pthread_mutex_lock(&pool->lock);
    while (!pool->stop) {
        t = queue_pop(&pool->help);
        if (!t)
            t = queue_pop(&pool->tasks);
        if (t)
            break;
        (void)pthread_cond_wait(&pool->wake, &pool->lock);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return t;
}

static void *worker(void *arg)
{
    struct pool *pool = arg;

    own_pool = pool;
    for (struct task *t; (t = next_task(pool));) {
        t->run(t->arg);
        free(t);
    }
    return NULL;
}

static int start_threads(struct pool *pool, int threads, struct err *err)
{
    int ret = 0;

    pool->threads = xcalloc((size_t)threads, sizeof(*pool->threads));
    for (; pool->thread_count < threads && ret == 0; pool->thread_count += ret == 0)
        ret = thread_start(&pool->threads[pool->thread_count], worker, pool, err);
    return ret;
}

int pool_new(int threads, struct pool **ret_pool, struct err *err)
{
    struct pool *pool = xcalloc(1, sizeof(*pool));

    (void)pthread_mutex_init(&pool->lock, NULL);
    (void)pthread_cond_init(&pool->wake, NULL);
    pool->help.tail = &pool->help.first;
    pool->tasks.tail = &pool->tasks.first;
    int ret = start_threads(pool, threads, err);
    if (ret < 0) {
        pool_free(pool);
        return ret;
    }
    *ret_pool = pool;
    return 0;
}

static void add_to(struct pool *pool, struct queue *q, void (*run)(void *), void *arg,
                   int64_t weight)
{
    struct task *t = xmalloc(sizeof(*t));

    *t = (struct task){.run = run, .arg = arg, .weight = weight};
    (void)pthread_mutex_lock(&pool->lock);
    queue_push(q, t);
    (void)pthread_cond_signal(&pool->wake);
    (void)pthread_mutex_unlock(&pool->lock);
}

void pool_add(struct pool *pool, void (*run)(void *), void *arg)
{
    add_to(pool, &pool->tasks, run, arg, 0);
}

void pool_add_weighted(struct pool *pool, void (*run)(void *arg), void *arg, int64_t weight)
{
    add_to(pool, &pool->tasks, run, arg, weight);
}

static struct task *queue_take(struct queue *q, const void *arg)
{
    for (struct task **at = &q->first; *at; at = &(*at)->next) {
        struct task *found = *at;
        if (found->arg != arg)
            continue;
        *at = found->next;
        if (q->tail == &found->next)
            q->tail = at;
        return found;
    }
    return NULL;
}

void pool_hurry(struct pool *pool, const void *arg)
{
    (void)pthread_mutex_lock(&pool->lock);
    struct task *t = queue_take(&pool->tasks, arg);
    if (t) {
        t->weight = INT64_MAX; /* before what is added later, whatever it weighs */
        t->next = pool->tasks.first;
        pool->tasks.first = t;
        if (!t->next)
            pool->tasks.tail = &t->next;
    }
    (void)pthread_mutex_unlock(&pool->lock);
}

static void spread_unref(struct spread *s)
{
    if (atomic_fetch_sub(&s->users, 1) != 1)
        return;
    (void)pthread_cond_destroy(&s->finished);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    (void)pthread_mutex_lock(&pool->lock);
    pool->stop = true;
    (void)pthread_cond_broadcast(&pool->wake);
    (void)pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->thread_count; i++)
        (void)pthread_join(pool->threads[i], NULL);
    for (struct task *t; (t = queue_pop(&pool->help)); free(t))
        spread_unref(t->arg); /* help that is no longer needed */
    for (struct task *t; (t = queue_pop(&pool->tasks));)
        free(t);
    (void)pthread_cond_destroy(&pool->wake);
    (void)pthread_mutex_destroy(&pool->lock);
    free(pool->threads);
    free(pool);
}

static void spread_work(struct spread *s)
{
    size_t mine = 0;

    for (size_t i; (i = atomic_fetch_add(&s->next, 1)) < s->count; mine++)
        s->fn(s->arg, i);
    if (!mine)
        return;
    (void)pthread_mutex_lock(&s->lock);
    s->done += mine;
    if (s->done == s->count)
        (void)pthread_cond_signal(&s->finished);
    (void)pthread_mutex_unlock(&s->lock);
}

static void help(void *arg)
{
    spread_work(arg);
    spread_unref(arg);
}

void pool_spread(void *pool_arg, void (*fn)(void *, size_t), void *arg, size_t count)
{
    struct pool *pool = pool_arg;
    size_t helpers = (size_t)pool->thread_count - (own_pool == pool);
    struct spread *s = xcalloc(1, sizeof(*s));

    if (helpers >= count)
        helpers = count ? count - 1 : 0;
    s->fn = fn;
    s->arg = arg;
    s->count = count;
    atomic_init(&s->next, 0);
    atomic_init(&s->users, (int)helpers + 1);
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->finished, NULL);
    for (size_t i = 0; i < helpers; i++)
        add_to(pool, &pool->help, help, s, 0);
    spread_work(s);
    (void)pthread_mutex_lock(&s->lock);
    while (s->done < count)
        (void)pthread_cond_wait(&s->finished, &s->lock);
    (void)pthread_mutex_unlock(&s->lock);
    spread_unref(s);
}
