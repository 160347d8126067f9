/* What a build and its supervisor say while it runs, noted in its attempt. */
#include "build/attempt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "build/build_key.h"
#include "sandbox/refusal.h"
#include "wheel/meta.h"

/* ------------------------------------------------------------------------------ from the inside */

/* The start of the interpreter is no phase for people: where it fails, the hooks' first one does. */
static void set_phase(struct attempt *a, const char *phase)
{
    static const char *const known[] = {"fetch", "unpack", "requires", "metadata", "wheel"};

    if (str_eq(phase, "interpreter")) {
        (void)snprintf(a->phase, sizeof(a->phase), "requires");
        progress_phase(a->builder->progress, a, phase);
    }
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (str_eq(phase, known[i])) {
            (void)snprintf(a->phase, sizeof(a->phase), "%s", known[i]);
            progress_phase(a->builder->progress, a, known[i]);
        }
}

static void on_crates(struct attempt *a, const json_t *msg)
{
    const char *state = json_text(msg, "state"), *message = json_text(msg, "message");

    free(a->result.crates);
    a->result.crates = message[0] ? xasprintf("%s: %s", state, message) : xstrdup(state);
    if (str_eq(state, "unlocked"))
        progress_say(a->builder->progress, MOOD_PLAIN,
                     "%s: crates without a usable Cargo.lock: its bytes depend on the day",
                     a->build->label);
}

/* Only strings, and only the first list: it comes before anything of the source has run. */
static void on_installed(struct attempt *a, const json_t *msg)
{
    const json_t *item;
    size_t i;

    if (a->result.installed)
        return;
    a->result.installed = json_array();
    json_array_foreach(json_object_get(msg, "distributions"), i, item)
    {
        const char *name = json_text(item, "name"), *version = json_text(item, "version");
        (void)json_array_append_new(a->result.installed,
                                    json_pack("{s:s, s:s}", "name", name, "version", version));
    }
}

static void on_error(struct attempt *a, const json_t *msg)
{
    if (a->error)
        return; /* the first one is the cause */
    set_phase(a, json_text(msg, "phase"));
    a->error = json_bytes_in(msg, "message");
    if (!a->error)
        a->error = xstrdup("");
    a->lacks_installed = str_eq(json_text(msg, "kind"), "installed");
}

/*
 * The metadata of a source that had no name says its name, by which it may have the network after all:
 * then this attempt ends, and what it said does not count.
 */
static int on_metadata(struct attempt *a, const json_t *msg, struct err *err)
{
    auto_free char *bytes = json_bytes_in(msg, "text");
    const char *text = bytes ? bytes : "";
    auto_metadata struct metadata told = METADATA_INIT;

    if (!a->build->project[0] && metadata_parse(text, strlen(text), &told, NULL) == 0)
        plan_name_build(a->builder->plan, a->build, told.name);
    a->starts_again = !a->spec.network && build_has_network(a->builder, a->build);
    if (a->starts_again)
        return err_set(err, ERR_BUILD, "begun without the network");
    plan_set_metadata(a->builder->plan, a->build, text);
    return 0;
}

/* One is enough: it comes before anything of the source has run. */
static void on_warning(struct attempt *a, const json_t *msg)
{
    auto_free char *text = json_bytes_in(msg, "text");

    if (text && !a->warned)
        log_warn("%s: %.500s", a->build->label, text);
    a->warned = true;
}

static int on_claim(struct attempt *a, const json_t *msg, struct err *err)
{
    const char *type = json_text(msg, "t");

    if (str_eq(type, "phase")) {
        set_phase(a, json_text(msg, "phase"));
    } else if (str_eq(type, "missing")) {
        a->saw_missing = true;
        strv_release(&a->missing);
        json_add_strings(json_object_get(msg, "requires"), &a->missing);
    } else if (str_eq(type, "metadata")) {
        return on_metadata(a, msg, err);
    } else if (str_eq(type, "wheel")) {
        free(a->wheel_name);
        a->wheel_name = xstrdup(json_text(msg, "name"));
    } else if (str_eq(type, "crates")) {
        on_crates(a, msg);
    } else if (str_eq(type, "installed")) {
        on_installed(a, msg);
    } else if (str_eq(type, "told")) {
        attempt_take_told(a, msg);
    } else if (str_eq(type, "warning")) {
        on_warning(a, msg);
    } else if (str_eq(type, "error")) {
        on_error(a, msg);
    }
    return 0;
}

/* ------------------------------------------------------------------------- from the supervisor */

static void on_exit_frame(struct attempt *a, struct frame *frame)
{
    a->ended = true;
    progress_phase(a->builder->progress, a, "ending");
    a->status = (int)json_integer_value(json_object_get(frame->msg, "status"));
    a->signal = (int)json_integer_value(json_object_get(frame->msg, "signal"));
    a->result.cpu_ms = (uint64_t)(json_integer_value(json_object_get(frame->msg, "utime_ms")) +
                                  json_integer_value(json_object_get(frame->msg, "stime_ms")));
    json_add_strings(json_object_get(frame->msg, "files"), &a->files);
    if (frame->fd_count == 1)
        a->wheel_fd = steal_fd(&frame->fds[0]);
}

static int on_usage(struct attempt *a, const json_t *msg, struct err *err)
{
    json_int_t bytes = json_integer_value(json_object_get(msg, "bytes"));
    json_int_t processes = json_integer_value(json_object_get(msg, "processes"));
    uint64_t most = a->build->source->settings.memory_bytes;

    if (most && bytes > 0 && (uint64_t)bytes > most) {
        auto_free char *used = budget_text((uint64_t)bytes);
        auto_free char *allowed = budget_text(most);
        return err_set(err, ERR_RESOURCE, "it uses %s of memory, its settings allow %s", used,
                       allowed);
    }
    return budget_note(&a->builder->budget, &a->share, (uint64_t)bytes, (uint64_t)processes, err);
}

/* The sandbox could not be made. */
static int on_refusal(const json_t *msg, struct err *err)
{
    const char *hint = json_text(msg, "hint");
    int why = (int)json_integer_value(json_object_get(msg, "errno"));
    auto_free char *found = hint[0] ? xstrdup(hint) : sandbox_refusal_hint(why);
    int ret =
        err_set(err, ERR_ENVIRONMENT, "cannot make the sandbox: %s", json_text(msg, "message"));

    if (found)
        err_hint(err, "%s", found);
    return ret;
}

int attempt_on_frame(void *arg, struct job *job UNUSED, struct frame *frame, bool trusted,
                     struct err *err)
{
    struct attempt *a = arg;
    const char *type = json_text(frame->msg, "t");

    if (!trusted)
        return on_claim(a, frame->msg, err);
    if (str_eq(type, "usage"))
        return on_usage(a, frame->msg, err);
    if (str_eq(type, "exit"))
        on_exit_frame(a, frame);
    if (!str_eq(type, "error"))
        return 0;
    return on_refusal(frame->msg, err);
}
