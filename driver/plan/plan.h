/*
 * What there is to do in a run: the sources to build and the build environments they need, and who
 * waits for whom.
 *
 *   resolver ── sdist ──> build ── needs ──> env ── resolver for its requirements ── sdist ──> build …
 *
 *   build: WAITING (for its environment) ─> READY (in the pool's queue) ─> RUNNING ─> DONE | FAILED
 *          RUNNING ─> WAITING again when the backend asks for more build requirements
 *   env:   WAITING (for a place, plan/places.h) ─> RUNNING (a thread of its own) ─> DONE | FAILED
 *
 * One source is built once however many ask for it, one set of build requirements is resolved and
 * installed once a run. Neither ever waits in a circle: a build that would need itself fails.
 *
 * Objects live as long as the plan.
 */
#pragma once

#include "plan/plan_state.h"

/*
 * `fillers`: so many resolvers and installers at once. `arg` is handed to the hooks as plan->arg.
 * Pool, cancel and hooks are borrowed.
 */
struct plan *plan_new(struct pool *pool, const struct cancel *cancel, int fillers,
                      const struct plan_hooks *hooks, void *arg);
/* Waits for threads and builds that still run (cancel first to make that quick), then frees. */
void plan_free(struct plan *plan);

/*
 * The build of a source, new or known; takes the source. `for_env` is the environment that needs the
 * wheel, NULL for the user's own requirements.
 */
struct build *plan_add_build(struct plan *plan, struct source *source, struct env *for_env);

/*
 * A READY build runs now. False: the run has stopped, or nobody wants it; end it as cancelled. `stop`
 * (or NULL) is requested when nobody wants it any more; it is the caller's again when the build is
 * over or waits.
 */
bool plan_begin_build(struct plan *plan, struct build *build, struct cancel *stop);

/* Whether it shall go before others. */
bool plan_is_urgent(struct plan *plan, const struct build *build);

/* Nothing new is begun any more; also true when the run is cancelled. */
bool plan_is_stopped(struct plan *plan);

/*
 * A running build was asked for more build requirements: it goes back to waiting. `spent` is what
 * this attempt took; only its times are used, and they stay the caller's.
 */
void plan_require_more(struct plan *plan, struct build *build, const struct strv *more,
                       const struct build_result *spent);

/* A running build is to be begun anew, as it was begun. `spent` as above. */
void plan_build_again(struct plan *plan, struct build *build, const struct build_result *spent);

/* What the project of a source is called that had no name: a later name is not taken. */
void plan_name_build(struct plan *plan, struct build *build, const char *project);

/* What the build says; the metadata of a source that promised it stays the promise. */
void plan_set_metadata(struct plan *plan, struct build *build, const char *text);
/* A copy of the METADATA that is known by now, or NULL. The caller frees. */
char *plan_metadata(struct plan *plan, const struct build *build);
/* The build is over: takes *result, and err when it failed. */
void plan_finish_build(struct plan *plan, struct build *build, struct build_result *result,
                       struct err *err);

/*
 * Block until known; -ERR_CANCELLED when the run stops meanwhile. The error is a copy. `for_env` (or
 * NULL) is the environment whose resolver asks: it has no place meanwhile.
 */
int plan_wait_metadata(struct plan *plan, struct build *build, struct env *for_env, char **ret_text,
                       struct err *err);
/*
 * For the user's resolver, so that `build` goes before others from now on.
 * Of `build` and those of `others` that are not NULL, one whose metadata is known; waits for it. Also
 * `build` itself when plan_wait_metadata has an error for it.
 */
struct build *plan_wait_any_metadata(struct plan *plan, struct build *build,
                                     struct build *const *others, size_t count);
/* The error of a build that has failed; 0 for any other, without waiting. */
int plan_failure(struct plan *plan, const struct build *build, struct err *err);
/* Whether any of the sources is of that project, however it is spelled. */
bool plan_has_project(struct plan *plan, const char *project);
/* --allow-url has let this project come from a URL; and whether it has. */
void plan_note_url(struct plan *plan, const char *project);
bool plan_has_url_of(struct plan *plan, const char *project);
int plan_wait_build(struct plan *plan, struct build *build, struct err *err);

/*
 * The index of a build that is over (done, failed, or will never begin) and not yet in `seen`; waits
 * for one. `count` when all have been seen.
 */
size_t plan_wait_any(struct plan *plan, struct build **builds, size_t count, const bool *seen);

/*
 * The place of an environment being filled. It begins with one, and has none while it waits for
 * builds or for other environments; plan_finish_env gives it back. plan_take_place blocks, and is
 * -ERR_CANCELLED when the run stops.
 */
int plan_take_place(struct plan *plan, struct env *env, struct err *err);
void plan_leave_place(struct plan *plan, struct env *env);

/*
 * Names an environment by its content. When another one has the same content, waits for it and
 * returns its path (a copy); NULL: this is the first, and its path will be the others'.
 */
char *plan_name_env(struct plan *plan, struct env *env, const char path_digest[SHA256_HEX],
                    const char content_digest[SHA256_HEX]);

/* The environment is over: takes *result, and err when it failed. */
void plan_finish_env(struct plan *plan, struct env *env, struct env_result *result,
                     struct err *err);

/* Whatever the resolver does from now on, it chooses this one, or finds no solution. */
void plan_mark_certain(struct plan *plan, struct build *build);
/*
 * A certain build that is DONE, each of them once; waits for it. NULL when plan_end_resolution was
 * called, or the run stops.
 */
struct build *plan_wait_certain(struct plan *plan);
void plan_end_resolution(struct plan *plan);

/*
 * Marks what the resolver chose; of whatever nobody wants, what has not begun is dropped, and what runs
 * is stopped. An environment that needs one of them later has it begun again.
 */
void plan_want(struct plan *plan, struct build **builds, size_t count);

/* Begins nothing new; what runs goes on. */
void plan_stop(struct plan *plan);
/* Wakes everybody who waits, after `cancel` was requested. */
void plan_wake(struct plan *plan);
