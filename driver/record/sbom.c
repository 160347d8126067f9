/* The bill of materials of a run. */
#include "record/sbom.h"

#include <string.h>

#include "base/json.h"
#include "base/sha256.h"
#include "record/sbom_build.h"
#include "record/sbom_part.h"

char *sbom_beside_name(const struct house_wheel *wheel)
{
    return xasprintf("%s.cdx.json", wheel->item->file);
}

/* -------------------------------------------------------------------------------------- wheels */

static json_t *make_metadata(const struct run_record *record, const struct house_wheel *only)
{
    json_t *metadata = json_pack("{s:[{s:s}], s:{s:[{s:s, s:s, s:s}]}}", "lifecycles", "phase",
                                 "build", "tools", "components", "type", "application", "name",
                                 "truewheel", "version", record->truewheel);

    if (only)
        (void)json_object_set_new(metadata, "component", sbom_wheel(only));
    return metadata;
}

/* Of a document about one wheel, its direct needs only: others have documents of their own. */
static bool is_needed(const struct house_wheel *only, const struct house_wheel *wheel)
{
    return !only || strv_contains(&only->needs, wheel->item->file);
}

static json_t *make_components(const struct house *house, const struct house_wheel *only)
{
    json_t *list = json_array();

    for (size_t i = 0; i < house->count; i++)
        if (is_needed(only, &house->items[i]))
            (void)json_array_append_new(list, sbom_wheel(&house->items[i]));
    return list;
}

static json_t *list_needs(const struct house_wheel *wheel)
{
    json_t *list = json_array();

    for (size_t i = 0; i < wheel->needs.count; i++)
        (void)json_array_append_new(list, json_readable(wheel->needs.items[i]));
    return list;
}

static json_t *make_dependencies(const struct house *house, const struct house_wheel *only)
{
    json_t *list = json_array();

    for (size_t i = 0; i < house->count; i++) {
        const struct house_wheel *wheel = &house->items[i];
        if (only && wheel != only)
            continue;
        (void)json_array_append_new(list,
                                    json_pack("{s:o, s:o}", "ref", json_readable(wheel->item->file),
                                              "dependsOn", list_needs(wheel)));
    }
    return list;
}

/* How much of what each wheel depends on is named. */
static json_t *make_compositions(const struct house *house, const struct house_wheel *only)
{
    static const char *const aggregates[] = {[HOUSE_COMPLETE] = "complete",
                                             [HOUSE_INCOMPLETE] = "incomplete",
                                             [HOUSE_UNKNOWN] = "unknown"};
    json_t *list = json_array();

    for (size_t known = 0; known < ARRAY_SIZE(aggregates); known++) {
        json_t *refs = json_array();
        for (size_t i = 0; i < house->count; i++)
            if (house->items[i].known == known && (!only || only == &house->items[i]))
                (void)json_array_append_new(refs, json_readable(house->items[i].item->file));
        if (json_array_size(refs))
            (void)json_array_append_new(list, json_pack("{s:s, s:O}", "aggregate",
                                                        aggregates[known], "dependencies", refs));
        json_decref(refs);
    }
    return list;
}

/* ------------------------------------------------------------------------------------ the whole */

/* UUID version 8 (RFC 9562): whatever its makers want it to be made of. */
static json_t *make_serial(const json_t *bom)
{
    auto_free char *text = json_dumps(bom, JSON_COMPACT | JSON_SORT_KEYS);
    char hex[SHA256_HEX];

    sha256_hex_of(text, strlen(text), hex);
    hex[12] = '8';
    hex[16] = "89ab"[hex[16] & 3];
    return json_sprintf("urn:uuid:%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
                        hex + 20);
}

json_t *sbom_make(const struct run_record *record, const struct house *house,
                  const struct house_wheel *only)
{
    json_t *formulation = sbom_formulation(record, house, only);
    json_t *bom =
        json_pack("{s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:o}", "$schema",
                  "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat", "CycloneDX",
                  "specVersion", "1.6", "version", 1, "metadata", make_metadata(record, only),
                  "components", make_components(house, only), "dependencies",
                  make_dependencies(house, only), "compositions", make_compositions(house, only));

    if (formulation)
        (void)json_object_set_new(bom, "formulation", formulation);
    (void)json_object_set_new(bom, "serialNumber", make_serial(bom));
    return bom;
}
