# SPDX-License-Identifier: Apache-2.0
#
# pvh.bin: starts the kernel in fw_cfg at the entry that its PVH note names
#
# Reference: the x86/HVM direct boot ABI (PVH) and its start info, version 1.

        .include "rom.inc"

        .set MODULES, INFO + 0x40
        .set FIRST_LINE, MAP + 4
        .set INITRD_BYTES, INFO + 0x80

product:
        .asciz "PVH loader"

boot:
        movw $INFO, %di
        movw $0x80, %cx
        xorw %ax, %ax
        rep stosb
        fetch KERNEL
        fetch INITRD
        testl %ecx, %ecx
        jz 1f
        movl $1, INFO + 12              # nr_modules
        movl $MODULES, INFO + 16        # modlist_paddr
        movl %edi, MODULES              # paddr
        movl %ecx, MODULES + 8          # size
1:      fetch CMDLINE
        movl %edi, INFO + 24            # cmdline_paddr
        xorw %bp, %bp                   # the four bytes before a line are the one before it's reserved ones
        call memory_map
        movl $FIRST_LINE, INFO + 40     # memmap_paddr
        movw %si, INFO + 48             # memmap_entries
        call find_rsdp
        movl %eax, INFO + 32            # rsdp_paddr
        movl $0x336ec578, INFO          # magic
        movl $1, INFO + 4               # version
        movl $INFO, %ebx
        xorl %esi, %esi
        jmp protected_mode

# EAX: where the ACPI root pointer lies; 0: nowhere.  It begins at a paragraph, which is a segment.
find_rsdp:
        movw 0x40e, %dx                 # the first KiB of the EBDA, then E0000h to FFFFFh
        movw $64, %cx
        call rsdp_in
        jnz 1f
        movw $0xe000, %dx
        movw $0x2000, %cx
        call rsdp_in
1:      ret

# DX: first segment, CX: how many.  ZF: not there.
rsdp_in:
        pushw %ds
1:      movw %dx, %ds
        cmpl $0x20445352, 0             # "RSD "
        jne 2f
        cmpl $0x20525450, 4             # "PTR "
        je 3f
2:      incw %dx
        loop 1b
        xorw %dx, %dx
3:      popw %ds
        movzwl %dx, %eax
        shll $4, %eax
        ret

        .include "protected.inc"
