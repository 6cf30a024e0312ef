/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The fixed hardware of ACPI as the ICH9 and the PIIX4 have it: PM1 event and control, PM timer, GPE0, APM ports
 *
 * Private to the functions that carry the chip.  Such a function begins with struct acpi_pm_function, and its `st` with
 * struct pci_state and struct acpi_pm_state, so that tables and code are the same for all of them.
 */

#include "core/machine.h"
#include "hw/acpi/pm.h"
#include "hw/pci/pci.h"

struct tco;

enum {
    PM1_TMROF = 1 << 0,
    PM1_GBL = 1 << 5,
    PM1_PWRBTN = 1 << 8,
    PM1_SLPBTN = 1 << 9,
    PM1_RTC = 1 << 10,
    PM1_WAK = 1 << 15
};
enum { PM1_SCI_EN = 1 << 0, PM1_SLP_TYP_SHIFT = 10, PM1_SLP_EN = 1 << 13 };
enum { SLP_S5 = 0, SLP_S3 = 1, SLP_S4_DEFAULT = 2, SLP_TYPES = 8 };

enum { ACPI_GPE_BYTES = 16, ACPI_SLOTS = 256, ACPI_CPUS = 288, CPU_PLUG_LEGACY = 0xff };
struct acpi_slots { uint32_t up, down; };
struct acpi_cpu_slot {
    uint32_t ost_event, ost_status;     /* what _OST said last */
    bool inserting, removing;
    uint8_t spare[2];
};

struct acpi_pm_state {
    uint64_t timer_ns;                  /* when the PM timer's top bit flips next, while somebody wants to know */
    uint64_t overflow_ns;               /* the flip that status has seen last */
    uint32_t plug_select, plug_index;   /* the PCI hot-plug controller's */
    uint32_t plug_memory_select;        /* of memory hot-plug, which is not there yet: carried from stream to stream */
    uint32_t cpu_select;
    struct acpi_slots plug_slots[ACPI_SLOTS];
    struct acpi_cpu_slot cpu_slots[ACPI_CPUS];          /* as many as the machine has places */
    uint16_t pm1_sts, pm1_en, pm1_cnt;
    uint8_t cpu_command;                /* CPU_PLUG_LEGACY until the guest has left the old registers */
    uint8_t apmc, apms;
    uint8_t gpe_sts[ACPI_GPE_BYTES], gpe_en[ACPI_GPE_BYTES];
    uint8_t spare[7];
};

/* What the function tells the chip in realize, and the chip's hold on the host. */
struct acpi_pm {
    uint8_t disable_s3, disable_s4, s4_val;
    unsigned gpe_bytes;                 /* of status, and as many of enable */
    void (*apm_command)(struct device *dev, uint8_t command);
    struct tco *tco;                    /* NULL: the chip has none */
    struct device *dev;
    struct timer timer;
    struct work gpe_work;
    _Atomic uint32_t gpe_pending;
    struct pci_bus *plug_root;          /* whose functions come and go by pci-plug.c; NULL: none do */
    unsigned plug_slot;                 /* this and next: what the home loop has to say */
    bool plug_leaves;
    unsigned cpu_index;                 /* this and next: the same of a CPU */
    bool cpu_leaves, cpu_refused;
    struct machine_observer observer;
    bool ost_news[ACPI_CPUS];           /* the guest has said something that nobody has been told of yet */
    struct post ost_post;
    /* A copy for the home loop, made inside. */
    struct { bool modern, news[ACPI_CPUS]; struct acpi_cpu_slot slots[ACPI_CPUS]; } ost_seen;
};

struct acpi_pm_function {
    struct pci_device pci;
    struct acpi_pm pm;
};

static inline struct acpi_pm *acpi_pm(const struct device *dev)
{
    return &((struct acpi_pm_function *)dev)->pm;
}

static inline struct acpi_pm_state *acpi_pm_st(const struct device *dev)
{
    return (struct acpi_pm_state *)((char *)device_st(dev) + sizeof(struct pci_state));
}

/* acpi_pm(dev) is filled in.  In realize, before anything can enter the function; and in unrealize. */
void acpi_pm_start(struct device *dev);
void acpi_pm_stop(struct device *dev);
void acpi_pm_resumed(struct device *dev);
/* From outputs(); the function sets its line to what acpi_pm_sci() says. */
void acpi_pm_outputs(struct device *dev);
bool acpi_pm_sci(const struct device *dev);
void acpi_pm_sci_enable(struct device *dev, bool on);   /* what SMM code would do on an APM command */

extern const struct reg acpi_pm_evt_regs[], acpi_pm_cnt_regs[], acpi_pm_tmr_regs[], acpi_apm_regs[];
#define ACPI_PM_EVT_REGION \
    { .name = "acpi-evt", .size = 4, .min = 1, .max = 4, .ports = true, .regs = acpi_pm_evt_regs }
#define ACPI_PM_CNT_REGION \
    { .name = "acpi-cnt", .size = 2, .min = 1, .max = 2, .ports = true, .regs = acpi_pm_cnt_regs }
#define ACPI_PM_TMR_REGION \
    { .name = "acpi-tmr", .size = 4, .min = 1, .max = 4, .ports = true, .regs = acpi_pm_tmr_regs }
#define ACPI_APM_REGION \
    { .name = "apm-io", .size = 2, .min = 1, .max = 2, .ports = true, .regs = acpi_apm_regs }
enum { ACPI_APM_PORT = 0xb2 };

/* GPE0: n status bytes, then n enable bytes. */
#define ACPI_GPE_REGS(n)                                                                                              \
    { .name = "GPE0_STS", .width = 1, .count = (n), .size = (n), .w1c = 0xff, .hw = 0xff,                             \
      .off = sizeof(struct pci_state) + offsetof(struct acpi_pm_state, gpe_sts),                                      \
      .doc = "general purpose event 0 status" },                                                                      \
    { .name = "GPE0_EN", .at = (n), .width = 1, .count = (n), .size = (n), .wmask = 0xff,                             \
      .off = sizeof(struct pci_state) + offsetof(struct acpi_pm_state, gpe_en),                                       \
      .doc = "general purpose event 0 enable" },                                                                      \
    {}

/* Lines of their sections: the chip's members under the names that the stream has for them. */
extern const struct field acpi_slots_fields[];
extern const struct section acpi_apm_section;
#define ACPI_FIELD(name_, m, ...)                                                                                     \
    { .name = (name_), .off = sizeof(struct pci_state) + offsetof(struct acpi_pm_state, m), .count = 1,               \
      .size = sizeof(((struct acpi_pm_state *)0)->m), __VA_ARGS__ }
/* On no wire: what is sent in another form, and what fills the state up. */
#define ACPI_HIDDEN_FIELDS                                                                                            \
    ACPI_BYTES_HIDDEN("spare", spare),                                                                                \
    ACPI_FIELD("cpu_command", cpu_command, .hidden = true, .keep = true, .reset = CPU_PLUG_LEGACY)
#define ACPI_BYTES_HIDDEN(name_, m)                                                                                   \
    { .name = (name_), .off = sizeof(struct pci_state) + offsetof(struct acpi_pm_state, m), .size = 1,                \
      .count = sizeof(((struct acpi_pm_state *)0)->m), .hidden = true }
#define ACPI_BYTES(name_, m, from_, n)                                                                                \
    { .name = (name_), .off = sizeof(struct pci_state) + offsetof(struct acpi_pm_state, m) + (from_), .size = 1,      \
      .count = (n) }
#define ACPI_SLOTS_FIELD(name_)                                                                                       \
    { .name = (name_), .kind = FIELD_STRUCT, .size = sizeof(struct acpi_slots), .count = ACPI_SLOTS,                  \
      .off = sizeof(struct pci_state) + offsetof(struct acpi_pm_state, plug_slots), .nested = acpi_slots_fields }

#define ACPI_PM_PROPS(T)                                                                                              \
    PROP(T, "disable_s3", disable_s3, .max = 1, .doc = "1: the firmware is told that there is no S3"),                \
    PROP(T, "disable_s4", disable_s4, .max = 1, .doc = "1: the firmware is told that there is no S4"),                \
    PROP(T, "s4_val", s4_val, .def = SLP_S4_DEFAULT, .max = SLP_TYPES - 1, .doc = "SLP_TYP that means S4")
