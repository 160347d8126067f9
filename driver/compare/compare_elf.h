/*
 * ELF files: what they say of themselves (content/elf_facts.h), then section by section. A section that
 * differs because of something that was found is not a cause of its own; the build id, which is a
 * digest of the rest, only counts when nothing else differs.
 *
 * Forks, to read the files: for a process with one thread.
 */
#pragma once

#include "compare/context.h"

compare_fn compare_elf;
