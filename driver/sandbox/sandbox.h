/*
 * The sandbox of one build: a process tree that sees only its inputs, at paths that depend on the
 * requirement alone (R/<dir>/{src,tmp,home,cargo,out}, R/env/<hash>).
 *
 *     engine ── A supervisor: the caller of sandbox_run. Outside, trusted. Owns the channel
 *               │             to the driver; ends the tree when the driver goes away
 *               └─ B init: process 1 of the pid namespace (locked, mapped: a subreaper).
 *                  │       Makes the mounts, reaps, kills what is left. Trusted; C cannot
 *                  │       trace it (not dumpable; with a real root also another uid)
 *                  └─ C payload: no capabilities, own session, runs body(). Not trusted
 *
 * Whichever process dies, the whole tree ends. A polls the life descriptor and the channel, so it
 * ends when the driver does. B polls a pipe whose write end only A has, so it ends when A is
 * killed. With B the kernel ends everything in its pid namespace; where there is none, A kills the
 * orphans.
 *
 * Who is who in SANDBOX_NAMESPACES: the payload is always uid and gid 1000, `builder`. A real root
 * makes the mounts with its own rights, and the payload is then an otherwise unused uid of the
 * host: what only root can read stays unreadable. Anybody else makes a user namespace in which 1000
 * is the caller. In the other two modes the payload runs as the caller.
 *
 * Everything here is for a freshly forked, single-threaded process.
 */
#pragma once

#include "sandbox/fork.h"
#include "sandbox/io.h"
#include "sandbox/spec.h"

/*
 * Makes the tree, runs body(arg) in C (its result is C's exit status; current directory: the job
 * directory; signal mask: what sig_restore_mask() gives back), ends it, and tells the driver on the
 * channel:
 *   {"t": "started", "pid": A} with a pidfd of A;
 *   {"t": "usage", "bytes", "processes"} every now and then while it runs;
 *   {"t": "exit", "status", "signal", "cancelled", "utime_ms", "stime_ms", "maxrss_kib", "files"}
 *       with the wheel when out/ holds exactly one thing and that is a regular *.whl, sent only
 *       after every process of the sandbox is dead (CPU time is that of all that were reaped);
 *   or {"t": "error", "message", "hint" or null} when the sandbox could not be made.
 * SIGTERM to A ends the tree and is answered by an `exit` with "cancelled": true.
 *
 * Returns what the caller passes to _exit at once: it must not go back to work.
 */
int sandbox_run(const struct sandbox_spec *spec, const struct sandbox_io *io,
                const struct fork_hooks *hooks, int (*body)(void *arg), void *arg);
