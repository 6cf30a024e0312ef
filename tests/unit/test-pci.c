/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/pci-bench.h"

/*
 * PCI functions after the PCI Local Bus Specification 3.0, chapter 6: configuration space, BARs, slots,
 * and configuration mechanism #1 (3.2.2.3.2)
 */

#include "lib/error.h"

#include <errno.h>

/* A function with a BAR of each kind and registers of its own. */
struct fn {
    struct pci_device pci;
    struct { struct pci_state pci; } st;
    uint32_t last;
};

static uint64_t window_read(struct device *dev, uint64_t at, unsigned size)
{
    return 0x1000 + at;
}

static void window_write(struct device *dev, uint64_t at, unsigned size, uint64_t val)
{
    ((struct fn *)dev)->last = val;
}

static unsigned changed_at, changed_size;
static void config_changed(struct device *dev, uint32_t at, unsigned size)
{
    changed_at = at;
    changed_size = size;
}

#define WINDOW(n, bytes, io) \
    { .name = n, .size = bytes, .min = 1, .max = 4, .ports = io, .read = window_read, .write = window_write }
static const struct region_type fn_regions[] = {
    PCI_CONFIG_REGION, WINDOW("memory", 4096, false), WINDOW("ports", 32, true), WINDOW("wide", 65536, false),
    WINDOW("few ports", 8, true), {}
};
static const struct pci_bar fn_bars[] = {
    { .index = 0, .region = 1, .size = 4096 }, { .index = 1, .region = 2, .io = true, .size = 32 },
    { .index = 2, .region = 3, .prefetch = true, .wide = true, .size = 65536 },
    { .index = 4, .region = 4, .io = true, .size = 8 }, {}
};
static const struct reg fn_config[] = {
    REG_FN(0x40, "CONTROL", 2, .reset = 0x1234, .wmask = 0x0ff0, .doc = "partly writable"),
    REG_FN(0x44, "EVENTS", 1, .reset = 0xff, .w1c = 0x0f, .doc = "write 1 to clear"),
    {}
};
static const struct section fn_section = {
    "fn", 1, 1, .check = pci_state_check,
    .fields = (const struct field[]){ STRUCT(struct fn, "pci", pci, pci_state_fields), {} },
};
static const struct pci_type fn_type = {
    .dev = {
        .type = { .name = "test-function", .parent = "pci-device", .doc = "a PCI function for tests", DEVICE(struct fn),
                  TYPE_STATE(struct fn), .state = &fn_section },
        .locking = LOCKING_DEVICE, .regions = fn_regions, PCI_TYPE_HOOKS,
    },
    .vendor = 0x1af4, .device = 0x10f0, .revision = 7, .pin = 1, .class = 0x028000,
    .config = fn_config, .bars = fn_bars, .config_changed = config_changed,
};
TYPE_IN(fn_type, fn_type.dev.type);

/* An express function: 4096 bytes of configuration. */
struct express_fn {
    struct pci_device pci;
    struct { struct pcie_state pci; } st;
};
static const struct region_type express_regions[] = { PCIE_CONFIG_REGION, {} };
static const struct reg express_config[] = {
    REG_FN(0x100, "AER", 4, .reset = 0x14820001, .doc = "an extended capability"),
    REG_FN(0xffc, "LAST", 4, .reset = 0x5, .wmask = 0xff00, .w1c = 1, .doc = "the last there is"),
    {}
};
static const struct section express_section = {
    "express", 1, 1, .fields = (const struct field[]){ STRUCT(struct express_fn, "pci", pci, pcie_state_fields), {} },
};
static void express_outputs(struct device *dev)
{
    pci_irq_set(dev, pci_config(dev)[0xffd]);
}
static const struct pci_type express_type = {
    .dev = {
        .type = { .name = "test-express", .parent = "pci-device", .doc = "an express function for tests",
                  DEVICE(struct express_fn), TYPE_STATE(struct express_fn), .state = &express_section },
        .locking = LOCKING_DEVICE, .regions = express_regions, PCI_TYPE_HOOKS, .outputs = express_outputs,
    },
    .vendor = 0x1af4, .device = 0x10f2, .class = 0x028000, .pin = 2, .express = true, .config = express_config,
};
TYPE_IN(express_type, express_type.dev.type);

/* What memory that nobody decodes reads as. */
enum { NOBODY = 0 };

static struct pci_bench p;
static struct fn *fn;

static struct fn *fn_new(const char *addr, struct error **err)
{
    struct device *dev = device_new(p.b.m, &fn_type.dev);

    if (addr)
        CHECK(!device_set(dev, "addr", addr, NULL));
    return device_realize(dev, NULL, NULL, err) ? NULL : (struct fn *)dev;
}

static void begin(void)
{
    pci_bench_init(&p);
    fn = fn_new("3", NULL);
    CHECK(fn);
}

static void identity_is_read_only(void)
{
    begin();
    for (unsigned at = 0; at < 0x40; at += 4)
        if (at != PCI_COMMAND && (at < PCI_BAR || at >= 0x28) && at != 0x3c)
            pci_out(&p, 3, 0, at, 4, 0);
    CHECK_EQ(pci_in(&p, 3, 0, PCI_VENDOR, 4), 0x10f01af4);
    CHECK_EQ(pci_in(&p, 3, 0, PCI_REVISION, 4), 0x02800007);
    CHECK_EQ(pci_in(&p, 3, 0, PCI_HEADER, 1), 0);
    CHECK_EQ(pci_in(&p, 3, 0, PCI_SUBVENDOR, 4), 0x11001af4);
    CHECK_EQ(pci_in(&p, 3, 0, PCI_IRQ_PIN, 1), 1);
    pci_bench_fini(&p);
}

static void mechanism_1_needs_a_doubleword_at_cf8_with_bit_31(void)
{
    begin();
    conf_in(&p, pci_address(0, 3, 0, 0), 0, 4);
    CHECK_EQ(port_in(&p.b, 0xcf8), 0xff);               /* "any other type of access ... passes through" */
    port_out(&p.b, 0xcf8, 0);
    CHECK_EQ(port_in(&p.b, 0xcfc), 0xf4);               /* the address still stands */
    CHECK_EQ(conf_in(&p, pci_address(0, 3, 0, 0) & ~(1u << 31), 0, 4), UINT32_MAX);
    CHECK_EQ(conf_in(&p, pci_address(0, 3, 0, 0) | 3, 0, 4), 0x10f01af4);
    CHECK_EQ(pci_in(&p, 3, 0, 1, 1), 0x1a);
    CHECK_EQ(pci_in(&p, 3, 0, 2, 2), 0x10f0);
    pci_bench_fini(&p);
}

static void a_place_that_nobody_holds_reads_as_ones(void)
{
    begin();
    CHECK_EQ(pci_in(&p, 4, 0, 0, 4), UINT32_MAX);
    CHECK_EQ(pci_in(&p, 3, 1, 0, 4), UINT32_MAX);
    CHECK_EQ(conf_in(&p, pci_address(1, 3, 0, 0), 0, 4), UINT32_MAX);
    CHECK_EQ(conf_in(&p, pci_address(255, 31, 7, 0xfc), 0, 4), UINT32_MAX);
    pci_out(&p, 4, 0, 0, 4, 0);
    pci_bench_fini(&p);
}

static void registers_change_within_their_masks_only(void)
{
    begin();
    pci_out(&p, 3, 0, 0x40, 4, UINT32_MAX);
    CHECK_EQ(pci_in(&p, 3, 0, 0x40, 2), 0x1ff4);
    pci_out(&p, 3, 0, 0x41, 1, 0);
    CHECK_EQ(pci_in(&p, 3, 0, 0x40, 2), 0x10f4);
    CHECK_EQ(changed_at, 0x41);
    CHECK_EQ(changed_size, 1);
    pci_out(&p, 3, 0, PCI_COMMAND, 2, 0xffff);
    CHECK_EQ(pci_in(&p, 3, 0, PCI_COMMAND, 2), PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
             PCI_COMMAND_SERR | PCI_COMMAND_NO_INTX);
    pci_out(&p, 3, 0, PCI_IRQ_LINE, 1, 0xab);
    CHECK_EQ(pci_in(&p, 3, 0, PCI_IRQ_LINE, 1), 0xab);
    pci_bench_fini(&p);
}

static void status_bits_are_cleared_by_writing_ones(void)
{
    begin();
    fn->st.pci.config[PCI_STATUS + 1] = 0xf9;
    pci_out(&p, 3, 0, PCI_STATUS, 2, 0);
    CHECK_EQ(pci_in(&p, 3, 0, PCI_STATUS, 2), 0xf900);
    pci_out(&p, 3, 0, PCI_STATUS, 2, 0x8000);
    CHECK_EQ(pci_in(&p, 3, 0, PCI_STATUS, 2), 0x7900);
    pci_out(&p, 3, 0, PCI_STATUS, 2, 0xffff);
    CHECK_EQ(pci_in(&p, 3, 0, PCI_STATUS, 2), 0);
    pci_out(&p, 3, 0, 0x44, 1, 0x35);
    CHECK_EQ(pci_in(&p, 3, 0, 0x44, 1), 0xfa);
    pci_bench_fini(&p);
}

static void a_bar_tells_its_size_and_kind(void)
{
    static const uint32_t want[6] = { 0xfffff000, 0xffffffe1, 0xffff000c, 0xffffffff, 0xfffffff9, 0 };

    begin();
    for (unsigned i = 0; i < 6; i++) {
        pci_out(&p, 3, 0, PCI_BAR + 4 * i, 4, UINT32_MAX);
        CHECK_EQ(pci_in(&p, 3, 0, PCI_BAR + 4 * i, 4), want[i]);
    }
    pci_bench_fini(&p);
}

static void a_bar_decodes_while_its_command_bit_is_on(void)
{
    begin();
    pci_out(&p, 3, 0, PCI_BAR, 4, 0xe0000000);
    pci_out(&p, 3, 0, PCI_BAR + 4, 4, 0xc000);
    CHECK_EQ(mem_in(&p.b, 0xe0000010, 4), NOBODY);
    pci_out(&p, 3, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    CHECK_EQ(mem_in(&p.b, 0xe0000010, 4), 0x1010);
    CHECK_EQ(mem_in(&p.b, 0xe0001000, 4), NOBODY);
    CHECK_EQ(port_in(&p.b, 0xc004), 0xff);
    pci_out(&p, 3, 0, PCI_COMMAND, 2, PCI_COMMAND_IO);
    CHECK_EQ(port_in(&p.b, 0xc004), 0x04);
    CHECK_EQ(mem_in(&p.b, 0xe0000010, 4), NOBODY);
    pci_out(&p, 3, 0, PCI_COMMAND, 2, 0);
    CHECK_EQ(port_in(&p.b, 0xc004), 0xff);
    pci_bench_fini(&p);
}

static void a_bar_moves_with_its_register(void)
{
    begin();
    pci_out(&p, 3, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    pci_out(&p, 3, 0, PCI_BAR, 4, 0xe0000fff);          /* low bits are not kept */
    CHECK_EQ(pci_in(&p, 3, 0, PCI_BAR, 4), 0xe0000000);
    CHECK_EQ(mem_in(&p.b, 0xe0000000, 4), 0x1000);
    pci_out(&p, 3, 0, PCI_BAR, 4, 0xe0100000);
    CHECK_EQ(mem_in(&p.b, 0xe0000000, 4), NOBODY);
    CHECK_EQ(mem_in(&p.b, 0xe0100ffc, 4), 0x1ffc);
    pci_out(&p, 3, 0, PCI_BAR, 4, UINT32_MAX);          /* the top of 32 bits: being sized */
    CHECK_EQ(mem_in(&p.b, 0xe0100000, 4), NOBODY);
    CHECK_EQ(mem_in(&p.b, 0xfffff000, 4), NOBODY);
    pci_out(&p, 3, 0, PCI_BAR, 4, 0xffffe000);
    CHECK_EQ(mem_in(&p.b, 0xffffe000, 4), 0x1000);
    pci_bench_fini(&p);
}

/* 6.2.5.1: an I/O BAR's address begins at bit 2. */
static void a_bar_of_eight_ports_lies_on_any_multiple_of_eight(void)
{
    begin();
    pci_out(&p, 3, 0, PCI_COMMAND, 2, PCI_COMMAND_IO);
    pci_out(&p, 3, 0, PCI_BAR + 16, 4, 0xc00b);
    CHECK_EQ(pci_in(&p, 3, 0, PCI_BAR + 16, 4), 0xc009);
    CHECK_EQ(port_in(&p.b, 0xc009), 0x01);
    CHECK_EQ(port_in(&p.b, 0xc001), 0xff);
    pci_out(&p, 3, 0, PCI_BAR + 16, 4, 0xfff8);         /* the last ports there are */
    CHECK_EQ(port_in(&p.b, 0xffff), 0x07);
    pci_bench_fini(&p);
}

static void a_64_bit_bar_is_two_registers(void)
{
    begin();
    pci_out(&p, 3, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    pci_out(&p, 3, 0, PCI_BAR + 8, 4, 0x12340000);
    pci_out(&p, 3, 0, PCI_BAR + 12, 4, 0x9);
    CHECK_EQ(pci_in(&p, 3, 0, PCI_BAR + 8, 4), 0x1234000c);
    CHECK_EQ(mem_in(&p.b, 0x912340000, 4), 0x1000);
    CHECK_EQ(mem_in(&p.b, 0x12340000, 4), NOBODY);
    mem_out(&p.b, 0x912340010, 4, 77);
    CHECK_EQ(fn->last, 77);
    pci_bench_fini(&p);
}

static void ram_lies_over_a_bar(void)
{
    begin();
    mem_out(&p.b, 0x10000, 4, 0x600d);
    pci_out(&p, 3, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    pci_out(&p, 3, 0, PCI_BAR, 4, 0x10000);
    CHECK_EQ(mem_in(&p.b, 0x10000, 4), 0x600d);
    pci_bench_fini(&p);
}

static void reset_gives_the_reset_values_and_unmaps(void)
{
    begin();
    pci_out(&p, 3, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    pci_out(&p, 3, 0, PCI_BAR, 4, 0xe0000000);
    pci_out(&p, 3, 0, 0x40, 2, 0);
    machine_reset(p.b.m, false);
    CHECK_EQ(pci_in(&p, 3, 0, PCI_COMMAND, 2), 0);
    CHECK_EQ(pci_in(&p, 3, 0, PCI_BAR, 4), 0);
    CHECK_EQ(pci_in(&p, 3, 0, 0x40, 2), 0x1234);
    CHECK_EQ(mem_in(&p.b, 0xe0000000, 4), NOBODY);
    pci_bench_fini(&p);
}

/* Nobody declares 80h; it holds what was written, through every reset, as in the reference. */
static void reset_keeps_bytes_that_nobody_declares(void)
{
    begin();
    CHECK_EQ(pci_in(&p, 3, 0, 0x80, 4), 0);
    pci_out(&p, 3, 0, 0x80, 4, 0xdeadbeef);
    machine_reset(p.b.m, false);
    CHECK_EQ(pci_in(&p, 3, 0, 0x80, 4), 0xdeadbeef);
    machine_reset(p.b.m, true);
    CHECK_EQ(pci_in(&p, 3, 0, 0x80, 4), 0);
    pci_bench_fini(&p);
}

static void what_is_saved_comes_back_mapped(void)
{
    begin();
    pci_out(&p, 3, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    pci_out(&p, 3, 0, PCI_BAR, 4, 0xe0000000);
    bench_reload(&p.b);
    CHECK_EQ(mem_in(&p.b, 0xe0000000, 4), 0x1000);
    pci_bench_fini(&p);
}

/* PCI Express 2.0, 7.2: extended space begins at 100h, and is reached through the enhanced window only. */
static void an_express_function_has_4096_bytes(void)
{
    struct device *dev;
    struct saved s;

    begin();
    dev = device_new(p.b.m, &express_type.dev);
    CHECK(!device_set(dev, "addr", "4", NULL) && !device_realize(dev, NULL, NULL, NULL));
    pci_out(&p, 0, 0, 0x60, 4, 0xb0000001);
    CHECK_EQ(mem_in(&p.b, 0xb0020000, 4), 0x10f21af4);
    CHECK_EQ(mem_in(&p.b, 0xb0020100, 4), 0x14820001);
    mem_out(&p.b, 0xb0020100, 4, 0);
    CHECK_EQ(mem_in(&p.b, 0xb0020100, 4), 0x14820001);
    mem_out(&p.b, 0xb0020ffc, 4, 0xffffffff);
    CHECK_EQ(mem_in(&p.b, 0xb0020ffc, 4), 0xff04);
    CHECK_EQ(mem_in(&p.b, 0xb0020006, 2) & PCI_STATUS_INTX, PCI_STATUS_INTX);
    s = bench_save(&p.b, "0000:00:04.0/express");
    CHECK_EQ(s.fields[4 + 0xffd], 0xff);
    CHECK_EQ(s.fields[4 + 4096 + 4 + 3], 1);            /* irq_state[1] */
    CHECK_EQ(s.fields[4 + 4096 + 16], 0x7e);
    wire_fini(&s.w);
    bench_reload(&p.b);
    machine_reset(p.b.m, false);
    CHECK_EQ(mem_in(&p.b, 0xb0020ffc, 4), 0);           /* the window is not open any more */
    pci_out(&p, 0, 0, 0x60, 4, 0xb0000001);
    CHECK_EQ(mem_in(&p.b, 0xb0020ffc, 4), 5);
    CHECK_EQ(mem_in(&p.b, 0xb0018100, 4), UINT32_MAX);  /* the conventional one in slot 3 has none */
    pci_bench_fini(&p);
}

/* A stream of another function: what the guest cannot write has to be ours. */
static void the_state_of_another_function_is_refused(void)
{
    static const struct { unsigned at; bool refused; } bytes[] = {
        { PCI_VENDOR, true }, { PCI_DEVICE + 1, true }, { PCI_REVISION, true }, { PCI_CLASS + 2, true },
        { PCI_HEADER, true }, { PCI_BAR, true }, { PCI_BAR + 3, false }, { PCI_SUBDEVICE, true }, { PCI_ROM, true },
        { PCI_CAPABILITIES, true }, { PCI_IRQ_PIN, true }, { PCI_IRQ_LINE, false }, { PCI_COMMAND, false },
        { PCI_STATUS, false }, { PCI_OWN, false },
    };

    for (unsigned i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
        struct error *err = NULL;
        struct saved s;
        struct wire in;

        begin();
        s = bench_save(&p.b, "0000:00:03.0/fn");
        ((uint8_t *)s.fields)[4 + bytes[i].at] ^= 1;
        in = (struct wire){ .buf = s.w.buf, .len = s.w.at };
        CHECK_EQ(bench_load(&p.b, &in, &err) < 0, bytes[i].refused);
        CHECK_EQ(err != NULL, bytes[i].refused);
        if (err)
            CHECK_STR(err->object, T("test-function.config[%#x]", bytes[i].at));
        error_free(err);
        wire_fini(&s.w);
        pci_bench_fini(&p);
    }
}

static void functions_take_the_first_free_slot_or_the_one_they_name(void)
{
    begin();
    CHECK_EQ(fn_new(NULL, NULL)->pci.devfn, 1 << 3);
    CHECK_EQ(fn_new(NULL, NULL)->pci.devfn, 2 << 3);
    CHECK_EQ(fn_new(NULL, NULL)->pci.devfn, 4 << 3);    /* 3 is taken */
    CHECK_EQ(fn_new("1e.7", NULL)->pci.devfn, 0x1e << 3 | 7);
    CHECK_STR(fn_new("1f.2", NULL)->pci.dev.bus_path, "0000:00:1f.2");
    CHECK_STR(fn_new(NULL, NULL)->pci.cfg.addr, "05.0");
    CHECK_STR(fn_new("6", NULL)->pci.cfg.addr, "06.0");
    pci_bench_fini(&p);
}

static void a_taken_slot_and_a_full_bus_are_refused(void)
{
    struct error *err = NULL;
    unsigned n = 0;

    begin();
    CHECK(!fn_new("3.0", &err));
    CHECK_EQ(err->kind, ERROR_STATE);
    CHECK(strstr(err->value, "03.0") && strstr(err->legal, "test-function"));
    error_free(err);
    for (err = NULL; fn_new(NULL, &err) && n < 40; n++)
        ;
    CHECK_EQ(n, 30);                                    /* 1 to 31 without 3 */
    CHECK(err);
    error_free(err);
    pci_bench_fini(&p);
}

/* As the reference takes it: in hexadecimal, with "0x" or without. */
static void an_address_has_many_spellings(void)
{
    static const struct { const char *addr; unsigned slot, fn; } want[] = {
        { "10", 0x10, 0 }, { "0x11", 0x11, 0 }, { "0x12.0x0", 0x12, 0 }, { "013", 0x13, 0 }, { "0x14.3", 0x14, 3 },
        { "1e.07", 0x1e, 7 },
    };

    begin();
    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        CHECK(fn_new(want[i].addr, NULL));
        CHECK_EQ(pci_in(&p, want[i].slot, want[i].fn, PCI_VENDOR, 4), 0x10f01af4);
    }
    pci_bench_fini(&p);
}

static void an_address_that_cannot_be_is_refused_by_name(void)
{
    static const char *const bad[] = { "", "20", "1f.8", "x", "1.", "1.2.3", "-1", "1 ", "100", "0x20", "1f.7x", "3.",
                                       "fffffffff" };

    begin();
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct error *err = NULL;

        if (fn_new(bad[i], &err))
            printf("# %s\n", bad[i]);
        CHECK(err);
        CHECK_STR(err->object, "test-function.addr");
        CHECK_STR(err->value, bad[i]);
        error_free(err);
    }
    pci_bench_fini(&p);
}

/* The user chose 64 KiB for BAR 0, and no BAR 2. */
static void a_bar_can_have_another_size_or_be_absent(void)
{
    struct device *dev;

    begin();
    dev = device_new(p.b.m, &fn_type.dev);
    pci_bar_set_bytes(dev, 0, 0x10000);
    pci_bar_set_bytes(dev, 2, 0);
    CHECK(!device_set(dev, "addr", "4", NULL) && !device_realize(dev, NULL, NULL, NULL));
    pci_out(&p, 4, 0, PCI_BAR, 4, UINT32_MAX);
    CHECK_EQ(pci_in(&p, 4, 0, PCI_BAR, 4), 0xffff0000);
    pci_out(&p, 4, 0, PCI_BAR + 8, 4, UINT32_MAX);
    CHECK_EQ(pci_in(&p, 4, 0, PCI_BAR + 8, 4), 0);
    pci_out(&p, 4, 0, PCI_BAR, 4, 0xe0018000);
    pci_out(&p, 4, 0, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    CHECK_EQ(pci_in(&p, 4, 0, PCI_BAR, 4), 0xe0010000);
    CHECK_EQ(mem_in(&p.b, 0xe0010008, 4), 0x1008);
    CHECK_EQ(mem_in(&p.b, 0xe0018008, 4), NOBODY);      /* the region is as large as its type says */
    pci_bench_fini(&p);
}

int main(void)
{
    epoch_thread_init();
    TEST(identity_is_read_only);
    TEST(mechanism_1_needs_a_doubleword_at_cf8_with_bit_31);
    TEST(a_place_that_nobody_holds_reads_as_ones);
    TEST(registers_change_within_their_masks_only);
    TEST(status_bits_are_cleared_by_writing_ones);
    TEST(a_bar_tells_its_size_and_kind);
    TEST(a_bar_decodes_while_its_command_bit_is_on);
    TEST(a_bar_moves_with_its_register);
    TEST(a_bar_of_eight_ports_lies_on_any_multiple_of_eight);
    TEST(a_64_bit_bar_is_two_registers);
    TEST(ram_lies_over_a_bar);
    TEST(reset_gives_the_reset_values_and_unmaps);
    TEST(reset_keeps_bytes_that_nobody_declares);
    TEST(what_is_saved_comes_back_mapped);
    TEST(an_express_function_has_4096_bytes);
    TEST(the_state_of_another_function_is_refused);
    TEST(functions_take_the_first_free_slot_or_the_one_they_name);
    TEST(a_taken_slot_and_a_full_bus_are_refused);
    TEST(an_address_has_many_spellings);
    TEST(an_address_that_cannot_be_is_refused_by_name);
    TEST(a_bar_can_have_another_size_or_be_absent);
    epoch_thread_fini();
    return test_end();
}
