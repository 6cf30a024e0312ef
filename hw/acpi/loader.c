/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/loader.h"

/*
 * The linker/loader script (see loader.h)
 *
 *     allocate        1, file (56), align (4), zone (1)
 *     add pointer     2, file (56), target (56), at (4), size (1)
 *     add checksum    3, file (56), at (4), start (4), length (4)
 *     write pointer   4, file (56), target (56), at (4), target_at (4), size (1)
 *
 * The command's number has 4 bytes; all is little-endian, each command is filled up to 128 bytes.
 */

#include <assert.h>
#include <string.h>

enum { ALLOCATE = 1, ADD_POINTER, ADD_CHECKSUM, WRITE_POINTER };
enum { FILE_BYTES = 56 };

struct command { uint8_t bytes[ACPI_COMMAND_BYTES]; unsigned at; };

void acpi_loader_init(struct acpi_loader *l)
{
    *l = (struct acpi_loader){ .commands = g_byte_array_new() };
}

void acpi_loader_fini(struct acpi_loader *l)
{
    g_byte_array_free(l->commands, TRUE);
    *l = (struct acpi_loader){ 0 };
}

static void put(struct command *c, uint64_t val, unsigned bytes)
{
    assert(c->at + bytes <= sizeof(c->bytes));
    while (bytes--) {
        c->bytes[c->at++] = val;
        val >>= 8;
    }
}

static void put_file(struct command *c, const char *name)
{
    assert(strlen(name) < FILE_BYTES);
    memcpy(c->bytes + c->at, name, strlen(name));
    c->at += FILE_BYTES;
}

static struct command command(uint32_t number, const char *file)
{
    struct command c = { 0 };

    put(&c, number, 4);
    put_file(&c, file);
    return c;
}

static bool has_room(struct acpi_loader *l)
{
    l->full |= l->commands->len + ACPI_COMMAND_BYTES > ACPI_LOADER_MAX;
    return !l->full;
}

static void append(struct acpi_loader *l, const struct command *c)
{
    if (has_room(l))
        g_byte_array_append(l->commands, c->bytes, sizeof(c->bytes));
}

static bool pointer_size_ok(uint8_t size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

void acpi_loader_allocate(struct acpi_loader *l, const char *file, uint32_t align, enum acpi_zone zone)
{
    struct command c = command(ALLOCATE, file);

    assert(align && !(align & (align - 1)));
    put(&c, align, 4);
    put(&c, zone, 1);
    if (has_room(l))
        g_byte_array_prepend(l->commands, c.bytes, sizeof(c.bytes));
}

void acpi_loader_add_pointer(struct acpi_loader *l, const char *file, uint32_t at, uint8_t size, const char *target)
{
    struct command c = command(ADD_POINTER, file);

    assert(pointer_size_ok(size));
    put_file(&c, target);
    put(&c, at, 4);
    put(&c, size, 1);
    append(l, &c);
}

void acpi_loader_add_checksum(struct acpi_loader *l, const char *file, uint32_t at, uint32_t start, uint32_t len)
{
    struct command c = command(ADD_CHECKSUM, file);

    assert(at >= start && at - start < len);
    put(&c, at, 4);
    put(&c, start, 4);
    put(&c, len, 4);
    append(l, &c);
}

void acpi_loader_write_pointer(struct acpi_loader *l, const char *file, uint32_t at, uint8_t size, const char *target,
                               uint32_t target_at)
{
    struct command c = command(WRITE_POINTER, file);

    assert(pointer_size_ok(size));
    put_file(&c, target);
    put(&c, at, 4);
    put(&c, target_at, 4);
    put(&c, size, 1);
    append(l, &c);
}
