/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * An ELF file of a kernel, as it lies in memory: one flat image, segments at their physical addresses
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

/* Memory that the file does not fill, at most. */
#define ELF_SPARE (256ull << 20)

struct elf_image {
    uint8_t *bytes;             /* from base on, memory that the file does not fill being zero; owned */
    uint64_t base;
    uint64_t size;
    uint64_t entry;             /* physical; 0: it lies in nothing that is loaded */
    uint64_t pvh_entry;         /* of the PVH note, unchecked; 0: there is none */
    bool is_64;
};

bool elf_image_is(const uint8_t *file, size_t size);
/* Errors name option and path.  Whatever lies below `lowest` or above `top` is refused. */
int elf_image_read(const char *option, const char *path, const uint8_t *file, size_t size, uint64_t lowest,
                   uint64_t top, struct elf_image *image, struct error **err);
void elf_image_fini(struct elf_image *image);
