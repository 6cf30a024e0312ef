/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/isa/vmport.h"

/*
 * vmport: VMware's back door at port 5658h
 *
 * Not a port in any other sense: a CPU reads it with a magic number in EAX and a command in ECX, and has the
 * answer in its registers.  Without a CPU (qtest), or with one whose accelerator does not show its registers,
 * it reads as ones.  Answered: version, RAM size, UUID (zeros: this machine has none), vCPU information (none),
 * TSC frequency (not known); the mouse's commands by vmmouse.
 * Reference: VMware's open-vm-tools documentation of the "hypervisor port"; command numbers as probed.
 *
 * Invariant: it keeps no state.
 */

#include "core/machine.h"
#include "core/vcpu.h"
#include "cpu/state.h"
#include "hw/isa/isa.h"

#include <errno.h>

enum { PORT = 0x5658, MAGIC = 0x564d5868, COMMANDS = 0x50 };
enum { GET_VERSION = 0x0a, GET_UUID = 0x13, GET_RAM_SIZE = 0x14, GET_HZ = 0x2d, GET_VCPU_INFO = 0x44 };
enum { RAM_SIZE_MARK = 0x1177 };

struct vmport {
    struct device dev;
    struct {
        uint32_t vmx_version;
        uint8_t vmx_type;
        bool read_set_eax, signal_unsupported, report_vmx_type, cmds_v2;
    } cfg;
    struct command { struct device *dev; vmport_fn *fn; } command[COMMANDS];
};

static struct vmport *vmport(struct device *dev)
{
    return (struct vmport *)dev;
}

static void get_version(struct device *dev, struct vmport_regs *r)
{
    const struct vmport *p = vmport(dev);

    r->eax = p->cfg.vmx_version;
    r->ebx = MAGIC;
    if (p->cfg.report_vmx_type)
        r->ecx = p->cfg.vmx_type;
}

static void get_ram_size(struct device *dev, struct vmport_regs *r)
{
    r->eax = dev->machine->ram_bytes;
    r->ebx = RAM_SIZE_MARK;
}

static void get_uuid(struct device *dev, struct vmport_regs *r)
{
    r->eax = r->ebx = r->ecx = r->edx = 0;
}

static void get_hz(struct device *dev, struct vmport_regs *r)
{
    r->ebx = UINT32_MAX;
}

static void get_vcpu_info(struct device *dev, struct vmport_regs *r)
{
    r->eax = 0;
}

static void answer(struct vmport *p, struct vmport_regs *r)
{
    uint16_t n = r->ecx;

    if (r->eax == MAGIC && n < COMMANDS && p->command[n].fn)
        p->command[n].fn(p->command[n].dev, r);
    else if (p->cfg.signal_unsupported)
        r->eax = UINT32_MAX;
}

/* Only a register that changed loses its upper half. */
static void store(uint64_t *gpr, uint32_t val)
{
    if ((uint32_t)*gpr != val)
        *gpr = val;
}

static uint64_t port_read(struct device *dev, uint64_t at, unsigned size)
{
    uint64_t g[X86_GPRS];
    struct vmport_regs r;

    if (at || !vcpu_gprs_get(g))
        return UINT64_MAX;
    r = (struct vmport_regs){ g[RAX], g[RBX], g[RCX], g[RDX], g[RSI], g[RDI] };
    answer(vmport(dev), &r);
    store(&g[RAX], r.eax);
    store(&g[RBX], r.ebx);
    store(&g[RCX], r.ecx);
    store(&g[RDX], r.edx);
    store(&g[RSI], r.esi);
    store(&g[RDI], r.edi);
    vcpu_gprs_put(g);
    return r.eax;
}

/* The same, but that the CPU is given nothing beside its registers. */
static void port_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    port_read(dev, at, size);
}

#define V struct vmport

static const struct prop vmport_props[] = {
    PROP(V, "vmware-vmx-type", vmx_type, .def = 2, .doc = "the product that the version command names"),
    PROP(V, "vmware-vmx-version", vmx_version, .def = 6, .doc = "the version that it names"),
    PROP(V, "x-cmds-v2", cmds_v2, .def = true, .doc = "UUID, TSC frequency and vCPU information are answered"),
    PROP(V, "x-read-set-eax", read_set_eax, .def = true, .doc = "accepted for compatibility; EAX is always set"),
    PROP(V, "x-report-vmx-type", report_vmx_type, .def = true, .doc = "the version command names the product"),
    PROP(V, "x-signal-unsupported-cmd", signal_unsupported, .def = true,
         .doc = "EAX is all ones after a command that is not known"),
    {}
};
static const struct region_type vmport_regions[] = {
    { .name = "vmport", .size = 4, .min = 1, .max = 4, .ports = true, .read = port_read, .write = port_write },
    {}
};

static int vmport_realize(struct device *dev, struct error **err)
{
    static const struct { uint8_t command; bool v2; vmport_fn *fn; } own[] = {
        { GET_VERSION, false, get_version }, { GET_RAM_SIZE, false, get_ram_size }, { GET_UUID, true, get_uuid },
        { GET_HZ, true, get_hz }, { GET_VCPU_INFO, true, get_vcpu_info },
    };
    struct vmport *p = vmport(dev);

    for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (!own[i].v2 || p->cfg.cmds_v2)
            p->command[own[i].command] = (struct command){ dev, own[i].fn };
    return isa_map(dev, 0, PORT, err);
}

static const struct device_type vmport_type = {
    .type = { .name = "vmport", .parent = "isa-device", .doc = "VMware's port", .internal = true,
              DEVICE(V), .props = vmport_props, .state = &no_state },
    .locking = LOCKING_CHIPSET,
    .bus = "ISA",
    .regions = vmport_regions,
    .realize = vmport_realize,
};
DEVICE_TYPE(vmport_type);

static struct vmport *find(struct machine *m)
{
    struct device *dev = device_find(m, &vmport_type);

    return dev ? vmport(dev) : NULL;
}

int vmport_register(struct device *dev, uint32_t n, vmport_fn *fn, struct error **err)
{
    struct vmport *p = find(dev->machine);

    if (!p)
        return error_set(err, -ENODEV, ERROR_STATE, dev->type->type.name, "vmport=off", "-machine vmport=on");
    if (n >= COMMANDS || p->command[n].fn)
        return error_set(err, -EBUSY, ERROR_STATE, dev->type->type.name, T("vmport command %#x", n),
                         "one that nobody else answers");
    p->command[n] = (struct command){ dev, fn };
    return 0;
}

void vmport_unregister(struct device *dev)
{
    struct vmport *p = find(dev->machine);

    for (unsigned i = 0; p && i < COMMANDS; i++)
        if (p->command[i].dev == dev)
            p->command[i] = (struct command){ 0 };
}
