/* SPDX-License-Identifier: Apache-2.0 */
#include "io/address.h"

/*
 * Addresses of stream sockets (see address.h); unix(7) for paths and abstract names
 */

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int copy_part(char *out, size_t size, const char *s, size_t len)
{
    if (len >= size)
        return -ENAMETOOLONG;
    memcpy(out, s, len);
    out[len] = 0;
    return 0;
}

int address_parse_inet(struct address *a, const char *object, const char *text, struct error **err)
{
    static const char legal[] = "HOST:PORT, :PORT or [IPV6]:PORT";
    bool bracketed = *text == '[';
    const char *host = text + bracketed, *end = bracketed ? strchr(host, ']') : strchr(host, ':');

    a->kind = ADDRESS_INET;
    if (!end || (bracketed && end[1] != ':'))
        return error_set(err, -EINVAL, ERROR_SYNTAX, object, text, legal);
    if (copy_part(a->host, sizeof(a->host), host, end - host))
        return error_set(err, -ENAMETOOLONG, ERROR_RANGE, object, text, "host names of at most 255 bytes");
    end += bracketed + 1;
    if (!*end || strchr(end, ':') || copy_part(a->port, sizeof(a->port), end, strlen(end)))
        return error_set(err, -EINVAL, ERROR_SYNTAX, object, text, legal);
    return 0;
}

struct text address_text(const struct address *a)
{
    const char *open = strchr(a->host, ':') ? "[" : "", *close = *open ? "]" : "";

    switch (a->kind) {
    case ADDRESS_UNIX:
        return text("unix:%s%s%s", a->path, a->abstract ? ",abstract=on" : "",
                    a->abstract && a->tight ? ",tight=on" : "");
    case ADDRESS_INET:
        return text("tcp:%s%s%s:%s", open, a->host, close, a->port);
    default:
        return a->received ? text("fd:%s", a->path) : text("fd:%d", a->fd);
    }
}

int address_to_unix(const struct address *a, struct sockaddr_un *un, unsigned *len, struct error **err)
{
    size_t n = strlen(a->path), room = sizeof(un->sun_path) - 1;

    *un = (struct sockaddr_un){ .sun_family = AF_UNIX };
    if (!n && !a->abstract)
        return error_set(err, -EINVAL, ERROR_SYNTAX, "unix socket", "(empty path)", "a path");
    if (n > room)
        return error_set(err, -ENAMETOOLONG, ERROR_RANGE, "unix socket", T("path of %zu bytes, %s,", n, a->path),
                         T("1 to %zu bytes", room));
    memcpy(un->sun_path + a->abstract, a->path, n);
    *len = a->abstract && a->tight ? offsetof(struct sockaddr_un, sun_path) + 1 + n : sizeof(*un);
    return 0;
}
