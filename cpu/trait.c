/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/trait.h"

/*
 * What a CPU shows to clients by name (see trait.h)
 *
 * Features of words that no model here has are told, too: clients ask for each by name, and none is there.
 * Left out: how the reference fills in what a model leaves open.
 */

#include "cpu/feature.h"
#include "cpu/switch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Features of KVM, of VMX, of SGX, and of words that no model has. */
static const char *const absent[] = {
    "ace2", "ace2-en", "amd-no-ssb", "amd-ssbd", "amd-stibp", "avx-vnni", "avx512-bf16", "clzero", "full-width-write",
    "ibpb", "ibrs", "ibrs-all", "intel-pt-lip", "invtsc", "kvm-asyncpf", "kvm-asyncpf-int", "kvm-hint-dedicated",
    "kvm-mmu", "kvm-msi-ext-dest-id", "kvm-nopiodelay", "kvm-poll-control", "kvm-pv-eoi", "kvm-pv-ipi",
    "kvm-pv-sched-yield", "kvm-pv-tlb-flush", "kvm-pv-unhalt", "kvm-steal-time", "kvmclock", "kvmclock-stable-bit",
    "lmce", "mds-no", "phe", "phe-en", "pmm", "pmm-en", "pschange-mc-no", "rdctl-no", "rsba", "sgx-debug",
    "sgx-exinfo", "sgx-kss", "sgx-mode64", "sgx-provisionkey", "sgx-tokenkey", "sgx1", "sgx2", "skip-l1dfl-vmentry",
    "split-lock-detect", "ssb-no", "taa-no", "tsx-ctrl", "virt-ssbd", "vmx-activity-hlt", "vmx-activity-shutdown",
    "vmx-activity-wait-sipi", "vmx-apicv-register", "vmx-apicv-vid", "vmx-apicv-x2apic", "vmx-apicv-xapic",
    "vmx-cr3-load-noexit", "vmx-cr3-store-noexit", "vmx-cr8-load-exit", "vmx-cr8-store-exit", "vmx-desc-exit",
    "vmx-encls-exit", "vmx-entry-ia32e-mode", "vmx-entry-load-bndcfgs", "vmx-entry-load-efer", "vmx-entry-load-pat",
    "vmx-entry-load-perf-global-ctrl", "vmx-entry-load-pkrs", "vmx-entry-load-rtit-ctl", "vmx-entry-noload-debugctl",
    "vmx-ept", "vmx-ept-1gb", "vmx-ept-2mb", "vmx-ept-advanced-exitinfo", "vmx-ept-execonly", "vmx-eptad",
    "vmx-eptp-switching", "vmx-exit-ack-intr", "vmx-exit-clear-bndcfgs", "vmx-exit-clear-rtit-ctl",
    "vmx-exit-load-efer", "vmx-exit-load-pat", "vmx-exit-load-perf-global-ctrl", "vmx-exit-load-pkrs",
    "vmx-exit-nosave-debugctl", "vmx-exit-save-efer", "vmx-exit-save-pat", "vmx-exit-save-preemption-timer",
    "vmx-flexpriority", "vmx-hlt-exit", "vmx-ins-outs", "vmx-intr-exit", "vmx-invept", "vmx-invept-all-context",
    "vmx-invept-single-context", "vmx-invept-single-context-noglobals", "vmx-invlpg-exit", "vmx-invpcid-exit",
    "vmx-invvpid", "vmx-invvpid-all-context", "vmx-invvpid-single-addr", "vmx-io-bitmap", "vmx-io-exit",
    "vmx-monitor-exit", "vmx-movdr-exit", "vmx-msr-bitmap", "vmx-mtf", "vmx-mwait-exit", "vmx-nmi-exit",
    "vmx-page-walk-4", "vmx-page-walk-5", "vmx-pause-exit", "vmx-ple", "vmx-pml", "vmx-posted-intr",
    "vmx-preemption-timer", "vmx-rdpmc-exit", "vmx-rdrand-exit", "vmx-rdseed-exit", "vmx-rdtsc-exit",
    "vmx-rdtscp-exit", "vmx-secondary-ctls", "vmx-shadow-vmcs", "vmx-store-lma", "vmx-true-ctls", "vmx-tsc-offset",
    "vmx-tsc-scaling", "vmx-unrestricted-guest", "vmx-vintr-pending", "vmx-vmfunc", "vmx-vmwrite-vmexit-fields",
    "kvm_asyncpf", "kvm_asyncpf_int", "kvm_mmu", "kvm_nopiodelay", "kvm_poll_control", "kvm_pv_eoi", "kvm_pv_unhalt",
    "kvm_steal_time",
    "vmx-vnmi", "vmx-vnmi-pending", "vmx-vpid", "vmx-wbinvd-exit", "vmx-xsaves", "vmx-zero-len-inject", "wbnoinvd",
    "xcrypt", "xcrypt-en", "xsaveerptr", "xstore", "xstore-en",
};
enum { ABSENT = sizeof(absent) / sizeof(absent[0]) };

static struct json bit_value(const struct cpu_config *c, const struct cpu_trait *t)
{
    return json_bool(cpu_has(c, t->word, t->bit));
}

static struct json never(const struct cpu_config *c, const struct cpu_trait *t)
{
    (void)c;
    (void)t;
    return json_bool(false);
}

/* Intel SDM volume 2, CPUID leaf 1: the extended parts of family and model are added for some families only. */
enum { STEPPING_BITS = 0xf, FAMILY_MOST = 0xf };

static unsigned family(uint32_t s)
{
    unsigned f = s >> 8 & 0xf;

    return f == FAMILY_MOST ? f + (s >> 20 & 0xff) : f;
}

static unsigned model(uint32_t s)
{
    return (s >> 4 & 0xf) | (s >> 12 & 0xf0);
}

static uint32_t signature(unsigned family, unsigned model, unsigned stepping)
{
    unsigned base = family > FAMILY_MOST ? FAMILY_MOST : family;

    return stepping | (model & 0xf) << 4 | base << 8 | model >> 4 << 16 | (family - base) << 20;
}

static struct json family_value(const struct cpu_config *c, const struct cpu_trait *t)
{
    (void)t;
    return json_int(family(c->model.signature));
}

static struct json model_value(const struct cpu_config *c, const struct cpu_trait *t)
{
    (void)t;
    return json_int(model(c->model.signature));
}

static struct json stepping_value(const struct cpu_config *c, const struct cpu_trait *t)
{
    (void)t;
    return json_int(c->model.signature & STEPPING_BITS);
}

static struct json level_value(const struct cpu_config *c, const struct cpu_trait *t)
{
    (void)t;
    return json_uint(c->model.level);
}

static struct json xlevel_value(const struct cpu_config *c, const struct cpu_trait *t)
{
    (void)t;
    return json_uint(c->model.xlevel);
}

static struct json vendor_value(const struct cpu_config *c, const struct cpu_trait *t)
{
    (void)t;
    return json_string(c->model.vendor);
}

static struct json brand_value(const struct cpu_config *c, const struct cpu_trait *t)
{
    (void)t;
    return json_string(c->model.brand);
}

static struct json phys_bits_value(const struct cpu_config *c, const struct cpu_trait *t)
{
    (void)t;
    return json_uint(c->model.phys_bits);
}

static struct json switch_value(const struct cpu_config *c, const struct cpu_trait *t)
{
    return json_bool(cpu_switch_get(c, t->toggle));
}

static struct json constant_value(const struct cpu_config *c, const struct cpu_trait *t)
{
    const struct cpu_constant *k = t->constant;

    (void)c;
    if (k->text)
        return json_string(k->text);
    return k->number == UINT64_MAX ? json_int(-1) : json_uint(k->number);
}

static const struct cpu_trait numbers[] = {
    { "family", "int", true, family_value, .legal = "0 to 270" },
    { "level", "uint32", false, level_value, .legal = "0 to 4294967295" },
    { "min-level", "uint32", true, level_value, .legal = "0 to 4294967295" },
    { "min-xlevel", "uint32", true, xlevel_value, .legal = "0 to 4294967295" },
    { "model", "int", true, model_value, .legal = "0 to 255" },
    { "model-id", "string", true, brand_value, .legal = "up to 47 characters" },
    { "phys-bits", "uint32", false, phys_bits_value, .legal = "32 to 52" },
    { "stepping", "int", true, stepping_value, .legal = "0 to 15" },
    { "vendor", "string", true, vendor_value, .legal = "12 characters" },
    { "xlevel", "uint32", false, xlevel_value, .legal = "0 to 4294967295" },
};
enum { NUMBERS = sizeof(numbers) / sizeof(numbers[0]) };

void cpu_traits_each(void (*fn)(const struct cpu_trait *t, void *opaque), void *opaque)
{
    for (const struct cpu_feature *f = cpu_features; f->name; f++)
        fn(&(struct cpu_trait){ .name = f->name, .type = "bool", .in_static = !cpu_feature_is_alias(f),
                                .value = bit_value, .word = f->word, .bit = f->bit }, opaque);
    for (unsigned i = 0; i < ABSENT; i++)
        fn(&(struct cpu_trait){ .name = absent[i], .type = "bool", .in_static = !strchr(absent[i], '_'),
                                .value = never }, opaque);
    for (const struct cpu_switch *s = cpu_switches; s->name; s++)
        fn(&(struct cpu_trait){ .name = s->name, .type = "bool", .value = switch_value, .toggle = s }, opaque);
    for (const struct cpu_constant *k = cpu_constants; k->name; k++)
        fn(&(struct cpu_trait){ .name = k->name, .type = k->type, .value = constant_value, .constant = k,
                                .legal = k->text ? k->text : "the number that it is" }, opaque);
    for (unsigned i = 0; i < NUMBERS; i++)
        fn(&numbers[i], opaque);
}

struct search { const struct cpu_config *c; const char *name; struct json value; };

static void match(const struct cpu_trait *t, void *opaque)
{
    struct search *s = opaque;

    if (!strcmp(t->name, s->name))
        s->value = t->value(s->c, t);
}

struct type_search { const char *name, *type, *legal; };

static void type_match(const struct cpu_trait *t, void *opaque)
{
    struct type_search *s = opaque;

    if (!cpu_name_is(t->name, s->name))
        return;
    s->type = t->type;
    s->legal = t->legal ? t->legal : t->toggle && t->toggle->at == SWITCH_FIXED ? t->toggle->value ? "on" : "off"
                                                                               : "on, off";
}

const char *cpu_trait_type(const char *name, const char **legal)
{
    struct type_search s = { .name = name };

    if (!strcmp(name, "migratable")) {
        s.type = "bool";
        s.legal = "of max and host: on, off";
    }
    cpu_traits_each(type_match, &s);
    *legal = s.legal;
    return s.type;
}

struct json cpu_trait_value(const struct cpu_config *c, const char *name)
{
    struct search s = { .c = c, .name = name };

    cpu_traits_each(match, &s);
    return s.value;
}

/* Bounds are those of CPUID's fields. */
static int number_set(struct cpu_config *c, const char *name, const struct json *value)
{
    uint32_t s = c->model.signature;
    uint64_t val = value->kind == JSON_INT && value->i >= 0 ? (uint64_t)value->i : UINT64_MAX;

    if (!strcmp(name, "family") && val <= 0xff + FAMILY_MOST)
        c->model.signature = signature(val, model(s), s & STEPPING_BITS);
    else if (!strcmp(name, "model") && val <= 0xff)
        c->model.signature = signature(family(s), val, s & STEPPING_BITS);
    else if (!strcmp(name, "stepping") && val <= STEPPING_BITS)
        c->model.signature = signature(family(s), model(s), val);
    else if ((!strcmp(name, "min-level") || !strcmp(name, "level")) && val <= UINT32_MAX)
        c->model.level = val;
    else if ((!strcmp(name, "min-xlevel") || !strcmp(name, "xlevel")) && val <= UINT32_MAX)
        c->model.xlevel = val;
    else if (!strcmp(name, "phys-bits") && val >= 32 && val <= 52)
        c->model.phys_bits = val;
    else
        return -EINVAL;
    c->signature_named |= c->model.signature != s;
    return 0;
}

static int text_set(struct cpu_config *c, const char *name, const struct json *value)
{
    struct cpu_model *m = &c->model;
    bool is_vendor = !strcmp(name, "vendor");

    if (value->kind != JSON_STRING || (is_vendor ? strlen(value->string) != sizeof(m->vendor) - 1
                                                 : strlen(value->string) >= sizeof(m->brand)))
        return -EINVAL;
    g_strlcpy(is_vendor ? m->vendor : m->brand, value->string, is_vendor ? sizeof(m->vendor) : sizeof(m->brand));
    *(is_vendor ? &c->vendor_named : &c->brand_named) = true;
    return 0;
}

int cpu_trait_set(struct cpu_config *c, const char *name, const struct json *value)
{
    bool is_bool = value->kind == JSON_BOOL;

    if (is_bool && c->model.whatever && !strcmp(name, "migratable"))
        return 0;               /* what could not migrate is absent in any case */
    for (unsigned i = 0; i < NUMBERS; i++)
        if (!strcmp(numbers[i].name, name))
            return strcmp(numbers[i].type, "string") ? number_set(c, name, value) : text_set(c, name, value);
    for (unsigned i = 0; i < ABSENT; i++)
        if (cpu_name_is(absent[i], name))
            return is_bool ? value->boolean : -EINVAL;
    for (const struct cpu_constant *k = cpu_constants; k->name; k++)
        if (!strcmp(k->name, name))
            return -EPERM;
    for (const struct cpu_switch *s = cpu_switches; s->name; s++)
        if (!strcmp(s->name, name))
            return !is_bool ? -EINVAL : cpu_switch_set(c, s, value->boolean) ? 0 : -EPERM;
    return !is_bool && cpu_trait_value(c, name).kind == JSON_BOOL ? -EINVAL
           : is_bool && cpu_config_feature(c, name, value->boolean) ? 0 : -ENOENT;
}

struct collection { const struct cpu_config *c; bool full; struct json object; };

static void collect(const struct cpu_trait *t, void *opaque)
{
    struct collection *all = opaque;

    if (all->full || t->in_static)
        json_set(&all->object, t->name, t->value(all->c, t));
}

/* A model as a whole is of no CPU that has a place. */
static void nowhere(struct json *object)
{
    static const char *const places[] = { "core-id", "die-id", "node-id", "socket-id", "thread-id" };

    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        json_set(object, places[i], json_int(-1));
    json_set(object, "apic-id", json_uint(UINT32_MAX));
    json_set(object, "realized", json_bool(false));
}

struct json cpu_traits_json(const struct cpu_config *c, bool full)
{
    struct collection all = { c, full, json_object() };

    cpu_traits_each(collect, &all);
    if (full)
        nowhere(&all.object);
    if (full && c->model.whatever) {
        json_set(&all.object, "migratable", json_bool(true));           /* what could not migrate is absent */
        json_set(&all.object, "host-cache-info", json_bool(false));
    }
    return all.object;
}

struct json cpu_unavailable_json(const struct cpu_config *c)
{
    struct json names = json_array();
    bool whatever = c->model.whatever;

    for (const struct cpu_feature *f = cpu_features; f->name; f++) {
        uint32_t lacks = c->removed[f->word] & (whatever ? c->asked[f->word] : UINT32_MAX);

        if (lacks >> f->bit & 1 && !cpu_feature_is_alias(f))
            json_append(&names, json_string(f->name));
    }
    return names;
}

static const struct { uint32_t leaf; int sub; const char *reg; } places[CPU_WORDS] = {
    [WORD_1_EDX] = { 1, -1, "EDX" }, [WORD_1_ECX] = { 1, -1, "ECX" }, [WORD_6_EAX] = { 6, -1, "EAX" },
    [WORD_7_EBX] = { 7, 0, "EBX" }, [WORD_7_ECX] = { 7, 0, "ECX" }, [WORD_7_EDX] = { 7, 0, "EDX" },
    [WORD_D1_EAX] = { 0xd, 1, "EAX" }, [WORD_80000001_EDX] = { 0x80000001, -1, "EDX" },
    [WORD_80000001_ECX] = { 0x80000001, -1, "ECX" }, [WORD_8000000A_EDX] = { 0x8000000a, -1, "EDX" },
};

struct json cpu_words_json(const uint32_t words[CPU_WORDS])
{
    struct json list = json_array();

    for (unsigned w = 0; w < CPU_WORDS; w++) {
        struct json word = json_object();

        json_set(&word, "cpuid-register", json_string(places[w].reg));
        if (places[w].sub >= 0)
            json_set(&word, "cpuid-input-ecx", json_int(places[w].sub));
        json_set(&word, "cpuid-input-eax", json_uint(places[w].leaf));
        json_set(&word, "features", json_uint(words[w]));
        json_append(&list, word);
    }
    return list;
}
