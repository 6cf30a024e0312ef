/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Input: keys, buttons and pointers, from whoever has them to whoever takes them
 *
 * A user interface or a monitor sends events; a device registers a handler for the kinds that it takes.
 * An event goes to the first handler that takes its kind; attaching and activating put a handler first.
 * input_sync() ends a group of events that belong together: a device makes one packet of them.
 * Everything is on the home loop.
 */

#include "lib/list.h"
#include "lib/loop.h"

#include <stdbool.h>
#include <stdint.h>

/* In the order of QMP's QKeyCode. */
enum input_key {
    KEY_UNMAPPED, KEY_SHIFT, KEY_SHIFT_R, KEY_ALT, KEY_ALT_R, KEY_CTRL, KEY_CTRL_R, KEY_MENU, KEY_ESC, KEY_1, KEY_2,
    KEY_3, KEY_4, KEY_5, KEY_6, KEY_7, KEY_8, KEY_9, KEY_0, KEY_MINUS, KEY_EQUAL, KEY_BACKSPACE, KEY_TAB, KEY_Q,
    KEY_W, KEY_E, KEY_R, KEY_T, KEY_Y, KEY_U, KEY_I, KEY_O, KEY_P, KEY_BRACKET_LEFT, KEY_BRACKET_RIGHT, KEY_RET,
    KEY_A, KEY_S, KEY_D, KEY_F, KEY_G, KEY_H, KEY_J, KEY_K, KEY_L, KEY_SEMICOLON, KEY_APOSTROPHE, KEY_GRAVE_ACCENT,
    KEY_BACKSLASH, KEY_Z, KEY_X, KEY_C, KEY_V, KEY_B, KEY_N, KEY_M, KEY_COMMA, KEY_DOT, KEY_SLASH, KEY_ASTERISK,
    KEY_SPC, KEY_CAPS_LOCK, KEY_F1, KEY_F2, KEY_F3, KEY_F4, KEY_F5, KEY_F6, KEY_F7, KEY_F8, KEY_F9, KEY_F10,
    KEY_NUM_LOCK, KEY_SCROLL_LOCK, KEY_KP_DIVIDE, KEY_KP_MULTIPLY, KEY_KP_SUBTRACT, KEY_KP_ADD, KEY_KP_ENTER,
    KEY_KP_DECIMAL, KEY_SYSRQ, KEY_KP_0, KEY_KP_1, KEY_KP_2, KEY_KP_3, KEY_KP_4, KEY_KP_5, KEY_KP_6, KEY_KP_7,
    KEY_KP_8, KEY_KP_9, KEY_LESS, KEY_F11, KEY_F12, KEY_PRINT, KEY_HOME, KEY_PGUP, KEY_PGDN, KEY_END, KEY_LEFT,
    KEY_UP, KEY_DOWN, KEY_RIGHT, KEY_INSERT, KEY_DELETE, KEY_STOP, KEY_AGAIN, KEY_PROPS, KEY_UNDO, KEY_FRONT,
    KEY_COPY, KEY_OPEN, KEY_PASTE, KEY_FIND, KEY_CUT, KEY_LF, KEY_HELP, KEY_META_L, KEY_META_R, KEY_COMPOSE,
    KEY_PAUSE, KEY_RO, KEY_HIRAGANA, KEY_HENKAN, KEY_YEN, KEY_MUHENKAN, KEY_KATAKANAHIRAGANA, KEY_KP_COMMA,
    KEY_KP_EQUALS, KEY_POWER, KEY_SLEEP, KEY_WAKE, KEY_AUDIONEXT, KEY_AUDIOPREV, KEY_AUDIOSTOP, KEY_AUDIOPLAY,
    KEY_AUDIOMUTE, KEY_VOLUMEUP, KEY_VOLUMEDOWN, KEY_MEDIASELECT, KEY_MAIL, KEY_CALCULATOR, KEY_COMPUTER, KEY_AC_HOME,
    KEY_AC_BACK, KEY_AC_FORWARD, KEY_AC_REFRESH, KEY_AC_BOOKMARKS, KEY_LANG1, KEY_LANG2, KEYS,
};
enum input_button {
    BUTTON_LEFT, BUTTON_MIDDLE, BUTTON_RIGHT, BUTTON_WHEEL_UP, BUTTON_WHEEL_DOWN, BUTTON_SIDE, BUTTON_EXTRA,
    BUTTON_WHEEL_LEFT, BUTTON_WHEEL_RIGHT, BUTTONS,
};
enum input_axis { AXIS_X, AXIS_Y };
enum { INPUT_ABS_MAX = 0x7fff };        /* an absolute position: 0 to this */

enum input_kind { INPUT_KEY, INPUT_BUTTON, INPUT_REL, INPUT_ABS, INPUT_KINDS };

struct input_event {
    enum input_kind kind;
    bool down;                  /* of a key or button */
    unsigned code;              /* enum input_key, input_button or input_axis */
    int32_t value;              /* of an axis; downwards and to the right is more */
};

struct input_handler {
    const char *name;           /* as query-mice shows it */
    unsigned kinds;             /* a bit for each enum input_kind */
    void (*event)(struct input_handler *h, const struct input_event *e);
    void (*sync)(struct input_handler *h);      /* after events; NULL: nothing to do */
    unsigned index;             /* as query-mice numbers it: 1, 2, ... in order of their first attaching */
    bool told;                  /* has had an event since the last sync */
    struct list_node node;      /* in the list while attached */
};

enum { INPUT_HELD = 64 };

struct input {
    struct list_node handlers;
    unsigned next_index;
    /* keys that a monitor has pressed, to be released by the timer */
    struct loop *loop;
    struct loop_timer release;
    unsigned n_held;
    uint8_t held[INPUT_HELD];           /* enum input_key, in the order of pressing */
};

/* loop: home. */
void input_init(struct input *in, struct loop *loop);
void input_fini(struct input *in);
/* Puts h first among those that take its kinds.  Attached already: the same. */
void input_attach(struct input *in, struct input_handler *h);
void input_detach(struct input_handler *h);             /* not attached: fine */
/* Who takes that kind now; NULL: nobody. */
struct input_handler *input_taker(const struct input *in, enum input_kind kind);
/* Events with codes or positions out of range are dropped. */
void input_send(struct input *in, const struct input_event *e);
void input_sync(struct input *in);
/* Presses keys now and releases them, the last one first, hold_ms later; those of an earlier call are released first.
 * n <= INPUT_HELD. */
void input_press(struct input *in, const enum input_key *keys, unsigned n, uint64_t hold_ms);
