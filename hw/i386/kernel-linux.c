/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/i386/kernel-load.h"

/*
 * -kernel: a Linux bzImage, to be entered at its 16-bit code
 *
 *                        setup at   command line at                         kernel at
 *     protocol 2.02 on     10000h   20000h                                  100000h
 *     before that          90000h   below 9A000h, found by a magic number   100000h
 *
 * Setup's stack and heap lie between setup and command line.  What a boot loader has to tell is patched into a
 * copy of the setup code here, so that the ROM only moves bytes.
 * Reference: Documentation of the x86 boot protocol, versions 2.00 to 2.15.  Left out: zImage, setup_data.
 */

#include "hw/i386/linux-header.h"
#include "lib/bits.h"
#include "lib/error.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { LOADER_ID = 0xb0, COMMAND_MAGIC = 0xa33f, STACK_BYTES = 0x200, COMMAND_BYTES_MAX = 0x10000 };
enum { VGA_NORMAL = 0xffff, VGA_EXT = 0xfffe, VGA_ASK = 0xfffd };

struct place { uint32_t setup, command, heap_end; };

static int place_find(const struct kernel_load *k, const struct linux_header *h, struct place *p, struct error **err)
{
    uint32_t command_bytes = strlen(kernel_command_line(k)) + 1;

    *p = (struct place){ .setup = 0x10000, .command = 0x20000 };
    if (h->protocol < 0x202)
        *p = (struct place){ .setup = 0x90000, .command = (0x9a000 - command_bytes) & ~15u };
    p->heap_end = p->command - p->setup - STACK_BYTES;
    if (h->setup_bytes >= p->heap_end)
        return kernel_bad_file(k, "a bzImage whose setup code leaves room for its heap", err);
    return 0;
}

static int command_line_check(const struct kernel_load *k, const struct linux_header *h, struct error **err)
{
    uint32_t max = h->cmdline_max < COMMAND_BYTES_MAX ? h->cmdline_max : COMMAND_BYTES_MAX - 1;
    size_t n = strlen(kernel_command_line(k));

    if (n <= max)
        return 0;
    return error_set(err, -E2BIG, ERROR_RANGE, "-append", T("%zu characters", n),
                     T("at most %u characters for this kernel", max));
}

/* The word "vga=" is for boot loaders.  What is no mode leaves the kernel's own. */
static bool video_mode(const char *command, uint16_t *mode)
{
    const char *at = strstr(command, "vga=");
    unsigned long n;
    char *end;

    while (at && at > command && at[-1] != ' ')
        at = strstr(at + 1, "vga=");
    if (!at)
        return false;
    at += strlen("vga=");
    n = strtoul(at, &end, 0);
    if (!strncmp(at, "normal", 6))
        n = VGA_NORMAL;
    else if (!strncmp(at, "ext", 3))
        n = VGA_EXT;
    else if (!strncmp(at, "ask", 3))
        n = VGA_ASK;
    else if (*at < '0' || *at > '9' || (*end && *end != ' ') || n > UINT16_MAX)
        return false;
    *mode = n;
    return true;
}

static void command_line_tell(const struct linux_header *h, const struct place *p, uint8_t *setup)
{
    if (h->protocol >= 0x202) {
        bits_store(setup + LINUX_CMD_LINE_PTR, 4, p->command);
        return;
    }
    bits_store(setup + LINUX_CMD_LINE_MAGIC, 2, COMMAND_MAGIC);
    bits_store(setup + LINUX_CMD_LINE_OFFSET, 2, p->command - p->setup);
}

/* What a boot loader writes into the header. */
static void setup_patch(const struct kernel_load *k, const struct linux_header *h, const struct place *p,
                        const struct kernel_span *initrd, uint8_t *setup)
{
    uint16_t mode;

    if (video_mode(kernel_command_line(k), &mode))
        bits_store(setup + LINUX_VID_MODE, 2, mode);
    command_line_tell(h, p, setup);
    setup[LINUX_LOADER] = LOADER_ID;
    if (h->protocol >= 0x201) {
        setup[LINUX_LOADFLAGS] |= LINUX_CAN_USE_HEAP;
        bits_store(setup + LINUX_HEAP_END_PTR, 2, p->heap_end);
    }
    if (initrd->bytes) {
        bits_store(setup + LINUX_RAMDISK_IMAGE, 4, initrd->at);
        bits_store(setup + LINUX_RAMDISK_SIZE, 4, initrd->bytes);
    }
}

static void setup_add(const struct kernel_load *k, const struct linux_header *h, const struct place *p,
                      const struct kernel_span *initrd)
{
    uint8_t *setup = malloc(h->setup_bytes);

    assert(setup);
    memcpy(setup, k->file, h->setup_bytes);
    setup_patch(k, h, p, initrd, setup);
    kernel_part_add(k, &kernel_setup_keys, p->setup, setup, h->setup_bytes);
    free(setup);
}

static int header_check(const struct kernel_load *k, struct linux_header *h, struct place *p, struct error **err)
{
    int r = linux_header_read(k->cfg->kernel, k->file, k->size, h, err);

    if (!r && !h->loaded_high)
        r = kernel_bad_file(k, "a bzImage: this is a zImage, which is loaded below 1 MiB", err);
    if (!r)
        r = command_line_check(k, h, err);
    return r ? r : place_find(k, h, p, err);
}

int kernel_linux_add(const struct kernel_load *k, struct error **err)
{
    const char *command = kernel_command_line(k);
    struct kernel_span initrd;
    struct linux_header h;
    struct place p;
    uint64_t end;
    int r = header_check(k, &h, &p, err);

    if (r)
        return r;
    end = KERNEL_LOWEST + (k->size - h.setup_bytes);
    if (end > k->top)
        return kernel_too_high(k, end, err);
    r = kernel_initrd_add(k, end, h.initrd_max, &initrd, err);
    if (r < 0)
        return r;
    kernel_part_add(k, &kernel_keys, KERNEL_LOWEST, k->file + h.setup_bytes, k->size - h.setup_bytes);
    kernel_part_add(k, &kernel_cmdline_keys, p.command, command, strlen(command) + 1);
    setup_add(k, &h, &p, &initrd);
    return 0;
}
