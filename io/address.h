/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Addresses of stream sockets: what a user writes after unix:, tcp: and in -chardev socket
 *
 * A plain value, no host resource.  Names are resolved when the address is used (io/socket.h).
 */

#include "lib/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

enum address_kind { ADDRESS_UNIX, ADDRESS_INET, ADDRESS_FD };
enum address_choice { CHOICE_AUTO, CHOICE_ON, CHOICE_OFF };

struct address {
    enum address_kind kind;
    /* ADDRESS_UNIX.  abstract: a name in the kernel's own space, no file; tight: without zeros behind it. */
    char path[4096];
    bool abstract, tight;
    /* ADDRESS_INET.  An empty host is any local one.  to_port: the last port to try when listening, 0: only `port`. */
    char host[256], port[32];
    uint16_t to_port;
    enum address_choice ipv4, ipv6;
    bool numeric, keep_alive, mptcp;    /* no resolver; SO_KEEPALIVE; multipath TCP */
    /* ADDRESS_FD: a socket that somebody else opened, and started the program with; taken over when it is used.
     * received: sent to the program while it ran, under the name `path`; borrowed, whoever uses it has a duplicate. */
    int fd;
    bool received;
};

/* "HOST:PORT", ":PORT", "[V6]:PORT".  object names the option in errors.  Sets kind, host and port only. */
int address_parse_inet(struct address *a, const char *object, const char *text, struct error **err);
/* As in query-chardev: "unix:/x", "unix:x,abstract=on,tight=on", "tcp:host:1". */
struct text address_text(const struct address *a);
/* A socket address for a path; -ENAMETOOLONG with the legal length. */
int address_to_unix(const struct address *a, struct sockaddr_un *un, unsigned *len, struct error **err);
