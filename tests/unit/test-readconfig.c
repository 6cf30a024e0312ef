/* SPDX-License-Identifier: Apache-2.0 */
#include "main/options.h"

/*
 * Files of options (-readconfig), and -set: which option each section becomes, and what is refused where
 *
 * Options are stubs that write down what they are told.
 */

#include "lib/error.h"
#include "tests/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct config c;
static struct error *err;
static char said[8192];
static const char *devices[8];

int option_apply(struct config *config, const char *name, const char *value, struct error **e)
{
    snprintf(said + strlen(said), sizeof(said) - strlen(said), "-%s %s\n", name, value);
    if (strstr(value, "bad"))
        return error_set(e, -ERANGE, ERROR_RANGE, T("-%s key", name), "bad", "good");
    if (!strcmp(name, "device"))
        config->devices.item[config->devices.n++] = value;
    config->help_shown = !strcmp(value, "type=help");
    return 0;
}

static void begin(void)
{
    config_texts_fini(&c);
    c = (struct config){ .devices = { 0, devices } };
    err = NULL;
    *said = '\0';
}

static int read_text(const char *text, size_t n)
{
    char path[] = "/tmp/rhea-readconfig-XXXXXX";
    int fd = mkstemp(path), r;

    begin();
    CHECK(fd >= 0 && write(fd, text, n) == (ssize_t)n);
    close(fd);
    r = option_readconfig(&c, path, &err);
    unlink(path);
    return r;
}

static void becomes(const char *text, const char *options)
{
    CHECK_EQ(read_text(text, strlen(text)), 0);
    CHECK_STR(said, options);
}

static void a_section_is_what_its_option_says_with_its_id_first(void)
{
    becomes("[device \"x\"]\n  driver = \"pvpanic-pci\"\n  events = \"1\"\n",
            "-device id=x,driver=pvpanic-pci,events=1\n");
    becomes("[device]\ndriver=\"VGA\"\n", "-device driver=VGA\n");
    becomes("[machine]\n", "-machine \n");
    becomes("[machine]\ntype = \"\"", "-machine type=\n");
    becomes("[name]\nguest = \"a,b=c d\"\n", "-name guest=a,,b=c d\n");
}

static void groups_have_names_of_their_own(void)
{
    becomes("[memory]\nsize = \"1\"\n[smp-opts]\ncpus = \"2\"\n[boot-opts]\norder = \"c\"\n[acpi]\nsig = \"X\"\n",
            "-m size=1\n-smp cpus=2\n-boot order=c\n-acpitable sig=X\n");
}

/* -accel reads its name bare, and first. */
static void a_leading_value_stands_before_all_others(void)
{
    becomes("[accel]\nthread = \"multi\"\naccel = \"tcg\"\n", "-accel tcg,thread=multi\n");
    becomes("[accel]\naccel = \"kvm\"\naccel = \"tcg\"\n", "-accel tcg\n");
}

static void lines_that_say_nothing_are_passed_over(void)
{
    becomes("", "");
    becomes("\n\n# [nosuch]\n \t\n", "");
    becomes("# c\r\n [msg] \r\n\ttimestamp\t=\t\"on\" # c\r\n", "-msg timestamp=on\n");
}

static void a_listing_ends_it(void)
{
    becomes("[machine]\ntype = \"help\"\n[machine]\ntype = \"q35\"\n", "-machine type=help\n");
}

static void what_is_wrong_is_told_with_its_line(void)
{
    static const struct { const char *text, *place, *value; } wrong[] = {
        { "a = \"b\"\n", ":1", "a = \"b\"" }, { "\n\nx\n", ":3", "x" }, { "[nosuch]\n", ":1", "nosuch" },
        { "[msg]\n[device x]\n", ":2", "device x" }, { "[device \"x\"", ":1", "[device \"x\"" }, { "[]", ":1", "" },
        { "[device \"x]\n", ":1", "[device \"x" }, { "[msg]\n\nx\n", ":3", "x" }, { "[msg]\nx = y\n", ":2", "x = y" },
        { "[msg]\nx = \"y\n", ":2", "x = \"y" }, { "[msg]\nx = \"y\" z\n", ":2", "x = \"y\" z" },
        { "[msg]\n= \"y\"\n", ":2", "= \"y\"" }, { "[msg] x\n", ":1", "[msg] x" },
        { "[msg]\n\n[rtc]\nbase = \"bad\"\n\n[msg]\n", ":3: [rtc] -rtc key", "bad" },
    };

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CHECK(read_text(wrong[i].text, strlen(wrong[i].text)) < 0);
        CHECK(!strncmp(err->object, "-readconfig /tmp/rhea-readconfig-", 33));
        CHECK_STR(strchr(err->object, ':'), wrong[i].place);
        CHECK(!strncmp(err->value, wrong[i].value, strlen(wrong[i].value)) && err->legal[0]);
        error_free(err);
    }
}

static void what_is_too_long_or_no_text_is_refused(void)
{
    static char large[(1 << 20) + 1];

    memset(large, 'x', sizeof(large));
    CHECK_EQ(read_text(large, 1024), -E2BIG);
    error_free(err);
    memset(large, '\n', sizeof(large));
    CHECK_EQ(read_text(large, sizeof(large) - 1), 0);
    CHECK(read_text(large, sizeof(large)) < 0);
    error_free(err);
    CHECK_EQ(read_text("[msg]\0\n", 7), -EINVAL);
    error_free(err);
    begin();
    CHECK_EQ(option_readconfig(&c, "/nonexistent/file", &err), -ENOENT);
    error_free(err);
}

static void a_property_is_added_to_what_was_said_before(void)
{
    begin();
    c.devices = (struct config_list){
        4, (const char *[]){ "VGA,id=a", "{\"driver\":\"VGA\",\"id\":\"b\"}", "driver=VGA,id=c,x=1", "VGA" } };
    c.chardevs = (struct config_list){ 1, (const char *[]){ "null,id=c" } };
    CHECK(!option_set(&c, "device.c.x=1,2=3", NULL) && !option_set(&c, "device.c.y=", NULL));
    CHECK(!option_set(&c, "chardev.c.mux=on", NULL));
    CHECK_STR(c.devices.item[2], "driver=VGA,id=c,x=1,x=1,,2=3,y=");
    CHECK_STR(c.devices.item[0], "VGA,id=a");
    CHECK_STR(c.chardevs.item[0], "null,id=c,mux=on");
}

static void there_has_to_be_such_an_id_such_a_group_and_all_parts(void)
{
    static const struct { const char *spec, *object, *value; int r; } wrong[] = {
        { "device.b.x=1", "-set device", "b", -ENOENT }, { "chardev.a.x=1", "-set chardev", "a", -ENOENT },
        { "nosuch.a.x=1", "-set", "nosuch", -ENOENT }, { "object.a.x=1", "-set", "object", -ENOTSUP },
        { "", "-set", "", -EINVAL }, { "device", "-set", "device", -EINVAL },
        { "device.a", "-set", "device.a", -EINVAL },
        { "device.a.x", "-set", "device.a.x", -EINVAL }, { "device.a=x.y", "-set", "device.a=x.y", -EINVAL },
        { ".a.x=1", "-set", ".a.x=1", -EINVAL }, { "device..x=1", "-set", "device..x=1", -EINVAL },
        { "device.a.=1", "-set", "device.a.=1", -EINVAL },
    };

    begin();
    c.devices = (struct config_list){ 2, (const char *[]){ "VGA,id=a", "{\"driver\":\"VGA\",\"id\":\"b\"}" } };
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CHECK_EQ(option_set(&c, wrong[i].spec, &err), wrong[i].r);
        CHECK_STR(err->object, wrong[i].object);
        CHECK(!strcmp(err->value, wrong[i].value) || !*wrong[i].spec);
        error_free(err);
        err = NULL;
    }
    CHECK_STR(c.devices.item[0], "VGA,id=a");
    begin();
}

int main(void)
{
    TEST(a_section_is_what_its_option_says_with_its_id_first);
    TEST(groups_have_names_of_their_own);
    TEST(a_leading_value_stands_before_all_others);
    TEST(lines_that_say_nothing_are_passed_over);
    TEST(a_listing_ends_it);
    TEST(what_is_wrong_is_told_with_its_line);
    TEST(what_is_too_long_or_no_text_is_refused);
    TEST(a_property_is_added_to_what_was_said_before);
    TEST(there_has_to_be_such_an_id_such_a_group_and_all_parts);
    return test_end();
}
