/* futex.h - user-space locks' sleeping half. Source: Linux include/uapi/linux/futex.h. */
#ifndef ABI_FUTEX_H
#define ABI_FUTEX_H

#include "abi/check.h"

#define FUTEX_WAIT		0
#define FUTEX_WAKE		1
#define FUTEX_FD		2
#define FUTEX_REQUEUE		3
#define FUTEX_CMP_REQUEUE	4
#define FUTEX_WAKE_OP		5
#define FUTEX_LOCK_PI		6
#define FUTEX_UNLOCK_PI		7
#define FUTEX_TRYLOCK_PI	8
#define FUTEX_WAIT_BITSET	9
#define FUTEX_WAKE_BITSET	10
#define FUTEX_WAIT_REQUEUE_PI	11
#define FUTEX_CMP_REQUEUE_PI	12
#define FUTEX_LOCK_PI2		13

#define FUTEX_PRIVATE_FLAG	128
#define FUTEX_CLOCK_REALTIME	256
#define FUTEX_CMD_MASK		(~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME))

#define FUTEX_WAIT_PRIVATE	(FUTEX_WAIT | FUTEX_PRIVATE_FLAG)
#define FUTEX_WAKE_PRIVATE	(FUTEX_WAKE | FUTEX_PRIVATE_FLAG)

#define FUTEX_BITSET_MATCH_ANY	0xffffffffU

/* A lock word that the kernel reads or writes: the owner's tid and two flags. */
#define FUTEX_WAITERS		0x80000000U
#define FUTEX_OWNER_DIED	0x40000000U
#define FUTEX_TID_MASK		0x3fffffffU

/* FUTEX_WAKE_OP: op in bits 28-31 (8: shift oparg), cmp 24-27, oparg 12-23, cmparg 0-11. */
#define FUTEX_OP_SET		0
#define FUTEX_OP_ADD		1
#define FUTEX_OP_OR		2
#define FUTEX_OP_ANDN		3
#define FUTEX_OP_XOR		4
#define FUTEX_OP_OPARG_SHIFT	8
#define FUTEX_OP_CMP_EQ		0
#define FUTEX_OP_CMP_NE		1
#define FUTEX_OP_CMP_LT		2
#define FUTEX_OP_CMP_LE		3
#define FUTEX_OP_CMP_GT		4
#define FUTEX_OP_CMP_GE		5

#define ROBUST_LIST_LIMIT	2048

struct abi_robust_list {
	uint64_t next;
};
ABI_SIZE(struct abi_robust_list, 8);

struct abi_robust_list_head {
	struct abi_robust_list list;	/* circular, ends at the head */
	int64_t	futex_offset;		/* from an entry to its lock word */
	uint64_t list_op_pending;
};
ABI_SIZE(struct abi_robust_list_head, 24);

/* futex_waitv(2) */
#define FUTEX2_SIZE_U32		2
#define FUTEX2_SIZE_MASK	3
#define FUTEX2_PRIVATE		128
#define FUTEX_WAITV_MAX		128

struct abi_futex_waitv {
	uint64_t val;
	uint64_t uaddr;
	uint32_t flags;
	uint32_t __reserved;
};
ABI_SIZE(struct abi_futex_waitv, 24);

#endif
