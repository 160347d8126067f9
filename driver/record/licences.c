/* Declared licences. */
#include "record/licences.h"

#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/str.h"

static const char prefix[] = "License :: ";
static const char approved[] = "OSI Approved :: ";

/* Classifiers that name one licence of SPDX's list. "BSD License" and its like name several. */
static const struct {
    const char *classifier, *id;
} known[] = {
    {"Blue Oak Model License (BlueOak-1.0.0)", "BlueOak-1.0.0"},
    {"Boost Software License 1.0 (BSL-1.0)", "BSL-1.0"},
    {"CC0 1.0 Universal (CC0 1.0) Public Domain Dedication", "CC0-1.0"},
    {"CMU License (MIT-CMU)", "MIT-CMU"},
    {"Eclipse Public License 1.0 (EPL-1.0)", "EPL-1.0"},
    {"Eclipse Public License 2.0 (EPL-2.0)", "EPL-2.0"},
    {"European Union Public Licence 1.1 (EUPL 1.1)", "EUPL-1.1"},
    {"European Union Public Licence 1.2 (EUPL 1.2)", "EUPL-1.2"},
    {"GNU Affero General Public License v3", "AGPL-3.0-only"},
    {"GNU Affero General Public License v3 or later (AGPLv3+)", "AGPL-3.0-or-later"},
    {"GNU General Public License v2 (GPLv2)", "GPL-2.0-only"},
    {"GNU General Public License v2 or later (GPLv2+)", "GPL-2.0-or-later"},
    {"GNU General Public License v3 (GPLv3)", "GPL-3.0-only"},
    {"GNU General Public License v3 or later (GPLv3+)", "GPL-3.0-or-later"},
    {"GNU Lesser General Public License v2 (LGPLv2)", "LGPL-2.0-only"},
    {"GNU Lesser General Public License v2 or later (LGPLv2+)", "LGPL-2.0-or-later"},
    {"GNU Lesser General Public License v3 (LGPLv3)", "LGPL-3.0-only"},
    {"GNU Lesser General Public License v3 or later (LGPLv3+)", "LGPL-3.0-or-later"},
    {"ISC License (ISCL)", "ISC"},
    {"MIT License", "MIT"},
    {"MIT No Attribution License (MIT-0)", "MIT-0"},
    {"Mozilla Public License 1.0 (MPL)", "MPL-1.0"},
    {"Mozilla Public License 1.1 (MPL 1.1)", "MPL-1.1"},
    {"Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"},
    {"Mulan Permissive Software License v2 (MulanPSL-2.0)", "MulanPSL-2.0"},
    {"Open Software License 3.0 (OSL-3.0)", "OSL-3.0"},
    {"PostgreSQL License", "PostgreSQL"},
    {"SIL Open Font License 1.1 (OFL-1.1)", "OFL-1.1"},
    {"The Unlicense (Unlicense)", "Unlicense"},
    {"Universal Permissive License (UPL)", "UPL-1.0"},
    {"University of Illinois/NCSA Open Source License", "NCSA"},
    {"Zero-Clause BSD (0BSD)", "0BSD"},
};

static const char *find_id(const char *licence)
{
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (str_eq(known[i].classifier, licence))
            return known[i].id;
    return NULL;
}

/* Many write the SPDX name as free text. */
static bool is_id(const char *text)
{
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (str_eq(known[i].id, text))
            return true;
    return false;
}

static json_t *make_licence(const char *field, const char *value)
{
    return json_pack("{s:{s:o, s:s}}", "license", field, json_readable(value), "acknowledgement",
                     "declared");
}

static json_t *from_classifiers(const struct meta_fields *metadata)
{
    auto_strv struct strv classifiers = STRV_INIT;
    json_t *list = json_array();

    meta_fields_get_all(metadata, "Classifier", &classifiers);
    strv_sort(&classifiers);
    for (size_t i = 0; i < classifiers.count; i++) {
        const char *licence = classifiers.items[i];
        if (!str_starts(licence, prefix) || (i && str_eq(licence, classifiers.items[i - 1])))
            continue;
        licence += sizeof(prefix) - 1;
        if (str_eq(licence, "OSI Approved"))
            continue; /* by which licence, it does not say */
        if (str_starts(licence, approved))
            licence += sizeof(approved) - 1;
        const char *id = find_id(licence);
        (void)json_array_append_new(list, make_licence(id ? "id" : "name", id ? id : licence));
    }
    return list;
}

json_t *licences_of(const struct meta_fields *metadata)
{
    const char *expression = meta_fields_get(metadata, "License-Expression");
    const char *text = meta_fields_get(metadata, "License");

    if (expression && expression[0])
        return json_pack("[{s:o, s:s}]", "expression", json_readable(expression), "acknowledgement",
                         "declared");
    json_t *list = from_classifiers(metadata);
    bool declared = text && text[0] && strcasecmp(text, "UNKNOWN") != 0;
    if (!json_array_size(list) && declared)
        (void)json_array_append_new(list, make_licence(is_id(text) ? "id" : "name", text));
    if (json_array_size(list))
        return list;
    json_decref(list);
    return NULL;
}
