/* What the machine itself allows, and the libraries that this program runs with. */
#include "doctor/machine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "config.h"
#include "base/str.h"
#include "sandbox/probe.h"
#include "system/cgroup.h"
#include "system/memory.h"
#include "system/processors.h"
#include "wheel/normal.h"
#include "zip/deflate.h"

enum { LITTLE_MEMORY_MIB = 1024, LITTLE_SPACE_MIB = 1024 };

/* ---------------------------------------------------------------------------------------- versions */

static void look_at_versions(struct findings *findings)
{
    auto_err struct err err = ERR_INIT;
    struct utsname kernel = {0};

    (void)uname(&kernel);
    (void)findings_add(findings, "versions", "truewheel", FINDING_OK, "%s", TRUEWHEEL_VERSION);
    (void)findings_add(findings, "versions", "kernel", FINDING_OK, "%s %s, %s", kernel.sysname,
                       kernel.release, kernel.machine);
    if (deflate_self_test(&err) < 0)
        findings_add(findings, "versions", "compressor", FINDING_MISSING, "%s", err.message)
            ->needed = true;
    else
        (void)findings_add(findings, "versions", "compressor", FINDING_OK,
                           "zlib %s, writes the normal form", TRUEWHEEL_ZLIB_VERSION);
    (void)findings_add(findings, "versions", "libzip", FINDING_OK, "%s", normal_libzip_version());
}

/* --------------------------------------------------------------------------------------- sandboxes */

static void add_namespaces(const struct sandbox_caps *caps, struct findings *findings)
{
    if (caps->namespaces) {
        (void)findings_add(findings, "sandbox", "namespaces", FINDING_OK,
                           "each build sees a file system of its own, and no network");
        return;
    }
    struct finding *finding =
        findings_add(findings, "sandbox", "namespaces", FINDING_WARN, "%s; builds are not isolated",
                     caps->reason ? caps->reason : "there are none");
    if (caps->hint)
        finding_set_remedy(finding, "%s", caps->hint);
}

/* R is also where builds happen without namespaces, and then a path that others must not own. */
static void add_build_root(const struct sandbox_caps *caps, const char *root,
                           struct findings *findings)
{
    if (caps->lockable) {
        (void)findings_add(findings, "sandbox", "build root", FINDING_OK, "%s", root);
        return;
    }
    struct finding *finding =
        findings_add(findings, "sandbox", "build root",
                     caps->namespaces ? FINDING_OK : FINDING_WARN, "%s%s", caps->lock_reason,
                     caps->namespaces ? "; sandboxes do not mind"
                                      : "; paths will not be stable, nor the bytes (mapped mode)");
    if (!caps->namespaces)
        finding_set_remedy(finding, "--build-root DIR, a directory of your own");
}

static void look_at_sandboxes(const char *root, struct findings *findings)
{
    auto_err struct err err = ERR_INIT;
    struct sandbox_caps caps = {0};

    if (sandbox_probe(root, -1, &caps, &err) < 0) {
        (void)findings_add(findings, "sandbox", "namespaces", FINDING_WARN, "%s", err.message);
        return;
    }
    add_namespaces(&caps, findings);
    add_build_root(&caps, root, findings);
    if (caps.fixed_addresses)
        (void)findings_add(findings, "sandbox", "addresses", FINDING_OK,
                           "builds have no address-space randomisation");
    else
        (void)findings_add(findings, "sandbox", "addresses", FINDING_WARN,
                           "personality() is forbidden: randomisation stays on in builds");
    if (!caps.refuses_calls)
        (void)findings_add(findings, "sandbox", "system calls", FINDING_WARN,
                           "there are no filters (seccomp)");
    sandbox_caps_release(&caps);
}

/* ---------------------------------------------------------------------------------------- resources */

static void look_at_memory(struct findings *findings)
{
    auto_err struct err err = ERR_INIT;
    struct cgroup cgroup = {0};
    unsigned long long mib = memory_available() >> 20;
    struct finding *finding = findings_add(findings, "resources", "memory",
                                           mib < LITTLE_MEMORY_MIB ? FINDING_WARN : FINDING_OK,
                                           "%llu MiB available", mib);

    if (mib < LITTLE_MEMORY_MIB)
        finding_set_remedy(finding, "-j 1 builds one package at a time");
    if (cgroup_open(&cgroup, "memory pids", &err) == 0)
        (void)findings_add(findings, "resources", "memory limit", FINDING_OK,
                           "the kernel keeps it (a cgroup is delegated)");
    else
        (void)findings_add(findings, "resources", "memory limit", FINDING_OK,
                           "truewheel counts; no cgroup is delegated: %s", err.message);
    cgroup_close(&cgroup);
}

static void look_at_slots(int jobs, struct findings *findings)
{
    const char *make = getenv("MAKEFLAGS");
    bool granted = make && strstr(make, "jobserver");

    (void)findings_add(findings, "resources", "builds at once", FINDING_OK, "%d%s",
                       jobs ? jobs : processors_count(),
                       jobs      ? " (-j)"
                       : granted ? ", as far as make grants them"
                                 : " (the processors of this process)");
}

static void look_at_space(const char *name, const char *dir, struct findings *findings)
{
    struct statvfs fs;

    if (statvfs(dir, &fs) < 0 || access(dir, W_OK | X_OK) < 0) {
        struct finding *finding = findings_add(findings, "resources", name, FINDING_MISSING,
                                               "'%s' cannot be written to", dir);
        finding_set_remedy(finding, "TMPDIR=DIR, a directory that can");
        finding->needed = true;
        return;
    }
    unsigned long long mib = (unsigned long long)fs.f_bavail * fs.f_frsize >> 20;
    struct finding *finding = findings_add(findings, "resources", name,
                                           mib < LITTLE_SPACE_MIB ? FINDING_WARN : FINDING_OK,
                                           "%llu MiB free in %s", mib, dir);
    if (mib < LITTLE_SPACE_MIB)
        finding_set_remedy(finding, "TMPDIR=DIR, where there is more");
}

void doctor_look_at_machine(const struct wheel_options *options, struct findings *findings)
{
    const char *tmp = getenv("TMPDIR");

    look_at_versions(findings);
    look_at_sandboxes(options->build_root ? options->build_root : DEFAULT_BUILD_ROOT, findings);
    look_at_memory(findings);
    look_at_slots(options->jobs, findings);
    look_at_space("temporary files", tmp && tmp[0] ? tmp : "/tmp", findings);
}
