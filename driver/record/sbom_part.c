/* Components of a CycloneDX document. */
#include "record/sbom_part.h"

#include "base/json.h"
#include "base/str.h"
#include "record/licences.h"
#include "record/origin.h"
#include "record/purl.h"

json_t *sbom_hashes(const char *sha256)
{
    return json_pack("[{s:s, s:s}]", "alg", "SHA-256", "content", sha256);
}

json_t *sbom_property(const char *name, const char *value)
{
    return json_pack("{s:s, s:o}", "name", name, "value", json_readable(value));
}

void sbom_add_reference(json_t *component, const char *type, const char *url, const char *sha256)
{
    if (!url || !origin_is_public(url))
        return;
    json_t *reference = json_pack("{s:s, s:o}", "type", type, "url", json_readable(url));
    if (sha256)
        (void)json_object_set_new(reference, "hashes", sbom_hashes(sha256));
    (void)json_object_set_new(component, "externalReferences", json_pack("[o]", reference));
}

static void add_origin(json_t *component, const struct record_item *item)
{
    const struct record_build *build = item->build;

    if (!build)
        sbom_add_reference(component, "distribution", item->url, item->sha256);
    else if (origin_is_archive(build))
        sbom_add_reference(component, "source-distribution", build->source.url,
                           build->source.sha256);
    else
        sbom_add_reference(component, "vcs", build->source.url, NULL);
}

/* Nothing that is of one run: from the store or built, the document is the same. */
static json_t *make_properties(const struct record_item *item)
{
    json_t *list = json_array();

    (void)json_array_append_new(list,
                                sbom_property("truewheel:from", item->build ? "built" : "index"));
    if (item->build)
        (void)json_array_append_new(list, sbom_property("truewheel:key", item->build->key));
    if (item->yanked)
        (void)json_array_append_new(list, sbom_property("truewheel:yanked", item->yanked));
    return list;
}

json_t *sbom_wheel(const struct house_wheel *wheel)
{
    const struct record_item *item = wheel->item;
    const char *summary = meta_fields_get(&wheel->metadata, "Summary");
    json_t *component = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "type", "library", "bom-ref",
                                  json_readable(item->file), "name", json_readable(item->name),
                                  "version", json_readable(item->version), "hashes",
                                  sbom_hashes(item->sha256), "properties", make_properties(item));
    json_t *licences = licences_of(&wheel->metadata);

    if (!item->build || origin_is_archive(item->build)) {
        auto_free char *purl = purl_pypi(item->name, item->version);
        (void)json_object_set_new(component, "purl", json_string(purl));
    }
    if (summary && summary[0] && !str_eq(summary, "UNKNOWN"))
        (void)json_object_set_new(component, "description", json_readable(summary));
    if (licences)
        (void)json_object_set_new(component, "licenses", licences);
    add_origin(component, item);
    return component;
}
