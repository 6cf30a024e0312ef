/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/pci/pam.h"

/*
 * Programmable attribute maps (see pam.h)
 *
 * Reference: Intel 82441FX data sheet, section 3.2.18 (PAM), which later hubs have kept.
 * Invariant: of the three windows of a segment exactly one is on, once pam_map() was called.
 */

#include "hw/pci/host.h"

/* Segment 0 is F0000h to FFFFFh; 1 to 12 are 16 KiB each from C0000h on. */
static uint64_t base_of(unsigned n)
{
    return n ? 0xc0000 + (n - 1) * 0x4000 : 0xf0000;
}

static uint64_t size_of(unsigned n)
{
    return n ? 0x4000 : 0x10000;
}

/* Bit 0 enables reads from RAM, bit 1 writes to it. */
static unsigned attribute(const uint8_t *registers, unsigned n)
{
    return n ? registers[(n + 1) / 2] >> (n & 1 ? 0 : 4) & 3 : registers[0] >> 4 & 3;
}

static void window_add(struct region *r, const char *name, const struct pci_host_memory *mem, struct region *target,
                       unsigned n)
{
    region_init_alias(r, name, target, base_of(n), size_of(n));
    region_enable(r, false);
    region_add(mem->system, base_of(n), r, 1);
}

void pam_init(struct pam *pam, const struct pci_host_memory *mem)
{
    for (unsigned n = 0; n < PAM_SEGMENTS; n++) {
        window_add(&pam->window[n][PAM_TO_PCI], "pam-pci", mem, mem->pci, n);
        window_add(&pam->window[n][PAM_TO_ROM], "pam-rom", mem, mem->ram, n);
        window_add(&pam->window[n][PAM_TO_RAM], "pam-ram", mem, mem->ram, n);
        region_set_readonly(&pam->window[n][PAM_TO_ROM], true);
    }
}

static void each(struct pam *pam, void (*fn)(struct region *r))
{
    for (unsigned n = 0; n < PAM_SEGMENTS; n++)
        for (unsigned t = 0; t < PAM_TARGETS; t++)
            fn(&pam->window[n][t]);
}

void pam_remove(struct pam *pam)
{
    each(pam, region_remove);
}

void pam_fini(struct pam *pam)
{
    each(pam, region_fini);
}

/* Reads from the bus with writes to RAM are not modelled: they go to the bus, as in the reference. */
void pam_map(struct device *dev, struct pam *pam, const uint8_t registers[PAM_REGISTERS])
{
    static const uint8_t target[4] = { PAM_TO_PCI, PAM_TO_ROM, PAM_TO_PCI, PAM_TO_RAM };

    for (unsigned n = 0; n < PAM_SEGMENTS; n++)
        for (unsigned t = 0; t < PAM_TARGETS; t++)
            map_request(dev, &pam->window[n][t], t == target[attribute(registers, n)], base_of(n));
}
