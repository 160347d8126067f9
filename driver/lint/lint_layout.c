/* Looks at what a wheel installs, and where. */
#include "lint/lint_layout.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/path.h"
#include "base/str.h"

enum { SMALLEST_COPY = 128 }; /* shorter files are alike by chance: empty ones, licences' heads */

static bool is_one_of(const char *text, const char *const list[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(text, list[i]))
            return true;
    return false;
}

/* --------------------------------------------------------------------------------- where files go */

/* The name below site-packages, or NULL for what goes elsewhere or is metadata. */
static const char *library_name(const struct subject *s, const char *name)
{
    static const char *const parts[] = {"purelib/", "platlib/"};
    const char *slash = strchr(name, '/');

    if (subject_info_file(s, name))
        return NULL;
    if (!slash || slash - name < 5 || memcmp(slash - 5, ".data", 5) != 0)
        return name;
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        if (str_starts(slash + 1, parts[i]))
            return slash + 1 + strlen(parts[i]);
    return NULL;
}

static void check_data(const struct subject *s, const char *name)
{
    static const char *const schemes[] = {"purelib", "platlib", "headers", "scripts", "data"};
    const char *slash = strchr(name, '/');
    size_t stem = s->dist_info ? strlen(s->dist_info) - strlen(".dist-info") : 0;

    if (!slash || slash - name < 5 || memcmp(slash - 5, ".data", 5) != 0)
        return;
    if (stem && ((size_t)(slash - name) != stem + 5 || strncmp(name, s->dist_info, stem) != 0)) {
        lint_add(s->report, LINT_DATA_DIRECTORY, name, "the directory is not of this wheel");
        return;
    }
    auto_free char *scheme = xstrndup(slash + 1, strcspn(slash + 1, "/"));
    if (!is_one_of(scheme, schemes, ARRAY_SIZE(schemes)) || !strchr(slash + 1, '/'))
        lint_add(s->report, LINT_DATA_DIRECTORY, name, "installers know no '%s'", scheme);
}

/* -------------------------------------------------------------------------------------- one by one */

static bool is_module(const char *name)
{
    return str_ends(name, ".py") || str_ends(name, ".so") || str_ends(name, ".pyd");
}

static bool may_be_on_top(const char *name)
{
    static const char *const ends[] = {".py",  ".so",    ".pyd", ".pth",  ".pyi",
                                       ".pyc", ".dylib", ".dll", ".start"};

    for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
        if (str_ends(name, ends[i]))
            return true;
    return strstr(name, ".so.") != NULL;
}

/* One finding for a directory, however many files are in it. */
static void check_top_directory(const struct subject *s, const char *name, const char *file,
                                struct strv *seen)
{
    static const char *const common[] = {
        "test",  "tests", "testing", "doc",    "docs",    "documentation", "example",    "examples",
        "build", "dist",  "src",     "script", "scripts", "tool",          "tools",      "util",
        "utils", "lib",   "libs",    "data",   "config",  "bench",         "benchmarks", "ci",
        "venv",  ".venv", ".tox",    ".nox",   ".eggs",   "app",           "cli"};
    auto_free char *top = xstrndup(file, strcspn(file, "/"));
    auto_free char *place = xasprintf("%.*s%s/", (int)(file - name), name, top);

    if (!is_one_of(top, common, ARRAY_SIZE(common)) ||
        (s->has_name && wheel_dist_equal(top, s->name.dist)) || strv_contains(seen, place))
        return;
    strv_push(seen, place);
    lint_add(s->report, LINT_COMMON_NAME, place, "it is installed beside all packages");
}

static void check_top(const struct subject *s, const char *name, const char *file,
                      struct strv *seen)
{
    if (strchr(file, '/')) {
        check_top_directory(s, name, file, seen);
        return;
    }
    if (str_eq(file, "__init__.py"))
        lint_add(s->report, LINT_TOP_INIT, name, "it is installed beside all packages");
    else if (str_eq(file, "setup.py") || str_eq(file, "conftest.py"))
        lint_add(s->report, LINT_TOP_FILE, name, "it is installed beside all packages");
    else if (!may_be_on_top(file))
        lint_add(s->report, LINT_TOP_FILE, name, "no module, and installed beside all packages");
}

static bool is_identifier(const char *text, size_t len)
{
    bool fine = len && !(text[0] >= '0' && text[0] <= '9');

    for (size_t i = 0; i < len && fine; i++)
        fine = (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= 'A' && text[i] <= 'Z') ||
               (text[i] >= '0' && text[i] <= '9') || text[i] == '_' || (uint8_t)text[i] >= 0x80;
    return fine;
}

/* Where auditwheel and delvewheel put libraries that come along. */
static bool is_bundled(const char *file)
{
    auto_free char *top = xstrndup(file, strcspn(file, "/"));

    return str_ends(top, ".libs");
}

static void check_importable(const struct subject *s, const char *name, const char *file)
{
    if (!is_module(file) || is_bundled(file))
        return;
    for (const char *part = file; *part;) {
        size_t len = strcspn(part, "/");
        size_t stem = part[len] ? len : strcspn(part, ".");
        if (!is_identifier(part, stem)) {
            lint_add(s->report, LINT_NOT_IMPORTABLE, name, "'%.*s' is no identifier", (int)stem,
                     part);
            return;
        }
        part += len + (part[len] == '/');
    }
}

static bool is_junk(const char *part)
{
    static const char *const names[] = {
        ".git",         ".hg",       ".svn",        ".bzr",
        "CVS",          ".DS_Store", "Thumbs.db",   "desktop.ini",
        ".idea",        ".vscode",   ".mypy_cache", ".pytest_cache",
        ".ruff_cache",  ".coverage", ".hypothesis", ".ipynb_checkpoints",
        ".AppleDouble", "__MACOSX",  ".directory",  "nohup.out"};
    static const char *const ends[] = {".swp", ".swo", ".rej", "~"};

    if (is_one_of(part, names, ARRAY_SIZE(names)))
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
        if (strlen(part) > strlen(ends[i]) && str_ends(part, ends[i]))
            return true;
    return str_starts(part, "._") && part[2];
}

static void check_junk(const struct subject *s, const char *name)
{
    for (const char *part = name; *part;) {
        size_t len = strcspn(part, "/");
        auto_free char *copy = xstrndup(part, len);
        if (is_junk(copy)) {
            lint_add(s->report, LINT_JUNK, name, "'%s'", copy);
            return;
        }
        part += len + (part[len] == '/');
    }
}

static void check_bytecode(const struct subject *s, const char *name)
{
    if (str_ends(name, ".pyc") || str_ends(name, ".pyo"))
        lint_add(s->report, LINT_BYTECODE, name, "compiled Python");
}

void lint_layout(const struct subject *s)
{
    auto_strv struct strv seen = STRV_INIT;
    size_t files = 0;

    for (size_t i = 0; i < s->count; i++) {
        const char *name = s->entries[i].name;
        const char *file = library_name(s, name);
        files += !subject_info_file(s, name);
        check_data(s, name);
        check_bytecode(s, name);
        check_junk(s, name);
        if (!file)
            continue;
        check_top(s, name, file, &seen);
        check_importable(s, name, file);
    }
    if (!files)
        lint_add(s->report, LINT_EMPTY, NULL, "has no file but its metadata");
}

/* ------------------------------------------------------------------------------------------ copies */

struct numbered {
    const uint8_t *digest;
    const struct wheel_entry *entry;
};

static int compare_digests(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;
    int order = memcmp(x->digest, y->digest, SHA256_BYTES);

    return order ? order : strcmp(x->entry->name, y->entry->name);
}

/* The same file name, and neither lies where the other's package is. */
static bool is_leftover(const struct subject *s, const char *a, const char *b)
{
    const char *x = library_name(s, a), *y = library_name(s, b);

    if (!x || !y || !str_eq(path_base(x), path_base(y)))
        return false;
    size_t top_x = strcspn(x, "/"), top_y = strcspn(y, "/");
    return top_x != top_y || strncmp(x, y, top_x) != 0;
}

void lint_copies(const struct subject *s, const uint8_t (*digests)[SHA256_BYTES])
{
    auto_free struct numbered *sorted = xcalloc(s->count + 1, sizeof(*sorted));
    size_t count = 0, copies = 0;
    const char *original = NULL, *copy = NULL;

    for (size_t i = 0; i < s->count; i++)
        if (s->entries[i].size >= SMALLEST_COPY)
            sorted[count++] = (struct numbered){digests[i], &s->entries[i]};
    if (count)
        qsort(sorted, count, sizeof(*sorted), compare_digests);
    for (size_t i = 1; i < count; i++) {
        const char *first = sorted[i - 1].entry->name, *second = sorted[i].entry->name;
        if (memcmp(sorted[i - 1].digest, sorted[i].digest, SHA256_BYTES) != 0 ||
            !is_leftover(s, first, second))
            continue;
        if (!copies++ || strcmp(first, original) < 0) {
            original = first;
            copy = second;
        }
    }
    auto_free char *more = copies > 1 ? xasprintf(", and %zu more", copies - 1) : xstrdup("");
    if (copies)
        lint_add(s->report, LINT_COPY, copy, "the same file as '%s'%s", original, more);
}
