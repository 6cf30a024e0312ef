/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ICH9 LPC bridge: its state, and the parts that it is made of
 *
 * Private to hw/isa: ich9-pm.c (power management), ich9-pirq.c (interrupt routing) and ich9-lpc.c (the
 * bridge around them).
 */

#include "hw/intc/gsi.h"
#include "hw/isa/ich9-lpc.h"

enum { LPC_REGION_CONFIG, LPC_REGION_PM_EVT, LPC_REGION_PM_CNT, LPC_REGION_PM_TMR, LPC_REGION_GPE0, LPC_REGION_SMI,
       LPC_REGION_APM, LPC_REGION_RESET, LPC_REGION_RCRB };

enum {
    PM1_TMROF = 1 << 0,
    PM1_GBL = 1 << 5,
    PM1_PWRBTN = 1 << 8,
    PM1_SLPBTN = 1 << 9,
    PM1_RTC = 1 << 10,
    PM1_WAK = 1 << 15
};
enum { PM1_SCI_EN = 1 << 0, PM1_SLP_TYP_SHIFT = 10, PM1_SLP_EN = 1 << 13 };
enum { SLP_S5 = 0, SLP_S3 = 1, SLP_S4 = 2 };

struct ich9_lpc {
    struct pci_device pci;
    struct {
        bool noreboot, smm_compat, smi_broadcast, smi_cpu_hotplug, smi_cpu_hotunplug;
    } cfg;
    struct ich9_lpc_state {
        struct pci_state pci;
        uint64_t timer_ns;              /* when the PM timer's top bit flips next, while somebody wants to know */
        uint64_t overflow_ns;           /* the flip that status has seen last */
        uint32_t smi_en, smi_sts;
        uint16_t pm1_sts, pm1_en, pm1_cnt;
        uint8_t gpe_sts[16], gpe_en[16];
        uint8_t apmc, apms;
        uint8_t chip_config[16384];
        uint8_t rst_cnt;
        uint8_t spare[7];
    } st;
    struct isa_bus isa;
    const struct irq_sink *gsi;
    struct region pm;                   /* the block of ports at PMBASE */
    struct timer timer;
    struct irq sci;
    struct pci_router router;
    struct irq pirq[GSI_PINS];          /* what the router drives */
};

static inline struct ich9_lpc *ich9_lpc(struct device *dev)
{
    return (struct ich9_lpc *)dev;
}

extern const struct reg ich9_pm_evt_regs[], ich9_pm_cnt_regs[], ich9_pm_tmr_regs[], ich9_gpe0_regs[], ich9_smi_regs[];
bool ich9_pm_sci(const struct ich9_lpc_state *st);
void ich9_pm_enable(struct device *dev, bool sci);      /* the APM command port's ACPI enable and disable */
void ich9_pm_watch(struct device *dev);                 /* arms the timer anew after reset or load */
void ich9_pm_timer_fired(struct device *dev);

void ich9_pirq_wire(struct device *dev);                /* in realize */
void ich9_pirq_reset(struct device *dev);
void ich9_pirq_outputs(struct device *dev);
