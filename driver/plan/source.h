/*
 * A source: what a wheel is built from, as the resolver described it. An sdist (an archive) or a tree
 * (a local project, a checkout), with what its own files say about how it wants to be built.
 *
 * Made once, from the resolver's `sdist` frame (docs/engine-protocol.md); behind that nobody reads the
 * frame. Read-only from then on, so any thread may look at it. Optional strings are "" when absent
 * unless said otherwise.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "base/vec.h"
#include "sandbox/tree_list.h"
#include "inputs/package_settings.h"

/* How the crates of a source are fetched: the caller's toolchain and configuration. */
struct source_crates {
    char *sysroot;   /* shown to the build */
    char *bin;       /* goes to PATH */
    char *config;    /* text of a cargo configuration */
    char *toolchain; /* what rustc says that it is: `rustc -vV` */
};

struct source {
    char *name;    /* canonical (PEP 503); "" when only a build can tell (build_project) */
    char *version; /* normalised (PEP 440); "" likewise */
    char *dir;     /* one path component: the job's directory is R/<dir> */
    char *sha256;  /* of the archive, or of the tree's content */
    char *archive; /* absolute path; NULL: trees */
    struct sandbox_trees trees; /* none: an archive */
    char *subdirectory;         /* of the project, below <job>/src */
    char *url;                  /* where it came from, without credentials */
    char *place;          /* the same for people: ./project rather than file:///home/me/project */
    struct strv requires; /* PEP 518 */
    struct strv urls;     /* those that its backend may ask for: they stand in its own files */
    char *backend;        /* PEP 517 */
    struct strv backend_path;
    json_t *repository; /* what of version control a build sees; NULL: nothing (docs/record.md) */
    struct strv looked_at; /* paths of this machine that its digests are of: the user's */
    int64_t
        looked_ns;  /* when that began; 0: a build of its trees sees more than is in the digests */
    json_t *expect; /* what the build child checks in the sandbox; NULL: nothing */
    json_t *config_settings; /* an object: string to string or list of strings; never NULL */
    struct strv finder_args; /* what the resolver of its build requirements must be given */
    char *broken;            /* why no build of it can start; NULL: one can */
    char *promise; /* its PKG-INFO where that is static (PEP 643); NULL: ask the backend */
    struct source_crates *crates;     /* NULL: none, or no cargo */
    struct package_settings settings; /* of the settings file; zeroed: none apply */
    json_t *change;      /* patches and files to add, for the build child; NULL: none */
    bool isolated;       /* false: --no-build-isolation */
    bool check_requires; /* --check-build-dependencies */
    bool local;          /* named by the user as a path, or by something named so */
};

/*
 * Reads a frame. -ERR_PROTOCOL names the field that is missing or of another type. `image`: this machine
 * is what an image's digest says, and what settings name of it is not looked at.
 */
int source_parse(const json_t *frame, bool image, struct source **ret_source, struct err *err);
void source_free(struct source *source); /* accepts NULL */

/* The digest of its repository; "none" without one. Points into the source. */
const char *source_repository(const struct source *source);

/* What people call it: "psutil 7.2.2", or where it lies. The caller frees. */
char *source_label(const struct source *source);

/* What makes two sources the same work, as text. The caller frees. */
char *source_identity(const struct source *source);

/*
 * The same archive or tree, with whatever options: as pip has it for circles of build requirements.
 * Comparing identities would not do: a circle whose options differ at every level would never end.
 */
bool source_is_same(const struct source *a, const struct source *b);

/* Whether the user forbade wheels for some project: finder_args name ":none:" where it was not. */
bool source_forbids_wheels(const struct source *source);
