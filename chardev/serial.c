/* SPDX-License-Identifier: Apache-2.0 */
#include "chardev/stream.h"

/*
 * serial (tty): a serial port of the host; termios(3), ioctl_tty(2)
 *
 * Speed, format, break, DTR and RTS are what the guest's port has.  What the host's port is told by its peer (CTS, DSR,
 * DCD, RI, a break) does not reach the guest.  A path that is no terminal gets bytes and no settings.
 */

#include "io/fdset.h"
#include "lib/error.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static const struct { uint32_t speed; speed_t code; } speeds[] = {
    { 50, B50 }, { 75, B75 }, { 110, B110 }, { 134, B134 }, { 150, B150 }, { 200, B200 }, { 300, B300 }, { 600, B600 },
    { 1200, B1200 }, { 1800, B1800 }, { 2400, B2400 }, { 4800, B4800 }, { 9600, B9600 }, { 19200, B19200 },
    { 38400, B38400 }, { 57600, B57600 }, { 115200, B115200 }, { 230400, B230400 }, { 460800, B460800 },
    { 500000, B500000 }, { 576000, B576000 }, { 921600, B921600 }, { 1000000, B1000000 }, { 1152000, B1152000 },
    { 1500000, B1500000 }, { 2000000, B2000000 }, { 2500000, B2500000 }, { 3000000, B3000000 }, { 3500000, B3500000 },
    { 4000000, B4000000 },
};
enum { SPEEDS = sizeof(speeds) / sizeof(speeds[0]) };

struct char_serial {
    struct char_stream s;
    bool in_break;
};

static void serial_lost(struct char_stream *s, int code)
{
}

/* The nearest: divisors do not come out even. */
static speed_t speed_code(uint32_t speed)
{
    unsigned best = 0;

    for (unsigned i = 1; i < SPEEDS; i++) {
        uint32_t off = speed > speeds[i].speed ? speed - speeds[i].speed : speeds[i].speed - speed;
        uint32_t best_off = speed > speeds[best].speed ? speed - speeds[best].speed : speeds[best].speed - speed;

        if (off < best_off)
            best = i;
    }
    return speeds[best].code;
}

static void serial_set_line(struct chardev *chr, const struct char_line *line)
{
    static const tcflag_t sizes[] = { CS5, CS6, CS7, CS8 };
    struct char_serial *c = (struct char_serial *)chr;
    int fd = channel_fd(&c->s.channel), lines;
    struct termios t;

    if (tcgetattr(fd, &t))
        return;
    cfmakeraw(&t);
    t.c_cflag &= ~(CSIZE | PARENB | PARODD | CSTOPB | CRTSCTS);
    t.c_cflag |= CLOCAL | CREAD | sizes[(line->data_bits - 5) & 3] | (line->stop_bits > 1 ? CSTOPB : 0) |
                 (line->parity == 'N' ? 0 : PARENB) | (line->parity == 'O' ? PARODD : 0);
    cfsetspeed(&t, speed_code(line->speed));
    tcsetattr(fd, TCSANOW, &t);
    if (line->in_break != c->in_break)
        ioctl(fd, line->in_break ? TIOCSBRK : TIOCCBRK);
    c->in_break = line->in_break;
    if (ioctl(fd, TIOCMGET, &lines))
        return;
    lines = (lines & ~(TIOCM_DTR | TIOCM_RTS)) | (line->dtr ? TIOCM_DTR : 0) | (line->rts ? TIOCM_RTS : 0);
    ioctl(fd, TIOCMSET, &lines);
}

static int serial_open(struct chardev *chr, const struct chardev_config *cfg, struct error **err)
{
    const struct char_line usual = { .speed = 115200, .data_bits = 8, .parity = 'N', .stop_bits = 1, .dtr = true,
                                     .rts = true };
    struct char_serial *c = (struct char_serial *)chr;
    int fd = fdsets_open(chr->set->fdsets, chr, cfg->path, O_RDWR | O_NONBLOCK | O_NOCTTY, 0), r;

    if (fd < 0)
        return error_set_host(err, fd, T("chardev %s", chr->label), T("path=%s", cfg->path));
    c->s.lost = serial_lost;
    r = char_stream_start(&c->s, fd, fd, true, err);
    if (r)
        return r;
    serial_set_line(chr, &usual);
    chr->open = true;
    return 0;
}

static void serial_close(struct chardev *chr)
{
    char_stream_stop((struct char_stream *)chr);
}

const struct char_backend char_serial = {
    .kind = CHAR_SERIAL, .name = "serial", .size = sizeof(struct char_serial),
    .open = serial_open, .close = serial_close, .set_line = serial_set_line,
    .write = char_stream_write, .resume = char_stream_resume, .wait_writable = char_stream_wait_writable,
};
