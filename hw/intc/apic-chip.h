/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Local APIC: bits, state and parts, private to its files: apic.c (the type, its registers' way in),
 * apic-regs.c (registers), apic-irq.c (requests, priority, EOI), apic-timer.c, apic-bus.c (messages)
 *
 * Who may touch what: IRR, TMR, pending errors and what decides on acceptance (the atomics) belong
 * to everybody; the timer belongs to who holds `timer_lock`; everything else to the vCPU's thread,
 * or to the home loop while the vCPU is parked.
 */

#include "hw/intc/apic.h"
#include "hw/intc/inside.h"

enum lvt { LVT_TIMER, LVT_THERMAL, LVT_PERF, LVT_LINT0, LVT_LINT1, LVT_ERROR, LVTS };

enum { LVT_MODE_SHIFT = 8, LVT_MASKED = 1 << 16, LVT_PERIODIC = 1 << 17, LVT_TSC_DEADLINE = 1 << 18,
       LVT_TIMER_MODE = 3 << 17 };
enum { SVR_ENABLED = 1 << 8, SVR_BITS = 0x3ff };
enum { ESR_SEND_ILLEGAL = 1 << 5, ESR_RECEIVE_ILLEGAL = 1 << 6, ESR_REGISTER_ILLEGAL = 1 << 7 };
enum { ICR_LOGICAL = 1 << 11, ICR_ASSERT = 1 << 14, ICR_LEVEL = 1 << 15 };
enum { BASE_BSP = 1 << 8, BASE_X2APIC = 1 << 10, BASE_ENABLED = 1 << 11 };
#define BASE_ADDR 0xfffff000u

struct apic_bus;

struct apic {
    struct device dev;
    struct {
        uint32_t id;
        uint8_t version;
        bool vapic;
    } cfg;
    struct apic_state {
        uint64_t timer_start_ns;        /* when initial_count was written */
        uint64_t timer_next_ns;         /* the deadline that was set last */
        uint64_t timer_expiry_ns;       /* TIMER_OFF: nothing to wait for */
        uint64_t tsc_deadline;          /* in the machine's TSC; 0: not armed */
        uint32_t isr[8];
        _Atomic uint32_t tmr[8], irr[8];
        _Atomic uint32_t lvt[LVTS];
        _Atomic uint32_t base;          /* IA32_APIC_BASE */
        _Atomic uint32_t svr;
        uint32_t icr[2];
        uint32_t initial_count;
        uint16_t sipi_vector;           /* this and wait_for_sipi: the vCPU's; brought by a stream */
        _Atomic uint8_t id, ldr, dfr;   /* ldr: bits 24 to 31; dfr: bits 28 to 31 */
        _Atomic uint8_t tpr;
        _Atomic uint8_t esr_pending;    /* seen since the last write to ESR */
        uint8_t esr, arb_id;
        uint8_t divide, divide_shift;
        uint8_t wait_for_sipi;
    } st;
    struct vcpu *cpu;                   /* NULL: on a test bench */
    struct apic_bus *bus;
    struct lock timer_lock;
    struct timer timer;
    struct deferred eoi;
    uint32_t eoi_vectors[8];            /* that `eoi` will broadcast */
};

static inline struct apic *apic(struct device *dev)
{
    return (struct apic *)dev;
}

static inline bool apic_is_x2(const struct apic *a)
{
    return a->st.base & BASE_X2APIC;
}

static inline uint32_t apic_x2_ldr(const struct apic *a)
{
    return a->cfg.id >> 4 << 16 | 1u << (a->cfg.id & 0xf);
}

/* apic-irq.c.  accept, error: any thread; a vector below 16 is an error. */
void apic_accept(struct apic *a, uint8_t vector, bool level);
void apic_error(struct apic *a, uint8_t bit);
void apic_kick(struct apic *a, uint32_t requests);
void apic_look(struct apic *a);         /* after a change that may let a vector through */
unsigned apic_ppr(const struct apic *a);
void apic_eoi(struct apic *a);
void apic_eoi_run(struct deferred *d);
extern const struct vcpu_intc apic_intc;

/* apic-timer.c */
void apic_timer_fired(struct device *dev);
void apic_timer_start(struct apic *a, uint32_t initial_count);
uint32_t apic_timer_current(struct apic *a);
void apic_timer_divide(struct apic *a, uint8_t divide);
void apic_timer_lvt(struct apic *a, uint32_t val);
void apic_timer_deadline(struct apic *a, uint64_t tsc);
void apic_timer_stop(struct apic *a);

/* apic-regs.c.  reg: offset in the page / 16 = MSR - 0x800.  false: reserved. */
uint32_t apic_page_read(struct apic *a, unsigned reg);
void apic_page_write(struct apic *a, unsigned reg, uint32_t val);
bool apic_x2_read(struct apic *a, unsigned reg, uint64_t *val);
bool apic_x2_write(struct apic *a, unsigned reg, uint64_t val);
void apic_init(struct apic *a);         /* the INIT signal; the ID stays */

/* apic.c */
extern const struct prop apic_props[];
extern const struct section apic_section;
uint64_t apic_doorbell_read(struct device *dev, uint64_t at, unsigned size);
void apic_doorbell_write(struct device *dev, uint64_t at, unsigned size, uint64_t val);

/* apic-inside.c: the local APIC is the accelerator's. */
extern const struct device_type apic_inside_type;
void apic_inside_wire(struct apic *a);

/* apic-bus.c */
struct apic_bus *apic_bus_get(struct machine *m);
void apic_bus_put(struct machine *m);
bool apic_bus_extint(const struct apic_bus *bus);
int apic_bus_ack(struct apic_bus *bus);
void apic_bus_eoi(struct apic_bus *bus, uint8_t vector);
bool apic_bus_first(struct apic_bus *bus);      /* true once */
void apic_ipi(struct apic *a, uint32_t icr, uint32_t dest);
