/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ICH9 LPC bridge: its state, and the parts that it is made of
 *
 * Private to hw/isa: ich9-smi.c (system management interrupts), ich9-pirq.c (interrupt routing) and ich9-lpc.c (the
 * bridge around them).  The power management chip is hw/acpi's.
 */

#include "hw/acpi/cpu-plug.h"
#include "hw/acpi/pci-plug.h"
#include "hw/acpi/pm-chip.h"
#include "hw/acpi/tco.h"
#include "hw/intc/gsi.h"
#include "hw/isa/ich9-lpc.h"

enum { LPC_REGION_CONFIG, LPC_REGION_PM_EVT, LPC_REGION_PM_CNT, LPC_REGION_PM_TMR, LPC_REGION_GPE0, LPC_REGION_SMI,
       LPC_REGION_TCO, LPC_REGION_APM, LPC_REGION_RESET, LPC_REGION_RCRB, LPC_REGION_CPU_PLUG,
       LPC_REGION_PCI_PLUG };
enum { LPC_GEN_PMCON_1 = 0xa0, LPC_SMI_LOCK = 1 << 4, LPC_EN = 0x82 };
enum { LPC_GPE_BYTES = 8, LPC_CPU_PLUG_PORT = 0xcd8, LPC_PCI_PLUG_PORT = 0xcc0 };
enum { LPC_GCS = 0x3410, LPC_GCS_NO_REBOOT = 1 << 5 };
enum { LPC_SCIS = 5 };                  /* interrupts that the SCI may be */

struct ich9_lpc {
    struct acpi_pm_function f;
    struct {
        bool noreboot, smm_compat, smi_broadcast, smi_cpu_hotplug, smi_cpu_hotunplug, enable_tco;
        uint8_t disable_s3, disable_s4, s4_val;
        uint8_t pad[7];
    } cfg;
    struct ich9_lpc_state {
        struct pci_state pci;
        struct acpi_pm_state pm;
        struct tco_state tco;
        uint64_t smi_negotiated;
        uint32_t smi_en, smi_sts;
        uint8_t smi_requested[8];       /* little-endian */
        uint8_t chip_config[16384];
        uint8_t smi_features_ok, rst_cnt;
        uint8_t spare[6];
    } st;
    struct isa_bus isa;
    const struct irq_sink *gsi;
    struct region pm;                   /* the block of ports at PMBASE */
    struct tco tco;
    bool no_smm;
    struct irq sci[LPC_SCIS];
    struct pci_router router;
    struct irq pirq[GSI_PINS];          /* what the router drives */
};

static inline struct ich9_lpc *ich9_lpc(struct device *dev)
{
    return (struct ich9_lpc *)dev;
}

extern const struct reg ich9_smi_regs[];
bool ich9_smi_features_needed(const struct device *dev);        /* of the stream's subsection */
int ich9_smi_features_check(const struct device *dev, const void *state, struct error **err);
void ich9_smi_apm(struct device *dev);          /* APM_CNT was written */
void ich9_smi_tco(struct device *dev);          /* TCO asks for an SMI */
void ich9_smi_reset(struct device *dev);
void ich9_smi_lock(struct device *dev);         /* after a change of GEN_PMCON_1, and after reset or load */

void ich9_pirq_wire(struct device *dev);                /* in realize */
void ich9_pirq_reset(struct device *dev);
void ich9_pirq_outputs(struct device *dev);
