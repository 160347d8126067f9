#include "work/claim.h"

#include "base/clock.h"
#include "base/io.h"
#include "system/safe_dir.h"

struct waiting {
    struct run *run;
    const char *dir;
};

static void say_who_holds_it(const char *holder, void *arg)
{
    const struct waiting *w = arg;

    progress_say(w->run->progress, MOOD_PLAIN, "waiting for %s/%s: in use by %s", w->run->root,
                 w->dir, holder);
}

int claim_take(struct run *run, const char *dir, struct lock *ret, struct err *err)
{
    struct waiting waiting = {.run = run, .dir = dir};
    struct lock_wait wait = {
        .deadline_ms =
            run->options->timeout_ms ? clock_ms() + run->options->timeout_ms : DEADLINE_NEVER,
        .cancel_fd = run->cancel.fd,
        .on_wait = say_who_holds_it,
        .arg = &waiting,
    };

    if (run->mode != SANDBOX_LOCKED)
        return 0;
    int taken = lock_open_job(run->root, dir, ret, err);
    if (taken == 0)
        taken = lock_acquire(ret, LOCK_EXCLUSIVE, &wait, err);
    if (taken < 0)
        lock_release(ret); /* an open lock stands for a held one, see claim_clean */
    return taken;
}

void claim_clean(struct run *run, const char *dir, const struct lock *held)
{
    auto_close int root = -1;

    if (held->fd < 0 || safe_dir_open(run->root, &root, NULL) < 0)
        return;
    (void)remove_tree_at(root, dir, NULL); /* the next build there empties it first anyway */
}
