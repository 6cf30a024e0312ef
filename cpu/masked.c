/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/model.h"

/*
 * Feature bits that the software CPU does not execute
 *
 * The one list: a bit that a model or a user asks for and that stands here is not shown to the guest.
 */

const struct cpu_masked cpu_soft_masked[] = {
    { WORD_1_ECX, 3, "monitor", "MWAIT would sleep without watching memory" },
    { WORD_1_ECX, 5, "vmx", "no nested virtualization" },
    { WORD_1_ECX, 12, "fma", "needs VEX" },
    { WORD_1_ECX, 26, "xsave", "no XSAVE area beyond FXSAVE's" },
    { WORD_1_ECX, 28, "avx", "needs VEX and XSAVE" },
    { WORD_1_ECX, 29, "f16c", "needs VEX" },
    { WORD_1_ECX, 30, "rdrand", "no table lines yet" },
    { WORD_1_EDX, 1, "vme", "virtual-8086 extensions" },
    { WORD_7_EBX, 3, "bmi1", "needs VEX" },
    { WORD_7_EBX, 5, "avx2", "needs VEX and XSAVE" },
    { WORD_7_EBX, 8, "bmi2", "needs VEX" },
    { WORD_7_EBX, 14, "mpx", "bound registers" },
    { WORD_7_EBX, 19, "adx", "no table lines yet" },
    { WORD_7_EBX, 22, "pcommit", "persistent memory" },
    { WORD_7_EBX, 23, "clflushopt", "no table lines yet" },
    { WORD_7_EBX, 24, "clwb", "no table lines yet" },
    { WORD_7_ECX, 3, "pku", "protection keys" },
    { WORD_7_ECX, 9, "vaes", "needs VEX" },
    { WORD_7_ECX, 16, "la57", "five-level paging" },
    { WORD_7_ECX, 31, "pks", "protection keys" },
    { WORD_D1_EAX, 0, "xsaveopt", "no XSAVE area beyond FXSAVE's" },
    { WORD_D1_EAX, 2, "xgetbv1", "no XSAVE area beyond FXSAVE's" },
    { WORD_80000001_ECX, 2, "svm", "no nested virtualization" },
    { WORD_80000001_ECX, 4, "cr8legacy", "LOCK MOV CR0 as CR8" },
    { WORD_80000001_ECX, 5, "abm", "LZCNT has no table line yet" },
    { WORD_80000001_ECX, 6, "sse4a", "EXTRQ, INSERTQ, MOVNTSS" },
    { WORD_80000001_EDX, 30, "3dnowext", "3DNow!" },
    { WORD_80000001_EDX, 31, "3dnow", "3DNow!" },
    { WORD_8000000A_EDX, 0, "npt", "no nested virtualization" },
    { WORD_8000000A_EDX, 16, "vgif", "no nested virtualization" },
    { WORD_8000000A_EDX, 28, "svme-addr-chk", "no nested virtualization" },
    { 0 },
};
