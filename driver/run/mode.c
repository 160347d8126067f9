/* In which mode a run builds: what was asked for, what this machine allows, what is said of it. */
#include "run/mode.h"

#include "base/log.h"
#include "base/str.h"

static bool is_auto(const struct wheel_options *options)
{
    return !options->mode || str_eq(options->mode, "auto");
}

int mode_check(const struct wheel_options *options, struct err *err)
{
    enum sandbox_mode mode;

    if (is_auto(options))
        return 0;
    if (!sandbox_mode_parse(options->mode, &mode))
        return err_set(err, ERR_USAGE, "--mode is auto, namespaces, locked or mapped, not '%s'",
                       options->mode);
    if (options->require_sandbox && mode != SANDBOX_NAMESPACES)
        return err_set(err, ERR_USAGE, "--require-sandbox: there is none in --mode %s",
                       options->mode);
    return 0;
}

static int environment_error(struct err *err, const char *what, const char *reason,
                             const char *hint)
{
    (void)err_set(err, ERR_ENVIRONMENT, "%s: %s", what, reason ? reason : "not possible here");
    if (hint)
        err_hint(err, "%s", hint);
    return err->code;
}

static int use_namespaces(struct builder *b, struct err *err)
{
    static const char no_filter[] = "this kernel has no filters for system calls";

    if (!b->caps.refuses_calls && b->options->require_sandbox)
        return environment_error(err, "no whole sandbox can be had (--require-sandbox)", no_filter,
                                 NULL);
    if (!b->caps.refuses_calls)
        log_warn("%s: builds can make all of them", no_filter);
    b->mode = SANDBOX_NAMESPACES;
    return 0;
}

/* Each build could be the one that reads a password: said in every run. */
static int use_without_isolation(struct builder *b, enum sandbox_mode mode, struct err *err)
{
    const struct sandbox_caps *caps = &b->caps;
    auto_free char *asked = xasprintf("--mode %s", sandbox_mode_name(mode));

    if (b->options->require_sandbox)
        return environment_error(err, "no sandbox can be had (--require-sandbox)", caps->reason,
                                 caps->hint);
    b->mode = mode;
    log_warn("builds are not isolated (%s): they can read your home and environment, use the "
             "network, and change what you can",
             is_auto(b->options) ? caps->reason : asked);
    return 0;
}

static int use_mapped(struct builder *b, struct err *err)
{
    const struct sandbox_caps *caps = &b->caps;

    if (b->options->require_stable)
        return environment_error(err, "no stable path can be had (--require-stable)",
                                 caps->lock_reason, "--build-root names another place");
    int ret = use_without_isolation(b, SANDBOX_MAPPED, err);
    if (ret == 0)
        log_warn("builds are not at their stable path %s, only mapped to it: equal bytes are not "
                 "promised (%s)",
                 b->root, caps->lock_reason ? caps->lock_reason : "--mode mapped");
    return ret;
}

static int use_locked(struct builder *b, struct err *err)
{
    const struct sandbox_caps *caps = &b->caps;

    if (!caps->lockable) {
        auto_free char *what = xasprintf("--mode locked: cannot build at '%s'", b->root);
        return environment_error(err, what, caps->lock_reason, "--build-root names another place");
    }
    return use_without_isolation(b, SANDBOX_LOCKED, err);
}

/*
 * What is not the machine's policy is an error: a hostile build that uses up the namespaces must not
 * bring its neighbours to build without any.
 */
static int use_best(struct builder *b, struct err *err)
{
    const struct sandbox_caps *caps = &b->caps;

    if (caps->namespaces)
        return use_namespaces(b, err);
    if (caps->refusal != SANDBOX_FORBIDDEN)
        return environment_error(err, "cannot make a sandbox", caps->reason, caps->hint);
    return caps->lockable ? use_locked(b, err) : use_mapped(b, err);
}

int mode_choose(struct builder *b, struct err *err)
{
    const struct sandbox_caps *caps = &b->caps;
    enum sandbox_mode mode = SANDBOX_NAMESPACES;

    if (is_auto(b->options))
        return use_best(b, err);
    (void)sandbox_mode_parse(b->options->mode, &mode); /* mode_check() knows it */
    switch (mode) {
    case SANDBOX_NAMESPACES:
        if (!caps->namespaces)
            return environment_error(err, "--mode namespaces", caps->reason, caps->hint);
        return use_namespaces(b, err);
    case SANDBOX_LOCKED:
        return use_locked(b, err);
    case SANDBOX_MAPPED:
    default:
        return use_mapped(b, err);
    }
}
