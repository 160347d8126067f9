/* Wheels that are proven before they are delivered. */
#include "verify/proving.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/path.h"
#include "system/publish.h"
#include "verify/prove.h"

int proving_begin(struct proving *proving, struct wheel_options *options, struct err *err)
{
    if (options->offline)
        return err_set(err, ERR_USAGE, "--prove builds, and --offline builds nothing");
    int ret = tmp_dir_create(&proving->hold, -1, err);
    options->hold_dir = proving->hold.path;
    options->ask_again = true; /* an earlier answer would be delivered at once */
    return ret;
}

static int deliver(const struct proving *proving, struct outcome *outcome, struct err *err)
{
    const struct run_record *record = &outcome->record;
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < record->wheels.count; i++) {
        const char *name = record->wheels.items[i].file;
        auto_free char *path = path_join(proving->hold.path, name);
        auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
        bool current = false;
        ret = fd < 0 ? err_errno(err, errno, "cannot open '%s'", path)
                     : publish_file(outcome->wheel_dir, name, fd, &current, err);
        outcome->unchanged += current;
    }
    return ret;
}

int proving_finish(struct proving *proving, const struct wheel_options *options, child_run_fn *run,
                   void *arg, struct outcome *outcome, struct err *err)
{
    struct axes axes;
    const struct verify_spec spec = {
        .given = options, .trusted = true, .axes = &axes, .run = run, .arg = arg};

    if (outcome->signal)
        return 0;
    int ret = axes_parse("default", &axes, err);
    if (ret == 0)
        ret = prove_wheels(&spec, proving->hold.path, &outcome->record, &proving->found, err);
    outcome->signal = proving->found.signal;
    return ret == 0 && !outcome->signal ? deliver(proving, outcome, err) : ret;
}

void proving_release(struct proving *proving)
{
    tmp_dir_release(&proving->hold);
    verification_release(&proving->found);
}
