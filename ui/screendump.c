/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/screendump.h"

/*
 * Pictures of a console: portable pixmap (P6), and PNG where the build has libpng
 *
 * A picture is encoded in memory and written in one go.  A pipe that nobody reads, or that is full, is
 * an error, since the home loop does not wait.
 * Reference: ppm(5); PNG specification 1.2, colour type 2.
 * Invariant: a file is left behind only if it is complete; what is no plain file is never removed.
 */

#include "io/fdset.h"
#include "lib/error.h"
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#ifdef HAVE_PNG
#include <png.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RGB = 3, PIECE = 1 << 20 };

static void rgb_put(uint8_t *to, const struct surface *s)
{
    for (unsigned y = 0; y < s->height; y++) {
        const uint32_t *line = surface_line(s, y);

        for (unsigned x = 0; x < s->width; x++, to += RGB) {
            to[0] = line[x] >> 16;
            to[1] = line[x] >> 8;
            to[2] = line[x];
        }
    }
}

static int no_memory(const struct surface *s, struct error **err)
{
    return error_set_host(err, -ENOMEM, "screendump", T("%u by %u pixels", s->width, s->height));
}

static int ppm_encode(const struct surface *s, uint8_t **bytes, size_t *len, struct error **err)
{
    char head[64];
    int n = snprintf(head, sizeof(head), "P6\n%u %u\n255\n", s->width, s->height);

    *len = n + (size_t)s->width * s->height * RGB;
    *bytes = malloc(*len);
    if (!*bytes)
        return no_memory(s, err);
    memcpy(*bytes, head, n);
    rgb_put(*bytes + n, s);
    return 0;
}

#ifdef HAVE_PNG
static int png_encode(const struct surface *s, uint8_t **bytes, size_t *len, struct error **err)
{
    png_image image = { .version = PNG_IMAGE_VERSION, .width = s->width, .height = s->height,
                        .format = PNG_FORMAT_RGB, .flags = PNG_IMAGE_FLAG_FAST };
    uint8_t *rgb = malloc((size_t)s->width * s->height * RGB);
    int r = 0;

    *len = PNG_IMAGE_PNG_SIZE_MAX(image);
    *bytes = malloc(*len);
    if (!rgb || !*bytes) {
        r = no_memory(s, err);
    } else {
        rgb_put(rgb, s);
        if (!png_image_write_to_memory(&image, *bytes, len, 0, rgb, 0, NULL))
            r = error_set(err, -EIO, ERROR_HOST, "screendump", "PNG", image.message);
    }
    free(rgb);
    if (r < 0)
        free(*bytes);
    return r;
}
#else
static int png_encode(const struct surface *s, uint8_t **bytes, size_t *len, struct error **err)
{
    (void)s;
    (void)bytes;
    (void)len;
    return error_set(err, -ENOTSUP, ERROR_UNSUPPORTED, "screendump, format", "png", "ppm, as this build has no libpng");
}
#endif

int picture_encode(const struct surface *s, enum picture_format format, uint8_t **bytes, size_t *len,
                   struct error **err)
{
    return format == PICTURE_PNG ? png_encode(s, bytes, len, err) : ppm_encode(s, bytes, len, err);
}

static int file_write(struct fdsets *sets, const char *path, const uint8_t *bytes, size_t len)
{
    int fd = fdsets_open(sets, NULL, path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOCTTY, 0666), r = 0;
    bool plain;

    if (fd < 0)
        return fd;
    plain = file_is_regular(fd);
    for (ssize_t n = 0; len && !r; bytes += n, len -= n) {
        n = write(fd, bytes, len < PIECE ? len : PIECE);
        if (n < 0) {
            r = -errno;
            n = 0;
        }
    }
    if (close(fd) && !r)        /* some file systems find out only now that there is no room */
        r = -errno;
    if (r < 0 && plain)
        unlink(path);
    return r;
}

int picture_save(const struct surface *s, enum picture_format format, struct fdsets *sets, const char *path,
                 struct error **err)
{
    uint8_t *bytes;
    size_t len;
    int r = picture_encode(s, format, &bytes, &len, err);

    if (r < 0)
        return r;
    r = file_write(sets, path, bytes, len);
    free(bytes);
    return r < 0 ? error_set_host(err, r, "screendump", path) : 0;
}
