/* Causes in the machine and in what a build may have of it. */
#include "causes/cause.h"

#include "base/err.h"

static const struct cause rows[] = {
    {.id = "memory",
     .code = ERR_RESOURCE,
     .say = "a program of the build was killed, which is most often for lack of memory",
     .remedy = "-j 1 gives one build all of the memory, --memory SIZE lets builds use more",
     .signs = {"Killed signal terminated program", "terminated with signal 9",
               "internal compiler error: Killed", "(signal: 9, SIGKILL", "<Signals.SIGKILL: 9>",
               "killed by signal 9", "killed by SIGKILL"}},
    {.id = "memory",
     .code = ERR_RESOURCE,
     .say = "the build had no memory left",
     .remedy = "-j 1 gives one build all of the memory, --memory SIZE lets builds use more",
     .signs = {"virtual memory exhausted", "LLVM ERROR: out of memory", "Cannot allocate memory",
               "std::bad_alloc", "%^MemoryError%$", "%^MemoryError: "}},
    {.id = "processes",
     .code = ERR_RESOURCE,
     .say = "the build could not start another process or thread",
     .remedy = "a build may have 2048 processes and threads at once, and not more than you: "
               "-j runs fewer builds, ulimit -u tells what you may have",
     .signs = {"fork: Resource temporarily unavailable", "fork: retry: Resource temporarily",
               "BlockingIOError: [Errno 11] Resource temporarily unavailable",
               "can't start new thread", "Resource temporarily unavailable"}},
    {.id = "disk",
     .code = ERR_RESOURCE,
     .say = "no space left: what the build wrote does not fit",
     .remedy = "the disk, or the memory that builds may use, is full: builds are in memory where "
               "that suffices, else in TMPDIR, which may name a larger disk",
     .signs = {"No space left on device", "Disk quota exceeded", "[Errno 28]"}},
    {.id = "network",
     .when = CAUSE_OFFLINE,
     .say = "the build wanted the network",
     .remedy = "builds have no network; --allow-network %a gives it to this one",
     .setting = "network = true",
     .signs = {"Network is unreachable", "Temporary failure in name resolution",
               "Name or service not known", "Could not resolve host", "Couldn't resolve host",
               "failed to lookup address information", "unable to resolve host address",
               "Name does not resolve", "dial tcp: lookup ",
               "No address associated with hostname"}},
    {.id = "guest-library",
     .say = "a program of the build brings a C library that is too old for truewheel's",
     .remedy = "--real-clock builds without it",
     .signs = {"/libtruewheel-guest.so)"}},
    {.id = "read-only",
     .say = "the build writes to '%1', which it can only read",
     .remedy = "what a build makes belongs below its own directory or TMPDIR; that it writes "
               "elsewhere is the project's mistake",
     .signs = {"Read-only file system: '%1'", "cannot create directory %'%1%': Read-only",
               "cannot touch %'%1%': Read-only"}},
};

const struct cause_table causes_machine = {rows, ARRAY_SIZE(rows)};
