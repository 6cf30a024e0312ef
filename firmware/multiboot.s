# SPDX-License-Identifier: Apache-2.0
#
# multiboot_dma.bin: starts the Multiboot kernel in fw_cfg
#
# KERNEL is all that lies above 1 MiB: image, zeroed memory, strings, modules.  INITRD is the Multiboot
# information, to which this ROM adds what only firmware knows: memory sizes and the memory map.
# Reference: Multiboot 0.6.96, 3.2 and 3.3.

        .include "rom.inc"

        .set MBI_FLAGS, 0
        .set MBI_MEM_LOWER, 4
        .set MBI_MEM_UPPER, 8
        .set MBI_MMAP_LENGTH, 44
        .set MBI_MMAP_ADDR, 48

product:
        .asciz "Multiboot loader"

boot:
        fetch KERNEL
        fetch INITRD
        pushl %edi
        movw $20, %bp                   # each line says how long the rest of it is
        call memory_map
        popl %ebx
        movw %si, %ax
        movw $MAP_LINE, %cx
        mulw %cx
        movzwl %ax, %eax
        movl %eax, MBI_MMAP_LENGTH(%bx)
        movl $MAP, MBI_MMAP_ADDR(%bx)
        call memory_upper
        movl %eax, MBI_MEM_UPPER(%bx)
        int $0x12
        movzwl %ax, %eax
        movl %eax, MBI_MEM_LOWER(%bx)
        movl $0x2badb002, %esi
        jmp protected_mode

# EAX: KiB of the memory that begins at 1 MiB; 0: the map shows none.  SI: lines of the map.
memory_upper:
        movw $(MAP + 4), %di
1:      cmpl $0x100000, (%di)
        jne 2f
        cmpl $0, 4(%di)
        jne 2f
        cmpl $1, 16(%di)                # memory
        jne 2f
        movl 8(%di), %eax
        shrl $10, %eax
        ret
2:      addw $MAP_LINE, %di
        decw %si
        jnz 1b
        xorl %eax, %eax
        ret

        .include "protected.inc"
