/* The index of a directory of wheels. */
#include "index/index.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/path.h"
#include "base/vec.h"
#include "wheel/meta.h"
#include "wheel/pep440.h"
#include "wheel/wheel_name.h"
#include "wheel/wheel_zip.h"
#include "index/shelf.h"
#include "index/tree.h"
#include "index/yanks.h"

static const char name_of_tree[] = "simple";

struct indexing {
    const char *wheels;
    const struct run_record *record;
    int dir; /* of the wheels */
    struct index_tree tree;
    struct shelf shelf;
};

/* --------------------------------------------------------------------------------------- check */

/* Nothing of somebody else's is replaced. */
static int check_owner(const char *dir, struct err *err)
{
    auto_free char *path = path_join(dir, name_of_tree);
    auto_free char *page = path_join(path, "index.html");
    auto_str struct str text = STR_INIT;
    struct stat st;

    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : err_errno(err, errno, "cannot look at '%s'", path);
    if (S_ISDIR(st.st_mode) && read_file(page, 64 << 20, &text, NULL) == 0 &&
        strstr(text.buf, SHELF_MARK))
        return 0;
    (void)err_set(err, ERR_USAGE, "'%s' is there, and is no index that truewheel has written",
                  path);
    err_hint(err, "name another directory, or remove it");
    return -ERR_USAGE;
}

/* Of a directory that is still to be made, with those above it. */
static int check_above(const char *dir, struct err *err)
{
    auto_free char *above = path_dir(dir);
    struct stat st;

    while (lstat(above, &st) < 0 && errno == ENOENT && path_base(above) != above) {
        char *higher = path_dir(above);
        free(above);
        above = higher;
    }
    if (access(above, W_OK | X_OK) < 0 && errno != ENOENT)
        return err_errno(err, errno, "cannot write to '%s'", above);
    return 0;
}

int index_check(const char *dir, struct err *err)
{
    struct stat st;

    if (strstr(dir, "://")) {
        (void)err_set(err, ERR_USAGE, "'%s' is a URL, and an index is written to a directory", dir);
        err_hint(err, "the index to read from is --index-url");
        return -ERR_USAGE;
    }
    if (stat(dir, &st) < 0)
        return errno == ENOENT ? check_above(dir, err)
                               : err_errno(err, errno, "cannot look at '%s'", dir);
    if (!S_ISDIR(st.st_mode))
        return err_set(err, -ENOTDIR, "'%s' is no directory", dir);
    if (access(dir, W_OK | X_OK) < 0)
        return err_errno(err, errno, "cannot write to '%s'", dir);
    return check_owner(dir, err);
}

/* -------------------------------------------------------------------------------------- wheels */

/* In the spelling that pip shows. */
static char *normal_version(const char *text)
{
    struct pep440 version = PEP440_INIT;
    char *normal = pep440_parse(&version, text) ? pep440_str(&version) : xstrdup(text);

    pep440_release(&version);
    return normal;
}

static int describe(const struct str *text, const struct wheel_name *name, struct shelf_file *file,
                    struct err *err)
{
    auto_metadata struct metadata metadata = METADATA_INIT;
    int ret = metadata_parse(text->buf, text->len, &metadata, err);

    if (ret < 0)
        return err_wrap(err, "METADATA");
    if (!wheel_name_matches(name, metadata.name, metadata.version))
        return err_set(err, ERR_FORMAT, "METADATA is of %s %s", metadata.name, metadata.version);
    file->project = wheel_dist_canonical(name->dist);
    file->version = normal_version(metadata.version);
    if (metadata.requires_python && metadata.requires_python[0])
        file->requires_python = xstrdup(metadata.requires_python);
    sha256_hex_of(text->buf, text->len, file->metadata_sha256);
    return 0;
}

static int read_metadata(int fd, struct str *ret_text, struct err *err)
{
    auto_wheel_zip struct wheel_zip *zip = NULL;
    int ret = wheel_zip_open(fd, &zip, err);

    return ret < 0 ? ret
                   : wheel_zip_read_info(zip, "METADATA", META_MAX_BYTES, ret_text, NULL, err);
}

/* What is said of the file is read from the copy, which nobody changes. */
static int add_copy(struct indexing *x, const char *file_name, int old, int fresh,
                    const struct wheel_name *name, struct err *err)
{
    auto_close int fd = openat(fresh, file_name, O_RDONLY | O_CLOEXEC);
    auto_free char *metadata_name = xasprintf("%s.metadata", file_name);
    auto_str struct str text = STR_INIT;
    struct stat st;

    VEC_GROW(&x->shelf);
    struct shelf_file *file = &x->shelf.items[x->shelf.count++];
    *file = (struct shelf_file){.name = xstrdup(file_name)};
    if (fd < 0 || fstat(fd, &st) < 0)
        return err_errno(err, errno, "cannot read the copy");
    file->size = (uint64_t)st.st_size;
    int ret = sha256_hex_fd(fd, file->sha256, err);
    if (ret == 0)
        ret = read_metadata(fd, &text, err);
    if (ret == 0)
        ret = describe(&text, name, file, err);
    if (ret == 0)
        yanks_find(x->record, x->wheels, old, file);
    return ret < 0 ? ret : index_tree_put_bytes(&x->tree, old, fresh, metadata_name, &text, err);
}

static int add_wheel(struct indexing *x, const char *file_name, const struct wheel_name *name,
                     int old, int fresh, struct err *err)
{
    auto_close int fd = openat(x->dir, file_name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return err_errno(err, errno, "cannot open it");
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_FORMAT, "not a regular file");
    int ret = index_tree_put(&x->tree, old, fresh, file_name, fd, err);
    return ret < 0 ? ret : add_copy(x, file_name, old, fresh, name, err);
}

/* ------------------------------------------------------------------------------------ projects */

/* A wheel that waits for its project. */
struct found {
    char *file;
    char *project;
    struct wheel_name name;
};

struct finds {
    struct found *items;
    size_t count, cap;
};

static void finds_release(struct finds *finds)
{
    for (size_t i = 0; i < finds->count; i++) {
        free(finds->items[i].file);
        free(finds->items[i].project);
        wheel_name_release(&finds->items[i].name);
    }
    free(finds->items);
}

static int compare_found(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    int order = strcmp(x->project, y->project);

    return order ? order : strcmp(x->file, y->file);
}

static int find_wheels(const struct indexing *x, struct finds *finds, struct err *err)
{
    auto_strv struct strv names = STRV_INIT;
    int ret = list_dir(x->dir, 0, &names, err);

    for (size_t i = 0; ret == 0 && i < names.count; i++) {
        struct wheel_name name = WHEEL_NAME_INIT;
        if (!str_ends(names.items[i], ".whl") || names.items[i][0] == '.')
            continue;
        ret = wheel_name_parse(names.items[i], &name, err);
        if (ret < 0)
            return err_wrap(err, "'%s/%s'", x->wheels, names.items[i]);
        VEC_GROW(finds);
        finds->items[finds->count++] = (struct found){.file = xstrdup(names.items[i]),
                                                      .project = wheel_dist_canonical(name.dist),
                                                      .name = name};
    }
    if (finds->count)
        qsort(finds->items, finds->count, sizeof(*finds->items), compare_found);
    return ret;
}

static int put_pages(struct indexing *x, size_t first, int old, int fresh, struct err *err)
{
    auto_str struct str html = STR_INIT, json = STR_INIT;

    shelf_project_html(&x->shelf, first, x->shelf.count, &html);
    shelf_project_json(&x->shelf, first, x->shelf.count, &json);
    int ret = index_tree_put_bytes(&x->tree, old, fresh, "index.html", &html, err);
    return ret < 0 ? ret : index_tree_put_bytes(&x->tree, old, fresh, "index.json", &json, err);
}

static int add_project(struct indexing *x, const struct found *found, size_t count, struct err *err)
{
    auto_close int old = -1, fresh = -1;
    size_t first = x->shelf.count;
    int ret = index_tree_enter(&x->tree, found->project, &old, &fresh, err);

    for (size_t i = 0; ret == 0 && i < count; i++) {
        ret = add_wheel(x, found[i].file, &found[i].name, old, fresh, err);
        if (ret < 0)
            return err_wrap(err, "'%s/%s'", x->wheels, found[i].file);
    }
    return ret < 0 ? ret : put_pages(x, first, old, fresh, err);
}

static int add_projects(struct indexing *x, const struct finds *finds, size_t *ret_projects,
                        struct err *err)
{
    size_t next;
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < finds->count; i = next) {
        for (next = i + 1; next < finds->count; next++)
            if (!str_eq(finds->items[i].project, finds->items[next].project))
                break;
        ret = add_project(x, &finds->items[i], next - i, err);
        ++*ret_projects;
    }
    return ret;
}

static int put_root(struct indexing *x, struct err *err)
{
    auto_str struct str html = STR_INIT, json = STR_INIT;
    struct index_tree *tree = &x->tree;

    shelf_root_html(&x->shelf, &html);
    shelf_root_json(&x->shelf, &json);
    int ret = index_tree_put_bytes(tree, tree->old, tree->fresh, "index.html", &html, err);
    if (ret == 0)
        ret = index_tree_put_bytes(tree, tree->old, tree->fresh, "index.json", &json, err);
    return ret;
}

/* ------------------------------------------------------------------------------------ the whole */

static int write_all(struct indexing *x, const char *dir, struct index_result *result,
                     struct err *err)
{
    struct finds finds = {0};
    int ret = find_wheels(x, &finds, err);

    if (ret == 0)
        ret = index_tree_begin(dir, name_of_tree, &x->tree, err);
    if (ret == 0)
        ret = add_projects(x, &finds, &result->projects, err);
    result->wheels = finds.count;
    finds_release(&finds);
    if (ret == 0)
        ret = put_root(x, err);
    return ret < 0 ? ret : index_tree_commit(&x->tree, &result->changed, err);
}

int index_write(const char *wheels, const char *dir, const struct run_record *record,
                struct index_result *ret_result, struct err *err)
{
    struct indexing x = {.wheels = wheels, .record = record, .dir = -1, .tree = INDEX_TREE_INIT};
    int ret = index_check(dir, err);

    *ret_result = (struct index_result){0};
    if (ret < 0)
        return ret;
    x.dir = open(wheels, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (x.dir < 0)
        return err_errno(err, errno, "cannot open '%s'", wheels);
    ret = make_dirs(dir, 0777, err);
    if (ret == 0)
        ret = write_all(&x, dir, ret_result, err);
    index_tree_release(&x.tree);
    shelf_release(&x.shelf);
    close_fd(&x.dir);
    return ret;
}
