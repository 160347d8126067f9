/*
 * A cgroup (v2) for the builds of a run, where one is delegated to us: this process is alone in its own
 * cgroup and may write to it, as in `systemd-run --user --scope -p Delegate=yes` or a service with
 * Delegate=. A cgroup that has children with controllers may hold no processes, so that this process
 * moves into a child as well, until the end:
 *
 *     OURS/truewheel-PID/run            this process and what it starts
 *     OURS/truewheel-PID/builds         memory.max, for all builds together
 *     OURS/truewheel-PID/builds/NAME    pids.max, for one build; made by cgroup_add
 *
 * Elsewhere cgroup_open says no, and nothing has changed. What a killed process leaves is empty, and
 * removed by the next one.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"

struct cgroup {
    char *parent; /* OURS, absolute; NULL: none is delegated */
    char *top;    /* OURS/truewheel-PID */
};

/*
 * Before the first thread and child. `controllers` is "memory pids"; all of them must be there. On
 * failure, and when nothing is delegated, the process is where it was, and why is in err.
 */
int cgroup_open(struct cgroup *ret_cgroup, const char *controllers, struct err *err);
/* Moves this process back and removes all. Accepts an empty one. When every build has ended. */
void cgroup_close(struct cgroup *cgroup);

/* Sets a file of builds/: "memory.max", "1073741824". */
int cgroup_limit(const struct cgroup *cgroup, const char *file, const char *value, struct err *err);

/* A new cgroup for one build; the caller frees the path. */
int cgroup_add(const struct cgroup *cgroup, const char *name, char **ret_path, struct err *err);
int cgroup_set(const char *path, const char *file, const char *value, struct err *err);
/* Removes it, when nobody is alive in it. */
void cgroup_remove(const char *path);

/* The number behind a key of a file of one build: "memory.events", "oom_kill". 0 when there is none. */
uint64_t cgroup_count(const char *path, const char *file, const char *key);

/* Opens what a process writes "0" to in order to enter. */
int cgroup_open_door(const char *path, int *ret_fd, struct err *err);
int cgroup_enter(int door, struct err *err);
