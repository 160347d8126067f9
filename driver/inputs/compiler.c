#include "inputs/compiler.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "system/spawn.h"
#include "inputs/hook_env.h"

static const char *asked_compiler(const struct strv *extra)
{
    const char *cc = getenv("CC");

    for (size_t i = 0; i < extra->count; i++)
        if (str_starts(extra->items[i], "CC="))
            cc = extra->items[i] + strlen("CC=");
    return cc && cc[0] ? cc : "cc";
}

/* Others lie below a build's directory, which is not there yet. */
static bool is_absolute(const char *path)
{
    return path[0] == '/';
}

/* The program on the builds' PATH, not on the caller's. */
static char *find_program(const char *name, const char *search_path)
{
    return find_executable(search_path, name, is_absolute);
}

/* The first line of what `argv --version` prints; "" when it fails. */
static char *first_line(const char *path, char *const argv[], int stop_fd)
{
    auto_str struct str text = STR_INIT;
    int fds[2], status;
    pid_t pid;

    if (make_pipe(fds, NULL) < 0)
        return xstrdup("");
    auto_close int from = fds[0];
    auto_close int to = fds[1];
    struct spawn_fd map[] = {{to, STDOUT_FILENO}};
    struct spawn_spec spec = {.path = path, .argv = argv, .fds = map, .fd_count = 1};
    if (spawn_program(&spec, &pid, NULL) < 0)
        return xstrdup("");
    close_fd(&to);
    int ret = read_all_until(from, 65536, stop_fd, &text, NULL);
    if (ret < 0)
        (void)kill(-pid, SIGKILL); /* with what it has started: its session is its own */
    bool ended = retry_eintr(waitpid(pid, &status, 0)) == pid && status == 0;
    return xstrndup(text.buf, ret == 0 && ended ? strcspn(text.buf, "\n") : 0);
}

char *compiler_identity(const struct strv *extra, int stop_fd)
{
    auto_strv struct strv words = STRV_INIT;

    strv_split(&words, asked_compiler(extra), " \t");
    strv_push(&words, "--version");
    auto_free char *path = find_program(words.items[0], hook_env_path(extra));
    return path ? first_line(path, words.items, stop_fd) : xstrdup("");
}
