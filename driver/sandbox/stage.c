/* Enters the stage on which the new root is built (root.c), also from within a chroot. */
#include "sandbox/stage.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/io.h"

/* open_tree(2) and move_mount(2); mount.c says why such things are declared here. */
#ifndef SYS_open_tree
#define SYS_open_tree 428
#define SYS_move_mount 429
#endif
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#define OPEN_TREE_CLOEXEC O_CLOEXEC
#define MOVE_MOUNT_F_EMPTY_PATH 0x00000004
#define MOVE_MOUNT_T_EMPTY_PATH 0x00000040
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

int sandbox_make_dir(const char *path, mode_t mode, struct err *err)
{
    if (mkdir(path, mode) < 0)
        return err_errno(err, errno, "cannot create directory '%s'", path);
    return 0;
}

static int make_private(struct err *err)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return err_errno(err, errno, "cannot separate the mounts from the host's");
    return 0;
}

/* Makes a copy of the directory `chroot_fd`, with its mounts, the root of this mount namespace. */
static int become_root_of_namespace(int chroot_fd)
{
    auto_close int tree =
        (int)syscall(SYS_open_tree, chroot_fd, "",
                     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);

    if (tree < 0 ||
        syscall(SYS_move_mount, tree, "", chroot_fd, "",
                MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0 ||
        fchdir(tree) < 0 || syscall(SYS_pivot_root, ".", "tmp") < 0 ||
        umount2("/tmp", MNT_DETACH) < 0)
        return -errno;
    return 0;
}

/*
 * In a chroot "/" is not the root of the mount namespace: its propagation cannot be changed,
 * pivot_root cannot leave it, and the kernel refuses to make user namespaces. Root gets out by
 * entering its own mount namespace once more. Needs Linux 5.2; on older kernels it is an error.
 */
static int leave_chroot(struct err *err)
{
    auto_close int before = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    auto_close int namespace = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    struct stat inside, outside;

    if (before < 0 || namespace < 0 || setns(namespace, CLONE_NEWNS) < 0 ||
        fstat(before, &inside) < 0 || stat("/", &outside) < 0)
        return err_errno(err, errno, "cannot look out of the root directory");
    int ret = make_private(err);
    if (ret < 0 || (inside.st_dev == outside.st_dev && inside.st_ino == outside.st_ino))
        return ret;
    ret = become_root_of_namespace(before);
    return ret < 0 ? err_errno(err, ret, "cannot leave the chroot") : 0;
}

static int pivot_to_stage(struct err *err)
{
    int ret;

    if ((ret = mount_tmpfs("/tmp", 0, "0755", err)) < 0 ||
        (ret = sandbox_make_dir("/tmp" STAGE_HOST, 0755, err)) < 0)
        return ret;
    return mount_pivot("/tmp", "." STAGE_HOST, err);
}

int sandbox_enter_stage(const struct sandbox_ids *ids, struct err *err)
{
    static const char *const dirs[] = {STAGE_NEW, STAGE_SKEL, STAGE_SKEL "/empty",
                                       STAGE_SKEL "/root", STAGE_SCRATCH};
    int ret = ids->privileged ? leave_chroot(err) : make_private(err);

    if (ret < 0 || (ret = pivot_to_stage(err)) < 0)
        return ret;
    if (chdir("/") < 0)
        return err_errno(err, errno, "cannot enter the new root");
    for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(dirs); i++)
        ret = sandbox_make_dir(dirs[i], 0755, err);
    if (ret == 0)
        ret = write_file(STAGE_SKEL "/nothing", "", 0, 0444, err);
    return ret < 0 ? ret : mount_tmpfs(STAGE_NEW, 0, "0755", err);
}
