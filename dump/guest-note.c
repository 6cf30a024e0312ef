/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/guest-note.h"

/*
 * The guest's note (see guest-note.h); docs of the device: hw/nvram/vmcoreinfo.c
 *
 * The guest names a place of fixed size, in which its note is the first thing.
 */

#include "core/machine.h"
#include "dump/ranges.h"
#include "lib/log.h"

#include <elf.h>
#include <glib.h>
#include <string.h>

enum { FORMAT_ELF = 1, NOTE_MAX = 1 << 20 };

/* Header, name, content, each to a multiple of four; 0: it does not fit into size bytes. */
static uint64_t note_bytes(const Elf64_Nhdr *h, uint32_t size)
{
    uint64_t bytes = sizeof(*h) + (((uint64_t)h->n_namesz + 3) & ~3ull) + (((uint64_t)h->n_descsz + 3) & ~3ull);

    return bytes <= size ? bytes : 0;
}

void guest_note_append(GByteArray *out, const struct machine *m, const struct ranges *memory)
{
    struct guest_note note = { 0 };
    Elf64_Nhdr head;
    uint64_t bytes;
    guint at = out->len;

    if (!m->guest_note.get)
        return;
    if (!m->guest_note.get(m->guest_note.opaque, &note)) {
        log_warn("guest note is not present");
        return;
    }
    if (note.format != FORMAT_ELF) {
        log_warn("guest note format is unsupported: %u", note.format);
        return;
    }
    if (note.bytes > NOTE_MAX || note.bytes < sizeof(head) ||
        !ranges_read((void *)memory, note.gpa, &head, sizeof(head)) || !(bytes = note_bytes(&head, note.bytes))) {
        log_warn("guest note size is invalid: %u", note.bytes);
        return;
    }
    g_byte_array_set_size(out, at + bytes);
    if (!ranges_read((void *)memory, note.gpa, out->data + at, bytes)) {
        g_byte_array_set_size(out, at);
        log_warn("guest note cannot be read at %#llx", (unsigned long long)note.gpa);
        return;
    }
    memcpy(out->data + at, &head, sizeof(head));        /* as it was checked */
}
