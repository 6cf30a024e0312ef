/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * -fw_cfg: files that the user gives to the firmware
 *
 * Names below opt/ are the user's; any other is taken with a warning, as it may be the machine's one day.
 * Left out: gen_id=, since no object generates contents.
 */

#include "lib/error.h"
#include "lib/file.h"
#include "lib/log.h"
#include "main/keyval.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 256 << 20 };

struct wish { const char *name, *file, *string, *gen_id; };

static int check_name(const struct config *c, const char *name, struct error **err)
{
    if (strlen(name) > FW_CFG_NAME_MAX)
        return error_set(err, -ENAMETOOLONG, ERROR_RANGE, "-fw_cfg name", name,
                         T("1 to %d characters", FW_CFG_NAME_MAX));
    for (unsigned i = 0; i < c->board.n_fw_cfg; i++)
        if (!strcmp(c->fw_cfg[i].name, name))
            return error_set(err, -EEXIST, ERROR_STATE, "-fw_cfg name", name, "each name once");
    return 0;
}

static int check(const struct config *c, const char *value, const struct wish *w, struct error **err)
{
    if (!w->name || !*w->name || !!w->file + (w->string && *w->string) + !!w->gen_id != 1)
        return error_set(err, -EINVAL, ERROR_SYNTAX, "-fw_cfg", value,
                         "name=NAME and exactly one of file=FILE, string=TEXT that is not empty, gen_id=ID");
    if (w->gen_id)
        return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "-fw_cfg gen_id", w->gen_id,
                         "legal: file=FILE or string=TEXT, as no object generates contents");
    if (c->board.n_fw_cfg == CONFIG_LIST)
        return error_set(err, -E2BIG, ERROR_RANGE, "-fw_cfg", value, T("at most %d of them", CONFIG_LIST));
    return check_name(c, w->name, err);
}

static int contents(const struct wish *w, uint8_t **bytes, size_t *len, struct error **err)
{
    if (w->file)
        return file_read_stream("-fw_cfg file", w->file, FILE_BYTES_MAX, bytes, len, err);
    *bytes = (uint8_t *)strdup(w->string);
    assert(*bytes);
    *len = strlen(w->string);
    return 0;
}

static int add(struct config *c, const char *value, const struct wish *w, struct error **err)
{
    struct fw_cfg_item *item = &c->fw_cfg[c->board.n_fw_cfg];
    uint8_t *bytes;
    size_t len;
    int r = check(c, value, w, err);

    if (!r)
        r = contents(w, &bytes, &len, err);
    if (r < 0)
        return r;
    if (strncmp(w->name, "opt/", 4))
        log_warn("-fw_cfg %s: warning: externally provided fw_cfg item names should be prefixed with \"opt/\"", value);
    *item = (struct fw_cfg_item){ .name = strdup(w->name), .bytes = bytes, .len = len };
    assert(item->name);
    c->board.fw_cfg = c->fw_cfg;
    c->board.n_fw_cfg++;
    return 0;
}

int option_fw_cfg(struct config *c, const char *value, struct error **err)
{
    struct keyval kv;
    struct wish w;
    int r = keyval_parse(&kv, "-fw_cfg", value, "name", err);

    if (r < 0)
        return r;
    w = (struct wish){ keyval_take(&kv, "name"), keyval_take(&kv, "file"), keyval_take(&kv, "string"),
                       keyval_take(&kv, "gen_id") };
    r = keyval_end(&kv, "name, file, string, gen_id", err);
    if (!r)
        r = add(c, value, &w, err);
    keyval_fini(&kv);
    return r;
}

void config_fw_cfg_fini(struct config *c)
{
    for (unsigned i = 0; i < c->board.n_fw_cfg; i++) {
        free((char *)c->fw_cfg[i].name);
        free((uint8_t *)c->fw_cfg[i].bytes);
    }
    c->board.n_fw_cfg = 0;
}
