/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kexec KERNEL INITRD COMMAND-LINE: in the guest, replaces its kernel by another; kexec_file_load(2)
 */
#include <fcntl.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int kernel, initrd;

    if (argc != 4)
        return 2;
    kernel = open(argv[1], O_RDONLY | O_CLOEXEC);
    initrd = open(argv[2], O_RDONLY | O_CLOEXEC);
    if (kernel < 0 || initrd < 0 || syscall(SYS_kexec_file_load, kernel, initrd, strlen(argv[3]) + 1, argv[3], 0ul)) {
        perror("kexec");
        return 1;
    }
    sync();
    syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, NULL);
    perror("kexec");
    return 1;
}
