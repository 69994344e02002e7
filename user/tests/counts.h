/*
 * counts.h - what of the kernel's is in use, and whether all that a test took has been given back.
 *
 * The criterion: after drop_caches, within SETTLE_TRIES looks,
 *
 *	tasks		the same processes and threads as before
 *	objects		no slab cache has more than SLACK_OBJECTS more than before; stacks, as many as the cpus keep
 *	memory		what is free, or kept by slabs and stacks for the next, is within SLACK_KIB of what it was
 *
 * Looks are repeated because exits, delayed frees and write-back end after the call that began them. The slack is what
 * each cpu keeps of pages, page tables and stacks for the next process. Another kernel is not counted.
 */
#ifndef COUNTS_H
#define COUNTS_H

#include <dirent.h>
#include <sys/utsname.h>
#include "test.h"

#define SLACK_KIB	768
#define SLACK_OBJECTS	24
#define SLACK_STACKS	128		/* for each cpu; for all, 1/32 of RAM in stacks of STACK_KIB */
#define STACK_KIB	16
#define SETTLE_TRIES	200
#define SETTLE_MS	50

#define COUNTS_CACHES	160

struct counts {
	int	cpus, tasks, ncaches;
	long	kib, ram_kib;
	struct {
		char	name[32];
		long	objects;
	} caches[COUNTS_CACHES];
};

static inline int
counts_ours(void)
{
	char line[200] = "";
	int fd = open("/proc/version", O_RDONLY);

	if (fd >= 0) {
		(void)!read(fd, line, sizeof line - 1);
		close(fd);
	}
	return strstr(line, "(sextant)") != NULL;
}

static inline int
counts_tasks(void)
{
	char line[200] = "";
	int fd = open("/proc/loadavg", O_RDONLY);
	const char *slash;

	CHECK(fd >= 0 && read(fd, line, sizeof line - 1) > 0);
	close(fd);
	slash = strchr(line, '/');
	CHECK(slash);
	return atoi(slash + 1);
}

static inline void
counts_memory(struct counts *c)
{
	static const char *const names[] = { "MemFree:", "Slab:", "KernelStack:" };
	char line[128];
	FILE *f = fopen("/proc/meminfo", "r");

	CHECK(f);
	c->kib = 0;
	while (fgets(line, sizeof line, f)) {
		if (!strncmp(line, "MemTotal:", 9))
			c->ram_kib = atol(line + 9);
		for (size_t i = 0; i < sizeof names / sizeof *names; i++)
			if (!strncmp(line, names[i], strlen(names[i])))
				c->kib += atol(line + strlen(names[i]));
	}
	fclose(f);
}

static inline void
counts_objects(struct counts *c)
{
	char line[256], *end;
	FILE *f = fopen("/proc/slabinfo", "r");

	c->ncaches = 0;
	if (!f)
		return;
	while (fgets(line, sizeof line, f) && c->ncaches < COUNTS_CACHES) {
		end = strchr(line, ' ');
		if (line[0] == '#' || !strncmp(line, "slabinfo", 8) || !end)
			continue;
		*end = '\0';
		strncpy(c->caches[c->ncaches].name, line, sizeof c->caches[0].name - 1);
		c->caches[c->ncaches++].objects = atol(end + 1);
	}
	fclose(f);
}

static inline void
counts_take(struct counts *c)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	if (fd >= 0) {
		(void)!write(fd, "3", 1);
		close(fd);
	}
	c->cpus = sysconf(_SC_NPROCESSORS_ONLN);
	c->tasks = counts_tasks();
	counts_memory(c);
	counts_objects(c);
}

static inline long
counts_slack(const struct counts *c, const char *cache)
{
	long stacks = c->ram_kib / 32 / STACK_KIB;

	if (strcmp(cache, "vmap_region"))
		return SLACK_OBJECTS;
	return stacks < SLACK_STACKS * c->cpus ? stacks : SLACK_STACKS * c->cpus;
}

/* How much of what there was before is missing now; says what, if asked. */
static inline int
counts_missing(const struct counts *before, const struct counts *now, int say)
{
	int missing = 0;

	if (!counts_ours())
		return 0;
	if (now->tasks > before->tasks) {
		missing++;
		if (say)
			printf("counts: %d tasks, there were %d\n", now->tasks, before->tasks);
	}
	if (now->kib < before->kib - SLACK_KIB) {
		missing++;
		if (say)
			printf("counts: %ld KiB free, there were %ld\n", now->kib, before->kib);
	}
	for (int i = 0; i < now->ncaches && i < before->ncaches; i++)
		if (now->caches[i].objects > before->caches[i].objects +
		    counts_slack(now, now->caches[i].name)) {
			missing++;
			if (say)
				printf("counts: %ld of %s, there were %ld\n", now->caches[i].objects,
				       now->caches[i].name, before->caches[i].objects);
		}
	return missing;
}

/* Wait until all is back. Whether it is; if not, what is missing has been printed. */
static inline int
counts_settle(const struct counts *before)
{
	static struct counts now;

	for (int i = 0; i < SETTLE_TRIES; i++) {
		counts_take(&now);
		if (!counts_missing(before, &now, 0))
			return 1;
		pause_ms(SETTLE_MS);
	}
	counts_missing(before, &now, 1);
	return 0;
}

#endif
