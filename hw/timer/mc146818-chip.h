/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * MC146818 real-time clock: bits, state and parts, private to mc146818rtc.c (the guest's side),
 * mc146818-time.c (calendar, alarm and interrupts) and mc146818-change.c (what QMP is told)
 */

#include "core/machine.h"
#include "hw/timer/mc146818rtc.h"

enum { SECONDS, SECONDS_ALARM, MINUTES, MINUTES_ALARM, HOURS, HOURS_ALARM, DAY_OF_WEEK, DAY_OF_MONTH, MONTH, YEAR,
       REG_A, REG_B, REG_C, REG_D, CENTURY = 0x32, CENTURY_PS2 = 0x37 };
enum { A_UIP = 1 << 7, A_DIVIDER = 7 << 4, A_DIVIDER_RESET = 6 << 4, A_RATE = 0xf };
enum { B_SET = 1 << 7, B_PIE = 1 << 6, B_AIE = 1 << 5, B_UIE = 1 << 4, B_SQWE = 1 << 3, B_BINARY = 1 << 2,
       B_24H = 1 << 1 };
enum { C_IRQF = 1 << 7, C_PF = 1 << 6, C_AF = 1 << 5, C_UF = 1 << 4 };
enum { D_VALID = 1 << 7 };
enum lost_tick_policy { LOST_TICK_DISCARD, LOST_TICK_DELAY, LOST_TICK_SLEW };
#define SECOND_NS 1000000000ll

struct rtc {
    struct device dev;
    struct {
        int32_t base_year;
        uint16_t iobase;
        uint8_t irq, lost_tick_policy;
    } cfg;
    struct rtc_state {
        uint64_t periodic_ns;           /* deadlines on the virtual clock */
        uint64_t update_ns;
        uint64_t slew_ns;
        int64_t base_s;                 /* the time at last_ns, in seconds since 1970 of the guest's calendar */
        int64_t last_ns;                /* host time of day when it was set */
        int64_t offset_ns;              /* fraction of a second at last_ns */
        uint64_t next_alarm_ns;
        uint32_t irq_coalesced;         /* periodic interrupts that the guest is owed: lost_tick_policy=slew */
        uint32_t period;
        uint8_t cmos[CMOS_BYTES];
        uint64_t index;                 /* 7 bits */
    } st;
    struct irq irq;
    struct timer periodic, update, slew;
    struct machine_observer observer;
    _Atomic int64_t change_s;           /* for QMP's clients, and whether they have still to be told */
    struct post change_post;
    uint8_t board[CMOS_BYTES];          /* what the board wants in memory, */
    bool board_set[CMOS_BYTES];         /* and where */
};

static inline struct rtc *rtc(struct device *dev)
{
    return (struct rtc *)dev;
}

void rtc_power_on(struct rtc *r);               /* the time of day comes from the host */
void rtc_show_time(struct rtc *r);              /* time -> registers, unless SET holds them */
void rtc_take_time(struct rtc *r);              /* registers -> time */
bool rtc_in_progress(const struct rtc *r);      /* UIP */
void rtc_rearm(struct rtc *r);                  /* after any change of A, B, C, time or alarm */
void rtc_periodic_fired(struct device *dev);
void rtc_update_fired(struct device *dev);
void rtc_slew_fired(struct device *dev);
void rtc_slew_forget(struct device *dev);       /* nothing is owed any more */
void rtc_slew_resumed(struct rtc *r);            /* after reset or load: what is owed comes from now on */
/* mc146818-change.c: the guest has set its clock, which is that many seconds ahead of the machine's.  Any thread. */
void rtc_changed(struct rtc *r, int64_t ahead_s);
void rtc_change_start(struct rtc *r);
void rtc_change_stop(struct rtc *r);
