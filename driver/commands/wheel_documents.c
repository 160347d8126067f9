/* Documents about the wheels of a run. */
#include "commands/wheel_documents.h"

#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "system/publish.h"
#include "record/house.h"
#include "record/provenance.h"
#include "record/sbom.h"
#include "commands/wheel_output.h"

static int check(const char *option, const char *path, struct err *err)
{
    int ret = path && !str_eq(path, "-") ? publish_check(path, err) : 0;

    return ret < 0 ? err_wrap(err, "%s", option) : 0;
}

int wheel_documents_check(const struct wheel_documents *documents, struct err *err)
{
    int ret = check("--sbom", documents->sbom, err);

    return ret < 0 ? ret : check("--provenance", documents->provenance, err);
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

int wheel_documents_write(const struct wheel_documents *documents, const struct outcome *outcome,
                          const struct wheel_options *options, struct err *err)
{
    bool sboms = documents->sbom || documents->sbom_beside;
    int ret = sboms ? write_sboms(documents, outcome, err) : 0;

    if (ret == 0 && documents->provenance)
        ret = write_provenance(documents->provenance, outcome, options, err);
    return ret;
}
