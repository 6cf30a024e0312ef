/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/vmgenid.h"

/*
 * vmgenid: tells a guest that it has been started from a copy of itself
 *
 * Firmware places a page that holds the machine's identifier, and writes back where the identifier lies.  After a load
 * it is written there again, since it may be another one now, and the guest is told by a general purpose event.  The
 * identifier is the user's; the address is the state.
 * Reference: Microsoft, Virtual Machine Generation ID.  Its SSDT is in vmgenid-ssdt.c.
 */

#include "core/dma.h"
#include "core/machine.h"
#include "hw/acpi/pm.h"
#include "hw/nvram/fw-cfg.h"
#include "lib/bits.h"
#include "lib/uuid.h"

#include <assert.h>
#include <errno.h>

struct vmgenid {
    struct device dev;
    struct {
        char *guid;
    } cfg;
    struct {
        uint8_t addr[8];        /* of the identifier, little-endian, as firmware wrote it */
    } st;
    uint8_t guid[UUID_BYTES];   /* as the guest sees it */
};

#define V struct vmgenid

static V *vmgenid(struct device *dev)
{
    return (V *)dev;
}

/* The address is in st when the guest has written it; there is no more to do. */
static void addr_written(void *opaque, uint32_t at, uint32_t len)
{
}

static void vmgenid_resumed(struct device *dev)
{
    V *v = vmgenid(dev);
    uint64_t addr = bits_load(v->st.addr, sizeof(v->st.addr));

    if (!addr)
        return;
    dma_write(&dev->machine->memory_as, addr, v->guid, sizeof(v->guid));
    acpi_gpe_raise(dev->machine, GPE_VMGENID);
}

static const struct prop vmgenid_props[] = {
    PROP(V, "guid", guid, .def_string = "auto", .doc = "the identifier, a UUID; auto: a random one"),
    {}
};
static const struct field vmgenid_fields[] = {
    ARRAY(V, "vmgenid_addr_le", addr),
    {}
};
static const struct section vmgenid_section = { "vmgenid", 1, 1, .fields = vmgenid_fields };

static int guid_choose(V *v, struct error **err)
{
    bool any = !v->cfg.guid || !strcmp(v->cfg.guid, "auto");

    if (any)
        uuid_random(v->guid);
    else if (!uuid_parse(v->cfg.guid, v->guid))
        return error_set(err, -EINVAL, ERROR_SYNTAX, "vmgenid.guid", v->cfg.guid,
                         "auto, or a UUID such as 00112233-4455-6677-8899-aabbccddeeff");
    free(v->cfg.guid);
    v->cfg.guid = strdup(uuid_text(v->guid).s);
    assert(v->cfg.guid);
    uuid_swap(v->guid);
    return 0;
}

static int files_add(V *v, struct device *fw_cfg, struct error **err)
{
    uint8_t *page = calloc(1, VMGENID_FILE_BYTES);
    int r;

    assert(page);
    memcpy(page + VMGENID_GUID_AT, v->guid, sizeof(v->guid));
    r = fw_cfg_add_file(fw_cfg, VMGENID_FILE_GUID, page, VMGENID_FILE_BYTES, err);
    free(page);
    return r ? r : fw_cfg_add_file_hooks(fw_cfg, VMGENID_FILE_ADDR, v->st.addr, sizeof(v->st.addr), NULL, addr_written,
                                         v, err);
}

static int vmgenid_realize(struct device *dev, struct error **err)
{
    struct device *fw_cfg = fw_cfg_find(dev->machine);
    int r;

    if (vmgenid_text(dev->machine))
        return error_set(err, -EBUSY, ERROR_STATE, "vmgenid", "a second one", "at most one in a machine");
    if (!fw_cfg || !fw_cfg_has_dma(fw_cfg))
        return error_set(err, -ENODEV, ERROR_STATE, "vmgenid", "this machine", "one whose fw_cfg has DMA");
    r = guid_choose(vmgenid(dev), err);
    return r ? r : files_add(vmgenid(dev), fw_cfg, err);
}

static const struct device_type vmgenid_type = {
    .type = { .name = "vmgenid", .parent = "device", .category = "misc", .doc = "VM generation ID",
              DEVICE(V), TYPE_STATE(V), .props = vmgenid_props, .state = &vmgenid_section },
    .realize = vmgenid_realize,
    .resumed = vmgenid_resumed,
};
DEVICE_TYPE(vmgenid_type);

const char *vmgenid_text(struct machine *m)
{
    struct device *dev = device_find(m, &vmgenid_type);

    return dev ? vmgenid(dev)->cfg.guid : NULL;
}
