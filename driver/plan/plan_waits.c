/* The plan for those who wait for what it does, and who ask about it. */
#include <stdlib.h>

#include "base/str.h"
#include "wheel/wheel_name.h"
#include "plan/plan.h"

/* Package, phase, cause and log of a failed build, in one line. */
static int build_error(const struct build *build, struct err *err)
{
    int ret = err_copy(&build->err, err);

    if (ret == -ERR_CANCELLED)
        return ret;
    if (build->result.log_path) {
        auto_free char *message = xasprintf("%s (log: %s)", err->message, build->result.log_path);
        free(err->message);
        err->message = steal(&message);
    }
    if (build->result.phase)
        (void)err_wrap(err, "%s", build->result.phase);
    return err_wrap(err, "cannot build %s", build->label);
}

/* Under the lock. 0: go on waiting; 1: the build is over or `metadata` is enough; negative: error. */
static int build_outcome(struct plan *plan, const struct build *build, struct err *err)
{
    if (build->state == WORK_FAILED)
        return build_error(build, err);
    if (build->state == WORK_DONE)
        return 1;
    bool begun = build->state == WORK_RUNNING;
    if (cancel_requested(plan->cancel) || ((plan->stopped || build->dropped) && !begun))
        return err_set(err, ERR_CANCELLED, "stopped");
    return 0;
}

int plan_wait_metadata(struct plan *plan, struct build *build, struct env *for_env, char **ret_text,
                       struct err *err)
{
    int ret = 0;

    plan_lock(plan);
    bool parks = for_env && !build->metadata;
    if (parks) {
        places_park(&plan->places, for_env, build);
        plan_begin_envs(plan);
    }
    while (!build->metadata && (ret = build_outcome(plan, build, err)) == 0)
        plan_wait_change(plan);
    if (parks)
        plan_wait_place(plan, for_env);
    if (ret >= 0 && !build->metadata)
        ret = err_set(err, ERR_BUILD, "%s: the build gave no metadata", build->label);
    if (ret >= 0)
        *ret_text = xstrdup(build->metadata);
    plan_unlock(plan);
    return ret < 0 ? ret : 0;
}

struct build *plan_wait_any_metadata(struct plan *plan, struct build *build,
                                     struct build *const *others, size_t count)
{
    struct build *found = NULL;

    plan_lock(plan);
    build->urgent = true;
    plan_hurry(plan, build);
    for (;;) {
        auto_err struct err err = ERR_INIT;
        if (build->metadata || build_outcome(plan, build, &err) != 0)
            found = build;
        for (size_t i = 0; !found && i < count; i++)
            if (others[i] && others[i]->metadata)
                found = others[i];
        if (found)
            break;
        plan_wait_change(plan);
    }
    plan_unlock(plan);
    return found;
}

int plan_failure(struct plan *plan, const struct build *build, struct err *err)
{
    plan_lock(plan);
    int ret = build->state == WORK_FAILED ? build_error(build, err) : 0;
    plan_unlock(plan);
    return ret;
}

bool plan_has_project(struct plan *plan, const char *project)
{
    bool found = false;

    plan_lock(plan);
    for (size_t i = 0; i < plan->build_count && !found; i++)
        found = wheel_dist_equal(plan->builds[i]->project, project);
    plan_unlock(plan);
    return found;
}

void plan_note_url(struct plan *plan, const char *project)
{
    plan_lock(plan);
    strv_push(&plan->url_names, project);
    plan_unlock(plan);
}

bool plan_has_url_of(struct plan *plan, const char *project)
{
    plan_lock(plan);
    bool found = wheel_dist_in_list(&plan->url_names, project);
    plan_unlock(plan);
    return found;
}

int plan_wait_build(struct plan *plan, struct build *build, struct err *err)
{
    int ret;

    plan_lock(plan);
    while ((ret = build_outcome(plan, build, err)) == 0)
        plan_wait_change(plan);
    plan_unlock(plan);
    return ret < 0 ? ret : 0;
}

void plan_mark_certain(struct plan *plan, struct build *build)
{
    plan_lock(plan);
    build->certain = true;
    plan_announce(plan);
    plan_unlock(plan);
}

/* Under the lock. */
static struct build *find_certain(const struct plan *plan)
{
    for (size_t i = 0; i < plan->build_count; i++) {
        struct build *build = plan->builds[i];
        if (build->certain && !build->offered && build->state == WORK_DONE)
            return build;
    }
    return NULL;
}

struct build *plan_wait_certain(struct plan *plan)
{
    struct build *found = NULL;

    plan_lock(plan);
    while (!(found = find_certain(plan)) && !plan->resolved && !plan_stops(plan))
        plan_wait_change(plan);
    if (found)
        found->offered = true;
    plan_unlock(plan);
    return found;
}

void plan_end_resolution(struct plan *plan)
{
    plan_lock(plan);
    plan->resolved = true;
    plan_announce(plan);
    plan_unlock(plan);
}

/* Under the lock. */
static void drop(struct build *build)
{
    if (build->state == WORK_WAITING || build->state == WORK_READY)
        build->dropped = true;
    else if (build->state == WORK_RUNNING && build->stop)
        cancel_request(build->stop, 0);
}

void plan_want(struct plan *plan, struct build **builds, size_t count)
{
    plan_lock(plan);
    for (size_t i = 0; i < count; i++)
        builds[i]->wanted = true;
    for (size_t i = 0; i < plan->build_count; i++)
        if (!plan->builds[i]->wanted)
            drop(plan->builds[i]);
    plan_announce(plan);
    plan_unlock(plan);
}

void plan_stop(struct plan *plan)
{
    plan_lock(plan);
    plan->stopped = true;
    plan_announce(plan);
    plan_unlock(plan);
}

void plan_wake(struct plan *plan)
{
    plan_lock(plan);
    plan_announce(plan);
    plan_unlock(plan);
}

size_t plan_wait_any(struct plan *plan, struct build **builds, size_t count, const bool *seen)
{
    size_t found = count;
    bool all_seen = false;

    plan_lock(plan);
    for (; found == count && !all_seen;) {
        auto_err struct err err = ERR_INIT;
        all_seen = true;
        for (size_t i = 0; i < count && found == count; i++) {
            if (seen[i])
                continue;
            all_seen = false;
            if (build_outcome(plan, builds[i], &err) != 0)
                found = i;
        }
        if (found == count && !all_seen)
            plan_wait_change(plan);
    }
    plan_unlock(plan);
    return found;
}
