/* SPDX-License-Identifier: Apache-2.0 */

/*
 * vmcoreinfo: where a guest's kernel describes itself for whoever dumps its memory
 *
 * A file in fw_cfg, which the guest writes by DMA.  What it wrote counts when it wrote all at once, and named a format.
 * It does nothing by itself: a dump looks at it.
 */

#include "core/machine.h"
#include "hw/nvram/fw-cfg.h"

#include <errno.h>

enum { FORMAT_NONE, FORMAT_ELF };

struct vmcoreinfo {
    struct device dev;
    struct {
        uint8_t none;
    } cfg;
    struct {
        uint64_t has;           /* the guest has described itself */
        struct {
            uint16_t host_format, guest_format;
            uint32_t size;
            uint64_t paddr;
        } file;                 /* little-endian, as the host is */
    } st;
};

#define V struct vmcoreinfo

static void written(void *opaque, uint32_t at, uint32_t len)
{
    V *v = opaque;

    v->st.has = at == 0 && len == sizeof(v->st.file) && v->st.file.guest_format != FORMAT_NONE;
}

static bool note_get(void *opaque, struct guest_note *note)
{
    const V *v = opaque;

    *note = (struct guest_note){ .gpa = v->st.file.paddr, .bytes = v->st.file.size, .format = v->st.file.guest_format };
    return v->st.has;
}

static const struct field vmcoreinfo_fields[] = {
    FIELD(V, "has_vmcoreinfo", has, .wire = 1, .max = 1, .type = "bool"),
    FIELD(V, "vmcoreinfo.host_format", file.host_format, .reset = FORMAT_ELF),
    FIELD(V, "vmcoreinfo.guest_format", file.guest_format),
    FIELD(V, "vmcoreinfo.size", file.size),
    FIELD(V, "vmcoreinfo.paddr", file.paddr),
    {}
};
static const struct section vmcoreinfo_section = { "vmcoreinfo", 1, 1, .fields = vmcoreinfo_fields };

static const struct device_type vmcoreinfo_type;

static int vmcoreinfo_realize(struct device *dev, struct error **err)
{
    struct device *fw_cfg = fw_cfg_find(dev->machine);
    V *v = (V *)dev;

    if (device_find(dev->machine, &vmcoreinfo_type))
        return error_set(err, -EBUSY, ERROR_STATE, "vmcoreinfo", "a second one", "at most one in a machine");
    if (!fw_cfg || !fw_cfg_has_dma(fw_cfg))
        return error_set(err, -ENODEV, ERROR_STATE, "vmcoreinfo", "this machine", "one whose fw_cfg has DMA");
    dev->machine->guest_note.get = note_get;
    dev->machine->guest_note.opaque = v;
    return fw_cfg_add_file_hooks(fw_cfg, "etc/vmcoreinfo", &v->st.file, sizeof(v->st.file), NULL, written, v, err);
}

static void vmcoreinfo_unrealize(struct device *dev)
{
    dev->machine->guest_note.get = NULL;
}

static const struct device_type vmcoreinfo_type = {
    .type = { .name = "vmcoreinfo", .parent = "device", .category = "misc", .doc = "a guest kernel's description",
              DEVICE(V), TYPE_STATE(V), .state = &vmcoreinfo_section },
    .realize = vmcoreinfo_realize,
    .unrealize = vmcoreinfo_unrealize,
};
DEVICE_TYPE(vmcoreinfo_type);
