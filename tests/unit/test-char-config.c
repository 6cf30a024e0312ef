/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Command line notations for chardevs: the sentences of chardev/config.h
 */

#include "chardev/config.h"
#include "tests/unit/error-check.h"

#include <errno.h>

static void the_short_notation_is_read(void)
{
    static const struct { const char *text; enum char_kind kind; bool server, wait, mux, signal; } cases[] = {
        { "stdio", CHAR_STDIO, false, false, false, true },
        { "mon:stdio", CHAR_STDIO, false, false, true, false },
        { "null", CHAR_NULL, false, false, false, true },
        { "none", CHAR_NONE, false, false, false, true },
        { "pty", CHAR_PTY, false, false, false, true },
        { "file:/tmp/a,b", CHAR_FILE, false, false, false, true },
        { "chardev:c0", CHAR_REFER, false, false, false, true },
        { "unix:/x", CHAR_SOCKET, false, false, false, true },
        { "unix:/x,server", CHAR_SOCKET, true, true, false, true },
        { "unix:/x,server=on,wait=off", CHAR_SOCKET, true, false, false, true },
        { "unix:/x,server,nowait", CHAR_SOCKET, true, false, false, true },
        { "tcp::4444,server=on,wait=off,telnet=off,reconnect=0", CHAR_SOCKET, true, false, false, true },
        { "pipe:/x", CHAR_PIPE, false, false, false, true }, { "/dev/ttyS0", CHAR_SERIAL, false, false, false, true },
        { "/dev/parport0", CHAR_PARALLEL, false, false, false, true },
        { "udp::1", CHAR_UDP, false, false, false, true }, { "mon:udp:h:1@:2", CHAR_UDP, false, false, true, false },
        { "mon:tcp:localhost:1", CHAR_SOCKET, false, false, true, false },
        { "telnet:localhost:1,server=on,wait=off", CHAR_SOCKET, true, false, false, true },
        { "tn3270:localhost:1", CHAR_SOCKET, false, false, false, true },
        { "websocket::1,server", CHAR_SOCKET, true, true, false, true },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct chardev_config cfg;

        CHECK_EQ(chardev_parse_legacy(&cfg, "-serial", cases[i].text, "serial0", NULL), 0);
        CHECK_EQ(cfg.kind, cases[i].kind);
        CHECK_EQ(cfg.server, cases[i].server);
        CHECK_EQ(cfg.wait, cases[i].wait);
        CHECK_EQ(cfg.mux, cases[i].mux);
        CHECK_EQ(cfg.monitor, cases[i].mux);
        CHECK_EQ(cfg.signal, cases[i].signal);
        CHECK_EQ(cfg.telnet, !strncmp(cases[i].text, "telnet:", 7));
        CHECK_EQ(cfg.tn3270, !strncmp(cases[i].text, "tn3270:", 7));
        CHECK_EQ(cfg.websocket, !strncmp(cases[i].text, "websocket:", 10));
        CHECK_STR(cfg.label, cfg.kind == CHAR_REFER ? "c0" : "serial0");
    }
}

static void paths_keep_their_commas_and_equal_signs(void)
{
    struct chardev_config cfg;

    CHECK_EQ(chardev_parse_legacy(&cfg, "-serial", "file:/tmp/a,b", "s", NULL), 0);
    CHECK_STR(cfg.path, "/tmp/a,b");
    CHECK_EQ(chardev_parse_legacy(&cfg, "-serial", "unix:/x,,y=z,server=on", "s", NULL), 0);
    CHECK_STR(cfg.address.path, "/x,y=z");
    CHECK(cfg.server);
    CHECK_EQ(chardev_parse_option(&cfg, "socket,id=a,path=/x,,y=z,server=on", NULL), 0);
    CHECK_STR(cfg.address.path, "/x,y=z");
}

static void the_long_notation_is_read(void)
{
    struct chardev_config cfg;

    CHECK_EQ(chardev_parse_option(&cfg, "socket,id=c0,host=::1,port=99,to=105,ipv6=on,ipv4=off,server=on,nodelay=on",
                                  NULL), 0);
    CHECK_EQ(cfg.address.kind, ADDRESS_INET);
    CHECK_EQ(cfg.address.to_port, 105);
    CHECK_EQ(cfg.address.ipv6, CHOICE_ON);
    CHECK_EQ(cfg.address.ipv4, CHOICE_OFF);
    CHECK(cfg.server && cfg.wait && cfg.nodelay);
    CHECK_EQ(chardev_parse_option(&cfg, "ringbuf,id=r,size=64k,mux=on", NULL), 0);
    CHECK_EQ(cfg.size_bytes, 65536);
    CHECK(cfg.mux);
    CHECK_EQ(chardev_parse_option(&cfg, "id=f.1-a_b,backend=file,path=/o,append=on,logfile=/l,logappend=on", NULL), 0);
    CHECK_EQ(cfg.kind, CHAR_FILE);
    CHECK_STR(cfg.logfile, "/l");
    CHECK(cfg.append && cfg.logappend);
    CHECK_EQ(chardev_parse_option(&cfg, "stdio,id=s,signal=off", NULL), 0);
    CHECK(!cfg.signal);
    CHECK_EQ(chardev_parse_option(&cfg, "socket,id=s,path=x,abstract=on,tight=off", NULL), 0);
    CHECK(cfg.address.abstract && !cfg.address.tight);
}

static void sockets_say_what_they_speak(void)
{
    struct chardev_config cfg;

    CHECK_EQ(chardev_parse_option(&cfg, "socket,id=s,path=x,telnet=on,tn3270=on,websocket=on,server=on", NULL), 0);
    CHECK(cfg.telnet && cfg.tn3270 && cfg.websocket && cfg.server);
    CHECK_EQ(chardev_parse_option(&cfg, "socket,id=s,path=x,reconnect=2147483647,delay=off", NULL), 0);
    CHECK_EQ(cfg.reconnect_s, 2147483647);
    CHECK(cfg.nodelay);
    CHECK_EQ(chardev_parse_option(&cfg, "mux,id=m,chardev=b", NULL), 0);
    CHECK_STR(cfg.base, "b");
}

static void udp_has_two_ends(void)
{
    struct chardev_config cfg;

    CHECK_EQ(chardev_parse_option(&cfg, "udp,id=u,port=5,ipv6=off", NULL), 0);
    CHECK_STR(cfg.address.host, "localhost");
    CHECK(!*cfg.local.host && !*cfg.local.port);
    CHECK_EQ(cfg.local.ipv6, CHOICE_OFF);
    CHECK_EQ(chardev_parse_option(&cfg, "udp,id=u,host=h,port=5,localaddr=l,localport=6", NULL), 0);
    CHECK_STR(cfg.local.host, "l");
    CHECK_STR(cfg.local.port, "6");
    CHECK_EQ(chardev_parse_legacy(&cfg, "-serial", "udp:[::1]:5@[::2]:6,ipv4=off", "s", NULL), 0);
    CHECK_STR(cfg.address.host, "::1");
    CHECK_STR(cfg.local.host, "::2");
    CHECK_STR(cfg.local.port, "6");
    CHECK_EQ(cfg.address.ipv4, CHOICE_OFF);
}

static void a_change_has_no_id(void)
{
    struct error *err = NULL;
    struct chardev_config cfg;
    int r;

    CHECK_EQ(chardev_parse_change(&cfg, "ringbuf,size=4k", "1 2", NULL), 0);
    CHECK_STR(cfg.label, "1 2");
    CHECK_EQ(cfg.size_bytes, 4096);
    r = chardev_parse_change(&cfg, "ringbuf,id=x", "c", &err);
    check_refused(r, err, "id=x", "it stays what it is");
}

static void bad_options_are_refused_by_name_with_what_is_legal(void)
{
    static const struct { const char *text, *says; } cases[] = {
        { "", "KIND,id=ID" }, { "null", "id=" }, { "null,id=", "id=" }, { "null,id=1a", "id=1a" },
        { "null,id=a b", "id=a b" }, { "bogus,id=a", "bogus is not known, legal: null, stdio" },
        { "id=a", "KIND,id=ID" }, { "null,id=a,foo=1", "foo is not known, legal: mux, logfile" },
        { "null,id=a,path=x", "path" }, { "null,id=a,foo", "foo is not known" },
        { "socket,id=a", "one of path=" }, { "socket,id=a,path=/x,host=y", "one of path=" },
        { "socket,id=a,host=y", "port=" },
        { "socket,id=a,path=/x,server=2", "server=2 is out of range, legal: on, off" },
        { "socket,id=a,path=/x,wait=on", "server=on" },
        { "socket,id=a,path=/x,server=on,reconnect=1", "server=off" }, { "socket,id=a,path=/x,reconnect=x", "seconds" },
        { "socket,id=a,path=/x,reconnect=2147483648", "seconds" }, { "socket,id=a,fd=5,reconnect=1", "path= or host=" },
        { "socket,id=a,path=/x,telnet=2", "telnet=2" }, { "socket,id=a,path=/x,websocket", "server=on" },
        { "socket,id=a,host=h,port=1,ipv4=off,ipv6=off", "one of them on" },
        { "mux,id=a", "chardev=ID" }, { "mux,id=a,chardev=b,mux=on", "mux is not known" },
        { "socket,id=a,host=h,port=1,to=x", "to=x" }, { "socket,id=a,host=h,port=1,to=65536", "0 to 65535" },
        { "socket,id=a,path=/x,tls-creds=t", "tls-creds=t" }, { "file,id=a", "path=PATH" },
        { "udp,id=a", "port=" }, { "udp,id=a,host=h", "port=" }, { "udp,id=a,port=1,path=x", "path is not known" },
        { "udp,id=a,port=1,ipv4=off,ipv6=off", "one of them on" }, { "serial,id=a", "path=PATH" },
        { "tty,id=a,baud=9600", "baud" }, { "parport,id=a", "path=PATH" }, { "pipe,id=a,path=", "path=PATH" },
        { "vc,id=a", "vc is not supported" },
        { "ringbuf,id=a,size=x", "size=x" }, { "ringbuf,id=a,size=99999999999999999999", "size=" },
        { "ringbuf,id=a,size=16E", "16E" }, { "ringbuf,id=a,size=1kk", "1kk" }, { "ringbuf,id=a,size=-1", "-1" },
        { "stdio,id=a,signal=7", "signal=7" }, { "null,id=a,mux=1", "mux=1" },
        { "a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a", "at most 32" },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error *err = NULL;
        struct chardev_config cfg;
        int r = chardev_parse_option(&cfg, cases[i].text, &err);

        check_refused(r, err, cases[i].text, cases[i].says);
    }
}

static void bad_short_forms_are_refused_with_the_option_in_front(void)
{
    static const struct { const char *text, *says; } cases[] = {
        { "", "legal: none, null" }, { "foo", "-serial: foo is not known" }, { "file", "file" },
        { "file:", "file:PATH" },
        { "unix:", "unix:" }, { "unix:,server", "unix:" }, { "tcp:localhost", "HOST:PORT" },
        { "tcp:1:2:3", "HOST:PORT" },
        { "unix:/x,server=maybe", "server=maybe" }, { "unix:/x,bogus=on", "bogus is not known" },
        { "vc", "vc is not supp" },
        { "vc:80Cx24C", "not supported" }, { "udp:1.2.3.4", "HOST:PORT" },
        { "udp:", "HOST:PORT" }, { "udp::1@", "HOST:PORT" }, { "udp::1@x", "HOST:PORT" }, { "udp:a=b:1", "HOST:PORT" },
        { "COM1", "not supported" }, { "chardev:", "chardev:ID" },
        { "mon:", "legal" }, { "mon:chardev:x", "not known" }, { "null:1", "null:1" }, { "pty:1", "pty:1" },
        { "pipe:", "pipe:PATH" }, { "websocket:h:1", "server=on" }, { "tcp:h:1,wait=on", "server=on" },
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error *err = NULL;
        struct chardev_config cfg;
        int r = chardev_parse_legacy(&cfg, "-serial", cases[i].text, "serial0", &err);

        CHECK(!err || strstr(error_line(err).s, "-serial"));
        check_refused(r, err, cases[i].text, cases[i].says);
    }
}

static void strings_of_any_length_are_survived(void)
{
    static char text[20000];

    for (size_t n = 1; n < sizeof(text); n += 1 + n / 3) {
        static const char *const prefixes[] = { "unix:", "file:", "tcp:", "chardev:", "", "mon:" };
        static const char *const options[] = { "socket,id=a,path=", "null,id=", "file,id=a,logfile=",
                                               "socket,id=a,port=", "" };
        struct chardev_config cfg;

        for (unsigned i = 0; i < 6; i++) {
            memset(text, i % 2 ? ',' : 'x', n);
            text[n] = 0;
            memcpy(text, prefixes[i], strlen(prefixes[i]) < n ? strlen(prefixes[i]) : n);
            chardev_parse_legacy(&cfg, "-serial", text, "s", NULL);
        }
        for (unsigned i = 0; i < 5; i++) {
            memset(text, i % 2 ? '=' : 'x', n);
            text[n] = 0;
            memcpy(text, options[i], strlen(options[i]) < n ? strlen(options[i]) : n);
            chardev_parse_option(&cfg, text, NULL);
        }
    }
}

int main(void)
{
    TEST(the_short_notation_is_read);
    TEST(paths_keep_their_commas_and_equal_signs);
    TEST(the_long_notation_is_read);
    TEST(sockets_say_what_they_speak);
    TEST(udp_has_two_ends);
    TEST(a_change_has_no_id);
    TEST(bad_options_are_refused_by_name_with_what_is_legal);
    TEST(bad_short_forms_are_refused_with_the_option_in_front);
    TEST(strings_of_any_length_are_survived);
    return test_end();
}
