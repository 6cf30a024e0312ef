/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/acpi/vmgenid.h"

/* vmgenid and vmcoreinfo: files in fw_cfg that a guest writes, and what becomes of them. */

#include "hw/acpi/pm.h"
#include "hw/isa/ich9-lpc.h"
#include "tests/unit/fw-cfg-bench.h"
#include "tests/unit/pci-bench.h"

#include <errno.h>

static struct fw_bench f;
static const char *const guid = "00112233-4455-6677-8899-AABBCCDDEEFF";

static struct device *vmgenid_add(const char *value)
{
    struct device *dev = device_new(f.b.m, device_type_find("vmgenid"));

    CHECK(!value || !device_set(dev, "guid", value, NULL));
    CHECK(!device_realize(dev, NULL, NULL, NULL));
    return dev;
}

static uint16_t write_file(const char *name, const void *bytes, uint32_t len)
{
    uint16_t key = fw_cfg_file_key(f.dev, name);

    memcpy(f.ram->host + 0x2000, bytes, len);
    CHECK_EQ(fw_transfer(&f, FW_SELECT | FW_WRITE | (uint32_t)key << 16, len, 0x2000), 0);
    return key;
}

static void a_page_holds_the_identifier_at_40_in_little_endian_fields(void)
{
    static const uint8_t want[16] = { 0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc,
                                      0xdd, 0xee, 0xff };
    const uint8_t *page;
    uint32_t len;

    fw_bench_init(&f);
    CHECK(!vmgenid_text(f.b.m));
    vmgenid_add(guid);
    CHECK_STR(vmgenid_text(f.b.m), "00112233-4455-6677-8899-aabbccddeeff");
    page = fw_cfg_bytes(f.dev, fw_cfg_file_key(f.dev, "etc/vmgenid_guid"), &len);
    CHECK_EQ(len, 4096);
    for (unsigned i = 0; i < 4096; i++)
        CHECK_EQ(page[i], i >= 40 && i < 56 ? want[i - 40] : 0);
    fw_bench_fini(&f);
}

static void auto_is_a_random_identifier(void)
{
    char first[37];

    fw_bench_init(&f);
    vmgenid_add(NULL);
    snprintf(first, sizeof(first), "%s", vmgenid_text(f.b.m));
    fw_bench_fini(&f);
    fw_bench_init(&f);
    vmgenid_add("auto");
    CHECK(strlen(first) == 36 && strcmp(first, vmgenid_text(f.b.m)));
    fw_bench_fini(&f);
}

static int realize(const char *type, const char *value, struct error **err)
{
    struct device *dev = device_new(f.b.m, device_type_find(type));

    CHECK(!value || !device_set(dev, "guid", value, NULL));
    return device_realize(dev, NULL, NULL, err);
}

static void what_is_no_uuid_is_refused(void)
{
    struct error *err = NULL;

    fw_bench_init(&f);
    CHECK_EQ(realize("vmgenid", "00112233", &err), -EINVAL);
    CHECK(strstr(error_line(err).s, "vmgenid.guid: 00112233"));
    error_free(err);
    CHECK_EQ(realize("vmgenid", "", NULL), -EINVAL);
    fw_bench_fini(&f);
}

static void a_machine_has_one_of_each_and_fw_cfg_with_dma(void)
{
    fw_bench_init(&f);
    CHECK(!realize("vmgenid", NULL, NULL) && !realize("vmcoreinfo", NULL, NULL));
    CHECK_EQ(realize("vmgenid", NULL, NULL), -EBUSY);
    CHECK_EQ(realize("vmcoreinfo", NULL, NULL), -EBUSY);
    fw_bench_fini(&f);
    bench_init(&f.b, 0);
    CHECK_EQ(realize("vmgenid", NULL, NULL), -ENODEV);
    CHECK_EQ(realize("vmcoreinfo", NULL, NULL), -ENODEV);
    f.dev = device_new(f.b.m, device_type_find("fw_cfg_io"));
    CHECK(!device_set(f.dev, "dma_enabled", "off", NULL) && !device_realize(f.dev, NULL, NULL, NULL));
    CHECK_EQ(realize("vmgenid", NULL, NULL), -ENODEV);
    CHECK_EQ(realize("vmcoreinfo", NULL, NULL), -ENODEV);
    bench_fini(&f.b);
}

static void a_load_writes_the_identifier_where_firmware_said(void)
{
    const uint64_t addr = 0x5028;
    struct saved s;
    struct wire in;
    uint16_t key;

    fw_bench_init(&f);
    vmgenid_add(guid);
    key = write_file("etc/vmgenid_addr", &addr, 8);
    CHECK_EQ(fw_get(&f, key, 8), addr);
    s = bench_save(&f.b, "vmgenid");
    CHECK(!memcmp(s.fields, "\x28\x50\0\0\0\0\0\0\x7e", 9));
    machine_reset(f.b.m, false);
    CHECK_EQ(fw_get(&f, key, 8), 0);
    CHECK_EQ(f.ram->host[0x5028], 0);
    in = (struct wire){ .buf = s.w.buf, .len = s.w.at };
    CHECK(!bench_load(&f.b, &in, NULL));
    CHECK_EQ(fw_get(&f, key, 8), addr);
    CHECK(!memcmp(f.ram->host + 0x5028, "\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff\0", 17));
    memset((uint8_t *)s.fields, 0xff, 8);       /* nobody is there */
    in.at = 0;
    CHECK(!bench_load(&f.b, &in, NULL));
    wire_fini(&s.w);
    fw_bench_fini(&f);
}

/* GPE 5, whose handler notifies VGEN (\_GPE._E05). */
static void a_load_raises_a_general_purpose_event_and_a_reset_does_not(void)
{
    enum { PM_BASE = 0x600, GPE0_STS = PM_BASE + 0x20 };
    static struct pci_bench p;
    struct device *lpc;
    const uint64_t addr = 0x5028;

    pci_bench_init(&p);
    lpc = device_new(p.b.m, device_type_find("ICH9-LPC"));
    ich9_lpc_set_gsi(lpc, &p.b.sink);
    CHECK(!device_set(lpc, "addr", "1f.0", NULL) && !device_realize(lpc, NULL, NULL, NULL));
    device_write(lpc, 0, LPC_PMBASE, 4, PM_BASE | 1);
    device_write(lpc, 0, LPC_ACPI_CNTL, 1, LPC_ACPI_ENABLE);
    f = (struct fw_bench){ .b.m = p.b.m, .ram = p.ram };
    CHECK(!fw_cfg_new(p.b.m, &f.dev, NULL));
    vmgenid_add(guid);
    machine_run_posted(p.b.m);
    CHECK_EQ(port_in(&p.b, GPE0_STS), 0);
    write_file("etc/vmgenid_addr", &addr, 8);
    bench_reload(&p.b);
    machine_run_posted(p.b.m);
    CHECK_EQ(port_in(&p.b, GPE0_STS), 1 << GPE_VMGENID);
    CHECK_EQ(p.ram->host[0x5028], 0x33);
    pci_bench_fini(&p);
}

static void a_kernel_describes_itself_in_one_write_with_a_format(void)
{
    static const uint8_t whole[16] = { 0, 0, 1, 0, 0x34, 0x12, 0, 0, 0xef, 0xcd, 0xab, 0, 0, 0, 0, 0 };
    struct saved s;

    fw_bench_init(&f);
    CHECK(!realize("vmcoreinfo", NULL, NULL));
    CHECK_EQ(fw_get(&f, fw_cfg_file_key(f.dev, "etc/vmcoreinfo"), 16), 1);      /* the host's format: ELF */
    write_file("etc/vmcoreinfo", whole, 8);
    s = bench_save(&f.b, "vmcoreinfo");
    CHECK(!memcmp(s.fields, "\0\0\0\0\1\0\0\x12\x34\0\0\0\0\0\0\0\0\x7e", 18));
    wire_fini(&s.w);
    write_file("etc/vmcoreinfo", whole, 16);
    s = bench_save(&f.b, "vmcoreinfo");
    CHECK(!memcmp(s.fields, "\1\0\0\0\1\0\0\x12\x34\0\0\0\0\0\xab\xcd\xef\x7e", 18));
    wire_fini(&s.w);
    bench_reload(&f.b);
    write_file("etc/vmcoreinfo", "\1\0\0\0\1\0\0\0\1\0\0\0\0\0\0", 16);        /* no format */
    s = bench_save(&f.b, "vmcoreinfo");
    CHECK_EQ(s.fields[0], 0);
    wire_fini(&s.w);
    machine_reset(f.b.m, false);
    CHECK_EQ(fw_get(&f, fw_cfg_file_key(f.dev, "etc/vmcoreinfo"), 8), 1);
    fw_bench_fini(&f);
}

int main(void)
{
    epoch_thread_init();
    TEST(a_page_holds_the_identifier_at_40_in_little_endian_fields);
    TEST(auto_is_a_random_identifier);
    TEST(what_is_no_uuid_is_refused);
    TEST(a_machine_has_one_of_each_and_fw_cfg_with_dma);
    TEST(a_load_writes_the_identifier_where_firmware_said);
    TEST(a_load_raises_a_general_purpose_event_and_a_reset_does_not);
    TEST(a_kernel_describes_itself_in_one_write_with_a_format);
    epoch_thread_fini();
    return test_end();
}
