/* Documents about the wheels of a run. */
#include "output/wheel_documents.h"

#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "system/publish.h"
#include "record/house.h"
#include "record/provenance.h"
#include "record/sbom.h"
#include "index/index.h"
#include "output/wheel_output.h"

static bool is_within(const char *path, const char *dir)
{
    auto_free char *absolute = dir ? path_absolute(dir) : NULL;

    return absolute && path_is_below(path, absolute);
}

/* Into a directory that is not there, unless the run makes it. */
static int check_dir(const char *path, const struct wheel_documents *documents,
                     const struct wheel_options *options, struct err *err)
{
    auto_free char *dir = path_dir(path);
    auto_free char *absolute = path_absolute(dir);

    if (access(dir, F_OK) == 0 || is_within(absolute, options->wheel_dir) ||
        is_within(absolute, options->log_dir) || is_within(absolute, documents->index))
        return 0;
    return err_errno(err, errno, "cannot write '%s'", path);
}

static int check(const char *option, const char *path, const struct wheel_documents *documents,
                 const struct wheel_options *options, struct err *err)
{
    if (!path || str_eq(path, "-"))
        return 0;
    int ret = check_dir(path, documents, options, err);
    if (ret == 0)
        ret = publish_check(path, err);
    return ret < 0 ? err_wrap(err, "%s", option) : 0;
}

int wheel_documents_check(const struct wheel_documents *documents,
                          const struct wheel_options *options, struct err *err)
{
    int ret = check("--sbom", documents->sbom, documents, options, err);

    if (ret == 0)
        ret = check("--provenance", documents->provenance, documents, options, err);
    if (ret < 0 || !documents->index)
        return ret;
    ret = index_check(documents->index, err);
    return ret < 0 ? err_wrap(err, "--index") : 0;
}

/* ---------------------------------------------------------------------------------------- SBOM */

static int write_sbom(const struct run_record *record, const struct house *house,
                      const struct house_wheel *only, const char *path, struct err *err)
{
    json_t *bom = sbom_make(record, house, only);
    int ret = wheel_write_json(bom, path, err);

    json_decref(bom);
    return ret;
}

static int write_sboms_beside(const struct outcome *outcome, const struct house *house,
                              struct err *err)
{
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < house->count; i++) {
        auto_free char *name = sbom_beside_name(&house->items[i]);
        auto_free char *path = path_join(outcome->wheel_dir, name);
        ret = write_sbom(&outcome->record, house, &house->items[i], path, err);
    }
    return ret;
}

static int write_sboms(const struct wheel_documents *documents, const struct outcome *outcome,
                       struct err *err)
{
    auto_house struct house house = {0};
    int ret = house_read(&outcome->record, outcome->wheel_dir, &house, err);

    if (ret == 0 && documents->sbom)
        ret = write_sbom(&outcome->record, &house, NULL, documents->sbom, err);
    if (ret == 0 && documents->sbom_beside)
        ret = write_sboms_beside(outcome, &house, err);
    return ret < 0 ? err_wrap(err, "--sbom") : 0;
}

/* ---------------------------------------------------------------------------------- provenance */

static int write_provenance(const char *path, const struct outcome *outcome,
                            const struct wheel_options *options, struct err *err)
{
    auto_str struct str out = STR_INIT;

    if (!provenance_write(&outcome->record, options, &out))
        log_warn("--provenance: no wheel was built here, so '%s' is empty", path);
    int ret = wheel_write_bytes(&out, path, err);
    return ret < 0 ? err_wrap(err, "--provenance") : 0;
}

static int write_index(const char *dir, const struct outcome *outcome, struct err *err)
{
    struct index_result result;
    int ret = index_write(outcome->wheel_dir, dir, &outcome->record, &result, err);

    return ret < 0 ? err_wrap(err, "--index") : 0;
}

int wheel_documents_write(const struct wheel_documents *documents, const struct outcome *outcome,
                          const struct wheel_options *options, struct err *err)
{
    bool sboms = documents->sbom || documents->sbom_beside;
    int ret = documents->index ? write_index(documents->index, outcome, err) : 0;

    if (ret == 0 && sboms)
        ret = write_sboms(documents, outcome, err);
    if (ret == 0 && documents->provenance)
        ret = write_provenance(documents->provenance, outcome, options, err);
    return ret;
}
