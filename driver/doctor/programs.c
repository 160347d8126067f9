/* Compilers and other programs that builds start. */
#include "doctor/programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "inputs/compiler.h"
#include "inputs/hook_env.h"

/* ------------------------------------------------------------------------------- package managers */

enum { SYSTEMS = 4 };

/* ID and ID_LIKE of os-release, and what installs there. */
static const struct {
    const char *id, *install;
} systems[SYSTEMS] = {
    {"debian", "apt-get install"},
    {"fedora", "dnf install"},
    {"alpine", "apk add"},
    {"arch", "pacman -S"},
};

/* The index of this system in `systems`, or -1. */
static int find_system(void)
{
    FILE *file = fopen("/etc/os-release", "re");
    char line[256];
    int found = -1;

    while (file && found < 0 && fgets(line, sizeof(line), file)) {
        if (!str_starts(line, "ID=") && !str_starts(line, "ID_LIKE="))
            continue;
        auto_strv struct strv ids = STRV_INIT;
        strv_split(&ids, strchr(line, '=') + 1, "\"' \t\n");
        for (int i = 0; i < SYSTEMS && found < 0; i++)
            if (strv_contains(&ids, systems[i].id))
                found = i;
    }
    if (file)
        (void)fclose(file);
    return found;
}

char *doctor_install_line(const char *const packages[SYSTEMS])
{
    int system = find_system();

    return system < 0 ? NULL : xasprintf("%s %s", systems[system].install, packages[system]);
}

/* ---------------------------------------------------------------------------------------- programs */

static const struct program {
    const char *name, *option, *used_for;
    const char *packages[SYSTEMS];
} programs[] = {
    {"c++", "--version", "C++ extensions", {"g++", "gcc-c++", "g++", "gcc"}},
    {"make", "--version", "libraries that some sdists bring", {"make", "make", "make", "make"}},
    {"cmake", "--version", "scikit-build", {"cmake", "cmake", "cmake", "cmake"}},
    {"ninja", "--version", "meson and cmake", {"ninja-build", "ninja-build", "samurai", "ninja"}},
    {"pkg-config",
     "--version",
     "finding libraries",
     {"pkg-config", "pkgconf", "pkgconf", "pkgconf"}},
    {"gfortran", "--version", "Fortran", {"gfortran", "gcc-gfortran", "gfortran", "gcc-fortran"}},
    {"rustc", "--version", "Rust", {"rustc", "rust", "rust", "rust"}},
    {"cargo", "--version", "Rust", {"cargo", "cargo", "cargo", "rust"}},
    {"go", "version", "Go", {"golang", "golang", "go", "go"}},
    {"git", "--version", "versions from commits, VCS requirements", {"git", "git", "git", "git"}},
};

static const char *const c_compiler[SYSTEMS] = {"gcc libc6-dev", "gcc", "gcc musl-dev", "gcc"};

static void set_install(struct finding *finding, const char *const packages[SYSTEMS])
{
    auto_free char *line = doctor_install_line(packages);

    if (line)
        finding_set_remedy(finding, "%s", line);
}

static void look_at(const struct program *program, const char *search_path,
                    struct findings *findings)
{
    char *argv[] = {(char *)program->name, (char *)program->option, NULL};
    auto_free char *path = program_find(program->name, search_path);
    auto_free char *version = path ? program_first_line(path, argv, -1) : NULL;

    if (path && version[0]) {
        (void)findings_add(findings, "programs", program->name, FINDING_OK, "%s (%s)", version,
                           path);
        return;
    }
    struct finding *finding =
        path ? findings_add(findings, "programs", program->name, FINDING_WARN, "%s does not run",
                            path)
             : findings_add(findings, "programs", program->name, FINDING_MISSING,
                            "not on the PATH of builds; for %s", program->used_for);
    set_install(finding, program->packages);
}

static void look_at_compiler(const struct strv *env, struct findings *findings)
{
    auto_free char *identity = compiler_identity(env, -1);
    struct finding *finding;

    if (identity[0]) {
        finding = findings_add(findings, "programs", "cc", FINDING_OK, "%s", identity);
    } else {
        finding =
            findings_add(findings, "programs", "cc", FINDING_MISSING,
                         "no C compiler on the PATH of builds (%s), nor in CC; for C extensions",
                         hook_env_path(env));
        set_install(finding, c_compiler);
    }
    finding->needed = true;
}

void doctor_look_at_programs(const struct strv *env, struct findings *findings)
{
    look_at_compiler(env, findings);
    for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
        look_at(&programs[i], hook_env_path(env), findings);
}
