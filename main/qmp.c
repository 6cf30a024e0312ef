/* SPDX-License-Identifier: Apache-2.0 */

/*
 * QMP commands about the command line: what the table of options takes, and what -preconfig leaves to be said.
 * Handlers run on the home loop.
 *
 * Only options whose argument is a list of names and values are told, under the names that clients know.
 */

#include "main/options.h"
#include "main/start.h"
#include "qapi/qapi-commands.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static enum qapi_command_line_parameter_type type_of(char letter)
{
    return letter == 'b' ? QAPI_COMMAND_LINE_PARAMETER_TYPE_BOOLEAN
           : letter == 'n' ? QAPI_COMMAND_LINE_PARAMETER_TYPE_NUMBER
           : letter == 'z' ? QAPI_COMMAND_LINE_PARAMETER_TYPE_SIZE : QAPI_COMMAND_LINE_PARAMETER_TYPE_STRING;
}

/* "pretty:b mode:s" */
static void names_add(const char *names, struct qapi_command_line_parameter_info_list *list)
{
    for (size_t len; *names; names += len + (names[len] == ' ')) {
        size_t name = strcspn(names, ":");

        len = strcspn(names, " ");
        list->items = realloc(list->items, (list->num + 1) * sizeof(*list->items));
        assert(list->items && name + 1 < len);
        list->items[list->num++] = (struct qapi_command_line_parameter_info){
            .name = strndup(names, name), .type = type_of(names[name + 1])
        };
    }
}

int qmp_query_command_line_options(struct qapi_ctx *ctx, const struct qapi_query_command_line_options_arg *arg,
                                   struct qapi_command_line_option_info_list *ret, struct error **err)
{
    (void)err;
    for (const struct option_names *o = option_names; o->option; o++) {
        if (arg->option && strcmp(arg->option, o->option))
            continue;
        ret->items = realloc(ret->items, (ret->num + 1) * sizeof(*ret->items));
        assert(ret->items);
        ret->items[ret->num] = (struct qapi_command_line_option_info){ .option = strdup(o->option) };
        names_add(o->names, &ret->items[ret->num++].parameters);
    }
    if (arg->option && !ret->num)
        return qapi_fail(ctx, -ENOENT, QAPI_GENERIC_ERROR, "invalid option name: %s", arg->option);
    return 0;
}

static struct process *process_of(const struct qapi_ctx *ctx)
{
    return ctx->sink->opaque;
}

/* The loop ends, and process_run() goes on from there: what makes a machine may wait, a handler may not. */
int qmp_x_exit_preconfig(struct qapi_ctx *ctx, struct error **err)
{
    struct process *p = process_of(ctx);

    (void)err;
    if (p->machine->phase >= PHASE_READY || p->exit_preconfig)
        return qapi_fail(ctx, -EBUSY, QAPI_GENERIC_ERROR,
                         "The command is permitted only before machine initialization");
    p->exit_preconfig = ctx;
    loop_quit(p->loop);
    return QAPI_LATER;
}

/* Numbers that follow each other are a range, so that many CPUs are few pairs. */
static void numa_numbers_add(GString *text, const char *key, const struct json *numbers)
{
    for (uint32_t i = 0, n; i < numbers->num; i += n) {
        int64_t first = json_at(numbers, i)->i;

        for (n = 1; i + n < numbers->num && json_at(numbers, i + n)->i == first + n; n++)
            ;
        g_string_append_printf(text, ",%s=%" PRId64 "-%" PRId64, key, first, first + n - 1);
    }
}

/* A value as -numa has it; sizes are bytes. */
static void numa_value_add(GString *text, const char *key, const struct json *value)
{
    static const char *const sizes[] = { "mem", "bandwidth", "size" };

    if (value->kind == JSON_ARRAY) {
        numa_numbers_add(text, key, value);
        return;
    }
    g_string_append_printf(text, ",%s=", key);
    if (value->kind == JSON_STRING) {
        for (const char *c = value->string; *c; c++)
            g_string_append(text, *c == ',' ? ",," : (char[]){ *c, 0 });
    } else {
        json_print(value, JSON_COMPACT, text);
    }
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        g_string_append(text, strcmp(key, sizes[i]) ? "" : "b");
}

int qmp_set_numa_node(struct qapi_ctx *ctx, const struct qapi_numa_options *arg, struct error **err)
{
    struct process *p = process_of(ctx);
    struct json options;
    GString *text;
    int r;

    if (p->machine->phase >= PHASE_READY || p->exit_preconfig)
        return qapi_fail(ctx, -EBUSY, QAPI_GENERIC_ERROR,
                         "The command is permitted only before the machine has been created");
    options = qapi_write(&qapi_type_numa_options, arg);
    text = g_string_new(json_get_string(&options, "type"));
    for (uint32_t i = 0; i < options.num; i++)
        if (strcmp(json_key(&options, i), "type"))
            numa_value_add(text, json_key(&options, i), json_at(&options, i));
    r = option_numa(p->cfg, text->str, err);
    g_string_free(text, TRUE);
    json_fini(&options);
    return r;
}
