/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/dump-rig.h"

/*
 * Dumps: the core file, read back by a reader of this file's own; who waits for whom; what is refused
 *
 * The reader knows offsets of System V ABI chapters 4 and 5, and elf_prstatus as Debian's <sys/procfs.h> has it.
 */

#include "dump/mappings.h"

#include <errno.h>
#include <sys/procfs.h>

static uint8_t *file;
static uint64_t file_bytes, file_blocks;

static void file_read_back(void)
{
    int fd = open(rig.path, O_RDONLY);
    struct stat s;

    CHECK(fd >= 0 && !fstat(fd, &s));
    free(file);
    file_bytes = s.st_size;
    file_blocks = s.st_blocks;
    file = malloc(file_bytes + 1);
    CHECK_EQ(read(fd, file, file_bytes), file_bytes);
    close(fd);
}

static uint64_t get(uint64_t at, unsigned size)
{
    uint64_t val = 0;

    CHECK(at <= file_bytes && size <= file_bytes - at);
    memcpy(&val, file + at, size);
    return val;
}

static bool wide(void)
{
    return get(4, 1) == 2;
}

static uint64_t word(unsigned at_64, unsigned at_32)        /* of the ELF header */
{
    return wide() ? get(at_64, 8) : get(at_32, 4);
}

static unsigned programs(void)
{
    uint64_t sections = word(40, 32), n = get(wide() ? 56 : 44, 2);

    return n == 0xffff ? get(sections + (wide() ? 44 : 28), 4) : n;
}

enum column { TYPE, OFFSET, VADDR, PADDR, FILESZ, MEMSZ };

static uint64_t program(unsigned i, enum column f)
{
    static const uint8_t at_64[] = { 0, 8, 16, 24, 32, 40 };
    uint64_t at = word(32, 28) + i * (wide() ? 56 : 32);

    return wide() ? get(at + at_64[f], f ? 8 : 4) : get(at + 4 * f, 4);
}

static void check_load(unsigned i, uint64_t gpa, uint64_t lin, uint64_t bytes)
{
    CHECK(i < programs());
    CHECK_EQ(program(i, TYPE), PT_LOAD);
    CHECK_EQ(program(i, PADDR), gpa);
    CHECK_EQ(program(i, VADDR), lin);
    CHECK_EQ(program(i, FILESZ), bytes);
    CHECK_EQ(program(i, MEMSZ), bytes);
    get(program(i, OFFSET) + bytes - 1, 1);
}

/* Note n of that name: where its content is. */
static uint64_t note(const char *name, unsigned n, uint64_t *bytes)
{
    uint64_t at = program(0, OFFSET), end = at + program(0, FILESZ);

    CHECK_EQ(program(0, TYPE), PT_NOTE);
    while (at < end) {
        uint64_t name_len = get(at, 4), content = at + 12 + ((name_len + 3) & ~3ull);

        *bytes = get(at + 4, 4);
        CHECK(content + *bytes <= end);
        if (name_len == strlen(name) + 1 && !memcmp(file + at + 12, name, name_len) && !n--)
            return content;
        at = content + ((*bytes + 3) & ~3ull);
    }
    return 0;
}

static void fill(void)
{
    for (unsigned i = 0; i < RIG_RAM; i += 4096)
        memset(rig.ram->host + i, i / 4096 % 7 ? 0 : (int)(i / 4096 % 251), 4096);
    memset(rig.rom->host, 0xf0, RIG_ROM);
    rig.rom->host[RIG_ROM - 1] = 0x0f;
}

static void physical_memory_is_there_range_by_range(void)
{
    rig_init(1, true);
    fill();
    CHECK_STR(rig_ask("dump-guest-memory", "{'paging': false, 'protocol': 'file:PATH'}"), "");
    file_read_back();
    CHECK(!memcmp(file, "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0", 16));
    CHECK_EQ(get(16, 2), ET_CORE);
    CHECK_EQ(get(18, 2), EM_386);               /* CPU 0 is not in long mode; but there is memory up to 4 GiB */
    CHECK_EQ(get(52, 2), 64);
    CHECK_EQ(programs(), 4);
    check_load(1, 0, 0, RIG_HOLE);
    check_load(2, RIG_HOLE_END, RIG_HOLE_END, RIG_RAM - RIG_HOLE_END);
    check_load(3, RIG_ROM_AT, RIG_ROM_AT, RIG_ROM);
    CHECK(!memcmp(file + program(1, OFFSET), rig.ram->host, RIG_HOLE));
    CHECK(!memcmp(file + program(2, OFFSET), rig.ram->host + RIG_HOLE_END, RIG_RAM - RIG_HOLE_END));
    CHECK(!memcmp(file + program(3, OFFSET), rig.rom->host, RIG_ROM));
    rig_fini();
}

/* Neighbours in the guest that are none in the host: two ranges, one ends where the other begins. */
static void neighbours_may_lie_apart_in_the_host(void)
{
    struct region more;

    rig_init(1, true);
    fill();
    rig_region(&more, RIG_RAM, "more", rig.rom, 0x1000, 0x2000, false);
    rig.rom->host[0x1000] = 0x99;
    CHECK_STR(rig_ask("dump-guest-memory", "{'paging': false, 'protocol': 'file:PATH'}"), "");
    file_read_back();
    CHECK_EQ(programs(), 5);
    check_load(3, RIG_RAM, RIG_RAM, 0x2000);
    CHECK_EQ(program(1, OFFSET) % 4096, 0);
    CHECK_EQ(program(3, OFFSET), program(2, OFFSET) + RIG_RAM - RIG_HOLE_END);
    CHECK(!memcmp(file + program(3, OFFSET), rig.rom->host + 0x1000, 0x2000));
    CHECK_EQ(program(4, OFFSET), program(3, OFFSET) + 0x2000);
    region_drop(rig.m, &more);
    rig_fini();
}

static void pages_of_zeros_are_holes(void)
{
    rig_init(1, true);
    memset(rig.ram->host + RIG_RAM - 4096, 1, 4096);
    CHECK_STR(rig_ask("dump-guest-memory", "{'paging': false, 'protocol': 'file:PATH'}"), "");
    file_read_back();
    CHECK(file_bytes > RIG_RAM - (RIG_HOLE_END - RIG_HOLE));
    CHECK(file_blocks * 512 < 100000);
    CHECK_EQ(get(program(2, OFFSET) + RIG_RAM - RIG_HOLE_END - 1, 1), 1);
    rig_fini();
}

static void the_sections_are_one_of_nothing_and_one_of_names(void)
{
    uint64_t sections, names;

    rig_init(1, true);
    rig_ask("dump-guest-memory", "{'paging': false, 'protocol': 'file:PATH'}");
    file_read_back();
    sections = word(40, 32);
    CHECK_EQ(get(58, 2), 64);
    CHECK_EQ(get(60, 2), 2);
    CHECK_EQ(get(62, 2), 1);
    CHECK_EQ(get(sections + 44, 4), 0);         /* sh_info: not that many program headers */
    CHECK_EQ(get(sections + 64 + 4, 4), SHT_STRTAB);
    names = get(sections + 64 + 24, 8);
    CHECK_STR((char *)file + names + get(sections + 64, 4), ".shstrtab");
    CHECK_EQ(names + get(sections + 64 + 32, 8), file_bytes);
    rig_fini();
}

static void a_cpu_in_long_mode_makes_it_x86_64(void)
{
    struct x86_state *st;
    prstatus_t status;
    uint64_t at, bytes;

    rig_init(2, true);
    rig_cpu(0)->efer = EFER_LME | EFER_LMA;
    st = rig_cpu(1);                            /* not in long mode; its note has the same form */
    for (unsigned i = 0; i < X86_GPRS; i++)
        st->gpr[i] = 0x1111111111111111ull * i;
    st->rip = 0xfffffff812345678;
    st->rflags = 0x246;
    for (unsigned i = 0; i < X86_SREGS; i++)
        st->seg[i] = (struct x86_seg){ .sel = 0x10 + 8 * i, .base = 0xb00 + i };
    rig_ask("dump-guest-memory", "{'paging': false, 'protocol': 'file:PATH'}");
    file_read_back();
    CHECK_EQ(get(18, 2), EM_X86_64);
    at = note("CORE", 0, &bytes);
    CHECK_EQ(get(at + 32, 4), 1);               /* the process is the CPU, counted from 1 */
    at = note("CORE", 1, &bytes);
    CHECK_EQ(bytes, sizeof(status));
    memcpy(&status, file + at, sizeof(status));
    CHECK_EQ(status.pr_pid, 2);
    /* <sys/user.h>: the order of struct user_regs_struct */
    static const struct { unsigned index, gpr; } order[] = {
        { 0, R15 }, { 1, R14 }, { 2, R13 }, { 3, R12 }, { 4, RBP }, { 5, RBX }, { 6, R11 }, { 7, R10 }, { 8, R9 },
        { 9, R8 }, { 10, RAX }, { 11, RCX }, { 12, RDX }, { 13, RSI }, { 14, RDI }, { 19, RSP },
    };
    for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        CHECK_EQ(status.pr_reg[order[i].index], 0x1111111111111111ull * order[i].gpr);
    CHECK_EQ(status.pr_reg[16], 0xfffffff812345678);
    CHECK_EQ(status.pr_reg[17], 0x10 + 8 * CS);
    CHECK_EQ(status.pr_reg[18], 0x246);
    CHECK_EQ(status.pr_reg[20], 0x10 + 8 * SS);
    CHECK_EQ(status.pr_reg[21], 0xb00 + FS);
    CHECK_EQ(status.pr_reg[22], 0xb00 + GS);
    CHECK_EQ(status.pr_reg[23], 0x10 + 8 * DS);
    CHECK_EQ(status.pr_reg[26], 0x10 + 8 * GS);
    CHECK(!note("CORE", 2, &bytes));
    rig_fini();
}

/* What the reference writes: 8 bytes of head, 18 registers, 10 segments of 24 bytes, 5 control registers, one base. */
static void the_note_qemu_has_segments_and_control_registers(void)
{
    static const unsigned order[] = { RAX, RBX, RCX, RDX, RSI, RDI, RSP, RBP, R8, R9, R10, R11, R12, R13, R14, R15 };
    static const unsigned segments[] = { CS, DS, ES, FS, GS, SS };
    struct x86_state *st;
    uint64_t at, bytes;

    rig_init(2, true);
    st = rig_cpu(1);
    for (unsigned i = 0; i < X86_GPRS; i++)
        st->gpr[i] = 0x100 + i;
    for (unsigned i = 0; i < X86_SREGS; i++)
        st->seg[i] = (struct x86_seg){ .sel = i + 1, .limit = 0x1000 + i, .attr = 0xc09b00 + i, .base = 0xbbb0 + i };
    st->idt = (struct x86_seg){ .limit = 0xfff, .base = 0xfffffe0000000000 };
    st->rip = 0x777;
    st->cr0 = 0x80050033, st->cr2 = 2, st->cr3 = 3, st->cr4 = 4;
    st->cr0 &= ~CR0_PG;
    st->kernel_gs_base = 0x9999;
    rig_ask("dump-guest-memory", "{'paging': false, 'protocol': 'file:PATH'}");
    file_read_back();
    at = note("QEMU", 1, &bytes);
    CHECK_EQ(bytes, 440);
    CHECK_EQ(get(at, 4), 1);
    CHECK_EQ(get(at + 4, 4), 440);
    for (unsigned i = 0; i < 16; i++)
        CHECK_EQ(get(at + 8 + 8 * i, 8), 0x100 + order[i]);
    CHECK_EQ(get(at + 8 + 8 * 16, 8), 0x777);
    for (unsigned i = 0; i < 6; i++) {
        uint64_t s = at + 152 + 24 * i;

        CHECK_EQ(get(s, 4), segments[i] + 1);
        CHECK_EQ(get(s + 4, 4), 0x1000 + segments[i]);
        CHECK_EQ(get(s + 8, 4), 0xc09b00 + segments[i]);
        CHECK_EQ(get(s + 16, 8), 0xbbb0 + segments[i]);
    }
    CHECK_EQ(get(at + 152 + 24 * 9 + 4, 4), 0xfff);
    CHECK_EQ(get(at + 152 + 24 * 9 + 16, 8), 0xfffffe0000000000);
    CHECK_EQ(get(at + 392, 8), 0x50033);
    CHECK_EQ(get(at + 392 + 8, 8), 0);
    CHECK_EQ(get(at + 392 + 16, 8), 2);
    CHECK_EQ(get(at + 392 + 24, 8), 3);
    CHECK_EQ(get(at + 392 + 32, 8), 4);
    CHECK_EQ(get(at + 432, 8), 0x9999);
    rig_fini();
}

static void memory_below_4_gib_and_a_32_bit_cpu_make_elf32(void)
{
    uint64_t at, bytes;

    rig_init(1, false);
    rig_cpu(0)->gpr[RAX] = 0xaaaa;
    rig_cpu(0)->gpr[RSP] = 0x5050;
    rig_cpu(0)->rip = 0x1234;
    rig.ram->host[RIG_HOLE_END] = 0x77;
    CHECK_STR(rig_ask("dump-guest-memory", "{'paging': false, 'protocol': 'file:PATH'}"), "");
    file_read_back();
    CHECK_EQ(get(4, 1), 1);
    CHECK_EQ(get(18, 2), EM_386);
    CHECK_EQ(get(40, 2), 52);
    CHECK_EQ(programs(), 3);
    check_load(1, 0, 0, RIG_HOLE);
    check_load(2, RIG_HOLE_END, RIG_HOLE_END, RIG_RAM - RIG_HOLE_END);
    CHECK_EQ(get(program(2, OFFSET), 1), 0x77);
    at = note("CORE", 0, &bytes);
    CHECK_EQ(bytes, 144);
    CHECK_EQ(get(at + 24, 4), 1);
    CHECK_EQ(get(at + 72 + 4 * 6, 4), 0xaaaa);
    CHECK_EQ(get(at + 72 + 4 * 12, 4), 0x1234);
    CHECK_EQ(get(at + 72 + 4 * 15, 4), 0x5050);
    note("QEMU", 0, &bytes);
    CHECK_EQ(bytes, 440);
    CHECK_EQ(get(get(32, 4) + 40, 4), 1);       /* section 1: its name, and where names are */
    CHECK_STR((char *)file + get(get(32, 4) + 40 + 16, 4) + 1, ".shstrtab");
    CHECK_EQ(get(get(32, 4) + 40 + 16, 4) + get(get(32, 4) + 40 + 20, 4), file_bytes);
    rig_fini();
}

static void begin_and_length_choose_bytes(void)
{
    rig_init(1, true);
    fill();
    CHECK_STR(rig_ask("dump-guest-memory",
                      "{'paging': false, 'protocol': 'file:PATH', 'begin': 655355, 'length': 131100}"), "");
    file_read_back();
    CHECK_EQ(programs(), 3);
    check_load(1, RIG_HOLE - 5, RIG_HOLE - 5, 5);
    check_load(2, RIG_HOLE_END, RIG_HOLE_END, 23);
    CHECK(!memcmp(file + program(2, OFFSET), rig.ram->host + RIG_HOLE_END, 23));
    CHECK_STR(rig_status(), "completed");
    CHECK_EQ(json_get(&rig.got, "total")->i, 28);
    CHECK_EQ(json_get(&rig.got, "completed")->i, 28);
    rig_fini();
}

/* Tables in RAM: an entry of 8 bytes. */
static void entry(uint64_t table, unsigned index, uint64_t val)
{
    memcpy(rig.ram->host + table + 8 * index, &val, 8);
}

static void long_mode(unsigned cpu, uint64_t cr3)
{
    struct x86_state *st = rig_cpu(cpu);

    st->efer = EFER_LME | EFER_LMA;
    st->cr0 = CR0_PE | CR0_PG;
    st->cr4 = CR4_PAE;
    st->cr3 = cr3;
}

/* CPU 0 and 1 share a kernel's half; each sees a page of its own besides. */
static void paging_shows_what_all_cpus_see_once(void)
{
    rig_init(3, true);
    fill();
    for (unsigned cpu = 0; cpu < 2; cpu++) {
        uint64_t root = 0x100000 + 0x4000 * cpu;

        for (unsigned at = 0; at < 0x4000; at += 8)
            entry(root + at, 0, 0);
        long_mode(cpu, root);
        entry(root, 511, 0x108000 | 1);
        entry(root, 0, (root + 0x1000) | 1);
        entry(root + 0x1000, 0, (root + 0x2000) | 1);
        entry(root + 0x2000, 0, (root + 0x3000) | 1);
        entry(root + 0x3000, 16, (0x200000 + 0x1000 * cpu) | 1);
        entry(root + 0x3000, 17, 0xfee00000 | 1);       /* no memory there */
    }
    for (unsigned at = 0; at < 0x3000; at += 8)
        entry(0x108000 + at, 0, 0);
    entry(0x108000, 510, 0x109000 | 1);
    entry(0x109000, 0, 0x200000 | 0x80 | 1);
    entry(0x109000, 1, 0 | 0x80 | 1);           /* 2 MB with the hole in it */
    CHECK_STR(rig_ask("dump-guest-memory", "{'paging': true, 'protocol': 'file:PATH'}"), "");
    file_read_back();
    CHECK_EQ(programs(), 6);
    check_load(1, 0, 0xffffffff80200000, RIG_HOLE);
    check_load(2, RIG_HOLE_END, 0xffffffff80200000 + RIG_HOLE_END, 0x200000 - RIG_HOLE_END);
    check_load(3, 0x200000, 0x10000, 0x1000);
    check_load(4, 0x200000, 0xffffffff80000000, 0x200000);
    check_load(5, 0x201000, 0x10000, 0x1000);
    CHECK_EQ(program(3, OFFSET), program(4, OFFSET));           /* the same bytes */
    CHECK_EQ(program(5, OFFSET), program(4, OFFSET) + 0x1000);
    CHECK(!memcmp(file + program(5, OFFSET), rig.ram->host + 0x201000, 0x1000));
    rig_fini();
}

/* Pages of tables at root + 1000h on, for CPU `cpu`: n pages from gpa on, at linear address lin, below 2 MB. */
static void map_pages(unsigned cpu, uint64_t root, uint64_t lin, uint64_t gpa, unsigned n)
{
    long_mode(cpu, root);
    for (unsigned level = 0; level < 3; level++)
        entry(root + 0x1000 * level, 0, (root + 0x1000 * (level + 1)) | 1);
    for (unsigned i = 0; i < n; i++)
        entry(root + 0x3000, lin / 4096 + i, (gpa + 4096 * i) | 1);
}

static void pieces_of_several_cpus_are_joined(void)
{
    static const struct { uint64_t lin, gpa; unsigned n; } second[] = {
        { 0x14000, 0x204000, 2 },       /* behind */
        { 0x12000, 0x202000, 4 },       /* overlapping */
        { 0x11000, 0x201000, 1 },       /* inside */
        { 0x15000, 0x205000, 1 },       /* apart */
        { 0x14000, 0x205000, 1 },       /* at another distance */
    };
    static const uint64_t first[] = { 6, 6, 4, 4, 4 };

    for (unsigned i = 0; i < 5; i++) {
        rig_init(2, true);
        map_pages(0, 0x100000, 0x10000, 0x200000, 4);
        map_pages(1, 0x110000, second[i].lin, second[i].gpa, second[i].n);
        CHECK_STR(rig_ask("dump-guest-memory", "{'paging': true, 'protocol': 'file:PATH'}"), "");
        file_read_back();
        CHECK_EQ(programs(), i < 3 ? 2 : 3);
        check_load(1, 0x200000, 0x10000, first[i] * 4096);
        if (i >= 3)
            check_load(2, 0x205000, second[i].lin, 4096);
        rig_fini();
    }
}

/* Three times 512 * 512 tables are within the limit, and twice that is not: the second CPU has the same ones. */
static void tables_that_cpus_share_are_read_once(void)
{
    rig_init(2, true);
    for (unsigned cpu = 0; cpu < 2; cpu++) {
        long_mode(cpu, 0x100000 + 0x1000 * cpu);
        for (unsigned i = 0; i < 3; i++)
            entry(0x100000 + 0x1000 * cpu, i, 0x110000 | 1);
    }
    for (unsigned i = 0; i < 512; i++) {
        entry(0x110000, i, 0x111000 | 1);
        entry(0x111000, i, 0x112000 | 1);
    }
    CHECK_STR(rig_ask("dump-guest-memory", "{'paging': true, 'protocol': 'file:PATH'}"), "");
    entry(0x101000, 0, 0x111000 | 1);           /* another table at that place: CPU 1 is walked there */
    entry(0x111000, 7, 0x113000 | 1);
    entry(0x113000, 0, 0x200000 | 1);
    entry(0x112000, 0, 0);
    for (unsigned i = 0; i < 512; i++)
        entry(0x110000, i, 0);
    CHECK_STR(rig_ask("dump-guest-memory", "{'paging': true, 'protocol': 'file:PATH'}"), "");
    file_read_back();
    CHECK_EQ(programs(), 1);                    /* 113000 is a level too high there */
    entry(0x113000, 0, 0x114000 | 1);
    entry(0x114000, 0, 0x200000 | 1);
    CHECK_STR(rig_ask("dump-guest-memory", "{'paging': true, 'protocol': 'file:PATH'}"), "");
    file_read_back();
    CHECK_EQ(programs(), 2);
    check_load(1, 0x200000, 7ull << 30, 4096);
    rig_fini();
}

static void paging_without_paging_is_physical(void)
{
    rig_init(1, true);
    CHECK_STR(rig_ask("dump-guest-memory", "{'paging': true, 'protocol': 'file:PATH'}"), "");
    file_read_back();
    CHECK_EQ(programs(), 4);
    check_load(2, RIG_HOLE_END, RIG_HOLE_END, RIG_RAM - RIG_HOLE_END);
    rig_fini();
}

/* Every page is the next one's neighbour in linear addresses, and far from it in memory: no two can be joined. */
static void from_65535_on_section_0_has_the_number_of_program_headers(void)
{
    enum { TABLES = 200, FIRST = 0x100000 };

    rig_init(1, true);
    long_mode(0, 0xc0000);
    entry(0xc0000, 0, 0xc1000 | 1);
    entry(0xc1000, 0, 0xc2000 | 1);
    for (unsigned t = 0; t < TABLES; t++) {
        uint64_t table = FIRST + 0x1000 * t;

        entry(0xc2000, t, table | 1);
        for (unsigned i = 0; i < 512; i++)
            entry(table, i, (i & 1 ? 0x300000 : 0x1000) | 1);
    }
    CHECK_STR(rig_ask("dump-guest-memory", "{'paging': true, 'protocol': 'file:PATH'}"), "");
    file_read_back();
    CHECK_EQ(get(56, 2), 0xffff);
    CHECK_EQ(programs(), 1 + TABLES * 512);
    check_load(1, 0x1000, 0, 0x1000);
    check_load(TABLES * 512, 0x300000, 0x1000 * (TABLES * 512 - 1), 0x1000);
    rig_fini();
}

static void tables_that_never_end_are_refused(void)
{
    rig_init(1, true);
    long_mode(0, 0xc0000);
    for (unsigned i = 0; i < 512; i++)
        entry(0xc0000, i, 0xc0000 | 1);
    CHECK_STR(rig_ask("dump-guest-memory", "{'paging': true, 'protocol': 'file:PATH'}"),
              "dump: failed to follow the page tables: Argument list too long");
    CHECK_STR(rig_status(), "failed");
    rig_fini();
}

/* The guest's own note. */

static struct guest_note guest;
static bool guest_has;

static bool guest_get(void *opaque, struct guest_note *n)
{
    *n = guest;
    return guest_has;
}

static unsigned guest_notes(void)
{
    uint64_t bytes;

    CHECK_STR(rig_ask("dump-guest-memory", "{'paging': false, 'protocol': 'file:PATH'}"), "");
    file_read_back();
    unlink(rig.path);
    return note("VMCOREINFO", 0, &bytes) ? bytes : 0;
}

static void the_guests_note_is_the_last_one(void)
{
    static const uint8_t bytes[] = "\13\0\0\0\7\0\0\0\0\0\0\0VMCOREINFO\0\0hello=1\0";

    rig_init(1, true);
    rig.m->guest_note.get = guest_get;
    memcpy(rig.ram->host + 0x3000, bytes, sizeof(bytes));
    guest = (struct guest_note){ .gpa = 0x3000, .bytes = 100, .format = 1 };
    guest_has = false;
    CHECK_EQ(guest_notes(), 0);
    guest_has = true;
    CHECK_EQ(guest_notes(), 7);
    CHECK(!memcmp(file + program(0, OFFSET) + program(0, FILESZ) - 8, "hello=1\0", 8));
    guest.bytes = 31;                           /* shorter than what the note says of itself */
    CHECK_EQ(guest_notes(), 0);
    guest.bytes = 11;
    CHECK_EQ(guest_notes(), 0);
    guest.bytes = UINT32_MAX;
    CHECK_EQ(guest_notes(), 0);
    guest.bytes = 100;
    guest.format = 2;
    CHECK_EQ(guest_notes(), 0);
    guest.format = 1;
    guest.gpa = RIG_HOLE - 16;                  /* its end is nowhere */
    memcpy(rig.ram->host + guest.gpa, bytes, 16);
    CHECK_EQ(guest_notes(), 0);
    guest.gpa = UINT64_MAX - 3;
    CHECK_EQ(guest_notes(), 0);
    rig_fini();
}

int main(void)
{
    epoch_thread_init();
    TEST(physical_memory_is_there_range_by_range);
    TEST(neighbours_may_lie_apart_in_the_host);
    TEST(pages_of_zeros_are_holes);
    TEST(the_sections_are_one_of_nothing_and_one_of_names);
    TEST(a_cpu_in_long_mode_makes_it_x86_64);
    TEST(the_note_qemu_has_segments_and_control_registers);
    TEST(memory_below_4_gib_and_a_32_bit_cpu_make_elf32);
    TEST(begin_and_length_choose_bytes);
    TEST(paging_shows_what_all_cpus_see_once);
    TEST(pieces_of_several_cpus_are_joined);
    TEST(tables_that_cpus_share_are_read_once);
    TEST(paging_without_paging_is_physical);
    TEST(from_65535_on_section_0_has_the_number_of_program_headers);
    TEST(tables_that_never_end_are_refused);
    TEST(the_guests_note_is_the_last_one);
    free(file);
    return test_end();
}
