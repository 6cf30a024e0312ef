/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What firmware does with a linker/loader script, on a model of guest memory. */

#include "hw/acpi/loader.h"
#include "tests/test.h"

enum { MODEL_FILES = 16, MODEL_BYTES = 1 << 20, MODEL_BASE = 0x7f00000, MODEL_F_BASE = 0xf0000 };

struct model_file { char name[56]; uint8_t *bytes; uint32_t len; uint64_t addr; };

struct model {
    struct model_file file[MODEL_FILES];
    unsigned n_files;
    uint64_t next[2];           /* free addresses, high and below 1 MiB */
    uint64_t written;           /* by the last write pointer */
};

static inline uint64_t model_get(const uint8_t *p, unsigned bytes)
{
    uint64_t val = 0;

    while (bytes--)
        val = val << 8 | p[bytes];
    return val;
}

static inline void model_init(struct model *m)
{
    *m = (struct model){ .next = { MODEL_BASE, MODEL_F_BASE } };
}

/* A file that fw_cfg has; bytes are changed in place. */
static inline void model_file(struct model *m, const char *name, uint8_t *bytes, uint32_t len)
{
    struct model_file *f = &m->file[m->n_files++];

    CHECK(m->n_files <= MODEL_FILES);
    snprintf(f->name, sizeof(f->name), "%s", name);
    f->bytes = bytes;
    f->len = len;
}

static inline struct model_file *model_find(struct model *m, const uint8_t *name)
{
    CHECK(memchr(name, '\0', 56));
    for (unsigned i = 0; i < m->n_files; i++)
        if (!strcmp(m->file[i].name, (const char *)name))
            return &m->file[i];
    printf("# no file %s\n", (const char *)name);
    CHECK(!"a file of fw_cfg");
    return NULL;
}

static inline void model_allocate(struct model *m, const uint8_t *c)
{
    struct model_file *f = model_find(m, c + 4);
    uint64_t align = model_get(c + 60, 4), *next = &m->next[c[64] == 2];

    CHECK(!f->addr && (c[64] == 1 || c[64] == 2) && align && !(align & (align - 1)));
    f->addr = *next = (*next + align - 1) & ~(align - 1);
    *next += f->len;
}

static inline void model_pointer(struct model *m, const uint8_t *c)
{
    struct model_file *f = model_find(m, c + 4), *target = model_find(m, c + 60);
    uint32_t at = model_get(c + 116, 4), size = c[120];
    uint64_t val;

    CHECK(f->addr && target->addr && size <= 8 && at + size <= f->len);
    val = model_get(f->bytes + at, size);
    CHECK(val < target->len);
    val += target->addr;
    for (unsigned i = 0; i < size; i++)
        f->bytes[at + i] = val >> 8 * i;
    CHECK_EQ(model_get(f->bytes + at, size), val);
}

static inline void model_checksum(struct model *m, const uint8_t *c)
{
    struct model_file *f = model_find(m, c + 4);
    uint32_t at = model_get(c + 60, 4), start = model_get(c + 64, 4), len = model_get(c + 68, 4);
    uint8_t sum = 0;

    CHECK(f->addr && start + len <= f->len && at >= start && at < start + len);
    for (uint32_t i = 0; i < len; i++)
        sum += f->bytes[start + i];
    f->bytes[at] -= sum;
}

static inline void model_write_pointer(struct model *m, const uint8_t *c)
{
    struct model_file *f = model_find(m, c + 4), *target = model_find(m, c + 60);
    uint32_t at = model_get(c + 116, 4), target_at = model_get(c + 120, 4), size = c[124];

    CHECK(target->addr && target_at < target->len && at + size <= f->len);
    m->written = target->addr + target_at;
}

/* Runs a script up to its end or to a command 0; returns how many commands there were. */
static inline unsigned model_run(struct model *m, const uint8_t *script, uint32_t len)
{
    unsigned n = 0;

    for (; (n + 1) * ACPI_COMMAND_BYTES <= len && model_get(script + n * ACPI_COMMAND_BYTES, 4); n++) {
        const uint8_t *c = script + n * ACPI_COMMAND_BYTES;

        switch (model_get(c, 4)) {
        case 1: model_allocate(m, c); break;
        case 2: model_pointer(m, c); break;
        case 3: model_checksum(m, c); break;
        case 4: model_write_pointer(m, c); break;
        default: CHECK(!"a command that there is");
        }
    }
    return n;
}
