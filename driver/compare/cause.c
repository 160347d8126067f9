/* Names and sentences of the causes. */
#include "compare/cause.h"

struct row {
    const char *id, *text;
    bool vague;
};

#define ROW(cause, id_, text_) [CAUSE_##cause] = {id_, text_, false}
#define VAGUE(cause, id_, text_) [CAUSE_##cause] = {id_, text_, true}

static const struct row rows[CAUSE_COUNT] = {
    ROW(INPUT, "input", "an input of the build differs"),
    ROW(FILE_NAME, "file-name", "the names of the wheels differ"),
    ROW(MISSING_WHEEL, "missing-wheel", "a wheel is on one side only"),
    ROW(MISSING_FILE, "missing-file", "a file is on one side only"),
    ROW(ENTRY_ORDER, "entry-order", "the files are in another order"),
    ROW(ENTRY_TIME, "entry-time", "the files have other times"),
    ROW(ENTRY_MODE, "entry-mode", "the files have other modes"),
    ROW(ENTRY_OWNER, "entry-owner", "the files belong to another user or group"),
    ROW(ENTRY_EXTRA, "entry-extra", "the files have other extra fields"),
    ROW(ENTRY_FLAGS, "entry-flags", "the files have other flags"),
    ROW(ENTRY_CREATOR, "entry-creator", "another system or version of zip wrote the entries"),
    ROW(ENTRY_METHOD, "entry-method", "files are packed by another method"),
    ROW(DIRECTORY_ENTRIES, "directory-entries", "directories have entries on one side only"),
    ROW(COMMENT, "comment", "the archive has another comment"),
    ROW(COMPRESSOR, "compressor", "another compressor packed the files"),
    ROW(COMPRESSION_LEVEL, "compression-level", "the files are packed at another level"),
    ROW(COMPRESSED_BYTES, "compressed-bytes", "the files are packed differently"),
    ROW(GZIP_TIME, "gzip-time", "a gzip header has another time"),
    ROW(GZIP_NAME, "gzip-name", "a gzip header has another name or comment"),
    ROW(GZIP_SYSTEM, "gzip-system", "a gzip header names another system or level"),
    ROW(LINE_ENDS, "line-ends", "line ends: CRLF on one side, LF on the other"),
    ROW(BUILD_DATE, "build-date", "the time of the build is in it"),
    ROW(TEMPORARY_NAME, "temporary-name", "the random name of a temporary file is in it"),
    ROW(BUILD_PATH, "build-path", "a path of the build is in it"),
    ROW(BUILD_HOST, "build-host", "the name of the building machine is in it"),
    ROW(BUILD_USER, "build-user", "the name of the building user is in it"),
    ROW(HASH_ORDER, "hash-order", "the order of a set is in it (hash seed)"),
    ROW(DIRECTORY_ORDER, "directory-order", "the order of files in a directory is in it"),
    ROW(LINE_ORDER, "line-order", "the same lines are in another order"),
    ROW(RANDOM_ID, "random-id", "a random identifier is in it"),
    ROW(MEMORY_ADDRESS, "memory-address", "an address of the building process is in it"),
    ROW(DIGEST, "digest", "a digest of something that differs is in it"),
    ROW(TOOL_VERSION, "tool-version", "a version number is in it"),
    VAGUE(TEXT, "text", "the text differs"),
    ROW(METADATA_FIELD, "metadata-field", "a metadata field differs"),
    ROW(DESCRIPTION, "description", "the project's description differs"),
    ROW(BACKEND_VERSION, "backend-version", "another version of the build backend made it"),
    ROW(BACKEND, "backend", "another build backend made it"),
    ROW(WHEEL_TAG, "wheel-tag", "the tags differ"),
    ROW(RECORD_ROW, "record-row", "RECORD lists other files, digests or sizes"),
    ROW(RECORD_FORM, "record-form", "RECORD says the same in another form"),
    ROW(PYC_PYTHON, "pyc-python", "another version of Python compiled it"),
    ROW(PYC_STAMP, "pyc-stamp", "bytecode has another stamp of its source"),
    ROW(PYC_PATH, "pyc-path", "bytecode names its source by another path"),
    ROW(PYC_REFERENCES, "pyc-references", "the same bytecode, written with other back references"),
    VAGUE(PYC_CODE, "pyc-code", "the bytecode differs"),
    ROW(MACHINE, "machine", "it is for another processor"),
    ROW(BUILD_ID, "build-id", "only the linker's build id differs"),
    ROW(DEBUG_PATH, "debug-path", "a path of the build is in the debug information"),
    ROW(FILE_MACRO, "file-macro", "the path of a source is in it (__FILE__)"),
    ROW(COMPILER_VERSION, "compiler-version", "another version of the compiler made it"),
    ROW(COMPILER_FLAGS, "compiler-flags", "it was compiled with other flags"),
    ROW(LINK_ORDER, "link-order", "the objects were linked in another order"),
    ROW(SYMBOL_ORDER, "symbol-order", "the symbols are in another order"),
    ROW(SYMBOLS, "symbols", "it defines other symbols"),
    ROW(LINKED_IN, "linked-in", "a library is linked in on one side only"),
    ROW(NEEDED_LIBRARY, "needed-library", "it needs other shared libraries"),
    ROW(SYMBOL_VERSION, "symbol-version", "it needs other versions of a library's symbols"),
    ROW(RPATH, "rpath", "it looks for libraries in other directories"),
    ROW(SONAME, "soname", "the library calls itself otherwise"),
    ROW(STRIPPED, "stripped", "symbols or debug information were removed on one side only"),
    VAGUE(DEBUG_INFO, "debug-info", "the debug information differs"),
    VAGUE(CODE, "code", "the machine code differs"),
    VAGUE(DATA, "data", "the data of the program differs"),
    VAGUE(BYTES, "bytes", "the bytes differ"),
    VAGUE(NOT_READ, "not-read", "this could not be looked into"),
};

const char *cause_id(enum cause cause)
{
    return rows[cause].id;
}

const char *cause_text(enum cause cause)
{
    return rows[cause].text;
}

bool cause_is_vague(enum cause cause)
{
    return rows[cause].vague;
}
