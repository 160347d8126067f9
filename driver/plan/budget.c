/* Adds up the memory of the builds of a run, and ends the largest. */
#include "plan/budget.h"

#include "base/clock.h"
#include "base/guard.h"
#include "base/str.h"
#include "system/memory.h"

enum { FREE_MS = 500 }; /* until what an ended build had is free again */

void budget_init(struct budget *ret_budget, uint64_t max_bytes)
{
    *ret_budget = (struct budget){
        .max_bytes = max_bytes ? max_bytes : memory_available() / 4 * 3,
        .floor_bytes = memory_left() / 32,
    };
    (void)pthread_mutex_init(&ret_budget->lock, NULL);
}

void budget_release(struct budget *budget)
{
    (void)pthread_mutex_destroy(&budget->lock);
}

void budget_join(struct budget *budget, struct budget_share *share)
{
    *share = (struct budget_share){0};
    (void)pthread_mutex_lock(&budget->lock);
    share->next = budget->shares;
    budget->shares = share;
    (void)pthread_mutex_unlock(&budget->lock);
}

void budget_leave(struct budget *budget, struct budget_share *share)
{
    (void)pthread_mutex_lock(&budget->lock);
    for (struct budget_share **at = &budget->shares; *at; at = &(*at)->next)
        if (*at == share) {
            *at = share->next;
            break;
        }
    (void)pthread_mutex_unlock(&budget->lock);
}

char *budget_text(uint64_t bytes)
{
    const double gib = (double)((uint64_t)1 << 30);

    if ((double)bytes < gib)
        return xasprintf("%llu MiB", (unsigned long long)(bytes >> 20));
    return xasprintf("%.1f GiB", (double)bytes / gib);
}

struct sum {
    uint64_t bytes;
    size_t count;
    bool is_largest; /* nobody has more than the one that was asked about */
};

static struct sum add_up(const struct budget *budget, const struct budget_share *share)
{
    struct sum sum = {.is_largest = true};

    for (const struct budget_share *at = budget->shares; at; at = at->next) {
        if (at->ended)
            continue;
        sum.count++;
        sum.bytes += at->bytes;
        sum.is_largest = sum.is_largest && at->bytes <= share->bytes;
    }
    return sum;
}

static int refuse_memory(const struct budget *budget, const struct budget_share *share,
                         const struct sum *sum, struct err *err)
{
    auto_free char *max = budget_text(budget->max_bytes);
    auto_free char *own = budget_text(share->bytes);

    if (share->bytes > budget->max_bytes)
        (void)err_set(err, ERR_RESOURCE, "out of memory: the build used more than %s (--memory)",
                      max);
    else
        (void)err_set(err, ERR_RESOURCE,
                      "out of memory: %zu builds at once used more than %s (--memory), this one "
                      "most of it, %s",
                      sum->count, max, own);
    err_hint(err,
             "--memory SIZE lets the builds of a run use more together; -j 1 gives all of it to "
             "one");
    return -ERR_RESOURCE;
}

static int refuse_for_machine(const struct budget_share *share, struct err *err)
{
    auto_free char *own = budget_text(share->bytes);

    (void)err_set(err, ERR_RESOURCE,
                  "out of memory: the machine has hardly any left, and this build used most, %s",
                  own);
    err_hint(err, "-j runs fewer builds at once");
    return -ERR_RESOURCE;
}

static int judge(struct budget *budget, const struct budget_share *share, struct err *err)
{
    const struct sum sum = add_up(budget, share);

    if (!sum.is_largest)
        return 0;
    if (sum.bytes > budget->max_bytes)
        return refuse_memory(budget, share, &sum, err);
    if (clock_ms() - budget->ended_ms < FREE_MS || memory_left() >= budget->floor_bytes)
        return 0;
    budget->ended_ms = clock_ms();
    return refuse_for_machine(share, err);
}

int budget_note(struct budget *budget, struct budget_share *share, uint64_t bytes,
                uint64_t processes, struct err *err)
{
    if (guard_is_off("memory"))
        return 0;
    if (processes > BUDGET_MAX_PROCESSES)
        return err_set(err, ERR_RESOURCE, "too many processes: the build had more than %d at once",
                       BUDGET_MAX_PROCESSES);
    (void)pthread_mutex_lock(&budget->lock);
    share->bytes = bytes;
    int ret = share->ended ? 0 : judge(budget, share, err);
    share->ended = share->ended || ret < 0;
    (void)pthread_mutex_unlock(&budget->lock);
    return ret;
}
