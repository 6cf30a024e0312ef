/* SPDX-License-Identifier: Apache-2.0 */
#include "gdb/regs.h"

/*
 * The target description: what GDB is told of the registers
 *
 * Two documents, as by the reference: one names the architecture and includes the other, which is a feature with all
 * registers, and the types of those with bits or elements.
 * Reference: GDB's manual, appendix "Target Descriptions".
 */

struct flag { const char *name; uint8_t first, last; };
#define FLAG(name, bit) { name, bit, bit }

static const struct flag eflags_flags[] = {
    FLAG("CF", 0), FLAG("PF", 2), FLAG("AF", 4), FLAG("ZF", 6), FLAG("SF", 7), FLAG("TF", 8), FLAG("IF", 9),
    FLAG("DF", 10), FLAG("OF", 11), { "IOPL", 12, 13 }, FLAG("NT", 14), FLAG("RF", 16), FLAG("VM", 17), FLAG("AC", 18),
    FLAG("VIF", 19), FLAG("VIP", 20), FLAG("ID", 21), {},
};
static const struct flag cr0_flags[] = {
    FLAG("PE", 0), FLAG("MP", 1), FLAG("EM", 2), FLAG("TS", 3), FLAG("ET", 4), FLAG("NE", 5), FLAG("WP", 16),
    FLAG("AM", 18), FLAG("NW", 29), FLAG("CD", 30), FLAG("PG", 31), {},
};
static const struct flag cr3_flags[] = { { "PCID", 0, 11 }, { "PDBR", 12, 63 }, {} };
static const struct flag cr4_flags[] = {
    FLAG("VME", 0), FLAG("PVI", 1), FLAG("TSD", 2), FLAG("DE", 3), FLAG("PSE", 4), FLAG("PAE", 5), FLAG("MCE", 6),
    FLAG("PGE", 7), FLAG("PCE", 8), FLAG("OSFXSR", 9), FLAG("OSXMMEXCPT", 10), FLAG("UMIP", 11), FLAG("LA57", 12),
    FLAG("VMXE", 13), FLAG("SMXE", 14), FLAG("FSGSBASE", 16), FLAG("PCIDE", 17), FLAG("OSXSAVE", 18), FLAG("SMEP", 20),
    FLAG("SMAP", 21), FLAG("PKE", 22), {},
};
static const struct flag efer_flags[] = {
    FLAG("SCE", 0), FLAG("LME", 8), FLAG("LMA", 10), FLAG("NXE", 11), FLAG("SVME", 12), FLAG("LMSLE", 13),
    FLAG("FFXSR", 14), FLAG("TCE", 15), {},
};
static const struct flag mxcsr_flags[] = {
    FLAG("IE", 0), FLAG("DE", 1), FLAG("ZE", 2), FLAG("OE", 3), FLAG("UE", 4), FLAG("PE", 5), FLAG("DAZ", 6),
    FLAG("IM", 7), FLAG("DM", 8), FLAG("ZM", 9), FLAG("OM", 10), FLAG("UM", 11), FLAG("PM", 12), FLAG("FZ", 15), {},
};
static const struct { const char *id; unsigned bytes; const struct flag *flags; } flag_types[] = {
    { "x64_eflags", 4, eflags_flags }, { "x64_cr0", 8, cr0_flags }, { "x64_cr3", 8, cr3_flags },
    { "x64_cr4", 8, cr4_flags }, { "x64_efer", 8, efer_flags }, { "x64_mxcsr", 4, mxcsr_flags },
};
static const struct { const char *id, *type, *field; unsigned count; } vector_types[] = {
    { "v4f", "ieee_single", "v4_float", 4 }, { "v2d", "ieee_double", "v2_double", 2 },
    { "v16i8", "int8", "v16_int8", 16 }, { "v8i16", "int16", "v8_int16", 8 }, { "v4i32", "int32", "v4_int32", 4 },
    { "v2i64", "int64", "v2_int64", 2 },
};
enum { FLAG_TYPES = sizeof(flag_types) / sizeof(flag_types[0]), VECTOR_TYPES = sizeof(vector_types) /
       sizeof(vector_types[0]) };

const char gdb_target_xml[] =
    "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target>"
    "<architecture>i386:x86-64</architecture><xi:include href=\"" GDB_CORE_XML "\"/></target>";

static void types_append(GString *out)
{
    for (unsigned i = 0; i < FLAG_TYPES; i++) {
        g_string_append_printf(out, "<flags id=\"%s\" size=\"%u\">\n", flag_types[i].id, flag_types[i].bytes);
        for (const struct flag *f = flag_types[i].flags; f->name; f++)
            g_string_append_printf(out, "<field name=\"%s\" start=\"%u\" end=\"%u\"/>\n", f->name, f->first, f->last);
        g_string_append(out, "</flags>\n");
    }
    for (unsigned i = 0; i < VECTOR_TYPES; i++)
        g_string_append_printf(out, "<vector id=\"%s\" type=\"%s\" count=\"%u\"/>\n", vector_types[i].id,
                               vector_types[i].type, vector_types[i].count);
    g_string_append(out, "<union id=\"vec128\">\n");
    for (unsigned i = 0; i < VECTOR_TYPES; i++)
        g_string_append_printf(out, "<field name=\"%s\" type=\"%s\"/>\n", vector_types[i].field, vector_types[i].id);
    g_string_append(out, "<field name=\"uint128\" type=\"uint128\"/>\n</union>\n");
}

void gdb_core_xml(GString *out)
{
    g_string_append(out, "<?xml version=\"1.0\"?>\n<!DOCTYPE feature SYSTEM \"gdb-target.dtd\">\n"
                         "<feature name=\"org.gnu.gdb.i386.core\">\n");
    types_append(out);
    for (unsigned i = 0; i < GDB_REGS; i++) {
        struct gdb_reg_info r = gdb_reg_info(i);

        g_string_append_printf(out, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\" regnum=\"%u\"", r.name,
                               gdb_reg_bytes(i) * 8, r.type, i);
        if (r.group)
            g_string_append_printf(out, " group=\"%s\"", r.group);
        g_string_append(out, "/>\n");
    }
    g_string_append(out, "</feature>\n");
}
