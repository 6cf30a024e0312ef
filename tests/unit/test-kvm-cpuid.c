/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/kvm-model.h"

/*
 * What a guest is told of its processor under KVM, and how interrupt lines are numbered, against a model of the kernel
 *
 * Features by their names in the SDM (volume 2, CPUID) and AMD's APM (volume 3, appendix E); the signature leaves after
 * the kernel's page on them; routes after its API document, KVM_SET_GSI_ROUTING.
 */

#include "cpu/feature.h"

#include <cpuid.h>

enum { EAX, EBX, ECX, EDX };
enum { HYPERVISOR = 31 };

static void model_fresh(void)
{
    memset(&model, 0, sizeof(model));
    model.max_slots = MODEL_SLOTS;
    model.run_bytes = MODEL_RUN_BYTES;
}

static void host_has(uint32_t leaf, uint32_t subleaf, unsigned reg, uint32_t bits)
{
    struct kvm_cpuid_entry2 *e = &model.host[model.n_host++];
    uint32_t *out[4] = { &e->eax, &e->ebx, &e->ecx, &e->edx };

    *e = (struct kvm_cpuid_entry2){ .function = leaf, .index = subleaf, .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX };
    *out[reg] = bits;
}

/* A host with every feature that there could be. */
static void host_has_all(void)
{
    static const uint32_t leaves[][2] = {
        { 1, 0 }, { 6, 0 }, { 7, 0 }, { 0xd, 1 }, { 0x80000001, 0 }, { 0x8000000a, 0 }, { 0x40000001, 0 },
    };

    for (unsigned i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
        model.host[model.n_host++] = (struct kvm_cpuid_entry2){
            .function = leaves[i][0], .index = leaves[i][1], .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
            .eax = UINT32_MAX, .ebx = UINT32_MAX, .ecx = UINT32_MAX, .edx = UINT32_MAX,
        };
}

static struct cpu_config cfg;

static void filtered(const char *spec)
{
    CHECK_EQ(cpu_config_parse(spec, false, &cfg, NULL), 0);
    m->accel->ops->cpu_filter(m->accel, &cfg);
}

static bool has(const char *feature)
{
    for (const struct cpu_feature *f = cpu_features; f->name; f++)
        if (!strcmp(f->name, feature))
            return cpu_has(&cfg, f->word, f->bit);
    printf("# no feature is called %s\n", feature);
    return false;
}

/* Whose registers or MSRs no save would keep, or that need what is not there: nested virtualization, AVX and all that
 * came with it, protection keys, shadow stacks, traces, MSRs against speculation, power management. */
static void what_a_save_would_lose_is_not_offered(void)
{
    static const char *const lost[] = {
        "vmx", "fma", "xsave", "avx", "f16c", "svm", "xop", "fma4", "tsc-adjust", "avx2", "mpx", "avx512f", "avx512dq",
        "avx512ifma", "avx512pf", "avx512er", "avx512cd", "avx512bw", "avx512vl", "intel-pt", "avx512vbmi", "pku",
        "waitpkg", "avx512vbmi2", "vaes", "vpclmulqdq", "avx512vnni", "avx512bitalg", "avx512-vpopcntdq", "pks",
        "bus-lock-detect", "spec-ctrl", "stibp", "arch-capabilities", "core-capability", "ssbd", "avx512-4vnniw",
        "avx512-4fmaps", "avx512-vp2intersect", "xsaveopt", "xsavec", "xgetbv1", "xsaves", "npt", "nrip-save",
    };
    static const char *const kept[] = {
        "sse", "sse2", "sse4.2", "aes", "pclmulqdq", "popcnt", "rdrand", "movbe", "cx16", "x2apic", "lm", "nx", "abm",
        "sse4a", "bmi1", "bmi2", "erms", "smep", "smap", "adx", "clflushopt", "sha-ni", "umip", "gfni", "rdpid", "fsrm",
        "arat", "hypervisor", "fsgsbase", "invpcid",
    };

    model_fresh();
    host_has_all();
    machine_begin_with("kernel-irqchip=on");
    filtered("max");
    for (unsigned i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
        if (has(lost[i]))
            printf("# %s is offered\n", lost[i]);
        CHECK(!has(lost[i]));
    }
    for (unsigned i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        if (!has(kept[i]))
            printf("# %s is not offered\n", kept[i]);
        CHECK(has(kept[i]));
    }
    model_end();
}

/* Each word of features is where CPUID has it. */
static void a_feature_is_offered_when_the_host_has_its_bit(void)
{
    static const struct { uint32_t leaf, subleaf; unsigned reg, bit; const char *name; } want[] = {
        { 1, 0, EDX, 25, "sse" }, { 1, 0, ECX, 20, "sse4.2" }, { 6, 0, EAX, 2, "arat" }, { 7, 0, EBX, 3, "bmi1" },
        { 7, 0, ECX, 2, "umip" }, { 7, 0, EDX, 4, "fsrm" }, { 0x80000001, 0, EDX, 29, "lm" },
        { 0x80000001, 0, ECX, 5, "abm" },
    };

    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        model_fresh();
        host_has(want[i].leaf, want[i].subleaf, want[i].reg, 1u << want[i].bit);
        host_has(want[i].leaf, want[i].subleaf + 1, want[i].reg, UINT32_MAX);           /* another subleaf's */
        host_has(want[i].leaf + 0x100, want[i].subleaf, want[i].reg, UINT32_MAX);
        machine_begin();
        filtered("max");
        for (unsigned n = 0; n < sizeof(want) / sizeof(want[0]); n++)
            CHECK_EQ(n << 1 | has(want[n].name), n << 1 | (n == i));
        CHECK(has("hypervisor"));                       /* the kernel's to say, whatever it reports */
        model_end();
    }
}

/* What a model has and the host lacks is remembered, for a person to be told. */
static void what_the_host_lacks_is_taken_away_and_remembered(void)
{
    model_fresh();
    host_has(1, 0, EDX, UINT32_MAX & ~(1u << 26));
    machine_begin();
    filtered("qemu64,+sse4.2");
    CHECK(has("sse") && !has("sse2") && !has("sse4.2"));
    CHECK(cfg.removed[WORD_1_EDX] >> 26 & 1 && cfg.removed[WORD_1_ECX] >> 20 & 1);
    CHECK(!(cfg.removed[WORD_1_EDX] >> 25 & 1));
    model_end();
}

static void x2apic_and_the_deadline_timer_are_the_kernels_apics(void)
{
    static const struct { const char *options; bool apic; } modes[] = {
        { "kernel-irqchip=off", false }, { "kernel-irqchip=split", true }, { "kernel-irqchip=on", true },
    };

    for (unsigned i = 0; i < 3; i++) {
        model_fresh();
        host_has(1, 0, ECX, 0);
        machine_begin_with(modes[i].options);
        filtered("max");
        CHECK_EQ(has("x2apic"), modes[i].apic);
        CHECK_EQ(has("tsc-deadline"), modes[i].apic);
        filtered("qemu64");
        CHECK_EQ(has("x2apic"), modes[i].apic);         /* without being asked */
        CHECK(!has("tsc-deadline"));
        filtered("qemu64,-x2apic");
        CHECK(!has("x2apic"));
        model_end();
    }
    model_fresh();
    model.lacks_one = true;
    model.lacks = KVM_CAP_TSC_DEADLINE_TIMER;
    machine_begin_with("kernel-irqchip=on");
    filtered("max");
    CHECK(has("x2apic") && !has("tsc-deadline"));
    model_end();
}

static void monitor_is_there_for_who_names_it(void)
{
    model_fresh();
    host_has_all();
    machine_begin();
    filtered("max");
    CHECK(!has("monitor"));
    filtered("max,+monitor");
    CHECK(has("monitor"));
    model_end();
}

static void the_vendor_is_the_hosts_and_so_is_the_brand_of_max(void)
{
    uint32_t id[12] = { 0 }, eax, text[3] = { 0 };
    char vendor[13] = "";

    __get_cpuid(0, &eax, &text[0], &text[2], &text[1]);
    memcpy(vendor, text, 12);
    for (unsigned i = 0; i < 3; i++)
        __get_cpuid(0x80000002 + i, &id[4 * i], &id[4 * i + 1], &id[4 * i + 2], &id[4 * i + 3]);
    model_fresh();
    host_has(1, 0, EAX, 0x12345);
    machine_begin();
    filtered("qemu64");
    CHECK_STR(cfg.model.vendor, vendor);
    CHECK(cfg.model.signature != 0x12345);
    filtered("max");
    CHECK_STR(cfg.model.vendor, vendor);
    CHECK(!strncmp(cfg.model.brand, (const char *)id, 48));
    CHECK_EQ(cfg.model.signature, 0x12345);
    model_end();
}

/* What the vCPU is told */

static const struct kvm_cpuid_entry2 *leaf(uint32_t function, uint32_t index)
{
    const struct model_cpu *c_ = &model.cpu[0];
    const struct kvm_cpuid_entry2 *found = NULL;

    for (unsigned i = 0; i < c_->n_cpuid; i++)
        if (c_->cpuid[i].function == function && c_->cpuid[i].index == index) {
            CHECK(!found);                              /* once */
            found = &c_->cpuid[i];
        }
    return found;
}

static void told(const char *spec)
{
    filtered(spec);
    cfg.cores = 2;
    cfg.threads = 1;
    CHECK(!vcpu_new(m, 0, 5, &cfg, &m->vcpus[0], NULL));
    m->n_vcpus = 1;
}

/* "KVM_CPUID_FLAG_SIGNIFCANT_INDEX: if the index field is valid": caches, structured features, topology, XSAVE. */
static void a_vcpu_has_every_leaf_of_its_model(void)
{
    const struct cpuid_live live = { .apic_id = 5, .apic_enabled = true, .xcr0 = 1 };
    unsigned n = 0;

    model_fresh();
    host_has_all();
    machine_begin();
    told("qemu64");
    for (uint32_t base = 0; base <= 0x80000000; base += 0x80000000u) {
        uint32_t last = base ? cfg.model.xlevel : cfg.model.level;

        for (uint32_t at = base; at <= last; at++) {
            bool indexed = at == 4 || at == 7 || at == 0xb || at == 0xd;

            for (uint32_t sub = 0; sub < (at == 0xb ? 3 : at == 0xd ? 2 : 1); sub++, n++) {
                const struct kvm_cpuid_entry2 *e = leaf(at, sub);
                uint32_t out[4];

                CHECK(e);
                cpuid_query(&cfg, &live, at, sub, out);
                CHECK(e->eax == out[0] && e->ebx == out[1] && e->ecx == out[2] && e->edx == out[3]);
                CHECK_EQ(e->flags, indexed ? KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0);
            }
        }
        if (base)
            break;
    }
    CHECK_EQ(model.cpu[0].n_cpuid, n + 2);              /* and the signature */
    CHECK(cfg.model.level >= 0xd);
    model_end();
}

/* "function: KVM_CPUID_SIGNATURE (0x40000000); returns eax = 0x40000001, KVMKVMKVM"; KVM_CPUID_FEATURES: of the flags
 * those whose state is kept: the clock (0, 3, 24 when it is stable) and that port 80h need not be waited for (1). */
static void a_hypervisor_says_that_it_is_kvm(void)
{
    for (unsigned all = 0; all < 2; all++) {
        const struct kvm_cpuid_entry2 *e;

        model_fresh();
        if (all)
            host_has_all();
        host_has(1, 0, EDX, UINT32_MAX);
        machine_begin();
        told("qemu64");
        e = leaf(0x40000000, 0);
        CHECK(e && e->eax == 0x40000001 && !e->flags);
        CHECK(!memcmp((uint32_t[]){ e->ebx, e->ecx, e->edx }, "KVMKVMKVM\0\0\0", 12));
        e = leaf(0x40000001, 0);
        CHECK(e && !e->ebx && !e->ecx && !e->edx);
        CHECK_EQ(e->eax, all ? 1 << 0 | 1 << 1 | 1 << 3 | 1 << 24 : 0);
        model_end();
    }
    model_fresh();
    machine_begin();
    told("qemu64,-hypervisor");
    CHECK(!leaf(0x40000000, 0) && !leaf(0x40000001, 0));
    model_end();
}

/* What opening it says, to a machine that is given up then. */
static int refused(const char *options, struct error **err)
{
    int r;

    model.dev = model.vm = -1;
    CHECK(!loop_new(&loop, NULL) && !machine_new(loop, 702, &m, NULL));
    r = accel_open(m, "kvm", options, err);
    machine_free(m);
    loop_free(loop);
    return r;
}

/* SDM volume 3, 15.3.1.1: of IA32_MCG_CAP bits 7 to 0 are the number of banks, which is the model's; what stands above
 * is there if the kernel has it. */
static void machine_checks_are_those_that_the_kernel_has(void)
{
    static const struct { uint64_t supported, cap; } want[] = {
        { 0, 10 }, { 1 << 8, 1 << 8 | 10 }, { 1 << 24 | 0xff, 1 << 24 | 10 }, { UINT64_MAX, 1 << 24 | 1 << 8 | 10 },
    };

    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        model_fresh();
        model.mce_supported = want[i].supported;
        host_has_all();
        machine_begin();
        told("qemu64");
        CHECK_EQ(model.cpu[0].mce_cap, want[i].cap);
        model_end();
    }
    model_fresh();
    machine_begin();
    told("qemu64,-mce");
    CHECK_EQ(model.cpu[0].mce_cap, 0);
    model_end();
}

static void a_kernel_that_refuses_is_named(void)
{
    struct error *err = NULL;

    model_fresh();
    machine_begin();
    filtered("qemu64");
    cfg.cores = cfg.threads = 1;
    model.no_cpuid = EINVAL;
    CHECK_EQ(vcpu_new(m, 0, 0, &cfg, &m->vcpus[0], &err), -EINVAL);
    CHECK_STR(err->object, "-cpu");
    CHECK_STR(err->value, "qemu64, KVM_SET_CPUID2");
    error_free(err);
    model_end();
    err = NULL;
    model_fresh();
    model.no_cpuid = E2BIG;
    CHECK_EQ(refused("kernel-irqchip=off", &err), -E2BIG);
    CHECK_STR(err->value, "KVM_GET_SUPPORTED_CPUID");
    error_free(err);
}

/* Interrupt controllers in the kernel */

static bool routes_to(unsigned n, uint32_t line, uint32_t chip, uint32_t pin)
{
    const struct kvm_irq_routing_entry *e = &model.route[n];

    return e->gsi == line && e->type == KVM_IRQ_ROUTING_IRQCHIP && e->u.irqchip.irqchip == chip &&
           e->u.irqchip.pin == pin;
}

/* The 8254's line goes to both; then each input of the 8259s, each pin of the I/O APIC has a line of its own. */
static void every_input_of_the_kernels_chips_has_a_line(void)
{
    unsigned n = 2;

    model_fresh();
    machine_begin_with("kernel-irqchip=on");
    CHECK(model.chips && model.pit);
    CHECK_EQ(model.n_routes, 2 + 16 + 24);
    CHECK(routes_to(0, 0, KVM_IRQCHIP_PIC_MASTER, 0) && routes_to(1, 0, KVM_IRQCHIP_IOAPIC, 2));
    for (unsigned input = 0; input < 16; input++, n++)
        CHECK(routes_to(n, 1 + input, input < 8 ? KVM_IRQCHIP_PIC_MASTER : KVM_IRQCHIP_PIC_SLAVE, input % 8));
    for (unsigned pin = 0; pin < 24; pin++, n++)
        CHECK(routes_to(n, 17 + pin, KVM_IRQCHIP_IOAPIC, pin));
    for (unsigned input = 0; input < 24; input++)
        for (unsigned level = 0; level < 2; level++) {
            if (input < 8) {
                routes_line(m->accel, IRQCHIP_PIC_MASTER, input, level);
                CHECK(model.line.irq == 1 + input && model.line.level == level);
                routes_line(m->accel, IRQCHIP_PIC_SLAVE, input, level);
                CHECK(model.line.irq == 9 + input && model.line.level == level);
            }
            routes_line(m->accel, IRQCHIP_IOAPIC, input, level);
            CHECK(model.line.irq == 17 + input && model.line.level == level);
        }
    CHECK_EQ(model.n_tables, 1);
    model_end();
}

static void messages_go_to_the_kernel_as_they_are(void)
{
    model_fresh();
    machine_begin_with("kernel-irqchip=split");
    routes_msi(m->accel, 0x12345678fee01000, 0x4041);
    CHECK_EQ(model.msi.address_lo, 0xfee01000);
    CHECK_EQ(model.msi.address_hi, 0x12345678);
    CHECK_EQ(model.msi.data, 0x4041);
    model_end();
}

/* Split: what a pin of our I/O APIC sends, so that its EOI is told; masked pins send nothing. */
static void pins_that_are_not_masked_stand_in_the_table(void)
{
    model_fresh();
    machine_begin_with("kernel-irqchip=split");
    CHECK(!model.chips && !model.pit);
    CHECK_EQ(model.enabled[KVM_CAP_SPLIT_IRQCHIP], 24);
    CHECK_EQ(model.n_routes, 0);
    routes_pin(m->accel, 23, false, 0x1fee02000, 0x51);
    routes_pin(m->accel, 4, false, 0xfee01000, 0x41);
    CHECK_EQ(model.n_routes, 2);
    for (unsigned i = 0; i < 2; i++) {
        const struct kvm_irq_routing_entry *e = &model.route[i];

        CHECK(e->gsi == (i ? 23 : 4) && e->type == KVM_IRQ_ROUTING_MSI);
        CHECK_EQ(e->u.msi.address_lo, i ? 0xfee02000 : 0xfee01000);
        CHECK_EQ(e->u.msi.address_hi, i);
        CHECK_EQ(e->u.msi.data, i ? 0x51 : 0x41);
    }
    CHECK_EQ(model.n_tables, 3);
    routes_pin(m->accel, 4, false, 0xfee01000, 0x41);
    CHECK_EQ(model.n_tables, 3);                        /* nothing has changed */
    routes_pin(m->accel, 4, false, 0xfee01000, 0x42);
    CHECK(model.n_tables == 4 && model.route[0].u.msi.data == 0x42);
    routes_pin(m->accel, 4, true, 0xfee01000, 0x42);
    CHECK(model.n_tables == 5 && model.n_routes == 1 && model.route[0].gsi == 23);
    for (unsigned pin = 0; pin < 24; pin++)
        routes_pin(m->accel, pin, false, 0xfee00000, pin);
    CHECK_EQ(model.n_routes, 24);
    for (unsigned pin = 0; pin < 24; pin++)
        CHECK_EQ(model.route[pin].gsi, pin);
    model_end();
}

static void controllers_that_the_kernel_lacks_are_refused_by_name(void)
{
    static const struct { int cap; const char *options, *legal; } want[] = {
        { KVM_CAP_IRQCHIP, "kernel-irqchip=on", "off: " }, { KVM_CAP_PIT2, "kernel-irqchip=on", "off: " },
        { KVM_CAP_PIT_STATE2, "kernel-irqchip=on", "off: " }, { KVM_CAP_IRQ_ROUTING, "kernel-irqchip=on", "off: " },
        { KVM_CAP_SIGNAL_MSI, "kernel-irqchip=on", "off: " },
        { KVM_CAP_SIGNAL_MSI, "kernel-irqchip=split", "on, off: " },
        { KVM_CAP_SPLIT_IRQCHIP, "kernel-irqchip=split", "on, off: " },
    };

    for (unsigned i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        struct error *err = NULL;

        model_fresh();
        model.lacks_one = true;
        model.lacks = want[i].cap;
        CHECK(refused(want[i].options, &err) < 0);
        CHECK_EQ(err->kind, ERROR_UNSUPPORTED);
        CHECK_STR(err->object, "-accel kvm,kernel-irqchip");
        CHECK(!strncmp(err->legal, want[i].legal, strlen(want[i].legal)));
        error_free(err);
    }
}

/* Whole APIC ids, and LINT0 after reset as the data sheet has it: masked. */
static void the_kernels_apics_are_told_what_we_rely_on(void)
{
    static const char *const options[] = { "kernel-irqchip=split", "kernel-irqchip=on" };

    for (unsigned i = 0; i < 2; i++) {
        model_fresh();
        machine_begin_with(options[i]);
        CHECK_EQ(model.enabled[KVM_CAP_X2APIC_API],
                 KVM_X2APIC_API_USE_32BIT_IDS | KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK);
        CHECK_EQ(model.enabled[KVM_CAP_DISABLE_QUIRKS], KVM_X86_QUIRK_LINT0_REENABLED);
        CHECK(m->accel->halts_inside && m->accel->irqchip);
        CHECK_EQ(!!m->accel->irqchip->line, i);
        CHECK_EQ(!!m->accel->irqchip->ioapic_route, !i);
        model_end();
    }
    model_fresh();
    machine_begin();
    CHECK(!m->accel->halts_inside && !m->accel->irqchip);
    CHECK_EQ(model.n_tables, 0);
    model_end();
}

int main(void)
{
    epoch_thread_init();
    TEST(what_a_save_would_lose_is_not_offered);
    TEST(a_feature_is_offered_when_the_host_has_its_bit);
    TEST(what_the_host_lacks_is_taken_away_and_remembered);
    TEST(x2apic_and_the_deadline_timer_are_the_kernels_apics);
    TEST(monitor_is_there_for_who_names_it);
    TEST(the_vendor_is_the_hosts_and_so_is_the_brand_of_max);
    TEST(a_vcpu_has_every_leaf_of_its_model);
    TEST(a_hypervisor_says_that_it_is_kvm);
    TEST(machine_checks_are_those_that_the_kernel_has);
    TEST(a_kernel_that_refuses_is_named);
    TEST(every_input_of_the_kernels_chips_has_a_line);
    TEST(messages_go_to_the_kernel_as_they_are);
    TEST(pins_that_are_not_masked_stand_in_the_table);
    TEST(controllers_that_the_kernel_lacks_are_refused_by_name);
    TEST(the_kernels_apics_are_told_what_we_rely_on);
    epoch_thread_fini();
    return test_end();
}
