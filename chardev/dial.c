/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/backend.h"

/*
 * Connecting for a chardev that is yet to be made (see chardevs_dial() in char.h)
 *
 * A client without `reconnect` is made with its connection, or not at all.  While the machine runs nobody waits for a
 * host that does not answer: the connection is made on a thread, and the chardev when it is there.
 */

#include "io/connector.h"
#include "lib/error.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct dial {
    struct list_node node;
    struct connector *connector;
    struct chardev_config *cfg;
    void (*done)(void *opaque, struct chardev_config *cfg, int code, struct error *err);
    void *opaque;
};

bool chardev_config_dials(const struct chardev_config *cfg)
{
    return cfg->kind == CHAR_SOCKET && !cfg->server && !cfg->reconnect_s && cfg->address.kind != ADDRESS_FD;
}

static void end(struct dial *d, int code, struct error *err)
{
    list_remove(&d->node);
    error_set_owner(&err, T("chardev %s", d->cfg->label));
    d->done(d->opaque, d->cfg, code, err);
    free(d);
}

static void ended(void *opaque, int fd, struct error *err)
{
    struct dial *d = opaque;

    d->cfg->connected = fd >= 0;
    d->cfg->peer_fd = fd;
    end(d, fd < 0 ? fd : 0, err);
}

int chardevs_dial(struct chardevs *set, struct chardev_config *cfg,
                  void (*done)(void *opaque, struct chardev_config *cfg, int code, struct error *err), void *opaque,
                  struct error **err)
{
    struct dial *d = calloc(1, sizeof(*d));

    assert(d);
    d->cfg = cfg;
    d->done = done;
    d->opaque = opaque;
    d->connector = connector_new(set->loop, &cfg->address, ended, d, err);
    if (!d->connector) {
        free(d);
        return -EAGAIN;
    }
    list_append(&set->dials, &d->node);
    return 0;
}

void chardevs_dials_end(struct chardevs *set)
{
    while (!list_empty(&set->dials)) {
        struct dial *d = list_entry(set->dials.next, struct dial, node);
        struct error *err = NULL;

        connector_cancel(d->connector);
        error_set(&err, -ECANCELED, ERROR_HOST, address_text(&d->cfg->address).s, "connect", "the program ends");
        end(d, -ECANCELED, err);
    }
}
