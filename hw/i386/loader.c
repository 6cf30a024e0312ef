/* SPDX-License-Identifier: Apache-2.0 */

/*
 * loader: puts a file or a number into the guest's RAM at every reset
 *
 *     file=FILE[,addr=A][,force-raw=on]        an ELF file's segments where it says, any other file at A
 *     addr=A,data=N,data-len=1..8[,data-be=on] a number
 *     [file=FILE][,addr=A],cpu-num=N           and that CPU starts at A, or where the ELF file says
 *
 * The file is read once, when the device is made, and every number of an ELF file is checked.
 * A CPU that starts elsewhere does so in the mode that RESET leaves, so A is an offset in its code segment.
 * Left out: U-Boot images and Intel HEX, which are refused unless they shall be
 * taken as they are; ROM as a place, since a reset could not write it.
 * Invariant: all of `bytes` went into RAM when the device was made.
 */

#include "core/accel.h"
#include "core/datafile.h"
#include "core/dma.h"
#include "core/machine.h"
#include "cpu/state.h"
#include "hw/i386/elf-image.h"
#include "lib/bits.h"
#include "lib/error.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { DATA_MAX = 8, FILE_BYTES_MAX = 1 << 30 };

struct loader {
    struct device dev;
    struct {
        uint64_t addr, data;
        char *file;
        uint32_t cpu_num;
        uint8_t data_len;
        bool data_be, force_raw;
    } cfg;
    uint8_t *bytes;             /* what goes where at a reset */
    uint64_t len, at, entry;
    struct machine_observer observer;
};

#define L struct loader

static int number_make(L *l, struct error **err)
{
    uint64_t val = l->cfg.data_be ? __builtin_bswap64(l->cfg.data) >> 8 * (DATA_MAX - l->cfg.data_len) : l->cfg.data;

    if (l->cfg.file)
        return error_set(err, -EINVAL, ERROR_STATE, "loader.file", l->cfg.file, "a file, or data and data-len");
    l->bytes = malloc(DATA_MAX);
    assert(l->bytes);
    memcpy(l->bytes, &val, DATA_MAX);
    l->len = l->cfg.data_len;
    l->at = l->cfg.addr;
    return 0;
}

static bool is_packed(const uint8_t *bytes, uint64_t n)
{
    return n >= 4 && (!memcmp(bytes, "\x27\x05\x19\x56", 4) || bytes[0] == ':');
}

static int elf_make(L *l, struct error **err)
{
    struct elf_image image;
    int r = elf_image_read("loader.file", l->cfg.file, l->bytes, l->len, 0, UINT64_MAX, &image, err);

    if (r < 0)
        return r;
    free(l->bytes);
    l->bytes = image.bytes;
    l->len = image.size;
    l->at = image.base;
    l->entry = image.entry;
    return 0;
}

static int file_make(L *l, struct error **err)
{
    size_t size;
    int r = datafile_read(l->dev.machine, "loader.file", l->cfg.file, FILE_BYTES_MAX, &l->bytes, &size, err);

    if (r < 0)
        return r;
    l->len = size;
    l->at = l->entry = l->cfg.addr;
    if (l->cfg.force_raw)
        return 0;
    if (is_packed(l->bytes, size))
        return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "loader.file", l->cfg.file,
                         "legal: an ELF file, or force-raw=on");
    return elf_image_is(l->bytes, size) ? elf_make(l, err) : 0;
}

static int contents_make(L *l, struct error **err)
{
    if (l->cfg.data_len)
        return number_make(l, err);
    if (l->cfg.data || l->cfg.data_be)
        return error_set(err, -EINVAL, ERROR_STATE, "loader.data", T("%#llx", (unsigned long long)l->cfg.data),
                         "data together with data-len from 1 to 8");
    if (l->cfg.file)
        return file_make(l, err);
    l->entry = l->cfg.addr;
    if (l->cfg.addr)
        return 0;
    return error_set(err, -EINVAL, ERROR_STATE, "loader", "nothing to load", "file, or data and data-len");
}

static bool put(const L *l)
{
    return !l->len || dma_write(&l->dev.machine->memory_as, l->at, l->bytes, l->len) == MEM_OK;
}

static void loader_reset(struct device *dev)
{
    if (!put((L *)dev))
        guest_error(dev, "the loader's place is no RAM now", ((L *)dev)->at);
}

/* A number starts nobody. */
static bool starts_cpu(const L *l)
{
    return l->cfg.cpu_num != UINT32_MAX && !l->cfg.data_len;
}

/* After the CPU's own reset. */
static void cpu_start(struct machine_observer *o, enum machine_event event, enum shutdown_cause cause)
{
    L *l = (L *)((char *)o - offsetof(L, observer));
    struct machine *m = l->dev.machine;
    struct vcpu *cpu = m->slots[l->cfg.cpu_num].cpu;
    struct x86_state *st;

    (void)cause;
    if (event != EVENT_RESET_DONE || !cpu)      /* it may have gone */
        return;
    st = calloc(1, sizeof(*st));
    assert(st);
    m->accel->ops->vcpu_get(cpu, st);
    st->rip = (uint32_t)l->entry;
    m->accel->ops->vcpu_put(cpu, st);
    free(st);
}

static int cpu_check(const L *l, struct error **err)
{
    const struct machine *m = l->dev.machine;

    if (!starts_cpu(l) || (l->cfg.cpu_num < m->n_slots && m->slots[l->cfg.cpu_num].cpu))
        return 0;
    return error_set(err, -ERANGE, ERROR_RANGE, "loader.cpu-num", T("%u", l->cfg.cpu_num),
                     "the index of a CPU that is there");
}

static void loader_unrealize(struct device *dev)
{
    L *l = (L *)dev;

    if (l->observer.fn)
        machine_unobserve(&l->observer);
    l->observer.fn = NULL;
    free(l->bytes);
    l->bytes = NULL;
}

static int loader_realize(struct device *dev, struct error **err)
{
    L *l = (L *)dev;
    uint64_t end;
    int r = cpu_check(l, err);

    if (!r)
        r = contents_make(l, err);

    if (!r && (!bits_add(l->at, l->len, &end) || !put(l)))
        r = error_set(err, -EFAULT, ERROR_RANGE, "loader.addr",
                      T("%#llx, with %llu bytes", (unsigned long long)l->at, (unsigned long long)l->len),
                      "where all of it is RAM");
    if (!r && starts_cpu(l)) {
        l->observer = (struct machine_observer){ .fn = cpu_start };
        machine_observe(dev->machine, &l->observer);
    }
    if (r < 0)
        loader_unrealize(dev);
    return r;
}

static const struct prop loader_props[] = {
    PROP(L, "addr", addr, .doc = "where to put it"),
    PROP(L, "cpu-num", cpu_num, .def = UINT32_MAX, .doc = "index of the CPU that starts there after a reset"),
    PROP(L, "data", data, .doc = "a number to put there"),
    PROP(L, "data-be", data_be, .doc = "the number is big-endian"),
    PROP(L, "data-len", data_len, .max = DATA_MAX, .doc = "its length in bytes"),
    PROP(L, "file", file, .doc = "a file to put there"),
    PROP(L, "force-raw", force_raw, .doc = "the file is put there as it is, even an ELF file"),
    {}
};

static const struct device_type loader_type = {
    .type = { .name = "loader", .parent = "device", .category = "misc", .doc = "puts a file or a number into RAM",
              DEVICE(L), .props = loader_props, .state = &no_state },
    .realize = loader_realize,
    .unrealize = loader_unrealize,
    .reset = loader_reset,
};
DEVICE_TYPE(loader_type);
