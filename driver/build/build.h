/*
 * One source from its sdist to a wheel in normal form, on a pool thread: lock (locked mode), build
 * child in its sandbox, normal form. Everything it learns goes to the plan.
 */
#pragma once

#include "plan/plan.h"

/*
 * arg: a READY struct build. Runs it to its end, or back to WAITING when it needs more build
 * requirements.
 */
void build_execute(void *arg);

/*
 * The same, but first the store is looked into, on a thread that does nothing else: what is there need
 * not wait behind builds. What is not goes to the builder's workers.
 */
void build_look_up(void *arg);

/* Of the builds that build_look_up was given and that nobody has begun, this one comes next. */
void build_hurry(struct build *build);
