/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/isa/piix3.h"

/*
 * PIIX3 (82371SB), function 0: the ISA bridge
 *
 * Routes PIRQA to PIRQD to the lines of the ISA bus, carries the reset control register, and owns
 * "isa.0".  The interrupt pins of PCI functions end here, hence the rank of its lock.
 * Reference: Intel 82371SB (PIIX3) data sheet, section 2.2 (registers), 2.2.10 (PIRQRC), 2.5.5 (RC).  The pins
 * are wired as the ACPI tables of the board give it: pin A of slot 1 is PIRQA, each next slot and each next
 * pin one further.
 * Left out: X-bus chip selects, ISA and DMA timing, APM, ELCR's address (their registers only store).
 * Invariant: all lines are a function of the pins' levels and PIRQRC.
 */

#include "core/machine.h"
#include "hw/intc/gsi.h"

enum { REGION_CONFIG, REGION_RESET };
enum { RC_SYS = 1 << 1, RC_CPU = 1 << 2, RC_PORT = 0xcf9 };

struct piix3 {
    struct pci_device pci;
    struct {
        struct pci_state pci;
        uint32_t pirq_level[PIIX3_PIRQS];       /* fetched when it is saved */
        uint8_t rcr;
        uint8_t spare[3];
    } st;
    struct isa_bus isa;
    const struct irq_sink *gsi;
    struct pci_router router;
    struct irq line[GSI_ISA];
};

static struct piix3 *piix3(struct device *dev)
{
    return (struct piix3 *)dev;
}

void piix3_set_gsi(struct device *dev, const struct irq_sink *gsi)
{
    piix3(dev)->gsi = gsi;
}

struct isa_bus *piix3_isa(struct device *dev)
{
    return &piix3(dev)->isa;
}

static unsigned pirq_of(const struct device *dev, unsigned slot, unsigned pin)
{
    (void)dev;
    return (slot + pin + PIIX3_PIRQS - 1) % PIIX3_PIRQS;
}

static void pin_input(struct device *dev, unsigned line, bool level)
{
    pci_router_input(&piix3(dev)->router, line, level);
}

/* PIRQRC: bit 7 disables, bits 3 to 0 are the line; with a reserved bit set it goes nowhere, as in the reference. */
static void piix3_outputs(struct device *dev)
{
    struct piix3 *p = piix3(dev);
    uint32_t count[PCI_PIRQS], lines = 0;

    pci_router_count(&p->router, count);
    for (unsigned n = 0; n < PIIX3_PIRQS; n++) {
        uint8_t route = p->st.pci.config[PIIX3_PIRQRC_A + n];

        if (count[n] && route < GSI_ISA)
            lines |= 1u << route;
    }
    for (unsigned n = 0; n < GSI_ISA; n++)
        irq_set(&p->line[n], lines >> n & 1);
}

static void reset_write(struct device *dev, uint32_t at, uint64_t val)
{
    (void)at;
    piix3(dev)->st.rcr = val & RC_SYS;
    if (val & RC_CPU)
        machine_request_reset(dev->machine, CAUSE_GUEST_RESET);
}

#define P struct piix3

static const struct reg reset_regs[] = {
    REG(P, 0, "RC", rcr, .wmask = RC_SYS, .write = reset_write, .doc = "reset control: bit 2 resets the machine"),
    {}
};

static const struct region_type piix3_regions[] = {
    [REGION_CONFIG] = PCI_CONFIG_REGION,
    [REGION_RESET] = { .name = "piix3-reset-control", .size = 1, .min = 1, .max = 1, .ports = true,
                       .regs = reset_regs },
    {}
};

static const struct reg piix3_config[] = {
    REG_FN(PCI_STATUS, "STATUS", 2, .reset = 0x0200, .w1c = 0xf900, .doc = "medium DEVSEL# timing"),
    REG_FN(0x4c, "IORT", 1, .reset = 0x4d, .wmask = 0xff, .doc = "ISA I/O recovery timer"),
    REG_FN(0x4e, "XBCS", 2, .reset = 0x0003, .wmask = 0xffff, .doc = "X-bus chip selects"),
    REG_FN(PIIX3_PIRQRC_A, "PIRQRC", 1, .count = PIIX3_PIRQS, .reset = 0x80, .wmask = 0xff,
           .doc = "PIRQA to PIRQD routing: bit 7 disables"),
    REG_FN(0x69, "TOM", 1, .reset = 0x02, .wmask = 0xff, .doc = "top of memory for ISA masters"),
    REG_FN(0x70, "MBIRQ", 1, .reset = 0x80, .wmask = 0xff, .doc = "motherboard device IRQ routing"),
    REG_FN(0x76, "MBDMA", 1, .count = 2, .reset = 0x0c, .wmask = 0xff, .doc = "motherboard device DMA control"),
    REG_FN(0x78, "PCSC", 2, .reset = 0x0002, .wmask = 0xffff, .doc = "programmable chip select"),
    REG_FN(0x80, "APICBASE", 1, .wmask = 0xff, .doc = "I/O APIC base address relocation"),
    REG_FN(0x82, "DLC", 1, .wmask = 0xff, .doc = "deterministic latency control"),
    REG_FN(0xa0, "SMICNTL", 1, .reset = 0x08, .wmask = 0xff, .doc = "SMI control"),
    REG_FN(0xa2, "SMIEN", 2, .wmask = 0xffff, .doc = "SMI enable"),
    REG_FN(0xa4, "SEE", 4, .wmask = 0xffffffff, .doc = "system event enable"),
    REG_FN(0xa8, "FTMR", 1, .reset = 0x0f, .wmask = 0xff, .doc = "fast-off timer"),
    REG_FN(0xaa, "SMIREQ", 2, .wmask = 0xffff, .doc = "SMI request"),
    REG_FN(0xac, "CTLTMR", 1, .wmask = 0xff, .doc = "clock scale, STPCLK# low timer"),
    REG_FN(0xae, "CTHTMR", 1, .wmask = 0xff, .doc = "clock scale, STPCLK# high timer"),
    {}
};

/* The machine stands, so nobody moves a pin. */
static void piix3_capture(struct device *dev)
{
    uint32_t count[PCI_PIRQS];

    pci_router_count(&piix3(dev)->router, count);
    for (unsigned n = 0; n < PIIX3_PIRQS; n++)
        piix3(dev)->st.pirq_level[n] = count[n] != 0;
}

static bool rcr_needed(const struct device *dev)
{
    return ((const P *)dev)->st.rcr;
}

static const struct section piix3_subs[] = {
    { "PIIX3/rcr", 1, 1, .needed = rcr_needed, .fields = (const struct field[]){ FIELD(P, "rcr", rcr), {} } },
    {}
};

static const struct section piix3_section = {
    "PIIX3", 3, 2, .check = pci_state_check, .subs = piix3_subs, .fields = (const struct field[]){
        STRUCT(P, "dev", pci, pci_state_fields),
        ARRAY(P, "pci_irq_levels_vmstate", pirq_level, .type = "int32", .max = 1, .from = 3),
        ARRAY(P, "spare", spare, .hidden = true),
        {} },
};

static int piix3_realize(struct device *dev, struct error **err)
{
    struct piix3 *p = piix3(dev);

    isa_bus_init(&p->isa, dev->machine, dev, p->gsi);
    for (unsigned n = 0; n < GSI_ISA; n++)
        p->line[n] = (struct irq){ .sink = p->gsi, .line = GSI_PIRQ + n };
    pci_router_init(&p->router, dev, pin_input, pirq_of);
    pci_bus_set_router((struct pci_bus *)dev->bus, &p->router);
    device_map(dev, REGION_RESET, &dev->machine->io, RC_PORT, 1);
    return pci_realize(dev, err);
}

static void piix3_unrealize(struct device *dev)
{
    pci_bus_set_router((struct pci_bus *)dev->bus, NULL);
    isa_bus_fini(&piix3(dev)->isa);
}

static const struct device_type piix3_base = {
    .type = { .name = "pci-piix3", .parent = "pci-device", .doc = "a PIIX3 bridge", .abstract = true,
              .state = &no_state },
};
DEVICE_TYPE(piix3_base);
static const struct pci_type piix3_type = {
    .dev = {
        .type = { .name = "PIIX3", .parent = "pci-piix3", .category = "bridge", .internal = true,
                  .doc = "PIIX3 ISA bridge", DEVICE(P), TYPE_STATE(P), .state = &piix3_section },
        .locking = LOCKING_CONTROLLER,
        .rank = RANK_BRIDGE,
        .regions = piix3_regions,
        .bus = "PCI", .realize = piix3_realize, .unrealize = piix3_unrealize, .reset = pci_reset,
        .resumed = pci_resumed, .outputs = piix3_outputs, .capture = piix3_capture,
    },
    .vendor = 0x8086, .device = 0x7000, .class = 0x060100,
    .config = piix3_config,
};
TYPE_IN(piix3_type, piix3_type.dev.type);
