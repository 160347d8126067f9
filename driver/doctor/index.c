/* Whether the indexes of pip's configuration answer the pip of an engine. */
#include "doctor/index.h"

#include <unistd.h>

#include "base/json.h"
#include "base/str.h"
#include "jobs/job.h"

/* The states of the frame `index` (docs/engine-protocol.md). */
static const struct {
    const char *state, *remedy;
} remedies[] = {
    {"certificate", "--cert FILE, or PIP_CERT, with the authority that signs for it"},
    {"credentials", "put the user and password into the URL, ~/.netrc or a keyring"},
    {"proxy", "--proxy URL, or HTTPS_PROXY and NO_PROXY"},
    {"silent", "--timeout SECONDS waits longer; HTTPS_PROXY where the network needs a proxy"},
    {"unreachable",
     "-i URL, PIP_INDEX_URL or pip config set global.index-url URL name another one; "
     "--no-index -f DIR needs none"},
    {"wrong", "see 'pip config list' for where it is set"},
};

static void add_index(const json_t *frame, struct findings *findings)
{
    const char *state = json_text(frame, "state");
    bool answers = str_eq(state, "answers");
    struct finding *finding =
        findings_add(findings, "index", json_text(frame, "url"),
                     answers ? FINDING_OK : FINDING_MISSING, "%s", json_text(frame, "text"));

    finding->needed = true;
    for (size_t i = 0; i < ARRAY_SIZE(remedies); i++)
        if (str_eq(remedies[i].state, state))
            finding_set_remedy(finding, "%s", remedies[i].remedy);
}

static int on_frame(void *arg, struct job *job UNUSED, struct frame *frame, bool trusted UNUSED,
                    struct err *err)
{
    const char *type = json_text(frame->msg, "t");

    if (str_eq(type, "index"))
        add_index(frame->msg, arg);
    else if (str_eq(type, "error"))
        return err_set(err, ERR_ENVIRONMENT, "%s", json_text(frame->msg, "message"));
    return 0;
}

void doctor_look_at_index(struct engine *engine, const char *prefix, const struct strv *pip_args,
                          struct findings *findings)
{
    auto_err struct err err = ERR_INIT;
    auto_free char *cwd = getcwd(NULL, 0);
    struct cancel cancel = {.fd = -1};
    size_t before = findings->count;
    json_t *request =
        json_pack("{s:s, s:o, s:o, s:o}", "op", "look-index", "args", json_from_strings(pip_args),
                  "cwd", json_bytes(cwd ? cwd : "/"), "prefix", json_bytes(prefix ? prefix : ""));
    const struct job_spec spec = {.engine = engine,
                                  .request = request,
                                  .cancel = &cancel,
                                  .on_frame = on_frame,
                                  .arg = findings};
    int ret = cancel_init(&cancel, &err);

    if (ret == 0)
        ret = job_run(&spec, &err);
    json_decref(request);
    cancel_release(&cancel);
    if (ret < 0)
        findings_add(findings, "index", "pip's configuration", FINDING_MISSING, "%s", err.message)
            ->needed = true;
    else if (findings->count == before)
        (void)findings_add(findings, "index", "pip's configuration", FINDING_OK,
                           "no index is asked (--no-index)");
}
