/* SPDX-License-Identifier: Apache-2.0 */

/*
 * QMP commands about the command line: what the table of options takes.  Handlers run on the home loop.
 *
 * Only options whose argument is a list of names and values are told, under the names that clients know.
 */

#include "main/options.h"
#include "qapi/qapi-commands.h"

#include <assert.h>
#include <errno.h>
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
