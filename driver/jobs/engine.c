/* The driver's end of an engine: start, greeting, requests, end. */
#include "jobs/engine.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/json.h"
#include "base/path.h"
#include "base/str.h"
#include "system/frame.h"
#include "system/spawn.h"
#include "system/tree.h"
#include "jobs/engine_place.h"

enum { READY_TIMEOUT_MS = 120 * 1000, STOP_TIMEOUT_MS = 5000, CONTROL_FD = 3, LIFE_FD = 4 };

/* ------------------------------------------------------------------------------------- starting */

static int spawn_engine(struct engine *engine, const char *path, struct err *err)
{
    int sockets[2], life[2];
    char *argv[] = {(char *)path, "serve", NULL};
    int ret = frame_socketpair(sockets, err);

    if (ret < 0)
        return ret;
    engine->control = sockets[0];
    auto_close int theirs = sockets[1];
    ret = make_pipe(life, err);
    if (ret < 0)
        return ret;
    engine->life = life[1];
    auto_close int life_read = life[0];
    struct spawn_fd fds[] = {{theirs, CONTROL_FD}, {life_read, LIFE_FD}};
    struct spawn_spec spec = {.path = path, .argv = argv, .fds = fds, .fd_count = 2};
    ret = spawn_program(&spec, &engine->pid, err);
    if (ret == 0)
        engine->pidfd = tree_pidfd(engine->pid);
    return ret;
}

static char *default_pip(const char *data)
{
    char *pip = xasprintf("%s/pip", data);

    if (access(pip, R_OK) == 0)
        return pip;
    free(pip);
    return xstrdup(""); /* one that the interpreter brings along */
}

static int send_hello(struct engine *engine, const char *data, const char *pip, struct err *err)
{
    auto_free char *ours = pip ? path_absolute(pip) : default_pip(data);
    json_t *hello = json_pack("{s:s, s:s, s:o, s:o}", "op", "hello", "truewheel", TRUEWHEEL_VERSION,
                              "pip", json_bytes(ours), "shim", json_bytes(data));

    return frame_send_new(engine->control, hello, NULL, 0, err);
}

int engine_start(struct engine *engine, const char *python, const char *pip, struct err *err)
{
    struct engine_place place = {0};

    *engine = (struct engine)ENGINE_INIT;
    (void)pthread_mutex_init(&engine->lock, NULL);
    int ret = engine_place_find(python, &place, err);
    if (ret == 0)
        ret = spawn_engine(engine, place.engine, err);
    if (ret == 0)
        ret = send_hello(engine, place.data, pip, err);
    engine_place_release(&place);
    return ret;
}

int engine_wait_ready(struct engine *engine, int stop_fd, struct err *err)
{
    auto_frame_reader struct frame_reader reader;
    auto_frame struct frame frame = FRAME_INIT;

    frame_reader_init(&reader, engine->control, 0, 0);
    int got = frame_wait_until(&reader, clock_ms() + READY_TIMEOUT_MS, stop_fd, &frame, err);
    if (got == -ERR_CANCELLED)
        return got;
    if (got < 0)
        return err_wrap(err, "the engine did not start");
    if (got != FRAME_READY)
        return err_set(err, ERR_ENVIRONMENT, "the engine did not start: it %s",
                       got == FRAME_EOF ? "ended without a word" : "does not answer");
    if (!json_is_true(json_object_get(frame.msg, "ok"))) {
        const char *why = json_string_value(json_object_get(frame.msg, "error"));
        (void)err_set(err, ERR_ENVIRONMENT, "the engine did not start: %s",
                      why ? why : "no reason");
        return err->code;
    }
    engine->greeting = steal(&frame.msg);
    json_decode_bytes(engine->greeting); /* it has paths of this machine */
    return 0;
}

int engine_request(struct engine *engine, const json_t *request, const int *fds, size_t fd_count,
                   const struct cancel *cancel, struct err *err)
{
    (void)pthread_mutex_lock(&engine->lock);
    int ret = frame_send_until(engine->control, request, fds, fd_count, cancel->fd, err);
    (void)pthread_mutex_unlock(&engine->lock);
    return ret < 0 && ret != -ERR_CANCELLED ? err_wrap(err, "the engine is gone") : ret;
}

void engine_kill(const struct engine *engine)
{
    if (engine->pidfd >= 0)
        (void)tree_signal(engine->pidfd, SIGKILL); /* gone already: the same */
}

/* An engine ends when its connection closes, unless it is stuck in an import: that one is killed. */
static void wait_for_end(const struct engine *engine)
{
    int status;

    if (engine->pidfd >= 0 &&
        tree_wait(engine->pidfd, clock_ms() + STOP_TIMEOUT_MS, &status) != -ETIMEDOUT)
        return;
    (void)kill(engine->pid, SIGKILL);
    (void)retry_eintr(waitpid(engine->pid, NULL, 0));
}

void engine_stop(struct engine *engine)
{
    close_fd(&engine->control);
    close_fd(&engine->life);
    if (engine->pid > 0 && !engine->greeting)
        (void)kill(-engine->pid, SIGKILL); /* its session and group are its own */
    if (engine->pid > 0) {
        (void)kill(engine->pid, SIGCONT); /* one that is stopped could not end its children */
        wait_for_end(engine);
    }
    engine->pid = -1;
    json_decref(engine->greeting);
    engine->greeting = NULL;
}

void engine_release(struct engine *engine)
{
    close_fd(&engine->pidfd);
}

const char *engine_fact(const struct engine *engine, const char *name)
{
    const char *value = json_string_value(json_object_get(engine->greeting, name));

    return value ? value : "";
}
