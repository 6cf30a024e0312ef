/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a CPU shows to clients by name: features, and the numbers of its model
 *
 * The names are those of the reference's CPU properties.  QOM lists them of each CPU, and expansions of models are
 * made of them.  No state, any thread.
 */

#include "cpu/model.h"
#include "qapi/json.h"

struct cpu_trait {
    const char *name, *type;    /* type: as qom-list says it */
    bool in_static;             /* of a static expansion, too; a full one has all */
    struct json (*value)(const struct cpu_config *c, const struct cpu_trait *t);
    enum cpu_word word;         /* this and next: of a feature */
    uint8_t bit;
    const struct cpu_switch *toggle;    /* of a switch */
    const struct cpu_constant *constant;
    const char *legal;          /* of a number or text: what it can be */
};

void cpu_traits_each(void (*fn)(const struct cpu_trait *t, void *opaque), void *opaque);
/* The type of one, and what it can be in words; NULL: there is none of that name. */
const char *cpu_trait_type(const char *name, const char **legal);
/* The value of one; null: there is none of that name. */
struct json cpu_trait_value(const struct cpu_config *c, const char *name);
/* Changes one.  0; 1: it is one that no CPU here has, and was to be on; -ENOENT: there is none of that name; -EINVAL:
 * not this value; -EPERM: it cannot be that here. */
int cpu_trait_set(struct cpu_config *c, const char *name, const struct json *value);

/* An object of all of them, or of those of a static expansion. */
struct json cpu_traits_json(const struct cpu_config *c, bool full);
/* Names of features that the model or the user wants and the accelerator lacks; "max" wants what there is. */
struct json cpu_unavailable_json(const struct cpu_config *c);
/* As the property "feature-words" shows them: words by their place in CPUID. */
struct json cpu_words_json(const uint32_t words[CPU_WORDS]);
