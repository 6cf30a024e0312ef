/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The system instructions: one insn_fn per line of cpu/x86-sys.tbl
 */

#include "accel/soft/insn.h"

#define SYSOP(name) insn_fn op_##name

/* softint.c, iret.c */
SYSOP(int3); SYSOP(int); SYSOP(into); SYSOP(int1); SYSOP(iret);
/* segops.c */
SYSOP(mov_from_sreg); SYSOP(mov_to_sreg); SYSOP(push_sreg); SYSOP(pop_sreg); SYSOP(load_far_ptr);
SYSOP(lar); SYSOP(lsl); SYSOP(verr); SYSOP(verw); SYSOP(arpl);
SYSOP(sldt); SYSOP(str); SYSOP(lldt); SYSOP(ltr); SYSOP(sgdt); SYSOP(sidt); SYSOP(lgdt); SYSOP(lidt);
/* far.c */
SYSOP(jmp_far_imm); SYSOP(jmp_far_mem); SYSOP(call_far_imm); SYSOP(call_far_mem); SYSOP(ret_far);
/* syscall.c */
SYSOP(syscall); SYSOP(sysret); SYSOP(sysenter); SYSOP(sysexit); SYSOP(swapgs);
SYSOP(rdfsbase); SYSOP(rdgsbase); SYSOP(wrfsbase); SYSOP(wrgsbase);
/* sysinsn.c */
SYSOP(mov_from_cr); SYSOP(mov_to_cr); SYSOP(mov_from_dr); SYSOP(mov_to_dr); SYSOP(clts); SYSOP(lmsw); SYSOP(smsw);
SYSOP(invlpg); SYSOP(invd); SYSOP(hlt); SYSOP(cli); SYSOP(sti); SYSOP(rdpmc); SYSOP(monitor); SYSOP(mwait);
SYSOP(xgetbv); SYSOP(xsetbv); SYSOP(clac); SYSOP(stac);
/* msr.c */
SYSOP(rdmsr); SYSOP(wrmsr);
/* smm.c */
SYSOP(rsm);
/* io.c */
SYSOP(in_imm); SYSOP(in_dx); SYSOP(out_imm); SYSOP(out_dx); SYSOP(ins); SYSOP(outs);

#undef SYSOP
