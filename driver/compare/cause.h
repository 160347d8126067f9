/*
 * Why two wheels differ: the causes that can be told, each with an identifier that stays (records, JSON,
 * and whoever counts causes use it) and a sentence for people. docs/diff.md lists them.
 */
#pragma once

#include "base/util.h"

enum cause {
    /* inputs and identity */
    CAUSE_INPUT,
    CAUSE_FILE_NAME,
    CAUSE_MISSING_WHEEL,
    /* the archive, and archives inside */
    CAUSE_MISSING_FILE,
    CAUSE_ENTRY_ORDER,
    CAUSE_ENTRY_TIME,
    CAUSE_ENTRY_MODE,
    CAUSE_ENTRY_OWNER,
    CAUSE_ENTRY_EXTRA,
    CAUSE_ENTRY_FLAGS,
    CAUSE_ENTRY_CREATOR,
    CAUSE_ENTRY_METHOD,
    CAUSE_DIRECTORY_ENTRIES,
    CAUSE_COMMENT,
    CAUSE_COMPRESSOR,
    CAUSE_COMPRESSION_LEVEL,
    CAUSE_COMPRESSED_BYTES,
    CAUSE_GZIP_TIME,
    CAUSE_GZIP_NAME,
    CAUSE_GZIP_SYSTEM,
    /* text and strings */
    CAUSE_LINE_ENDS,
    CAUSE_BUILD_DATE,
    CAUSE_TEMPORARY_NAME,
    CAUSE_BUILD_PATH,
    CAUSE_BUILD_HOST,
    CAUSE_BUILD_USER,
    CAUSE_HASH_ORDER,
    CAUSE_DIRECTORY_ORDER,
    CAUSE_LINE_ORDER,
    CAUSE_RANDOM_ID,
    CAUSE_MEMORY_ADDRESS,
    CAUSE_DIGEST,
    CAUSE_TOOL_VERSION,
    CAUSE_TEXT,
    /* metadata */
    CAUSE_METADATA_FIELD,
    CAUSE_DESCRIPTION,
    CAUSE_BACKEND_VERSION,
    CAUSE_BACKEND,
    CAUSE_WHEEL_TAG,
    CAUSE_RECORD_ROW,
    CAUSE_RECORD_FORM,
    /* bytecode */
    CAUSE_PYC_PYTHON,
    CAUSE_PYC_STAMP,
    CAUSE_PYC_PATH,
    CAUSE_PYC_REFERENCES,
    CAUSE_PYC_CODE,
    /* ELF */
    CAUSE_MACHINE,
    CAUSE_BUILD_ID,
    CAUSE_DEBUG_PATH,
    CAUSE_FILE_MACRO,
    CAUSE_COMPILER_VERSION,
    CAUSE_COMPILER_FLAGS,
    CAUSE_LINK_ORDER,
    CAUSE_SYMBOL_ORDER,
    CAUSE_SYMBOLS,
    CAUSE_LINKED_IN,
    CAUSE_NEEDED_LIBRARY,
    CAUSE_SYMBOL_VERSION,
    CAUSE_RPATH,
    CAUSE_SONAME,
    CAUSE_STRIPPED,
    CAUSE_DEBUG_INFO,
    CAUSE_CODE,
    CAUSE_DATA,
    /* whatever it is */
    CAUSE_BYTES,
    CAUSE_NOT_READ,
    CAUSE_COUNT
};

/* "build-path": lower case and '-'. */
const char *cause_id(enum cause cause);
/* One sentence without a full stop. */
const char *cause_text(enum cause cause);

/* True for those that say that something differs, but not why: a closer look is worth it. */
bool cause_is_vague(enum cause cause);
