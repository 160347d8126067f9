/* Wheels in the run directory, and lists of them. */
#include "plan/wheel_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "wheel/wheel_name.h"

static char *copy_or_null(const char *s)
{
    return s ? xstrdup(s) : NULL;
}

void wheel_file_copy(struct wheel_file *to, const struct wheel_file *from)
{
    *to = *from;
    to->name = copy_or_null(from->name);
    to->path = copy_or_null(from->path);
    to->project = copy_or_null(from->project);
    to->version = copy_or_null(from->version);
    to->url = copy_or_null(from->url);
}

void wheel_file_release(struct wheel_file *file)
{
    free(file->name);
    free(file->path);
    free(file->project);
    free(file->version);
    free(file->url);
    *file = (struct wheel_file){0};
}

void wheel_files_release(struct wheel_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        wheel_file_release(&files->items[i]);
    free(files->items);
    *files = (struct wheel_files){0};
}

void wheel_files_add(struct wheel_files *files, const struct wheel_file *wheel, const char *project)
{
    VEC_GROW(files);
    struct wheel_file *copy = &files->items[files->count++];
    wheel_file_copy(copy, wheel);
    free(copy->project);
    copy->project = xstrdup(project);
}

bool wheel_files_have(const struct wheel_files *files, const char *project)
{
    for (size_t i = 0; i < files->count; i++)
        if (wheel_dist_equal(files->items[i].project, project))
            return true;
    return false;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct wheel_file *)a)->name, ((const struct wheel_file *)b)->name);
}

void wheel_files_sort(struct wheel_files *files)
{
    if (files->count)
        qsort(files->items, files->count, sizeof(*files->items), compare_names);
}
