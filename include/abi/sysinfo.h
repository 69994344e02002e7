/*
 * sysinfo.h - totals of the whole system, and the log's operations.
 * Source: Linux include/uapi/linux/sysinfo.h, include/linux/syslog.h.
 */
#ifndef ABI_SYSINFO_H
#define ABI_SYSINFO_H

#include "abi/check.h"

#define SI_LOAD_SHIFT	16	/* loads[] are fixed point with this many fraction bits */

struct abi_sysinfo {
	int64_t	uptime;			/* seconds */
	uint64_t loads[3];
	uint64_t totalram, freeram;	/* in units of mem_unit bytes */
	uint64_t sharedram, bufferram;
	uint64_t totalswap, freeswap;
	uint16_t procs;
	uint16_t pad_;
	uint64_t totalhigh, freehigh;
	uint32_t mem_unit;
};
ABI_SIZE(struct abi_sysinfo, 112);
ABI_OFFSET(struct abi_sysinfo, procs, 80);
ABI_OFFSET(struct abi_sysinfo, totalhigh, 88);
ABI_OFFSET(struct abi_sysinfo, mem_unit, 104);

#define SYSLOG_ACTION_CLOSE		0
#define SYSLOG_ACTION_OPEN		1
#define SYSLOG_ACTION_READ		2
#define SYSLOG_ACTION_READ_ALL		3
#define SYSLOG_ACTION_READ_CLEAR	4
#define SYSLOG_ACTION_CLEAR		5
#define SYSLOG_ACTION_CONSOLE_OFF	6
#define SYSLOG_ACTION_CONSOLE_ON	7
#define SYSLOG_ACTION_CONSOLE_LEVEL	8
#define SYSLOG_ACTION_SIZE_UNREAD	9
#define SYSLOG_ACTION_SIZE_BUFFER	10

#endif
