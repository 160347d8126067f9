/* Gives the resolver child the caller's descriptors, under the numbers that they have there. */
#include "engine/inherited.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"

static int number_at(const json_t *numbers, size_t i)
{
    return (int)json_integer_value(json_array_get(numbers, i));
}

static bool is_taken(const json_t *numbers, int fd)
{
    for (size_t i = 0; i < json_array_size(numbers); i++)
        if (number_at(numbers, i) == fd)
            return true;
    return false;
}

/* Before anything is placed: a descriptor that comes from where another one belongs would be lost. */
static int make_way(const json_t *numbers, int *fd, struct err *err)
{
    int last = *fd;

    while (is_taken(numbers, *fd)) {
        int next = fcntl(*fd, F_DUPFD_CLOEXEC, last + 1);
        if (next < 0)
            return err_errno(err, errno, "cannot move descriptor %d", *fd);
        (void)close(*fd);
        *fd = last = next;
    }
    return 0;
}

static int place(int *fd, int number, struct err *err)
{
    int ret = number == STDIN_FILENO ? dup2(*fd, number) : dup3(*fd, number, O_CLOEXEC);

    if (ret < 0)
        return err_errno(err, errno, "cannot place descriptor %d", number);
    close_fd(fd);
    return 0;
}

int inherited_place(struct frame *request, size_t own, struct err *err)
{
    const json_t *numbers = json_object_get(request->msg, "inherited");
    int ret = 0;

    if (json_array_size(numbers) != request->fd_count - own)
        return err_set(err, ERR_PROTOCOL, "%zu descriptors for %zu numbers",
                       request->fd_count - own, json_array_size(numbers));
    for (size_t i = 0; ret == 0 && i < request->fd_count; i++)
        ret = make_way(numbers, &request->fds[i], err);
    for (size_t i = own; ret == 0 && i < request->fd_count; i++)
        ret = place(&request->fds[i], number_at(numbers, i - own), err);
    if (ret == 0)
        request->fd_count = own;
    return ret;
}
