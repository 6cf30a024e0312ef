/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The Q35 memory controller hub's parts, for its own files
 *
 * mch.c has the function, PCIEXBAR and the attribute maps, mch-smram.c system management RAM.
 */

#include "hw/pci/pam.h"
#include "hw/pci/q35-host.h"

enum { MCH_PCIEXBAR = 0x60, MCH_PAM0 = 0x90, MCH_F_SMBASE = 0x9c, MCH_SMRAM = 0x9d, MCH_ESMRAMC = 0x9e,
       MCH_EXT_TSEG = 0x50 };
/* SMRAM and ESMRAMC: what can be written while nothing is locked. */
enum { SMRAM_D_OPEN = 1 << 6, SMRAM_D_CLS = 1 << 5, SMRAM_D_LCK = 1 << 4, SMRAM_G_SMRAME = 1 << 3,
       MCH_SMRAM_BITS = SMRAM_D_OPEN | SMRAM_D_CLS | SMRAM_D_LCK | SMRAM_G_SMRAME };
enum { ESMRAMC_H_SMRAME = 1 << 7, ESMRAMC_TSEG_SZ = 3 << 1, ESMRAMC_T_EN = 1 << 0,
       MCH_ESMRAMC_BITS = ESMRAMC_H_SMRAME | ESMRAMC_TSEG_SZ | ESMRAMC_T_EN };
enum { MCH_REGION_CONFIG, MCH_REGION_BLACKHOLE };

enum { ECAM_LENGTHS = 3 };

/* What TSEG_SZ stands for. */
enum { TSEG_SIZES = 4 };
enum { EXT_TSEG_MAX_MIB = 0xfff };

struct mch_smram {
    struct region low, high;                            /* in SMM: A0000h, and the same RAM at FEDA0000h */
    struct region low_closed, high_open;                /* outside: who answers at A0000h, and D_OPEN's high window */
    struct region tseg[TSEG_SIZES], tseg_closed[TSEG_SIZES];
    struct region smbase, smbase_closed;                /* 30000h */
};

struct mch {
    struct pci_device pci;
    struct {
        uint16_t extended_tseg_mbytes;
        bool smbase_smram;
        bool pad[5];
    } cfg;
    struct {
        struct pci_state pci;
    } st;
    struct device *host;
    struct pam pam;
    struct region ecam[ECAM_LENGTHS];                   /* all of the window, its first half, its first quarter */
    struct mch_smram smram;
};

static inline struct mch *mch(struct device *dev)
{
    return (struct mch *)dev;
}

/* In realize and unrealize, inside a transaction; fini after it. */
void mch_smram_add(struct mch *m);
void mch_smram_remove(struct mch *m);
void mch_smram_fini(struct mch *m);
/* In place of pci_config_write(): the same, and the rules of the registers above. */
void mch_config_write(struct device *dev, uint64_t at, unsigned size, uint64_t val);
/* After reset or load: which bits can be written, and the windows. */
void mch_smram_resumed(struct device *dev);
