/* SPDX-License-Identifier: Apache-2.0 */
#include "hw/input/scancodes.h"

/*
 * Scan code sets 1 to 3, and the controller's translation from set 2 to set 1
 *
 * Set 1 is what translation makes of set 2: only keys that set 2 does not have carry a code of their own.
 * A code e0xx is two bytes.  Pause and Print Screen are sequences, which depend on the modifiers held.
 * Reference: IBM PS/2 Hardware Interface Technical Reference, keyboard section; Microsoft Keyboard Scan Code
 * Specification 1.3a; Intel 8042 translation as in the IBM PC AT technical reference.
 */

#include <string.h>

enum { BREAK = 0xf0, RELEASED = 0x80 };

static const uint8_t translation[] = {
    0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29, 0x59,
    0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, 0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b,
    0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d,
    0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5f,
    0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, 0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61,
    0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76,
    0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c, 0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f,
    0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45, 0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54,
    0x80, 0x81, 0x82, 0x41, 0x54,       /* from 85h on unchanged */
};

static const struct codes { uint16_t set1, set2, set3; } codes[KEYS] = {
    [KEY_SHIFT] = { .set2 = 0x12, .set3 = 0x12 }, [KEY_SHIFT_R] = { .set2 = 0x59, .set3 = 0x59 },
    [KEY_ALT] = { .set2 = 0x11, .set3 = 0x19 }, [KEY_ALT_R] = { .set2 = 0xe011, .set3 = 0x39 },
    [KEY_CTRL] = { .set2 = 0x14, .set3 = 0x11 }, [KEY_CTRL_R] = { .set2 = 0xe014, .set3 = 0x58 },
    [KEY_MENU] = { .set3 = 0x91, .set1 = 0xe01e }, [KEY_ESC] = { .set2 = 0x76, .set3 = 0x08 },
    [KEY_1] = { .set2 = 0x16, .set3 = 0x16 }, [KEY_2] = { .set2 = 0x1e, .set3 = 0x1e },
    [KEY_3] = { .set2 = 0x26, .set3 = 0x26 }, [KEY_4] = { .set2 = 0x25, .set3 = 0x25 },
    [KEY_5] = { .set2 = 0x2e, .set3 = 0x2e }, [KEY_6] = { .set2 = 0x36, .set3 = 0x36 },
    [KEY_7] = { .set2 = 0x3d, .set3 = 0x3d }, [KEY_8] = { .set2 = 0x3e, .set3 = 0x3e },
    [KEY_9] = { .set2 = 0x46, .set3 = 0x46 }, [KEY_0] = { .set2 = 0x45, .set3 = 0x45 },
    [KEY_MINUS] = { .set2 = 0x4e, .set3 = 0x4e }, [KEY_EQUAL] = { .set2 = 0x55, .set3 = 0x55 },
    [KEY_BACKSPACE] = { .set2 = 0x66, .set3 = 0x66 }, [KEY_TAB] = { .set2 = 0x0d, .set3 = 0x0d },
    [KEY_Q] = { .set2 = 0x15, .set3 = 0x15 }, [KEY_W] = { .set2 = 0x1d, .set3 = 0x1d },
    [KEY_E] = { .set2 = 0x24, .set3 = 0x24 }, [KEY_R] = { .set2 = 0x2d, .set3 = 0x2d },
    [KEY_T] = { .set2 = 0x2c, .set3 = 0x2c }, [KEY_Y] = { .set2 = 0x35, .set3 = 0x35 },
    [KEY_U] = { .set2 = 0x3c, .set3 = 0x3c }, [KEY_I] = { .set2 = 0x43, .set3 = 0x43 },
    [KEY_O] = { .set2 = 0x44, .set3 = 0x44 }, [KEY_P] = { .set2 = 0x4d, .set3 = 0x4d },
    [KEY_BRACKET_LEFT] = { .set2 = 0x54, .set3 = 0x54 }, [KEY_BRACKET_RIGHT] = { .set2 = 0x5b, .set3 = 0x5b },
    [KEY_RET] = { .set2 = 0x5a, .set3 = 0x5a }, [KEY_A] = { .set2 = 0x1c, .set3 = 0x1c },
    [KEY_S] = { .set2 = 0x1b, .set3 = 0x1b }, [KEY_D] = { .set2 = 0x23, .set3 = 0x23 },
    [KEY_F] = { .set2 = 0x2b, .set3 = 0x2b }, [KEY_G] = { .set2 = 0x34, .set3 = 0x34 },
    [KEY_H] = { .set2 = 0x33, .set3 = 0x33 }, [KEY_J] = { .set2 = 0x3b, .set3 = 0x3b },
    [KEY_K] = { .set2 = 0x42, .set3 = 0x42 }, [KEY_L] = { .set2 = 0x4b, .set3 = 0x4b },
    [KEY_SEMICOLON] = { .set2 = 0x4c, .set3 = 0x4c }, [KEY_APOSTROPHE] = { .set2 = 0x52, .set3 = 0x52 },
    [KEY_GRAVE_ACCENT] = { .set2 = 0x0e, .set3 = 0x0e }, [KEY_BACKSLASH] = { .set2 = 0x5d, .set3 = 0x5c },
    [KEY_Z] = { .set2 = 0x1a, .set3 = 0x1a }, [KEY_X] = { .set2 = 0x22, .set3 = 0x22 },
    [KEY_C] = { .set2 = 0x21, .set3 = 0x21 }, [KEY_V] = { .set2 = 0x2a, .set3 = 0x2a },
    [KEY_B] = { .set2 = 0x32, .set3 = 0x32 }, [KEY_N] = { .set2 = 0x31, .set3 = 0x31 },
    [KEY_M] = { .set2 = 0x3a, .set3 = 0x3a }, [KEY_COMMA] = { .set2 = 0x41, .set3 = 0x41 },
    [KEY_DOT] = { .set2 = 0x49, .set3 = 0x49 }, [KEY_SLASH] = { .set2 = 0x4a, .set3 = 0x4a },
    [KEY_ASTERISK] = { .set2 = 0x7c, .set3 = 0x7e }, [KEY_SPC] = { .set2 = 0x29, .set3 = 0x29 },
    [KEY_CAPS_LOCK] = { .set2 = 0x58, .set3 = 0x14 }, [KEY_F1] = { .set2 = 0x05, .set3 = 0x07 },
    [KEY_F2] = { .set2 = 0x06, .set3 = 0x0f }, [KEY_F3] = { .set2 = 0x04, .set3 = 0x17 },
    [KEY_F4] = { .set2 = 0x0c, .set3 = 0x1f }, [KEY_F5] = { .set2 = 0x03, .set3 = 0x27 },
    [KEY_F6] = { .set2 = 0x0b, .set3 = 0x2f }, [KEY_F7] = { .set2 = 0x83, .set3 = 0x37 },
    [KEY_F8] = { .set2 = 0x0a, .set3 = 0x3f }, [KEY_F9] = { .set2 = 0x01, .set3 = 0x47 },
    [KEY_F10] = { .set2 = 0x09, .set3 = 0x4f }, [KEY_NUM_LOCK] = { .set2 = 0x77, .set3 = 0x76 },
    [KEY_SCROLL_LOCK] = { .set2 = 0x7e, .set3 = 0x5f }, [KEY_KP_DIVIDE] = { .set2 = 0xe04a, .set3 = 0x4a },
    [KEY_KP_MULTIPLY] = { .set2 = 0x7c, .set3 = 0x7e }, [KEY_KP_SUBTRACT] = { .set2 = 0x7b, .set3 = 0x4e },
    [KEY_KP_ADD] = { .set2 = 0x79, .set3 = 0x7c }, [KEY_KP_ENTER] = { .set2 = 0xe05a, .set3 = 0x79 },
    [KEY_KP_DECIMAL] = { .set2 = 0x71, .set3 = 0x71 }, [KEY_SYSRQ] = { .set3 = 0x57 },
    [KEY_KP_0] = { .set2 = 0x70, .set3 = 0x70 }, [KEY_KP_1] = { .set2 = 0x69, .set3 = 0x69 },
    [KEY_KP_2] = { .set2 = 0x72, .set3 = 0x72 }, [KEY_KP_3] = { .set2 = 0x7a, .set3 = 0x7a },
    [KEY_KP_4] = { .set2 = 0x6b, .set3 = 0x6b }, [KEY_KP_5] = { .set2 = 0x73, .set3 = 0x73 },
    [KEY_KP_6] = { .set2 = 0x74, .set3 = 0x74 }, [KEY_KP_7] = { .set2 = 0x6c, .set3 = 0x6c },
    [KEY_KP_8] = { .set2 = 0x75, .set3 = 0x75 }, [KEY_KP_9] = { .set2 = 0x7d, .set3 = 0x7d },
    [KEY_LESS] = { .set2 = 0x61, .set3 = 0x13 }, [KEY_F11] = { .set2 = 0x78, .set3 = 0x56 },
    [KEY_F12] = { .set2 = 0x07, .set3 = 0x5e }, [KEY_PRINT] = { .set3 = 0x57 },
    [KEY_HOME] = { .set2 = 0xe06c, .set3 = 0x6e }, [KEY_PGUP] = { .set2 = 0xe07d, .set3 = 0x6f },
    [KEY_PGDN] = { .set2 = 0xe07a, .set3 = 0x6d }, [KEY_END] = { .set2 = 0xe069, .set3 = 0x65 },
    [KEY_LEFT] = { .set2 = 0xe06b, .set3 = 0x61 }, [KEY_UP] = { .set2 = 0xe075, .set3 = 0x63 },
    [KEY_DOWN] = { .set2 = 0xe072, .set3 = 0x60 }, [KEY_RIGHT] = { .set2 = 0xe074, .set3 = 0x6a },
    [KEY_INSERT] = { .set2 = 0xe070, .set3 = 0x67 }, [KEY_DELETE] = { .set2 = 0xe071, .set3 = 0x64 },
    [KEY_STOP] = { .set2 = 0xe028, .set3 = 0x0a }, [KEY_AGAIN] = { .set3 = 0x0b, .set1 = 0xe005 },
    [KEY_PROPS] = { .set3 = 0x0c, .set1 = 0xe006 }, [KEY_UNDO] = { .set3 = 0x10, .set1 = 0xe007 },
    [KEY_FRONT] = { .set1 = 0xe00c }, [KEY_COPY] = { .set3 = 0x18, .set1 = 0xe078 },
    [KEY_OPEN] = { .set3 = 0x20, .set1 = 0x64 }, [KEY_PASTE] = { .set3 = 0x28, .set1 = 0x65 },
    [KEY_FIND] = { .set3 = 0x30, .set1 = 0xe041 }, [KEY_CUT] = { .set3 = 0x38, .set1 = 0xe03c },
    [KEY_LF] = { .set1 = 0x5b }, [KEY_HELP] = { .set3 = 0x09, .set1 = 0xe075 },
    [KEY_META_L] = { .set2 = 0xe01f, .set3 = 0x8b }, [KEY_META_R] = { .set2 = 0xe027, .set3 = 0x8c },
    [KEY_COMPOSE] = { .set2 = 0xe02f, .set3 = 0x8d }, [KEY_PAUSE] = { .set3 = 0x62 },
    [KEY_RO] = { .set2 = 0x51 }, [KEY_HIRAGANA] = { .set2 = 0x62, .set3 = 0x87 },
    [KEY_HENKAN] = { .set2 = 0x64, .set3 = 0x86 }, [KEY_YEN] = { .set2 = 0x6a, .set3 = 0x5d },
    [KEY_MUHENKAN] = { .set2 = 0x67, .set3 = 0x85 }, [KEY_KATAKANAHIRAGANA] = { .set2 = 0x13, .set3 = 0x87 },
    [KEY_KP_COMMA] = { .set2 = 0x6d }, [KEY_KP_EQUALS] = { .set2 = 0x0f },
    [KEY_POWER] = { .set2 = 0xe037 }, [KEY_SLEEP] = { .set2 = 0xe03f },
    [KEY_WAKE] = { .set2 = 0xe05e }, [KEY_AUDIONEXT] = { .set2 = 0xe04d, .set3 = 0x93 },
    [KEY_AUDIOPREV] = { .set2 = 0xe015, .set3 = 0x94 }, [KEY_AUDIOSTOP] = { .set2 = 0xe03b, .set3 = 0x98 },
    [KEY_AUDIOPLAY] = { .set2 = 0xe034 }, [KEY_AUDIOMUTE] = { .set2 = 0xe023, .set3 = 0x9c },
    [KEY_VOLUMEUP] = { .set2 = 0xe032, .set3 = 0x95 }, [KEY_VOLUMEDOWN] = { .set2 = 0xe021, .set3 = 0x9d },
    [KEY_MEDIASELECT] = { .set2 = 0xe050 }, [KEY_MAIL] = { .set2 = 0xe048 },
    [KEY_CALCULATOR] = { .set2 = 0xe02b, .set3 = 0xa3 }, [KEY_COMPUTER] = { .set2 = 0xe040 },
    [KEY_AC_HOME] = { .set2 = 0xe03a, .set3 = 0x97 }, [KEY_AC_BACK] = { .set2 = 0xe038 },
    [KEY_AC_FORWARD] = { .set2 = 0xe030 }, [KEY_AC_REFRESH] = { .set2 = 0xe020 },
    [KEY_AC_BOOKMARKS] = { .set2 = 0xe018 }, [KEY_LANG1] = { .set1 = 0x72 },
    [KEY_LANG2] = { .set1 = 0x71 },
};

unsigned scan_modifier(enum input_key key)
{
    switch (key) {
    case KEY_SHIFT:
        return SCAN_SHIFT;
    case KEY_SHIFT_R:
        return SCAN_SHIFT_R;
    case KEY_CTRL:
        return SCAN_CTRL;
    case KEY_CTRL_R:
        return SCAN_CTRL_R;
    case KEY_ALT:
        return SCAN_ALT;
    case KEY_ALT_R:
        return SCAN_ALT_R;
    default:
        return 0;
    }
}

unsigned scan_translate(uint8_t *bytes, unsigned n)
{
    unsigned left = 0;
    uint8_t released = 0;

    for (unsigned i = 0; i < n; i++) {
        uint8_t b = bytes[i];

        if (b == BREAK) {
            released = RELEASED;
            continue;
        }
        bytes[left++] = (b < sizeof(translation) ? translation[b] : b) | released;
        released = 0;
    }
    return left;
}

static unsigned copy(uint8_t *bytes, const char *text, unsigned n)
{
    memcpy(bytes, text, n);
    return n;
}
#define COPY(bytes, text) copy(bytes, text, sizeof(text) - 1)

/* Print Screen is Shift plus a key of its own, unless Shift or Ctrl is held already; with Alt it is another key. */
static unsigned print_sequence(bool down, unsigned modifiers, uint8_t *bytes)
{
    if (modifiers & SCAN_ALT)
        return down ? COPY(bytes, "\xf0\x11\x11\x84") : COPY(bytes, "\xf0\x84\xf0\x11\x11");
    if (modifiers & SCAN_ALT_R)
        return down ? COPY(bytes, "\xe0\xf0\x11\xe0\x11\x84") : COPY(bytes, "\xf0\x84\xe0\xf0\x11\xe0\x11");
    if (modifiers)
        return down ? COPY(bytes, "\xe0\x7c") : COPY(bytes, "\xe0\xf0\x7c");
    return down ? COPY(bytes, "\xe0\x12\xe0\x7c") : COPY(bytes, "\xe0\xf0\x7c\xe0\xf0\x12");
}

/* Pause says everything when it goes down. */
static unsigned pause_sequence(bool down, unsigned modifiers, uint8_t *bytes)
{
    if (!down)
        return 0;
    return modifiers & (SCAN_CTRL | SCAN_CTRL_R) ? COPY(bytes, "\xe0\x7e\xe0\xf0\x7e")
                                                 : COPY(bytes, "\xe1\x14\x77\xe1\xf0\x14\xf0\x77");
}

/* Sets 2 and 3 say F0 before the code of a key that goes up. */
static unsigned plain_sequence(uint16_t code, bool down, uint8_t *bytes)
{
    unsigned n = 0;

    if (!code)
        return 0;
    if (code >> 8)
        bytes[n++] = code >> 8;
    if (!down)
        bytes[n++] = BREAK;
    bytes[n++] = code;
    return n;
}

static unsigned set2_sequence(enum input_key key, bool down, unsigned modifiers, uint8_t *bytes)
{
    if (key == KEY_PAUSE)
        return pause_sequence(down, modifiers, bytes);
    if (key == KEY_PRINT || key == KEY_SYSRQ)
        return print_sequence(down, modifiers, bytes);
    return plain_sequence(codes[key].set2, down, bytes);
}

static unsigned set1_sequence(enum input_key key, bool down, unsigned modifiers, uint8_t *bytes)
{
    uint16_t own = codes[key].set1;
    unsigned n = 0;

    if (!own)
        return scan_translate(bytes, set2_sequence(key, down, modifiers, bytes));
    if (own >> 8)
        bytes[n++] = own >> 8;
    bytes[n++] = own | (down ? 0 : RELEASED);
    return n;
}

unsigned scan_sequence(unsigned set, enum input_key key, bool down, unsigned modifiers, uint8_t bytes[SCANCODES_MAX])
{
    switch (set) {
    case 1:
        return set1_sequence(key, down, modifiers, bytes);
    case 2:
        return set2_sequence(key, down, modifiers, bytes);
    default:
        return plain_sequence(codes[key].set3, down, bytes);
    }
}

static int64_t number_of(enum input_key key)
{
    uint8_t bytes[SCANCODES_MAX];
    unsigned n;

    switch (key) {
    case KEY_SYSRQ:
        return 0x54;
    case KEY_PRINT:
        return 0xb7;
    case KEY_PAUSE:
        return 0xc6;
    default:
        n = codes[key].set2 ? set1_sequence(key, true, 0, bytes) : 0;
        return n == 2 ? bytes[1] | RELEASED : n ? bytes[0] : 0;
    }
}

enum input_key scan_key(int64_t number)
{
    for (enum input_key key = KEY_UNMAPPED + 1; number && key < KEYS; key++)
        if (number_of(key) == number)
            return key;
    return KEY_UNMAPPED;
}
