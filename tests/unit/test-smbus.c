/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/config-bits.h"

/*
 * SMBus after the Intel I/O Controller Hub 9 data sheet, 5.20 and chapter 19, and the SMBus Specification 2.0, 5.5: the
 * host controller of function 1f.3 and two EEPROMs
 */

#include "hw/i2c/smb-host.h"
#include "lib/error.h"

#include <errno.h>

enum { BASE = 0x700, STS = BASE, CNT = BASE + 2, CMD = BASE + 3, ADDR = BASE + 4, D0 = BASE + 5, D1 = BASE + 6,
       DB = BASE + 7, AUX = BASE + 0xd, HOSTC = 0x40 };
enum { BUSY = 1, INTR = 2, DEV_ERR = 4, FAILED = 0x10, BYTE_DONE = 0x80, INTREN = 1, KILL = 2, START = 0x40, E32B = 2 };
enum { QUICK, BYTE, BYTE_DATA, WORD_DATA, PROCESS_CALL, BLOCK, I2C_READ, BLOCK_PROCESS };
enum { READ = 1, EEPROM = 0x50, OTHER = 0x57, NOBODY = 0x30 };
/* In the section ich9_smb: the fourth byte from its end. */
enum { I2C_ENABLE_AT = 325 - 4 };

static struct pci_bench p;
static struct device *smb;

static uint8_t in(uint16_t port)
{
    return port_in(&p.b, port);
}

static void out(uint16_t port, uint8_t val)
{
    port_out(&p.b, port, val);
}

static void eeprom_new(uint8_t address)
{
    struct device *dev = device_new(p.b.m, device_type_find("smbus-eeprom"));

    CHECK(!device_set(dev, "address", T("%u", address), NULL) && !device_realize(dev, NULL, NULL, NULL));
}

static void begin(void)
{
    pci_bench_init(&p);
    smb = device_new(p.b.m, device_type_find("ICH9-SMB"));
    CHECK(!device_set(smb, "addr", "1f.3", NULL) && !device_realize(smb, NULL, NULL, NULL));
    eeprom_new(EEPROM);
    eeprom_new(OTHER);
    pci_out(&p, 0x1f, 3, PCI_BAR + 16, 4, BASE | 1);
    pci_out(&p, 0x1f, 3, PCI_COMMAND, 2, PCI_COMMAND_IO);
    pci_out(&p, 0x1f, 3, HOSTC, 1, 1);
}

/* A transfer; its final status. */
static uint8_t transfer(unsigned protocol, uint8_t address, unsigned read, uint8_t cmd)
{
    out(STS, 0xff);
    out(CMD, cmd);
    out(ADDR, address << 1 | read);
    out(CNT, protocol << 2 | START);
    CHECK_EQ(in(STS) & BUSY, BUSY);
    return in(STS);
}

static bool interrupt(void)
{
    return pci_in(&p, 0x1f, 3, PCI_STATUS, 2) & PCI_STATUS_INTX;
}

static void identity_and_reset_values(void)
{
    begin();
    CHECK_EQ(pci_in(&p, 0x1f, 3, 0, 4), 0x29308086);
    CHECK_EQ(pci_in(&p, 0x1f, 3, 8, 4), 0x0c050002);
    CHECK_EQ(pci_in(&p, 0x1f, 3, PCI_IRQ_PIN, 1), 1);
    for (unsigned at = 0; at < SMB_PORTS; at++)
        CHECK_EQ(in(BASE + at), 0);
    pci_bench_fini(&p);
}

/* HST_EN stores, as in the reference. */
static void host_configuration_keeps_all_but_one_bit(void)
{
    begin();
    pci_out(&p, 0x1f, 3, HOSTC, 1, 0xfe);
    CHECK_EQ(pci_in(&p, 0x1f, 3, HOSTC, 1), 0xf6);
    CHECK_EQ(transfer(QUICK, EEPROM, 0, 0), INTR);
    pci_out(&p, 0x1f, 3, PCI_COMMAND, 2, 0);
    CHECK_EQ(in(STS), 0xff);
    pci_bench_fini(&p);
}

/* 19.1.13; a reset keeps it, as in the reference. */
static void host_configuration_is_the_only_register_of_its_own(void)
{
    static const struct config_bits bits[] = { { HOSTC, 1, 0, 0xf7 } };

    begin();
    pci_out(&p, 0x1f, 3, HOSTC, 1, 0x15);
    machine_reset(p.b.m, false);
    CHECK_EQ(pci_in(&p, 0x1f, 3, HOSTC, 1), 0x15);
    machine_reset(p.b.m, true);
    pci_out(&p, 0x1f, 3, HOSTC, 1, 0);
    config_bits_check(&p, 0x1f, 3, bits, 1);
    pci_bench_fini(&p);
}

/* "I2C_EN: bit 2": nothing here depends on it, but the stream says it. */
static void i2c_enable_is_what_host_configuration_says(void)
{
    static const struct { uint8_t hostc, enabled; } cases[] = { { 1, 0 }, { 5, 1 }, { 0xf3, 0 }, { 4, 1 }, { 0, 0 } };

    begin();
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct saved s;

        pci_out(&p, 0x1f, 3, HOSTC, 1, cases[i].hostc);
        s = bench_save(&p.b, "0000:00:1f.3/ich9_smb");
        CHECK_EQ(s.fields[I2C_ENABLE_AT], cases[i].enabled);
        wire_fini(&s.w);
    }
    pci_bench_fini(&p);
}

/* 19.2.12: AUX_CTL's default is 0: the block buffer is off again. */
static void a_reset_turns_the_block_buffer_off(void)
{
    begin();
    out(AUX, E32B);
    CHECK_EQ(in(AUX), E32B);
    machine_reset(p.b.m, false);
    pci_out(&p, 0x1f, 3, PCI_BAR + 16, 4, BASE | 1);
    pci_out(&p, 0x1f, 3, PCI_COMMAND, 2, PCI_COMMAND_IO);
    CHECK_EQ(in(AUX), 0);
    pci_bench_fini(&p);
}

/* Nobody answers to what is wider. */
static void ports_are_bytes(void)
{
    begin();
    out(D0, 0x12);
    out(D1, 0x34);
    CHECK_EQ(io_in(&p.b, D0, 2), 0xffff);
    io_out(&p.b, D0, 2, 0x5678);
    CHECK_EQ(in(D0), 0x12);
    CHECK_EQ(in(D1), 0x34);
    CHECK_EQ(in(BASE + SMB_PORTS), 0xff);
    pci_bench_fini(&p);
}

/* A stream of a machine whose EEPROMs lie elsewhere, or whose bus is in the middle of a message, is not for us. */
static void a_stream_that_does_not_fit_is_refused(void)
{
    struct saved s;

    begin();
    CHECK_EQ(transfer(BYTE, EEPROM, READ, 0), INTR);
    s = bench_save(&p.b, "smbus-eeprom");
    CHECK_EQ(s.fields[0], EEPROM);
    CHECK_EQ(bench_load_with(&p.b, &s, 0, EEPROM), 0);
    CHECK(bench_load_with(&p.b, &s, 0, OTHER) < 0);
    CHECK(bench_load_with(&p.b, &s, 1 + 3, 1) < 0);     /* the message's mode */
    CHECK(bench_load_with(&p.b, &s, 1 + 4 + 3, 1) < 0); /* its bytes so far */
    wire_fini(&s.w);
    pci_bench_fini(&p);
}

/* 5.5.4: byte read from wherever the EEPROM stands: that alone makes it worth saving. */
static void an_eeprom_that_was_read_is_saved(void)
{
    struct saved s;

    begin();
    CHECK_EQ(transfer(BYTE, OTHER, READ, 0), INTR);
    s = bench_save(&p.b, "smbus-eeprom");
    CHECK_EQ(s.fields[0], OTHER);
    wire_fini(&s.w);
    pci_bench_fini(&p);
}

static void registers_keep_what_is_theirs(void)
{
    begin();
    out(CNT, 0xff & ~(START | KILL));
    CHECK_EQ(in(CNT), 0x1d);
    out(AUX, 0xff);
    CHECK_EQ(in(AUX), 3);
    out(AUX, 0);
    out(STS, 0xff);
    CHECK_EQ(in(STS), 0);                               /* nothing sets */
    for (unsigned at = 0; at < SMB_PORTS; at++)
        if (at != 2) {
            out(BASE + at, 0xff);
            CHECK_EQ(in(BASE + at), at == 0xd ? 3 : at >= 3 && at <= 7 ? 0xff : 0);
        }
    pci_bench_fini(&p);
}

static void whoever_is_there_acknowledges(void)
{
    begin();
    for (unsigned read = 0; read < 2; read++) {
        CHECK_EQ(transfer(QUICK, EEPROM, read, 0), INTR);
        CHECK_EQ(transfer(QUICK, OTHER, read, 0), INTR);
        CHECK_EQ(transfer(QUICK, NOBODY, read, 0), DEV_ERR);
        CHECK_EQ(transfer(BYTE_DATA, NOBODY, read, 0), DEV_ERR);
    }
    pci_bench_fini(&p);
}

static void status_bits_are_cleared_by_writing_ones(void)
{
    begin();
    CHECK_EQ(transfer(QUICK, EEPROM, 0, 0), INTR);
    out(STS, DEV_ERR);
    CHECK_EQ(in(STS), INTR);
    out(STS, INTR);
    CHECK_EQ(in(STS), 0);
    pci_bench_fini(&p);
}

/* "Send Byte, Receive Byte": the EEPROM's offset, and what is there. */
static void bytes(void)
{
    begin();
    out(D0, 0x5a);
    CHECK_EQ(transfer(BYTE_DATA, EEPROM, 0, 0x10), INTR);
    CHECK_EQ(transfer(BYTE, EEPROM, 0, 0x0f), INTR);
    CHECK_EQ(transfer(BYTE, EEPROM, READ, 0), INTR);
    CHECK_EQ(in(D0), 0);
    CHECK_EQ(transfer(BYTE, EEPROM, READ, 0), INTR);    /* it counts on */
    CHECK_EQ(in(D0), 0x5a);
    CHECK_EQ(transfer(BYTE_DATA, OTHER, READ, 0x10), INTR);
    CHECK_EQ(in(D0), 0);
    pci_bench_fini(&p);
}

/* "Read Word: ... data low byte, data high byte." */
static void words(void)
{
    begin();
    out(D0, 0x11);
    out(D1, 0x22);
    CHECK_EQ(transfer(WORD_DATA, EEPROM, 0, 0xff), INTR);       /* around the end */
    out(D0, 0);
    out(D1, 0);
    CHECK_EQ(transfer(WORD_DATA, EEPROM, READ, 0xff), INTR);
    CHECK_EQ(in(D0), 0x11);
    CHECK_EQ(in(D1), 0x22);
    CHECK_EQ(transfer(BYTE_DATA, EEPROM, READ, 0), INTR);
    CHECK_EQ(in(D0), 0x22);
    CHECK_EQ(in(D1), 0x22);                             /* not touched */
    pci_bench_fini(&p);
}

/* "E32B: the Host Block Data register is a pointer into a 32-byte buffer"; reading HST_CNT clears the pointer. */
static void blocks_through_the_buffer(void)
{
    begin();
    out(AUX, E32B);
    in(CNT);
    for (unsigned i = 0; i < 4; i++)
        out(DB, 0x40 + i);
    out(D0, 4);
    CHECK_EQ(transfer(BLOCK, EEPROM, 0, 0x20), INTR);
    CHECK_EQ(transfer(BYTE_DATA, EEPROM, READ, 0x20), INTR);
    CHECK_EQ(in(D0), 4);                                /* the count is on the wire */
    CHECK_EQ(transfer(BYTE_DATA, EEPROM, READ, 0x24), INTR);
    CHECK_EQ(in(D0), 0x43);
    in(CNT);
    for (unsigned i = 0; i < 32; i++)
        out(DB, 0);
    CHECK_EQ(transfer(BLOCK, EEPROM, READ, 0x20), INTR);
    CHECK_EQ(in(D0), 4);
    in(CNT);
    for (unsigned i = 0; i < 4; i++)
        CHECK_EQ(in(DB), 0x40 + i);
    for (unsigned i = 4; i < 32; i++)
        CHECK_EQ(in(DB), 0);
    CHECK_EQ(in(DB), 0x40);                             /* 32 bytes, around */
    pci_bench_fini(&p);
}

/* SMBus 2.0, 5.5.7: "a block write ... 32 bytes maximum", and never none. */
static void counts_of_0_and_beyond_32_are_errors(void)
{
    begin();
    out(AUX, E32B);
    out(D0, 33);
    CHECK_EQ(transfer(BLOCK, EEPROM, 0, 0), DEV_ERR);
    out(D0, 0);
    CHECK_EQ(transfer(BLOCK, EEPROM, 0, 0), DEV_ERR);
    out(D0, 255);
    CHECK_EQ(transfer(BYTE_DATA, EEPROM, 0, 0), INTR);
    CHECK_EQ(transfer(BLOCK, EEPROM, READ, 0), DEV_ERR);
    CHECK_EQ(transfer(BLOCK, EEPROM, READ, 0x80), INTR);        /* of nothing: as the reference */
    CHECK_EQ(in(D0), 0);
    pci_bench_fini(&p);
}

/* "BYTE_DONE_STS: ... Software clears the bit by writing 1, and the transfer goes on." */
static void blocks_byte_by_byte(void)
{
    begin();
    out(STS, 0xff);
    out(CMD, 0x30);
    out(ADDR, EEPROM << 1);
    out(D0, 3);
    out(DB, 0x71);
    out(CNT, BLOCK << 2 | START);
    CHECK_EQ(in(STS), BUSY);
    CHECK_EQ(in(STS), BUSY | BYTE_DONE);
    out(DB, 0x72);
    out(STS, BYTE_DONE);
    CHECK_EQ(in(STS), BUSY | BYTE_DONE);
    out(DB, 0x73);
    out(STS, BYTE_DONE);
    CHECK_EQ(in(STS), BUSY | BYTE_DONE);
    out(STS, BYTE_DONE);
    CHECK_EQ(in(STS), INTR);
    CHECK_EQ(transfer(BLOCK, EEPROM, READ, 0x30), BUSY | BYTE_DONE);
    CHECK_EQ(in(D0), 3);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ(in(STS), BUSY | BYTE_DONE);
        CHECK_EQ(in(DB), 0x71 + i);
        out(STS, BYTE_DONE);
    }
    CHECK_EQ(in(STS), INTR);
    pci_bench_fini(&p);
}

static void a_count_that_grows_in_the_middle_of_a_block_stays_within_32(void)
{
    unsigned acknowledged = 0;

    begin();
    out(STS, 0xff);
    out(ADDR, EEPROM << 1);
    out(D0, 2);
    out(CNT, BLOCK << 2 | START);
    in(STS);
    out(D0, 255);
    for (; in(STS) & BYTE_DONE && acknowledged < 100; acknowledged++)
        out(STS, BYTE_DONE);
    CHECK_EQ(acknowledged, 32);
    CHECK_EQ(in(STS), INTR);
    pci_bench_fini(&p);
}

static void protocols_that_nobody_here_speaks_are_not_acknowledged(void)
{
    begin();
    for (unsigned protocol = PROCESS_CALL; protocol <= BLOCK_PROCESS; protocol++)
        if (protocol != BLOCK) {
            CHECK_EQ(transfer(protocol, EEPROM, 0, 0), DEV_ERR);
        }
    pci_bench_fini(&p);
}

/* "KILL: 1 = Kills the current host transaction taking place, sets the FAILED status bit". */
static void kill_ends_a_transfer(void)
{
    begin();
    out(AUX, 0);
    out(D0, 4);
    out(ADDR, EEPROM << 1);
    out(CNT, BLOCK << 2 | START);
    in(STS);
    CHECK_EQ(in(STS), BUSY | BYTE_DONE);
    out(CNT, KILL);
    CHECK_EQ(in(STS), FAILED);
    CHECK_EQ(in(CNT), KILL);
    out(CNT, 0);
    CHECK_EQ(in(STS), FAILED);
    out(STS, FAILED);
    CHECK_EQ(transfer(QUICK, EEPROM, 0, 0), INTR);
    pci_bench_fini(&p);
}

/* "INTREN: 1 = Enable the generation of an interrupt or SMI# upon the completion of the command." */
static void the_end_interrupts_when_it_is_to(void)
{
    begin();
    CHECK_EQ(transfer(QUICK, EEPROM, 0, 0), INTR);
    CHECK(!interrupt());
    out(STS, 0xff);
    out(CNT, QUICK << 2 | START | INTREN);
    CHECK(interrupt());                                 /* without anybody reading the status */
    CHECK_EQ(in(STS), INTR);
    out(STS, INTR);
    CHECK(!interrupt());
    out(ADDR, NOBODY << 1);
    out(CNT, QUICK << 2 | START | INTREN);
    CHECK(interrupt());
    out(STS, DEV_ERR);
    CHECK(!interrupt());
    pci_bench_fini(&p);
}

static void reset_makes_the_eeproms_what_they_were(void)
{
    begin();
    out(D0, 0x5a);
    CHECK_EQ(transfer(BYTE_DATA, EEPROM, 0, 0x10), INTR);
    machine_reset(p.b.m, false);
    pci_out(&p, 0x1f, 3, PCI_BAR + 16, 4, BASE | 1);
    pci_out(&p, 0x1f, 3, PCI_COMMAND, 2, PCI_COMMAND_IO);
    pci_out(&p, 0x1f, 3, HOSTC, 1, 1);
    CHECK_EQ(transfer(BYTE_DATA, EEPROM, READ, 0x10), INTR);
    CHECK_EQ(in(D0), 0);
    pci_bench_fini(&p);
}

/* Sizes and ids as in streams of the reference (facts/migration); an EEPROM is there only once it was addressed. */
static void what_is_saved_comes_back(void)
{
    struct saved s;

    begin();
    s = bench_save(&p.b, "i2c_bus");
    CHECK_EQ(s.fields[0], 0xff);
    CHECK_EQ(s.fields[1], 0x7e);
    CHECK(!memmem(s.w.buf, s.w.at, "smbus-eeprom", 12));
    wire_fini(&s.w);
    out(D0, 0x5a);
    CHECK_EQ(transfer(BYTE_DATA, OTHER, 0, 0x10), INTR);
    s = bench_save(&p.b, "smbus-eeprom");
    CHECK_EQ(s.fields[-5], 1);                          /* the second one's instance */
    CHECK_EQ(s.fields[0], OTHER);
    CHECK_EQ(s.fields[1 + 4 + 4 + 34 + 0x10], 0x5a);
    CHECK_EQ(s.fields[301], 0x7e);
    wire_fini(&s.w);
    s = bench_save(&p.b, "0000:00:1f.3/ich9_smb");
    CHECK_EQ(s.fields[325], 0x7e);
    wire_fini(&s.w);
    out(CNT, BLOCK << 2 | START);                       /* in the middle of a transfer */
    in(STS);
    bench_reload(&p.b);
    pci_bench_fini(&p);
}

static void a_pointer_beyond_the_buffer_is_refused(void)
{
    struct wire in_;
    struct saved s;

    begin();
    s = bench_save(&p.b, "0000:00:1f.3/ich9_smb");
    ((uint8_t *)s.fields)[276 + 1 + 6 + 3] = 32;
    in_ = (struct wire){ .buf = s.w.buf, .len = s.w.at };
    CHECK(bench_load(&p.b, &in_, NULL) < 0);
    wire_fini(&s.w);
    pci_bench_fini(&p);
}

static void two_devices_cannot_have_one_address(void)
{
    struct error *err = NULL;
    struct device *dev;

    begin();
    dev = device_new(p.b.m, device_type_find("smbus-eeprom"));
    CHECK(!device_set(dev, "address", "0x50", NULL));
    CHECK_EQ(device_realize(dev, NULL, NULL, &err), -EBUSY);
    CHECK_STR(err->object, "smbus-eeprom.address");
    error_free(err);
    CHECK(!device_set(dev, "address", "0x7f", NULL) && device_set(dev, "address", "0x80", NULL) < 0);
    pci_bench_fini(&p);
}

int main(void)
{
    epoch_thread_init();
    TEST(identity_and_reset_values);
    TEST(host_configuration_keeps_all_but_one_bit);
    TEST(host_configuration_is_the_only_register_of_its_own);
    TEST(i2c_enable_is_what_host_configuration_says);
    TEST(a_reset_turns_the_block_buffer_off);
    TEST(ports_are_bytes);
    TEST(a_stream_that_does_not_fit_is_refused);
    TEST(an_eeprom_that_was_read_is_saved);
    TEST(registers_keep_what_is_theirs);
    TEST(whoever_is_there_acknowledges);
    TEST(status_bits_are_cleared_by_writing_ones);
    TEST(bytes);
    TEST(words);
    TEST(blocks_through_the_buffer);
    TEST(counts_of_0_and_beyond_32_are_errors);
    TEST(blocks_byte_by_byte);
    TEST(a_count_that_grows_in_the_middle_of_a_block_stays_within_32);
    TEST(protocols_that_nobody_here_speaks_are_not_acknowledged);
    TEST(kill_ends_a_transfer);
    TEST(the_end_interrupts_when_it_is_to);
    TEST(reset_makes_the_eeproms_what_they_were);
    TEST(what_is_saved_comes_back);
    TEST(a_pointer_beyond_the_buffer_is_refused);
    TEST(two_devices_cannot_have_one_address);
    epoch_thread_fini();
    return test_end();
}
