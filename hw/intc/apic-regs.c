/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/intc/apic-chip.h"

/*
 * Local APIC: its registers, as the page and as x2APIC MSRs show them
 *
 * Both forms number the registers alike (offset / 16, MSR - 0x800) and share the lines below; where
 * they differ the line says so.  ICR is one 64-bit MSR and two registers of the page.  Not modelled:
 * the arbitration and remote-read registers (they read 0), CMCI, extended registers of AMD.
 * Reference: Intel SDM volume 3, table 10-1 and table 10-6.
 */

#include <stdatomic.h>

enum { REG_ICR = 0x30, REG_DFR = 0x0e, REG_ICR_HIGH = 0x31, REG_SELF_IPI = 0x3f };
enum { PAGE = 1 << 0, X2 = 1 << 1, BOTH = PAGE | X2 };

struct apic_reg {
    uint8_t first, count;
    uint8_t read_in, write_in;  /* forms in which it can be read, written */
    uint32_t bits;              /* that may be written; others: ignored by the page, #GP as an MSR */
    uint32_t (*read)(struct apic *a, unsigned n);
    void (*write)(struct apic *a, unsigned n, uint32_t val);
    const char *name;
};

static uint32_t read_id(struct apic *a, unsigned n)
{
    return apic_is_x2(a) ? a->cfg.id : (uint32_t)a->st.id << 24;
}

static void write_id(struct apic *a, unsigned n, uint32_t val)
{
    a->st.id = val >> 24;
}

static uint32_t read_version(struct apic *a, unsigned n)
{
    return (LVTS - 1) << 16 | a->cfg.version;
}

static uint32_t read_tpr(struct apic *a, unsigned n)
{
    return a->st.tpr;
}

static void write_tpr(struct apic *a, unsigned n, uint32_t val)
{
    a->st.tpr = val;
    apic_look(a);
}

static uint32_t read_ppr(struct apic *a, unsigned n)
{
    return apic_ppr(a);
}

static uint32_t read_zero(struct apic *a, unsigned n)
{
    return 0;
}

static void write_eoi(struct apic *a, unsigned n, uint32_t val)
{
    apic_eoi(a);
}

static uint32_t read_ldr(struct apic *a, unsigned n)
{
    return apic_is_x2(a) ? apic_x2_ldr(a) : (uint32_t)a->st.ldr << 24;
}

static void write_ldr(struct apic *a, unsigned n, uint32_t val)
{
    a->st.ldr = val >> 24;
}

static uint32_t read_dfr(struct apic *a, unsigned n)
{
    return (uint32_t)a->st.dfr << 28 | 0x0fffffff;
}

static void write_dfr(struct apic *a, unsigned n, uint32_t val)
{
    a->st.dfr = val >> 28;
}

static uint32_t read_svr(struct apic *a, unsigned n)
{
    return a->st.svr;
}

/* Software-disabling masks every local vector (10.4.7.2). */
static void write_svr(struct apic *a, unsigned n, uint32_t val)
{
    a->st.svr = val;
    if (val & SVR_ENABLED)
        return;
    for (unsigned i = 0; i < LVTS; i++)
        if (i != LVT_TIMER)
            atomic_fetch_or(&a->st.lvt[i], LVT_MASKED);
    apic_timer_lvt(a, a->st.lvt[LVT_TIMER] | LVT_MASKED);
}

static uint32_t read_isr(struct apic *a, unsigned n)
{
    return a->st.isr[n];
}

static uint32_t read_tmr(struct apic *a, unsigned n)
{
    return a->st.tmr[n];
}

static uint32_t read_irr(struct apic *a, unsigned n)
{
    return a->st.irr[n];
}

static uint32_t read_esr(struct apic *a, unsigned n)
{
    return a->st.esr;
}

static void write_esr(struct apic *a, unsigned n, uint32_t val)
{
    a->st.esr = atomic_exchange(&a->st.esr_pending, 0);
}

static uint32_t read_icr(struct apic *a, unsigned n)
{
    return a->st.icr[n];
}

static void write_icr(struct apic *a, unsigned n, uint32_t val)
{
    a->st.icr[n] = val;
    if (n == 0)
        apic_ipi(a, val, apic_dest8(a->st.icr[1] >> 24));
}

/* In the page: timer, thermal, performance, LINT0, LINT1, error; so is enum lvt. */
static uint32_t read_lvt(struct apic *a, unsigned n)
{
    return a->st.lvt[n];
}

static void write_lvt(struct apic *a, unsigned n, uint32_t val)
{
    static const uint32_t bits[LVTS] = {
        [LVT_TIMER] = 0x700ff, [LVT_THERMAL] = 0x107ff, [LVT_PERF] = 0x107ff,
        [LVT_LINT0] = 0x1a7ff, [LVT_LINT1] = 0x1a7ff, [LVT_ERROR] = 0x100ff,
    };

    val &= bits[n];
    if (!(a->st.svr & SVR_ENABLED))
        val |= LVT_MASKED;
    if (n == LVT_TIMER)
        apic_timer_lvt(a, val);
    else
        a->st.lvt[n] = val;
    apic_look(a);
}

static uint32_t read_initial(struct apic *a, unsigned n)
{
    return a->st.initial_count;
}

static void write_initial(struct apic *a, unsigned n, uint32_t val)
{
    apic_timer_start(a, val);
}

static uint32_t read_current(struct apic *a, unsigned n)
{
    return apic_timer_current(a);
}

static uint32_t read_divide(struct apic *a, unsigned n)
{
    return a->st.divide;
}

static void write_divide(struct apic *a, unsigned n, uint32_t val)
{
    apic_timer_divide(a, val);
}

static void write_self_ipi(struct apic *a, unsigned n, uint32_t val)
{
    apic_accept(a, val, false);
}

static const struct apic_reg regs[] = {
    { 0x02, 1, BOTH, PAGE, 0xff000000, read_id, write_id, "ID" },
    { 0x03, 1, BOTH, 0, 0, read_version, NULL, "VERSION" },
    { 0x08, 1, BOTH, BOTH, 0xff, read_tpr, write_tpr, "TPR" },
    { 0x09, 1, PAGE, 0, 0, read_zero, NULL, "APR" },
    { 0x0a, 1, BOTH, 0, 0, read_ppr, NULL, "PPR" },
    { 0x0b, 1, PAGE, BOTH, 0, read_zero, write_eoi, "EOI" },
    { 0x0c, 1, PAGE, 0, 0, read_zero, NULL, "RRD" },
    { 0x0d, 1, BOTH, PAGE, 0xff000000, read_ldr, write_ldr, "LDR" },
    { 0x0e, 1, PAGE, PAGE, 0xf0000000, read_dfr, write_dfr, "DFR" },
    { 0x0f, 1, BOTH, BOTH, SVR_BITS, read_svr, write_svr, "SVR" },
    { 0x10, 8, BOTH, 0, 0, read_isr, NULL, "ISR" },
    { 0x18, 8, BOTH, 0, 0, read_tmr, NULL, "TMR" },
    { 0x20, 8, BOTH, 0, 0, read_irr, NULL, "IRR" },
    { 0x28, 1, BOTH, BOTH, 0, read_esr, write_esr, "ESR" },
    { 0x30, 1, PAGE, PAGE, 0x000ccfff, read_icr, write_icr, "ICR" },
    { 0x31, 1, PAGE, PAGE, 0xff000000, read_icr, write_icr, "ICR high" },
    { 0x32, LVTS, BOTH, BOTH, 0x7a7ff, read_lvt, write_lvt, "LVT" },
    { 0x38, 1, BOTH, BOTH, 0xffffffff, read_initial, write_initial, "INITIAL COUNT" },
    { 0x39, 1, BOTH, 0, 0, read_current, NULL, "CURRENT COUNT" },
    { 0x3e, 1, BOTH, BOTH, 0xb, read_divide, write_divide, "DIVIDE" },
    { 0x3f, 1, 0, X2, 0xff, NULL, write_self_ipi, "SELF IPI" },
};

static const struct apic_reg *find(unsigned reg)
{
    for (unsigned i = 0; i < sizeof(regs) / sizeof(regs[0]); i++)
        if (reg >= regs[i].first && reg < (unsigned)regs[i].first + regs[i].count)
            return &regs[i];
    return NULL;
}

/* The ICR's halves are registers of their own in the page, but one number further. */
static unsigned element(const struct apic_reg *r, unsigned reg)
{
    return r->first == REG_ICR_HIGH ? 1 : reg - r->first;
}

uint32_t apic_page_read(struct apic *a, unsigned reg)
{
    const struct apic_reg *r = find(reg);

    if (r && (r->read_in & PAGE))
        return r->read(a, element(r, reg));
    apic_error(a, ESR_REGISTER_ILLEGAL);
    return 0;
}

void apic_page_write(struct apic *a, unsigned reg, uint32_t val)
{
    const struct apic_reg *r = find(reg);

    if (!r || !((r->read_in | r->write_in) & PAGE))
        apic_error(a, ESR_REGISTER_ILLEGAL);
    else if (r->write_in & PAGE)
        r->write(a, element(r, reg), val & r->bits);
}

bool apic_x2_read(struct apic *a, unsigned reg, uint64_t *val)
{
    const struct apic_reg *r = find(reg);

    if (reg == REG_ICR) {
        *val = (uint64_t)a->st.icr[1] << 32 | a->st.icr[0];
        return true;
    }
    if (!r || !(r->read_in & X2))
        return false;
    *val = r->read(a, element(r, reg));
    return true;
}

bool apic_x2_write(struct apic *a, unsigned reg, uint64_t val)
{
    const struct apic_reg *r = find(reg);

    if (reg == REG_ICR) {
        if (val & 0xfff33000)
            return false;
        a->st.icr[0] = val;
        a->st.icr[1] = val >> 32;
        apic_ipi(a, val, val >> 32);
        return true;
    }
    if (!r || !(r->write_in & X2) || val & ~(uint64_t)r->bits)
        return false;
    r->write(a, element(r, reg), val);
    return true;
}

/* 10.4.7.3: as after reset, apart from ID, and the arbitration ID with it. */
void apic_init(struct apic *a)
{
    struct apic_state *st = &a->st;

    apic_timer_stop(a);
    st->tpr = st->ldr = st->esr_pending = 0;
    st->esr = st->divide = st->divide_shift = 0;
    st->dfr = 0xf;
    st->svr = 0xff;
    st->icr[0] = st->icr[1] = 0;
    for (unsigned i = 0; i < 8; i++) {
        st->isr[i] = 0;
        st->tmr[i] = st->irr[i] = 0;
    }
    for (unsigned i = 0; i < LVTS; i++)
        if (i != LVT_TIMER)
            st->lvt[i] = LVT_MASKED;
}
