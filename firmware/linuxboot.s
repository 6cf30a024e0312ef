# SPDX-License-Identifier: Apache-2.0
#
# linuxboot_dma.bin: starts the Linux kernel in fw_cfg at its 16-bit entry
#
# The machine has patched the setup header and said where everything belongs.  Left out: fw_cfg without DMA.
# Reference: the x86 boot protocol of Linux, "Running the kernel".

        .include "rom.inc"

product:
        .asciz "Linux loader"

boot:
        fetch KERNEL
        fetch INITRD
        fetch CMDLINE
        movl %edi, %ebp
        fetch SETUP
        subl %edi, %ebp                 # setup's stack ends below the command line
        subw $16, %bp
        shrl $4, %edi                   # its segment
        movw %di, %ds
        movw %di, %es
        movw %di, %fs
        movw %di, %gs
        movw %di, %ss
        movzwl %bp, %esp
        addw $0x20, %di
        pushw %di
        pushw $0
        lret
