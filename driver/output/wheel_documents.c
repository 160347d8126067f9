/* Documents about the wheels of a run. */
#include "output/wheel_documents.h"

#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "record/house.h"
#include "record/provenance.h"
#include "record/sbom.h"
#include "index/index.h"
#include "output/wheel_output.h"

int wheel_documents_check(const struct wheel_documents *documents, const struct strv *made,
                          struct err *err)
{
    auto_strv struct strv all = STRV_INIT; /* the index is written before the other documents */

    strv_extend(&all, made);
    if (documents->index)
        strv_push(&all, documents->index);
    int ret = wheel_check_file("--sbom", documents->sbom, &all, err);
    if (ret == 0)
        ret = wheel_check_file("--provenance", documents->provenance, &all, err);
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
