/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/print.h"

/*
 * Registers as text (see print.h)
 *
 * Two layouts: 64-bit mode and the others.  Lines come one by one, without line ends.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct lines { void (*out)(void *opaque, const char *line); void *opaque; char buf[256]; };
#define LINE(l, ...) (snprintf((l)->buf, sizeof((l)->buf), __VA_ARGS__), (l)->out((l)->opaque, (l)->buf))

static bool code64(const struct x86_state *st)
{
    return st->efer & EFER_LMA && st->seg[CS].attr & SEG_L;
}

static void gprs(struct lines *l, const struct x86_state *st)
{
    static const char names64[16][4] = { "RAX", "RBX", "RCX", "RDX", "RSI", "RDI", "RBP", "RSP",
                                         "R8 ", "R9 ", "R10", "R11", "R12", "R13", "R14", "R15" };
    static const char names32[8][4] = { "EAX", "EBX", "ECX", "EDX", "ESI", "EDI", "EBP", "ESP" };
    static const uint8_t order[16] = { RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP, R8, R9, R10, R11, R12, R13, R14, R15 };
    const uint64_t *g = st->gpr;

    for (unsigned i = 0; i < (code64(st) ? 16 : 8); i += 4)
        if (code64(st))
            LINE(l, "%s=%016" PRIx64 " %s=%016" PRIx64 " %s=%016" PRIx64 " %s=%016" PRIx64, names64[i], g[order[i]],
                 names64[i + 1], g[order[i + 1]], names64[i + 2], g[order[i + 2]], names64[i + 3], g[order[i + 3]]);
        else
            LINE(l, "%s=%08" PRIx32 " %s=%08" PRIx32 " %s=%08" PRIx32 " %s=%08" PRIx32, names32[i],
                 (uint32_t)g[order[i]], names32[i + 1], (uint32_t)g[order[i + 1]], names32[i + 2],
                 (uint32_t)g[order[i + 2]], names32[i + 3], (uint32_t)g[order[i + 3]]);
}

static void flags(struct lines *l, const struct x86_state *st, bool halted)
{
    static const struct { uint32_t bit; char c;
    } letters[] = {
        { FLAG_DF, 'D' }, { FLAG_OF, 'O' }, { FLAG_SF, 'S' }, { FLAG_ZF, 'Z' },
        { FLAG_AF, 'A' }, { FLAG_PF, 'P' }, { FLAG_CF, 'C' },
    };
    char text[8] = "";

    for (unsigned i = 0; i < 7; i++)
        text[i] = st->rflags & letters[i].bit ? letters[i].c : '-';
    LINE(l,
         code64(st) ? "RIP=%016" PRIx64 " RFL=%08x [%s] CPL=%u II=%u A20=%u SMM=%u HLT=%u"
                    : "EIP=%08" PRIx64 " EFL=%08x [%s] CPL=%u II=%u A20=%u SMM=%u HLT=%u",
         st->rip, (uint32_t)st->rflags, text, st->seg[SS].attr >> SEG_DPL_SHIFT & 3, st->inhibit, st->a20, st->smm,
         halted);
}

static const char *seg_kind(uint32_t attr, bool lma)
{
    if (!(attr & SEG_S))
        return lma ? "64" : "";
    return attr & SEG_CODE ? attr & SEG_L ? "CS64" : attr & SEG_DB ? "CS32" : "CS16" : attr & SEG_DB ? "DS  " : "DS16";
}

static void segment(struct lines *l, const struct x86_state *st, const char *name, const struct x86_seg *s)
{
    uint32_t shown = s->attr | (s->attr & SEG_G ? s->limit >> 12 & 0xf0000 : s->limit & 0xf0000);

    LINE(l, code64(st) ? "%-3s=%04x %016" PRIx64 " %08x %08x %s" : "%-3s=%04x %08" PRIx64 " %08x %08x %s", name, s->sel,
         s->base, s->limit, shown & ~0xf0000u, s->attr & SEG_P ? seg_kind(s->attr, st->efer & EFER_LMA) : "");
}

static void system_registers(struct lines *l, const struct x86_state *st)
{
    LINE(l, "GDT=     %016" PRIx64 " %08x", st->gdt.base, st->gdt.limit);
    LINE(l, "IDT=     %016" PRIx64 " %08x", st->idt.base, st->idt.limit);
    LINE(l, "CR0=%08x CR2=%016" PRIx64 " CR3=%016" PRIx64 " CR4=%08x", (uint32_t)st->cr0, st->cr2, st->cr3,
         (uint32_t)st->cr4);
    LINE(l, "DR0=%016" PRIx64 " DR1=%016" PRIx64 " DR2=%016" PRIx64 " DR3=%016" PRIx64 " ", st->dr[0], st->dr[1],
         st->dr[2], st->dr[3]);
    LINE(l, "DR6=%016" PRIx64 " DR7=%016" PRIx64, st->dr[6], st->dr[7]);
    LINE(l, "EFER=%016" PRIx64, st->efer);
}

static void vectors(struct lines *l, const struct x86_state *st)
{
    uint16_t fcw, fsw;
    uint32_t mxcsr;

    memcpy(&fcw, st->fx, 2);
    memcpy(&fsw, st->fx + 2, 2);
    memcpy(&mxcsr, st->fx + 24, 4);
    LINE(l, "FCW=%04x FSW=%04x [ST=%u] FTW=%02x MXCSR=%08x", fcw, fsw, fsw >> 11 & 7, st->fx[4], mxcsr);
    for (unsigned i = 0; i < (code64(st) ? 16 : 8); i++) {
        uint64_t half[2];

        memcpy(half, st->fx + 160 + 16 * i, 16);
        LINE(l, "XMM%02u=%016" PRIx64 " %016" PRIx64, i, half[1], half[0]);
    }
}

void x86_state_print(const struct x86_state *st, bool halted, void (*out)(void *opaque, const char *line), void *opaque)
{
    static const char names[X86_SREGS][4] = { "ES ", "CS ", "SS ", "DS ", "FS ", "GS " };
    struct lines l = { .out = out, .opaque = opaque };

    gprs(&l, st);
    flags(&l, st, halted);
    for (unsigned i = 0; i < X86_SREGS; i++)
        segment(&l, st, names[i], &st->seg[i]);
    segment(&l, st, "LDT", &st->ldt);
    segment(&l, st, "TR ", &st->tr);
    system_registers(&l, st);
    vectors(&l, st);
}
