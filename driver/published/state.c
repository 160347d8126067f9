/* What was found out so far, in a file. */
#include "published/state.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"
#include "base/str.h"

enum { STATE_MAX_BYTES = 256 << 20 };

static bool add_line(struct state *state, const char *line, size_t len)
{
    json_t *json = json_loadb(line, len, 0, NULL);

    VEC_GROW(&state->results);
    struct result *result = &state->results.items[state->results.count];
    *result = (struct result)RESULT_INIT;
    bool read = json && result_from_json(json, result);
    state->results.count += read;
    json_decref(json);
    return read;
}

static int read_lines(struct state *state, const char *path, const struct str *text,
                      struct err *err)
{
    size_t number = 0;

    for (const char *line = text->buf; *line; number++) {
        const char *end = strchr(line, '\n');
        if (!end)
            break; /* cut off */
        if (!add_line(state, line, (size_t)(end - line)))
            return err_set(err, ERR_FORMAT, "line %zu of '%s' is no result of verify --published",
                           number + 1, path);
        line = end + 1;
    }
    return 0;
}

/* Takes what is cut off away, so that the next line begins one. */
static int cut_rest(const struct state *state, const struct str *text, const char *path,
                    struct err *err)
{
    const char *end = strrchr(text->buf, '\n');
    off_t whole = end ? end + 1 - text->buf : 0;

    if ((size_t)whole < text->len && ftruncate(state->fd, whole) < 0)
        return err_errno(err, errno, "cannot write '%s'", path);
    return 0;
}

int state_open(const char *path, struct state *ret_state, struct err *err)
{
    auto_str struct str text = STR_INIT;
    struct stat st;

    ret_state->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644);
    if (ret_state->fd < 0 || fstat(ret_state->fd, &st) < 0)
        return err_errno(err, errno, "cannot open '%s'", path);
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_FORMAT, "'%s' is not a regular file", path);
    int ret = read_all(ret_state->fd, STATE_MAX_BYTES, &text, err);
    if (ret == 0)
        ret = read_lines(ret_state, path, &text, err);
    return ret == 0 ? cut_rest(ret_state, &text, path, err) : ret;
}

void state_release(struct state *state)
{
    for (size_t i = 0; i < state->results.count; i++)
        result_release(&state->results.items[i]);
    free(state->results.items);
    close_fd(&state->fd);
}

const struct result *state_find(const struct state *state, const char *asked, const char *against)
{
    for (size_t i = state->results.count; i > 0; i--) {
        const struct result *result = &state->results.items[i - 1];
        if (str_eq(result->asked, asked) && str_eq(result->against, against))
            return result;
    }
    return NULL;
}

int state_add(struct state *state, const struct result *result, struct err *err)
{
    if (state->fd < 0 || result->again)
        return 0;
    json_t *json = result_to_json(result);
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    auto_free char *line = xasprintf("%s\n", text ? text : "");
    int ret = write_full(state->fd, line, strlen(line));

    free(text);
    json_decref(json);
    return ret < 0 ? err_errno(err, -ret, "cannot write the state file") : 0;
}
