/* Notes what is new in a directory, and removes it again. */
#include "bazel/undo.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"

void bazel_undo_note(struct bazel_undo *undo, int dirfd, const char *name)
{
    auto_free char *first = xstrndup(name, strcspn(name, "/"));
    struct stat st;

    if (fstatat(dirfd, first, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT &&
        !strv_contains(&undo->names, first))
        strv_push(&undo->names, first);
}

void bazel_undo_finish(struct bazel_undo *undo, int dirfd, int ret)
{
    for (size_t i = 0; ret == -ERR_FORMAT && i < undo->names.count; i++)
        (void)remove_tree_at(dirfd, undo->names.items[i], NULL); /* the refusal says more */
    strv_release(&undo->names);
}
