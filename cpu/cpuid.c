/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/model.h"

/*
 * CPUID (Intel SDM volume 2, AMD APM volume 3 appendix E)
 *
 * Leaves, caches and topology as the reference shows them for the same model.  Leaf 0DH (XSAVE) is empty
 * while no model has XSAVE.
 */

#include "cpu/topology.h"

#include <string.h>

enum { LEAF_HYPERVISOR = 0x40000000 };

static uint32_t word_of_text(const char *text, size_t at)
{
    char bytes[4] = { 0 };
    uint32_t word;

    for (unsigned i = 0; i < 4; i++)
        bytes[i] = at + i < strlen(text) ? text[at + i] : 0;
    memcpy(&word, bytes, 4);
    return word;
}

static void set(uint32_t out[4], uint32_t eax, uint32_t ebx, uint32_t ecx, uint32_t edx)
{
    out[0] = eax;
    out[1] = ebx;
    out[2] = ecx;
    out[3] = edx;
}

/* Of the APIC id, those that tell the threads of a socket apart. */
static unsigned place_bits(const struct cpu_config *c)
{
    return cpu_topology_bits(c->dies) + cpu_topology_bits(c->cores) + cpu_topology_bits(c->threads);
}

static void leaf_1(const struct cpu_config *c, const struct cpuid_live *live, uint32_t out[4])
{
    uint32_t logical = c->cores * c->threads;
    uint32_t ebx = live->apic_id << 24 | 8 << 8 /* CLFLUSH, in quadwords */;
    uint32_t ecx = c->model.words[WORD_1_ECX], edx = c->model.words[WORD_1_EDX];

    if (logical > 1) {
        ebx |= (logical > 255 ? 255 : logical) << 16;
        edx |= 1u << 28;
    }
    if (!live->apic_enabled)
        edx &= ~(1u << 9);
    if (live->osxsave)
        ecx |= 1u << 27;
    set(out, c->model.signature, ebx, ecx, edx);
}

/* Extended topology: threads of a core, then cores; of dies only the APIC ids' bits are told here. */
static void leaf_b(const struct cpu_config *c, const struct cpuid_live *live, uint32_t sub, uint32_t out[4])
{
    unsigned thread_bits = cpu_topology_bits(c->threads);

    switch (sub) {
    case 0:
        set(out, thread_bits, c->threads, 1 << 8 | sub, live->apic_id);
        break;
    case 1:
        set(out, place_bits(c), c->cores * c->threads, 2 << 8 | sub, live->apic_id);
        break;
    default:
        set(out, 0, 0, sub & 0xff, live->apic_id);
    }
}

static void leaf_basic(const struct cpu_config *c, const struct cpuid_live *live, uint32_t leaf, uint32_t sub,
                       uint32_t out[4])
{
    const uint32_t *w = c->model.words;

    switch (leaf) {
    case 0:
        set(out, c->model.level, word_of_text(c->model.vendor, 0), word_of_text(c->model.vendor, 8),
            word_of_text(c->model.vendor, 4));
        break;
    case 1:
        leaf_1(c, live, out);
        break;
    case 5:
        set(out, 0, 0, 3, 0);           /* MONITOR enumeration; the feature bit says whether there is one */
        break;
    case 6:
        out[0] = w[WORD_6_EAX];
        break;
    case 7:
        if (!sub)
            set(out, 0, w[WORD_7_EBX], w[WORD_7_ECX], w[WORD_7_EDX]);
        break;
    case 0xb:
        if (c->on.topology_leaf)
            leaf_b(c, live, sub, out);
        break;
    case 0xd:
        if (sub == 1)
            out[0] = w[WORD_D1_EAX];
        break;
    }
}

static void leaf_extended(const struct cpu_config *c, uint32_t leaf, uint32_t out[4])
{
    uint32_t logical = c->cores * c->threads;
    const char *brand = c->model.brand;
    size_t at = (leaf - 0x80000002) * 16;

    switch (leaf) {
    case 0x80000000:
        set(out, c->model.xlevel, word_of_text(c->model.vendor, 0), word_of_text(c->model.vendor, 8),
            word_of_text(c->model.vendor, 4));
        break;
    case 0x80000001:
        set(out, c->model.signature, 0, c->model.words[WORD_80000001_ECX] | (logical > 1 ? 2 : 0),
            c->model.words[WORD_80000001_EDX]);
        break;
    case 0x80000002 ... 0x80000004:
        set(out, word_of_text(brand, at), word_of_text(brand, at + 4), word_of_text(brand, at + 8),
            word_of_text(brand, at + 12));
        break;
    case 0x80000005:
        set(out, 0x01ff01ff, 0x01ff01ff, 0x40020140, 0x40020140);
        break;
    case 0x80000006:
        set(out, 0, 0x42004200, 0x02008140, 0x00808140);
        break;
    case 0x80000008:
        set(out, (c->model.words[WORD_7_ECX] >> 16 & 1 ? 57 : 48) << 8 | c->model.phys_bits, 0,
            logical > 1 ? place_bits(c) << 12 | (logical - 1) : 0, 0);
        break;
    case 0x8000000a:
        if (c->model.words[WORD_80000001_ECX] & 4)
            set(out, 1, 16, 0, c->model.words[WORD_8000000A_EDX]);
        break;
    }
}

static bool hypervisor_leaves(const struct cpu_config *c)
{
    return c->on.tcg_leaves && c->model.words[WORD_1_ECX] >> 31;
}

void cpuid_query(const struct cpu_config *c, const struct cpuid_live *live, uint32_t leaf, uint32_t subleaf,
                 uint32_t out[4])
{
    set(out, 0, 0, 0, 0);
    if (leaf >> 16 == 0x8000 && leaf <= c->model.xlevel) {
        leaf_extended(c, leaf, out);
    } else if (leaf == LEAF_HYPERVISOR && hypervisor_leaves(c)) {
        set(out, LEAF_HYPERVISOR + 1, word_of_text("TCGTCGTCGTCG", 0), word_of_text("TCGTCGTCGTCG", 4),
            word_of_text("TCGTCGTCGTCG", 8));
    } else if (leaf == LEAF_HYPERVISOR + 1 && hypervisor_leaves(c)) {
        return;
    } else {
        leaf_basic(c, live, leaf <= c->model.level ? leaf : c->model.level, subleaf, out);
    }
}
