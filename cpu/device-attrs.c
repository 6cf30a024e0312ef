/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/device.h"

/*
 * What QOM shows of a CPU: its features and numbers (trait.h), and what the accelerator took away
 *
 * A CPU that runs nothing, as in tests, has no feature.
 */

#include "core/machine.h"
#include "cpu/trait.h"
#include "object/attr.h"

static const struct cpu_config *config_of(const struct object *o)
{
    static const struct cpu_config none = { .model = { .name = "", .vendor = "", .brand = "" } };
    const struct vcpu *cpu = cpu_device_vcpu((const struct device *)o);

    return cpu && cpu->model ? cpu->model : &none;
}

static struct json trait_get(const struct object *o, const struct attr *a)
{
    return cpu_trait_value(config_of(o), a->name);
}

struct each { void (*fn)(const struct attr *a, void *opaque); void *opaque; };

static void trait_attr(const struct cpu_trait *t, void *opaque)
{
    const struct each *e = opaque;

    e->fn(&(struct attr){ .name = t->name, .type = t->type, .get = trait_get }, e->opaque);
}

static struct json unavailable_get(const struct object *o, const struct attr *a)
{
    (void)a;
    return cpu_unavailable_json(config_of(o));
}

static struct json words_get(const struct object *o, const struct attr *a)
{
    const struct cpu_config *c = config_of(o);

    return cpu_words_json(a->arg ? c->removed : c->model.words);
}

void cpu_attrs(const struct type *asked, void (*fn)(const struct attr *a, void *opaque), void *opaque)
{
    static const struct attr attrs[] = {
        { "unavailable-features", "strList", .get = unavailable_get },
        { "feature-words", "X86CPUFeatureWordInfo", .get = words_get },
        { "filtered-features", "X86CPUFeatureWordInfo", .get = words_get, .arg = 1 },
        {}
    };
    struct each e = { fn, opaque };

    (void)asked;
    ATTRS_EACH(attrs, fn, opaque);
    cpu_traits_each(trait_attr, &e);
}
