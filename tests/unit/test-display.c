/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/test.h"

/*
 * Consoles, their surfaces, and pictures of them: display.h and screendump.h sentence by sentence;
 * portable pixmaps after ppm(5)
 */

#include "lib/error.h"
#include "object/object.h"
#include "ui/screendump.h"

#include <errno.h>
#include <fcntl.h>
#ifdef HAVE_PNG
#include <png.h>
#endif
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct type screen_type = { .name = "test-screen", .doc = "a device with consoles" };

struct screen {
    struct object obj;
    struct console console[2];
    unsigned width, height, updates;
};

static struct displays set;
static struct object *root;
static struct screen first, second;
static char folder[] = "/tmp/test-display-XXXXXX";

/* A pixel's colour is where it is. */
static void update(struct console *con)
{
    struct screen *s = (struct screen *)con->owner;
    struct surface *surface = console_surface(con, s->width, s->height);

    s->updates++;
    for (unsigned y = 0; y < surface->height; y++)
        for (unsigned x = 0; x < surface->width; x++)
            surface_line(surface, y)[x] = x << 16 | y << 8 | con->head;
}

static bool text_of(struct console *con, struct text_screen *screen)
{
    screen->columns = screen->rows = 1;
    screen->cells = calloc(1, sizeof(*screen->cells));
    screen->cells[0].code = 'A' + con->head;
    return true;
}

static const struct console_ops drawn = { .update = update }, written = { .update = update, .text = text_of };

static void free_nothing(struct object *o)
{
}

static void screen_start(struct screen *s, const char *id, unsigned heads)
{
    *s = (struct screen){ .width = 3, .height = 2 };
    object_init(&s->obj, &screen_type, free_nothing);
    CHECK(!object_attach(object_container(root, "peripheral"), id, &s->obj, NULL));
    for (unsigned i = 0; i < heads; i++) {
        s->console[i] = (struct console){ .ops = i ? &written : &drawn, .owner = &s->obj, .head = i };
        console_attach(&set, &s->console[i]);
    }
}

static void begin(void)
{
    root = object_root_new();
    displays_init(&set);
    screen_start(&first, "video0", 1);
    screen_start(&second, "video1", 2);
}

static void end(void)
{
    displays_fini(&set);
    object_put(root);
}

static const char *path_of(const char *name)
{
    static char path[200];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void without_a_device_the_first_console_is_meant(void)
{
    begin();
    CHECK(console_find(&set, NULL, 0) == &first.console[0]);
    console_detach(&first.console[0]);
    CHECK(console_find(&set, NULL, 0) == &second.console[0]);
    end();
}

static void a_device_is_meant_by_its_id_or_its_path(void)
{
    begin();
    CHECK(console_find(&set, "video1", 0) == &second.console[0]);
    CHECK(console_find(&set, "video1", 1) == &second.console[1]);
    CHECK(console_find(&set, "/peripheral/video0", 0) == &first.console[0]);
    CHECK(!console_find(&set, "video1", 2) && !console_find(&set, "video1", -1) && !console_find(&set, "video2", 0));
    CHECK(!console_find(&set, "video1", 1ll << 32));
    CHECK(!console_find(&set, "/peripheral", 0) && !console_find(&set, "", 0) && !console_find(&set, "peripheral", 0));
    CHECK(console_owned(&set, "video1") && !console_owned(&set, "video2"));
    end();
}

static void an_id_is_a_name_below_peripheral_only(void)
{
    struct console other = { .ops = &drawn };

    begin();
    console_attach(&set, &other);       /* belongs to no object */
    other.owner = object_container(root, "elsewhere");
    CHECK(!console_find(&set, "elsewhere", 0));
    CHECK(console_find(&set, "/elsewhere", 0) == &other);
    other.owner = NULL;
    CHECK(!console_find(&set, "/elsewhere", 0));
    console_detach(&other);
    end();
}

static void nothing_is_drawn_while_nobody_looks(void)
{
    begin();
    CHECK_EQ(first.updates, 0);
    CHECK(!first.console[0].surface);
    CHECK(console_look(&first.console[0]) == first.console[0].surface);
    CHECK_EQ(first.updates, 1);
    end();
}

static void a_console_without_a_list_is_never_found(void)
{
    struct console alone = { .ops = &drawn };

    console_attach(NULL, &alone);
    CHECK(!alone.surface);
    console_detach(&alone);
    console_detach(&alone);
}

static void a_surface_begins_black_and_is_kept_while_its_size_is(void)
{
    struct surface *s;

    begin();
    s = console_surface(&first.console[0], 5, 4);
    CHECK_EQ(s->width, 5);
    CHECK_EQ(s->height, 4);
    CHECK(s->stride >= 5);
    for (unsigned y = 0; y < 4; y++)
        for (unsigned x = 0; x < 5; x++)
            CHECK_EQ(surface_line(s, y)[x], 0);
    s->pixels[0] = 7;
    CHECK(console_surface(&first.console[0], 5, 4) == s);
    CHECK_EQ(s->pixels[0], 7);
    s = console_surface(&first.console[0], 4, 5);
    CHECK_EQ(s->width, 4);
    CHECK_EQ(s->height, 5);
    CHECK_EQ(s->pixels[0], 0);
    end();
}

static void a_surface_has_bounds_whatever_is_asked_for(void)
{
    struct surface *s = surface_new(0, 0);

    CHECK_EQ(s->width, 1);
    CHECK_EQ(s->height, 1);
    surface_free(s);
    s = surface_new(UINT32_MAX, UINT32_MAX);
    CHECK_EQ(s->width, SURFACE_SIDE_MAX);
    CHECK_EQ(s->height, SURFACE_PIXELS_MAX / SURFACE_SIDE_MAX);
    surface_free(s);
    s = surface_new(1, SURFACE_SIDE_MAX + 1);
    CHECK_EQ(s->width, 1);
    CHECK_EQ(s->height, SURFACE_SIDE_MAX);
    surface_free(s);
    surface_free(NULL);
    begin();
    s = console_surface(&first.console[0], SURFACE_SIDE_MAX + 1, 2);
    s->pixels[0] = 7;
    CHECK(console_surface(&first.console[0], SURFACE_SIDE_MAX + 1, 2) == s);
    end();
}

static void text_is_there_only_if_the_console_has_some(void)
{
    struct text_screen screen = { .cells = (struct text_cell *)1 };

    begin();
    CHECK(!console_text(&first.console[0], &screen));
    CHECK(!screen.cells && screen.cursor == -1);
    CHECK(console_text(&second.console[1], &screen));
    CHECK_EQ(screen.cells[0].code, 'B');
    CHECK_EQ(screen.cursor, (uint64_t)-1);
    free(screen.cells);
    end();
}

static size_t file_read(const char *path, uint8_t *buf, size_t size)
{
    FILE *f = fopen(path, "rb");
    size_t n;

    CHECK(f);
    n = fread(buf, 1, size, f);
    fclose(f);
    return n;
}

/* "a magic number P6, whitespace, width, height, the maximum 255, one whitespace, rows of RGB from the top" */
static void a_pixmap_is_rows_of_red_green_and_blue(void)
{
    static const char head[] = "P6\n3 2\n255\n";
    static const uint8_t body[] = { 0, 0, 1, 1, 0, 1, 2, 0, 1, 0, 1, 1, 1, 1, 1, 2, 1, 1 };
    const struct surface *s;
    uint8_t got[64];

    begin();
    s = console_look(&second.console[1]);
    CHECK(!picture_save(s, PICTURE_PPM, NULL, path_of("a.ppm"), NULL));
    CHECK_EQ(file_read(path_of("a.ppm"), got, sizeof(got)), sizeof(head) - 1 + sizeof(body));
    CHECK(!memcmp(got, head, sizeof(head) - 1));
    CHECK(!memcmp(got + sizeof(head) - 1, body, sizeof(body)));
    unlink(path_of("a.ppm"));
    end();
}

static void a_file_that_is_there_is_overwritten(void)
{
    struct surface *s = surface_new(1, 1);
    uint8_t got[100];
    int fd = open(path_of("b.ppm"), O_CREAT | O_WRONLY, 0600);

    CHECK(fd >= 0 && write(fd, got, 100) == 100);
    close(fd);
    CHECK_EQ(picture_save(s, PICTURE_PPM, NULL, path_of("b.ppm"), NULL), 0);
    CHECK_EQ(file_read(path_of("b.ppm"), got, sizeof(got)), 11 + 3);
    unlink(path_of("b.ppm"));
    surface_free(s);
}

/* The result is what the calls said, whatever errno held before, and 0 is a descriptor like any other. */
static void nothing_that_was_before_makes_it_fail(void)
{
    struct surface *s = surface_new(1, 1);
    uint8_t got[100];
    int in = dup(0);

    errno = EIO;
    CHECK_EQ(picture_save(s, PICTURE_PPM, NULL, path_of("f.ppm"), NULL), 0);
    CHECK(!close(0));
    CHECK_EQ(picture_save(s, PICTURE_PPM, NULL, path_of("f.ppm"), NULL), 0);
    CHECK_EQ(file_read(path_of("f.ppm"), got, sizeof(got)), 11 + 3);
    CHECK(fcntl(0, F_GETFD) < 0);       /* it was closed again */
    CHECK_EQ(dup2(in, 0), 0);
    close(in);
    unlink(path_of("f.ppm"));
    surface_free(s);
}

/* As open(2) has it for a new file: the umask takes away what others may not do. */
static void a_new_file_is_for_everybody_but_for_the_umask(void)
{
    struct surface *s = surface_new(1, 1);
    mode_t before = umask(022);
    struct stat st;

    CHECK_EQ(picture_save(s, PICTURE_PPM, NULL, path_of("d.ppm"), NULL), 0);
    CHECK(!stat(path_of("d.ppm"), &st));
    CHECK_EQ(st.st_mode & 07777, 0644);
    unlink(path_of("d.ppm"));
    umask(0);
    CHECK_EQ(picture_save(s, PICTURE_PPM, NULL, path_of("d.ppm"), NULL), 0);
    CHECK(!stat(path_of("d.ppm"), &st));
    CHECK_EQ(st.st_mode & 07777, 0666);
    unlink(path_of("d.ppm"));
    umask(before);
    surface_free(s);
}

/* Larger than a pipe's buffer and than what is written at once. */
static void a_large_picture_is_whole(void)
{
    enum { SIDE = 1500 };
    struct surface *s = surface_new(SIDE, SIDE);
    uint8_t *bytes, *got = malloc(3 * SIDE * SIDE + 100);
    size_t len;

    for (unsigned y = 0; y < SIDE; y++)
        for (unsigned x = 0; x < SIDE; x++)
            surface_line(s, y)[x] = x * y;
    CHECK_EQ(picture_encode(s, PICTURE_PPM, &bytes, &len, NULL), 0);
    CHECK_EQ(len, 17 + 3 * SIDE * SIDE);
    CHECK_EQ(picture_save(s, PICTURE_PPM, NULL, path_of("e.ppm"), NULL), 0);
    CHECK_EQ(file_read(path_of("e.ppm"), got, 3 * SIDE * SIDE + 100), len);
    CHECK(!memcmp(got, bytes, len));
    CHECK_EQ(got[len - 1], (SIDE - 1) * (SIDE - 1) & 0xff);
    unlink(path_of("e.ppm"));
    free(bytes);
    free(got);
    surface_free(s);
}

static void what_the_host_refuses_is_told_by_name(void)
{
    struct surface *s = surface_new(1, 1);
    struct error *err = NULL;

    CHECK_EQ(picture_save(s, PICTURE_PPM, NULL, path_of("none/x"), &err), (uint64_t)-ENOENT);
    CHECK(strstr(err->value, "none/x"));
    error_free(err);
    CHECK_EQ(picture_save(s, PICTURE_PPM, NULL, folder, NULL), (uint64_t)-EISDIR);
    surface_free(s);
}

/* The disk is full, or rather a file may have no more than five bytes: half a picture is not left behind. */
static void a_file_that_cannot_be_completed_goes_away(void)
{
    struct surface *s = surface_new(1, 1);
    struct rlimit before, small;
    int r;

    CHECK(!getrlimit(RLIMIT_FSIZE, &before));
    small = (struct rlimit){ .rlim_cur = 5, .rlim_max = before.rlim_max };
    signal(SIGXFSZ, SIG_IGN);
    CHECK(!setrlimit(RLIMIT_FSIZE, &small));
    r = picture_save(s, PICTURE_PPM, NULL, path_of("c.ppm"), NULL);
    CHECK(!setrlimit(RLIMIT_FSIZE, &before));
    CHECK_EQ(r, (uint64_t)-EFBIG);
    CHECK(access(path_of("c.ppm"), F_OK));
    surface_free(s);
}

/* A pipe without a reader, and one that is full: the home loop does not wait. */
static void a_pipe_is_never_waited_for(void)
{
    struct surface *s = surface_new(1000, 1000);
    int fd;

    CHECK(!mkfifo(path_of("pipe"), 0600));
    CHECK_EQ(picture_save(s, PICTURE_PPM, NULL, path_of("pipe"), NULL), (uint64_t)-ENXIO);
    fd = open(path_of("pipe"), O_RDONLY | O_NONBLOCK);
    CHECK_EQ(picture_save(s, PICTURE_PPM, NULL, path_of("pipe"), NULL), (uint64_t)-EAGAIN);
    CHECK(!access(path_of("pipe"), F_OK));
    close(fd);
    unlink(path_of("pipe"));
    surface_free(s);
}

static void a_png_has_the_same_pixels(void)
{
#ifdef HAVE_PNG
    png_image image = { .version = PNG_IMAGE_VERSION };
    const struct surface *s;
    uint8_t *bytes, rgb[18];
    size_t len;

    begin();
    s = console_look(&first.console[0]);
    CHECK(!picture_encode(s, PICTURE_PNG, &bytes, &len, NULL));
    CHECK(png_image_begin_read_from_memory(&image, bytes, len));
    CHECK_EQ(image.width, 3);
    CHECK_EQ(image.height, 2);
    image.format = PNG_FORMAT_RGB;
    CHECK(png_image_finish_read(&image, NULL, rgb, 0, NULL));
    CHECK(rgb[0] == 0 && rgb[3] == 1 && rgb[6] == 2 && rgb[9 + 1] == 1 && rgb[17] == 0);
    free(bytes);
    first.width = 700;
    first.height = 500;
    s = console_look(&first.console[0]);
    CHECK_EQ(picture_encode(s, PICTURE_PNG, &bytes, &len, NULL), 0);
    image = (png_image){ .version = PNG_IMAGE_VERSION };
    CHECK(png_image_begin_read_from_memory(&image, bytes, len));
    CHECK_EQ(image.width, 700);
    CHECK_EQ(image.height, 500);
    png_image_free(&image);
    free(bytes);
    end();
#else
    test_skip("this build has no libpng");
#endif
}

static void without_libpng_its_format_is_refused_by_name(void)
{
#ifdef HAVE_PNG
    test_skip("this build has libpng");
#else
    struct surface *s = surface_new(1, 1);
    struct error *err = NULL;
    uint8_t *bytes;
    size_t len;

    CHECK_EQ(picture_encode(s, PICTURE_PNG, &bytes, &len, &err), (uint64_t)-ENOTSUP);
    CHECK(strstr(err->value, "png"));
    error_free(err);
    surface_free(s);
#endif
}

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    TEST(without_a_device_the_first_console_is_meant);
    TEST(a_device_is_meant_by_its_id_or_its_path);
    TEST(an_id_is_a_name_below_peripheral_only);
    TEST(nothing_is_drawn_while_nobody_looks);
    TEST(a_console_without_a_list_is_never_found);
    TEST(a_surface_begins_black_and_is_kept_while_its_size_is);
    TEST(a_surface_has_bounds_whatever_is_asked_for);
    TEST(text_is_there_only_if_the_console_has_some);
    TEST(a_pixmap_is_rows_of_red_green_and_blue);
    TEST(a_file_that_is_there_is_overwritten);
    TEST(nothing_that_was_before_makes_it_fail);
    TEST(a_new_file_is_for_everybody_but_for_the_umask);
    TEST(a_large_picture_is_whole);
    TEST(what_the_host_refuses_is_told_by_name);
    TEST(a_file_that_cannot_be_completed_goes_away);
    TEST(a_pipe_is_never_waited_for);
    TEST(a_png_has_the_same_pixels);
    TEST(without_libpng_its_format_is_refused_by_name);
    rmdir(folder);
    return test_end();
}
