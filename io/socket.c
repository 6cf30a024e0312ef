/* SPDX-License-Identifier: Apache-2.0 */
#include "io/socket.h"

/*
 * Stream sockets (see socket.h); socket(7), unix(7), tcp(7), getaddrinfo(3)
 */

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FLAGS = SOCK_STREAM | SOCK_CLOEXEC };

static int host_error(struct error **err, int code, const struct address *a, const char *what)
{
    return error_set_host(err, code, address_text(a).s, what);
}

static int finish(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return fd;
}

static int connect_to(int fd, const struct sockaddr *sa, unsigned len)
{
    int r;

    do
        r = connect(fd, sa, len) ? -errno : 0;
    while (r == -EINTR);
    return r;
}

/* Unix domain */

/* 0: the path is free now. */
static int clear_stale(const struct address *a, const struct sockaddr_un *un, unsigned len, struct error **err)
{
    struct stat st;
    int fd, r;

    if (lstat(a->path, &st))
        return 0;
    if (!S_ISSOCK(st.st_mode))
        return error_set(err, -EADDRINUSE, ERROR_STATE, address_text(a).s, "a file that is no socket",
                         "remove it first");
    fd = socket(AF_UNIX, FLAGS | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return host_error(err, -errno, a, "socket");
    r = connect_to(fd, (const struct sockaddr *)un, len);
    close(fd);
    /* EAGAIN: somebody listens and his queue is full. */
    if (!r || r == -EAGAIN)
        return host_error(err, -EADDRINUSE, a, "listen, another process serves it");
    return r == -ECONNREFUSED && unlink(a->path) ? host_error(err, -errno, a, "remove stale socket") : 0;
}

static int listen_unix(const struct address *a, struct error **err)
{
    struct sockaddr_un un;
    unsigned len;
    int fd, r = address_to_unix(a, &un, &len, err);

    if (!r && !a->abstract)
        r = clear_stale(a, &un, len, err);
    if (r)
        return r;
    fd = socket(AF_UNIX, FLAGS, 0);
    if (fd < 0)
        return host_error(err, -errno, a, "socket");
    if (!bind(fd, (struct sockaddr *)&un, len) && !listen(fd, 1))
        return fd;
    r = host_error(err, -errno, a, "listen");
    close(fd);
    return r;
}

static int connect_unix(const struct address *a, struct error **err)
{
    struct sockaddr_un un;
    unsigned len;
    int fd, r = address_to_unix(a, &un, &len, err);

    if (r)
        return r;
    fd = socket(AF_UNIX, FLAGS, 0);
    if (fd < 0)
        return host_error(err, -errno, a, "socket");
    r = connect_to(fd, (struct sockaddr *)&un, len);
    if (!r)
        return fd;
    close(fd);
    return host_error(err, r, a, "connect");
}

/* Internet */

static int family(const struct address *a)
{
    bool v4 = a->ipv4 == CHOICE_ON || (a->ipv4 == CHOICE_AUTO && a->ipv6 != CHOICE_ON);
    bool v6 = a->ipv6 == CHOICE_ON || (a->ipv6 == CHOICE_AUTO && a->ipv4 != CHOICE_ON);

    return v4 && v6 ? AF_UNSPEC : v4 ? AF_INET : v6 ? AF_INET6 : -1;
}

static int resolve(const struct address *a, const char *port, int type, int flags, struct addrinfo **list,
                   struct error **err)
{
    struct addrinfo hints = { .ai_socktype = type, .ai_family = family(a),
                              .ai_flags = flags | (a->numeric ? AI_NUMERICHOST | AI_NUMERICSERV : 0) };
    char *end;
    unsigned long n = strtoul(port, &end, 10);
    int r;

    if (hints.ai_family < 0)
        return error_set(err, -EINVAL, ERROR_SYNTAX, address_text(a).s, "ipv4=off,ipv6=off", "one of them on");
    if (!*end && (!*port || n > 65535))
        return error_set(err, -ERANGE, ERROR_RANGE, address_text(a).s, T("port %s", port), "0 to 65535");
    r = getaddrinfo(*a->host ? a->host : NULL, port, &hints, list);
    if (r)
        return error_set(err, -EADDRNOTAVAIL, ERROR_HOST, address_text(a).s, "resolve", gai_strerror(r));
    return 0;
}

/* Keep-alive is inherited by what a listener accepts. */
static int open_inet(const struct address *a, const struct addrinfo *ai)
{
    int fd = socket(ai->ai_family, FLAGS, a->mptcp ? IPPROTO_MPTCP : 0), on = 1;

    if (fd >= 0 && a->keep_alive)
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    return fd;
}

static int try_listen(const struct address *a, const struct addrinfo *ai)
{
    int fd = open_inet(a, ai), on = 1, only6 = a->ipv4 != CHOICE_ON, r;

    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (ai->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only6, sizeof(only6));
    if (!bind(fd, ai->ai_addr, ai->ai_addrlen) && !listen(fd, 1))
        return fd;
    r = -errno;
    close(fd);
    return r;
}

/* Of what did not work the first reason is told, and a port in use rather than a family that is missing. */
static int listen_port(const struct address *a, const char *port, struct error **err)
{
    struct addrinfo *list;
    int fd = -EADDRNOTAVAIL, worst = 0, r = resolve(a, port, SOCK_STREAM, AI_PASSIVE, &list, err);

    if (r)
        return r;
    for (struct addrinfo *ai = list; ai && fd < 0; ai = ai->ai_next) {
        fd = try_listen(a, ai);
        if (fd < 0 && (!worst || fd == -EADDRINUSE))
            worst = fd;
    }
    freeaddrinfo(list);
    return fd < 0 && worst ? worst : fd;
}

static int listen_inet(const struct address *a, struct error **err)
{
    unsigned long first = strtoul(a->port, NULL, 10);
    struct error *inner = NULL;
    int fd = listen_port(a, a->port, &inner);

    if (a->to_port && a->to_port < first)
        return error_free(inner), error_set(err, -ERANGE, ERROR_RANGE, address_text(a).s, T("to=%u", a->to_port),
                                            T("%lu to 65535", first));
    for (unsigned long port = first + 1; fd == -EADDRINUSE && first && port <= a->to_port; port++)
        fd = listen_port(a, T("%lu", port), &inner);
    if (fd < 0 && !inner)
        return host_error(err, fd, a, a->to_port ? T("listen, up to port %u,", a->to_port) : "listen");
    if (inner && err)
        *err = inner;
    else
        error_free(inner);
    return fd;
}

static int connect_inet(const struct address *a, struct error **err)
{
    struct addrinfo *list;
    int fd = -1, r;

    if (!*a->host)
        return error_set(err, -EINVAL, ERROR_SYNTAX, address_text(a).s, "(empty host)", "a host to connect to");
    r = resolve(a, a->port, SOCK_STREAM, 0, &list, err);
    if (r)
        return r;
    for (struct addrinfo *ai = list; ai; ai = ai->ai_next) {
        fd = open_inet(a, ai);
        r = fd < 0 ? -errno : connect_to(fd, ai->ai_addr, ai->ai_addrlen);
        if (!r)
            break;
        if (fd >= 0)
            close(fd);
    }
    freeaddrinfo(list);
    return r ? host_error(err, r, a, "connect") : fd;
}

/* Of the local addresses one of the same family is taken. */
static int bind_datagram(int fd, int family, const struct addrinfo *local)
{
    int on = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    for (; local; local = local->ai_next)
        if (local->ai_family == family)
            return bind(fd, local->ai_addr, local->ai_addrlen) ? -errno : 0;
    return -EAFNOSUPPORT;
}

static int try_datagram(const struct addrinfo *remote, const struct addrinfo *local, bool bound)
{
    int fd = socket(remote->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), r;

    if (fd < 0)
        return -errno;
    r = bound ? bind_datagram(fd, remote->ai_family, local) : 0;
    if (!r && !connect(fd, remote->ai_addr, remote->ai_addrlen))
        return fd;
    r = r ? r : -errno;
    close(fd);
    return r;
}

int socket_datagram(const struct address *remote, const struct address *local, struct error **err)
{
    struct addrinfo *to, *from = NULL;
    int fd = -EADDRNOTAVAIL, r = resolve(remote, remote->port, SOCK_DGRAM, 0, &to, err);

    if (r)
        return r;
    r = local ? resolve(local, *local->port ? local->port : "0", SOCK_DGRAM, AI_PASSIVE, &from, err) : 0;
    for (struct addrinfo *ai = to; !r && ai && fd < 0; ai = ai->ai_next)
        fd = try_datagram(ai, from, local);
    freeaddrinfo(to);
    if (from)
        freeaddrinfo(from);
    if (!r && fd < 0)
        r = host_error(err, fd, remote, local ? T("talk to from %s", address_text(local).s) : "talk to");
    return r ? r : finish(fd);
}

/* All kinds */

/* What the program was started with is not close-on-exec: what is, is its own. */
static int take_over(const struct address *a, struct error **err)
{
    int flags = fcntl(a->fd, F_GETFD), fd = a->fd;

    if (a->received)
        fd = fcntl(a->fd, F_DUPFD_CLOEXEC, 0);
    else if (flags >= 0 && flags & FD_CLOEXEC)
        return error_set(err, -EBUSY, ERROR_STATE, address_text(a).s, "a descriptor that is in use",
                         "one that the program was started with");
    else if (flags >= 0)
        fcntl(a->fd, F_SETFD, FD_CLOEXEC);
    return flags < 0 || fd < 0 ? host_error(err, -errno, a, "use as a socket") : fd;
}

static int adopt(const struct address *a, bool listening, struct error **err)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof(int), peer_len = sizeof(peer);
    int accepts = 0;

    if (getsockopt(a->fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &len))
        return host_error(err, -errno, a, "use as a socket");
    if (accepts && !listening)
        return error_set(err, -EINVAL, ERROR_STATE, address_text(a).s, "a listening socket", "server=on");
    if (!listening && getpeername(a->fd, (struct sockaddr *)&peer, &peer_len))
        return host_error(err, -errno, a, "use as a connected socket");
    if (listening && !accepts && listen(a->fd, 1))
        return host_error(err, -errno, a, "listen");
    return take_over(a, err);
}

int socket_listen(const struct address *a, struct error **err)
{
    int fd = a->kind == ADDRESS_UNIX ? listen_unix(a, err) : a->kind == ADDRESS_INET ? listen_inet(a, err)
                                                                                   : adopt(a, true, err);

    return fd < 0 ? fd : finish(fd);
}

int socket_connect(const struct address *a, struct error **err)
{
    int fd = a->kind == ADDRESS_UNIX ? connect_unix(a, err) : a->kind == ADDRESS_INET ? connect_inet(a, err)
                                                                                     : adopt(a, false, err);

    return fd < 0 ? fd : finish(fd);
}

int socket_accept(int listener, struct error **err)
{
    int fd;

    do
        fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (fd >= 0)
        return fd;
    if (errno == EAGAIN)
        return -EAGAIN;
    return error_set_host(err, -errno, socket_text(listener, false).s, "accept");
}

/* The kernel ends the path with a zero, or fills the array with it. */
static void remove_file_of(int listener)
{
    struct { struct sockaddr_un un; char end; } at = { 0 };
    socklen_t len = sizeof(at.un);

    if (!getsockname(listener, (struct sockaddr *)&at.un, &len) && at.un.sun_family == AF_UNIX && at.un.sun_path[0])
        unlink(at.un.sun_path);
}

void socket_close_listener(const struct address *a, int listener)
{
    if (a->kind == ADDRESS_UNIX && !a->abstract)
        unlink(a->path);
    else if (a->kind == ADDRESS_FD)
        remove_file_of(listener);
    close(listener);
}

static struct text unix_text(const struct sockaddr_un *un, socklen_t len)
{
    size_t n = len - offsetof(struct sockaddr_un, sun_path);

    if (len <= offsetof(struct sockaddr_un, sun_path))
        return text("unix:");
    if (!un->sun_path[0])
        return text("unix:%.*s,abstract=on%s", (int)n - 1, un->sun_path + 1, len < sizeof(*un) ? ",tight=on" : "");
    return text("unix:%.*s", (int)n, un->sun_path);
}

struct text socket_text(int fd, bool remote)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof(ss);
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (remote ? getpeername(fd, (struct sockaddr *)&ss, &len) : getsockname(fd, (struct sockaddr *)&ss, &len))
        return text("%s", "");
    if (ss.ss_family == AF_UNIX)
        return unix_text((struct sockaddr_un *)&ss, len);
    if (getnameinfo((struct sockaddr *)&ss, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV))
        return text("%s", "");
    return ss.ss_family == AF_INET6 ? text("tcp:[%s]:%s", host, port) : text("tcp:%s:%s", host, port);
}

void socket_set_nodelay(int fd)
{
    int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}
