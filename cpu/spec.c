/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/model.h"

/*
 * "-cpu MODEL,ITEM,ITEM" (see model.h)
 *
 * An item is "+FEATURE", "-FEATURE", "PROPERTY=VALUE", or "PROPERTY" for one that is to be on.  Later ones win.
 */

#include "cpu/trait.h"
#include "lib/error.h"
#include "lib/log.h"

#include <errno.h>
#include <glib.h>
#include <string.h>

enum { SOFT_PHYS_BITS = 40 };           /* what the software CPU's page tables have */

static void name_append(const struct cpu_model *m, void *opaque)
{
    GString *text = opaque;

    g_string_append_printf(text, "%s%s", text->len ? ", " : "", m->name);
}

static int model_unknown(const char *name, struct error **err)
{
    g_autoptr(GString) legal = g_string_new(NULL);

    cpu_models_each(name_append, legal);
    return error_set(err, -ENOENT, ERROR_UNKNOWN, "-cpu", name, legal->str);
}

static int not_a_property(const char *item, struct error **err)
{
    return error_set(err, -EINVAL, ERROR_UNKNOWN, "cpu", item,
                     "+FEATURE, -FEATURE, FEATURE=on|off with a name that -cpu help lists");
}

/* The text as what the property is. */
static bool value_parse(const char *type, const char *said, struct json *value)
{
    bool hex = g_str_has_prefix(said, "0x");
    uint64_t number;

    if (!strcmp(type, "bool")) {
        *value = json_bool(!strcmp(said, "on"));
        return !strcmp(said, "on") || !strcmp(said, "off");
    }
    if (!strcmp(type, "string")) {
        *value = json_string(said);
        return true;
    }
    if (!g_ascii_string_to_unsigned(said + 2 * hex, hex ? 16 : 10, 0, INT64_MAX, &number, NULL))
        return false;
    *value = json_uint(number);
    return true;
}

/* 1: it was to be on, and no CPU here has it.  -ENOENT: there is none of that name, and no error is set. */
static int property_set(struct cpu_config *cfg, const char *name, const char *said, struct error **err)
{
    const char *legal, *type = cpu_trait_type(name, &legal);
    struct json value = { 0 };
    int r;

    if (!type)
        return -ENOENT;
    r = value_parse(type, said, &value) ? cpu_trait_set(cfg, name, &value) : -EINVAL;
    json_fini(&value);
    return r < 0 ? error_set(err, -EINVAL, ERROR_RANGE, T("cpu.%s", name), said, legal) : r;
}

static int item_parse(char *item, struct cpu_config *cfg, GString *lacks, struct error **err)
{
    g_autofree char *whole = g_strdup(item);
    bool sign = *item == '+' || *item == '-';
    char *eq = strchr(item, '='), *name = item + sign;
    int r = -ENOENT;

    if (eq)
        *eq = '\0';
    g_strdelimit(name, "_", '-');
    if (!sign || !eq)
        r = property_set(cfg, name, eq ? eq + 1 : *item == '-' ? "off" : "on", err);
    if (r == -ENOENT)
        return not_a_property(whole, err);
    if (r > 0)
        g_string_append_printf(lacks, "%s%s", lacks->len ? ", " : "", name);
    return r;
}

static int items_parse(char **items, struct cpu_config *cfg, struct error **err)
{
    g_autoptr(GString) lacks = g_string_new(NULL);
    int r = 0;

    for (; *items && r >= 0; items++)
        r = **items ? item_parse(*items, cfg, lacks, err) : 0;
    if (r >= 0 && lacks->len && cfg->on.enforce)
        return error_set(err, -ENOTSUP, ERROR_STATE, "cpu enforce", T("%s without %s", cfg->model.name, lacks->str),
                         "features that a CPU here can have");
    if (r >= 0 && lacks->len && cfg->on.check)
        log_warn("warning: no CPU has the requested features %s", lacks->str);
    return r < 0 ? r : 0;
}

int cpu_config_parse(const char *spec, bool soft, struct cpu_config *cfg, struct error **err)
{
    g_auto(GStrv) items = g_strsplit(spec, ",", -1);
    const char *model = items[0] ? items[0] : "";
    int r;

    if (!strcmp(model, "host") && soft)
        return error_set(err, -ENOTSUP, ERROR_STATE, "-cpu", model, "with -accel kvm");
    if (!cpu_config_begin(cfg, model))
        return model_unknown(model, err);
    r = items[0] ? items_parse(items + 1, cfg, err) : 0;
    if (r < 0)
        return r;
    if (soft && cfg->model.phys_bits != SOFT_PHYS_BITS)
        return error_set(err, -ERANGE, ERROR_RANGE, "cpu.phys-bits", T("%u", cfg->model.phys_bits),
                         T("%d with the software CPU", SOFT_PHYS_BITS));
    cpu_config_end(cfg, soft);
    return 0;
}
