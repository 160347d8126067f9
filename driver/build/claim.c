/* Locks on R/<dir>, and the removal of what their holder is done with. */
#include "build/claim.h"

#include "base/clock.h"
#include "base/io.h"
#include "system/safe_dir.h"

static void say_who_holds_it(const char *holder, void *arg)
{
    struct claim_wait *w = arg;

    if (!w->said)
        progress_say(w->builder->progress, MOOD_PLAIN, "waiting for %s/%s: in use by %s",
                     w->builder->root, w->path, holder);
    w->said = true;
}

void claim_wait_init(struct claim_wait *ret, struct builder *builder, const char *path)
{
    int64_t timeout_ms = builder->options->timeout_ms;

    *ret = (struct claim_wait){
        .builder = builder,
        .path = path,
        .lock = {.deadline_ms = timeout_ms ? clock_ms() + timeout_ms : DEADLINE_NEVER,
                 .cancel_fd = builder->cancel.fd,
                 .on_wait = say_who_holds_it,
                 .arg = ret},
    };
}

int claim_take(struct builder *builder, const char *dir, struct lock *ret, struct err *err)
{
    struct claim_wait wait;

    claim_wait_init(&wait, builder, dir);
    if (builder->mode != SANDBOX_LOCKED)
        return 0;
    int taken = lock_open_job(builder->root, dir, ret, err);
    if (taken == 0)
        taken = lock_acquire(ret, LOCK_EXCLUSIVE, &wait.lock, err);
    if (taken < 0)
        lock_release(ret); /* an open lock stands for a held one, see claim_clean */
    return taken;
}

void claim_clean(struct builder *builder, const char *dir, const struct lock *held)
{
    auto_close int root = -1;

    if (held->fd < 0 || safe_dir_open(builder->root, &root, NULL) < 0)
        return;
    (void)remove_tree_at(root, dir, NULL); /* the next build there empties it first anyway */
}
