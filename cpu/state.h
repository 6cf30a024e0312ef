/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The architectural state of one x86-64 logical processor
 *
 * What a guest can see and change of its CPU, apart from its local APIC.  Accelerators hold a copy
 * in a form of their own while they run; accel.h says how it is fetched and stored, and when that
 * is legal (the vCPU is stopped).  The members are in order of size: a hole would be reported by
 * the conformance suite as a forgotten byte.
 *
 * Reference: Intel SDM volume 3, chapters 2 to 10; AMD APM volume 2, chapters 1 to 5.
 */

#include <stdint.h>

enum x86_gpr { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15, X86_GPRS };
enum x86_sreg { ES, CS, SS, DS, FS, GS, X86_SREGS };

/* A segment register with its hidden part.  attr: the descriptor's second dword, bits 8 to 23. */
struct x86_seg {
    uint64_t base;
    uint32_t limit;             /* in bytes, granularity applied */
    uint32_t attr;
    uint32_t sel;
    uint32_t spare;             /* always 0 */
};

enum {
    SEG_TYPE = 0xf << 8, SEG_ACCESSED = 1 << 8, SEG_RW = 1 << 9, SEG_CE = 1 << 10, SEG_CODE = 1 << 11,
    SEG_S = 1 << 12, SEG_DPL_SHIFT = 13, SEG_DPL = 3 << 13, SEG_P = 1 << 15,
    SEG_AVL = 1 << 20, SEG_L = 1 << 21, SEG_DB = 1 << 22, SEG_G = 1 << 23,
};

enum {
    FLAG_CF = 1 << 0, FLAG_1 = 1 << 1, FLAG_PF = 1 << 2, FLAG_AF = 1 << 4, FLAG_ZF = 1 << 6, FLAG_SF = 1 << 7,
    FLAG_TF = 1 << 8, FLAG_IF = 1 << 9, FLAG_DF = 1 << 10, FLAG_OF = 1 << 11, FLAG_IOPL = 3 << 12,
    FLAG_NT = 1 << 14, FLAG_RF = 1 << 16, FLAG_VM = 1 << 17, FLAG_AC = 1 << 18, FLAG_VIF = 1 << 19,
    FLAG_VIP = 1 << 20, FLAG_ID = 1 << 21,
    FLAGS_ARITH = FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF,
};

#define CR0_PE (1u << 0)
#define CR0_MP (1u << 1)
#define CR0_EM (1u << 2)
#define CR0_TS (1u << 3)
#define CR0_ET (1u << 4)
#define CR0_NE (1u << 5)
#define CR0_WP (1u << 16)
#define CR0_AM (1u << 18)
#define CR0_NW (1u << 29)
#define CR0_CD (1u << 30)
#define CR0_PG (1u << 31)

#define CR4_VME (1u << 0)
#define CR4_PVI (1u << 1)
#define CR4_TSD (1u << 2)
#define CR4_DE (1u << 3)
#define CR4_PSE (1u << 4)
#define CR4_PAE (1u << 5)
#define CR4_MCE (1u << 6)
#define CR4_PGE (1u << 7)
#define CR4_PCE (1u << 8)
#define CR4_OSFXSR (1u << 9)
#define CR4_OSXMMEXCPT (1u << 10)
#define CR4_UMIP (1u << 11)
#define CR4_LA57 (1u << 12)
#define CR4_FSGSBASE (1u << 16)
#define CR4_PCIDE (1u << 17)
#define CR4_OSXSAVE (1u << 18)
#define CR4_SMEP (1u << 20)
#define CR4_SMAP (1u << 21)
#define CR4_PKE (1u << 22)

#define EFER_SCE (1u << 0)
#define EFER_LME (1u << 8)
#define EFER_LMA (1u << 10)
#define EFER_NXE (1u << 11)
#define EFER_FFXSR (1u << 14)

enum x86_vector {
    VEC_DE = 0, VEC_DB = 1, VEC_NMI = 2, VEC_BP = 3, VEC_OF = 4, VEC_BR = 5, VEC_UD = 6, VEC_NM = 7, VEC_DF = 8,
    VEC_TS = 10, VEC_NP = 11, VEC_SS = 12, VEC_GP = 13, VEC_PF = 14, VEC_MF = 16, VEC_AC = 17, VEC_MC = 18, VEC_XM = 19,
};

enum { X86_MTRR_FIXED = 11, X86_MTRR_VAR = 8, X86_MCE_BANKS = 10 };

struct x86_state {
    uint8_t fx[512] __attribute__((aligned(16)));   /* FXSAVE image in its 64-bit form: x87, MXCSR, xmm0-15 */
    uint64_t gpr[X86_GPRS];
    uint64_t rip, rflags;
    struct x86_seg seg[X86_SREGS], ldt, tr, gdt, idt;
    uint64_t cr0, cr2, cr3, cr4, efer, xcr0;
    uint64_t dr[8];
    uint64_t star, lstar, cstar, fmask, kernel_gs_base, sysenter_esp, sysenter_eip;
    uint64_t pat, tsc_aux, misc_enable;
    uint64_t tsc_offset;        /* guest TSC = the machine's TSC clock + tsc_offset */
    uint64_t tsc_deadline;      /* IA32_TSC_DEADLINE as written; 0: not armed */
    uint64_t mtrr_fixed[X86_MTRR_FIXED], mtrr_deftype, mtrr_var[X86_MTRR_VAR][2];
    uint64_t mcg_cap, mcg_status, mcg_ctl, mce_banks[X86_MCE_BANKS * 4];
    uint64_t system_time_msr, wall_clock_msr;       /* of the paravirtual clock, under KVM */
    uint32_t sysenter_cs, smbase;
    uint32_t smi_count;
    uint8_t halted;             /* HLT, or waiting for INIT-SIPI */
    uint8_t wait_sipi;
    uint8_t inhibit;            /* in the shadow of STI or MOV SS */
    uint8_t nmi_pending, nmi_masked, smi_pending, smm;
    uint8_t a20;                /* 1: address line 20 is not masked */
    uint8_t injected, injected_vector, injected_soft;   /* acknowledged, but not delivered yet: under KVM only */
    uint8_t spare;
};
