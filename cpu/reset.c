/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/device.h"

/*
 * The state of a processor after RESET
 *
 * Reference: Intel SDM volume 3, section 9.1.1 and table 9-1; AMD APM volume 2, section 14.1.3.
 */

#include "cpu/model.h"
#include "cpu/state.h"

#include <string.h>

enum { FEATURE_MCE = 7, FEATURE_MCA = 14 };

static void segments_reset(struct x86_state *st)
{
    for (unsigned n = 0; n < X86_SREGS; n++)
        st->seg[n] = (struct x86_seg){ .limit = 0xffff, .attr = SEG_P | SEG_S | SEG_RW | SEG_ACCESSED };
    st->seg[CS].attr |= SEG_CODE;
    st->seg[CS].base = 0xffff0000u;
    st->seg[CS].sel = 0xf000;
    st->ldt = (struct x86_seg){ .limit = 0xffff, .attr = SEG_P | 2 << 8 };
    st->tr = (struct x86_seg){ .limit = 0xffff, .attr = SEG_P | 11 << 8 };
    st->gdt = st->idt = (struct x86_seg){ .limit = 0xffff };
}

static void machine_check_reset(struct x86_state *st)
{
    st->mcg_cap = 1u << 24 | 1u << 8 | X86_MCE_BANKS;
    st->mcg_ctl = UINT64_MAX;
    for (unsigned n = 0; n < X86_MCE_BANKS; n++)
        st->mce_banks[4 * n] = UINT64_MAX;
}

void x86_state_reset(struct x86_state *st, const struct cpu_config *model, bool bsp)
{
    static const uint16_t fcw = 0x37f;
    static const uint32_t mxcsr = 0x1f80;

    memset(st, 0, sizeof(*st));
    segments_reset(st);
    memcpy(st->fx, &fcw, sizeof(fcw));
    memcpy(st->fx + 24, &mxcsr, sizeof(mxcsr));
    st->gpr[RDX] = model ? model->model.signature : 0;
    st->rip = 0xfff0;
    st->rflags = FLAG_1;
    st->cr0 = CR0_CD | CR0_NW | CR0_ET;
    st->dr[6] = 0xffff0ff0u;
    st->dr[7] = 0x400;
    st->xcr0 = 1;
    st->pat = 0x0007040600070406ull;
    st->misc_enable = 1;                /* fast strings */
    st->smbase = 0x30000;
    st->a20 = 1;
    st->halted = st->wait_sipi = !bsp;
    if (model && cpu_has(model, WORD_1_EDX, FEATURE_MCE) && cpu_has(model, WORD_1_EDX, FEATURE_MCA))
        machine_check_reset(st);
}

void x86_state_init(struct x86_state *st, const struct cpu_config *model, bool bsp)
{
    struct x86_state was = *st, fresh;

    x86_state_reset(&fresh, model, bsp);
    *st = was;
    memcpy(st->gpr, fresh.gpr, sizeof(st->gpr));
    memcpy(st->seg, fresh.seg, sizeof(st->seg));
    memcpy(st->dr, fresh.dr, sizeof(st->dr));
    st->ldt = fresh.ldt;
    st->tr = fresh.tr;
    st->gdt = fresh.gdt;
    st->idt = fresh.idt;
    st->rip = fresh.rip;
    st->rflags = fresh.rflags;
    st->cr0 = (was.cr0 & (CR0_CD | CR0_NW)) | CR0_ET;
    st->cr2 = st->cr3 = st->cr4 = st->efer = st->kernel_gs_base = 0;
    st->halted = fresh.halted;
    st->wait_sipi = fresh.wait_sipi;
    st->inhibit = st->nmi_pending = st->nmi_masked = st->smi_pending = st->smm = 0;
    st->injected = st->injected_vector = st->injected_soft = 0;
}
