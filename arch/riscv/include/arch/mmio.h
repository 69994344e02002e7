/*
 * mmio.h - reading and writing device registers, in device order, 32 or 8 bits as the device wants.
 *
 * What memory held before a write, the device that the write starts sees; what follows a read
 * in the program happens after it.
 */
#ifndef ARCH_MMIO_H
#define ARCH_MMIO_H

#include "lib/types.h"

static inline u32
mmio_read32(const volatile void *p)
{
	u32 v = *(const volatile u32 *)p;

	asm volatile("fence i, ir" ::: "memory");
	return v;
}

static inline void
mmio_write32(volatile void *p, u32 v)
{
	asm volatile("fence w, o" ::: "memory");
	*(volatile u32 *)p = v;
}

static inline u8
mmio_read8(const volatile void *p)
{
	u8 v = *(const volatile u8 *)p;

	asm volatile("fence i, ir" ::: "memory");
	return v;
}

static inline void
mmio_write8(volatile void *p, u8 v)
{
	asm volatile("fence w, o" ::: "memory");
	*(volatile u8 *)p = v;
}

#endif
