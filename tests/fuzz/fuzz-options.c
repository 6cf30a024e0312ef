/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Fuzz target: the command line, from any words to a configuration or a refusal
 *
 * The input is the words, a line feed behind each.  Also asserted: a refusal has an error that says what is legal, and
 * nothing else has one; the same words are refused the same way; a value splits into keys and values, whatever it is.
 */

#include "tests/fuzz/fuzz.h"
#include "main/keyval.h"
#include "qapi/option.h"
#include "tests/unit/option-line.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const unsigned fuzz_short_rounds = 20000;
const struct fuzz_seed fuzz_seeds[] = {
    FUZZ_TEXT("-M\nq35,hpet=off,kernel_irqchip=split\n-m\n64,slots=0,maxmem=64M\n-smp\n4,sockets=2,maxcpus=8\n"),
    FUZZ_TEXT("-numa\nnode,nodeid=0,mem=64M,cpus=0-1\n-numa\nnode,memdev=a\n-numa\ndist,src=0,dst=1,val=21\n"
              "-preconfig\n"),
    FUZZ_TEXT("-machine\npc,hmat=on\n-numa\nnode,mem=128M\n-numa\n"
              "hmat-lb,initiator=0,target=0,hierarchy=memory,data-type=access-latency,latency=5\n"),
    FUZZ_TEXT("-audiodev\n{\"id\":\"a\",\"driver\":\"none\",\"out\":{\"format\":\"s16\"}}\n-audiodev\n"
              "none,id=a,in.voices=3\n"),
    FUZZ_TEXT("-global\ndriver=hpet,property=timers,value=8\n-smbios\ntype=4,max-speed=5,sock_pfx=a,,b\n-uuid\n"
              "00112233-4455-6677-8899-aabbccddeeff\n"),
    FUZZ_TEXT("-boot\norder=cd,once=n,menu=on,splash-time=5\n-rtc\nbase=2006-06-17T16:01:21,clock=vm\n-action\n"
              "panic=none\n"),
    FUZZ_TEXT("-fw_cfg\nname=opt/a,string=x\n-name\na,process=b,debug-threads=on\n-sandbox\non,spawn=deny\n"
              "-echr\n0x14\n"),
    FUZZ_TEXT("-device\npvpanic,help\n-object\nmemory-backend-ram,id=a,size=1M\n-trace\nenable=*\n"
              "-vga\nnone\n-k\nde\n"),
    { NULL, 0 },
};

enum { WORDS = 200 };

/* Silent: a listing is printed where it is made. */
static int quietly(int argc, char **argv, struct error **error)
{
    int saved, nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC), r;

    fflush(stdout);
    saved = dup(STDOUT_FILENO);
    dup2(nowhere, STDOUT_FILENO);
    r = config_parse(&c, argc, argv, error);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    close(nowhere);
    config_fini(&c);
    return r;
}

static void words_are_taken_or_refused(int argc, char **argv)
{
    struct error *first = NULL, *second = NULL;
    int r = quietly(argc, argv, &first);

    assert(!first == (r >= 0) && (!first || first->legal[0]));
    assert(quietly(argc, argv, &second) == r);
    assert(!first || !strcmp(error_line(first).s, error_line(second).s));
    error_free(first);
    error_free(second);
}

static void a_value_is_split(const char *value)
{
    struct qapi_fault fault;
    struct keyval kv;
    struct json v;

    if (!keyval_parse(&kv, "-fuzz", value, "first", NULL)) {
        for (unsigned i = 0; i < kv.n; i++)
            assert(keyval_take(&kv, kv.pair[i].key));
        assert(!keyval_end(&kv, "", NULL));
        keyval_fini(&kv);
    }
    if (!qapi_option_parse(value, "first", &v, &fault))
        assert(v.kind == JSON_OBJECT);
    json_fini(&v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *argv[WORDS + 1] = { (char *)"rhea" }, *text = malloc(size + 1), *rest = text;
    int argc = 1;

    assert(text);
    memcpy(text, data, size);
    text[size] = '\0';
    for (char *word; argc < WORDS && (word = strsep(&rest, "\n"));)
        if (rest || *word)
            argv[argc++] = word;
    for (int i = 1; i < argc; i++)
        a_value_is_split(argv[i]);
    words_are_taken_or_refused(argc, argv);
    free(text);
    return 0;
}
