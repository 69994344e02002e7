/* vdso: its functions are found by name and version, and no clock goes back between them and the system calls. */
#include <sched.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include "abi/elf.h"
#include "test.h"

#define ROUNDS	100000
#define NSEC	1000000000L
#define DAY	(86400 * NSEC)

struct sym { uint32_t name; uint8_t info, other; uint16_t section; uint64_t value, size; };
struct verdef { uint16_t version, flags, index, count; uint32_t hash, aux, next; };

static int (*v_gettime)(clockid_t, struct timespec *);
static int (*v_getres)(clockid_t, struct timespec *);
static int (*v_timeofday)(struct timeval *, void *);
static int (*v_getcpu)(unsigned *, unsigned *, void *);
static int (*v_flush_icache)(void *, void *, unsigned long);
static void *v_sigreturn;

static const char *base;
static const char *strings;
static const struct sym *symbols;
static const uint32_t *hash;		/* buckets, symbols, then both tables */
static const uint16_t *versions;	/* of each symbol */
static const struct verdef *verdefs;

/* --- the image --- */

static void
parse(void)
{
	const struct elf64_ehdr *e = (const void *)base;
	const struct elf64_phdr *ph = (const void *)(base + e->e_phoff);
	const int64_t *dyn = NULL;
	int loads = 0;

	CHECK(!memcmp(e->e_ident, "\177ELF\2\1", 6) && e->e_type == 3 && e->e_machine == 243);
	for (int i = 0; i < e->e_phnum; i++) {
		if (ph[i].p_type == PT_DYNAMIC)
			dyn = (const void *)(base + ph[i].p_offset);
		if (ph[i].p_type == PT_LOAD) {
			CHECK(ph[i].p_vaddr == 0 && ph[i].p_offset == 0 && ph[i].p_flags == (PF_R | PF_X));
			loads++;
		}
	}
	CHECK(dyn && loads == 1);
	for (; dyn[0]; dyn += 2) {
		const void *p = base + dyn[1];

		switch (dyn[0]) {
		case 4: hash = p; break;
		case 5: strings = p; break;
		case 6: symbols = p; break;
		case 0x6ffffff0: versions = p; break;
		case 0x6ffffffc: verdefs = p; break;
		}
	}
	CHECK(hash && strings && symbols && versions && verdefs);
}

static uint32_t
elf_hash(const char *s)
{
	uint32_t h = 0;

	while (*s) {
		h = (h << 4) + (unsigned char)*s++;
		h = (h ^ (h >> 24 & 0xf0)) & 0xfffffff;
	}
	return h;
}

/* The name of version `index`. */
static const char *
version_name(int index)
{
	for (const struct verdef *d = verdefs; ; d = (const void *)((const char *)d + d->next)) {
		const char *name = strings + *(const uint32_t *)((const char *)d + d->aux);

		if (d->index == index) {
			CHECK(d->hash == elf_hash(name));
			return name;
		}
		CHECK(d->next);
	}
}

static void *
find(const char *name)
{
	uint32_t i = hash[2 + elf_hash(name) % hash[0]];

	for (; i; i = hash[2 + hash[0] + i]) {
		const struct sym *s = &symbols[i];

		if (strcmp(strings + s->name, name))
			continue;
		CHECK(s->info == (1 << 4 | 2) && s->section);		/* a global function, defined */
		CHECK(!strcmp(version_name(versions[i] & 0x7fff), "LINUX_4.15"));
		return (void *)(base + s->value);
	}
	printf("no %s\n", name);
	exit(1);
}

/* /proc/self/maps has the image, readable and executable, and its data, readable. */
static void
check_maps(void)
{
	static char text[16384];
	int fd = open("/proc/self/maps", O_RDONLY), data = 0, code = 0;
	ssize_t n, len = 0;

	while ((n = read(fd, text + len, sizeof text - 1 - len)) > 0)
		len += n;
	close(fd);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (strstr(line, "[vdso]")) {
			CHECK(strtoul(line, NULL, 16) == (unsigned long)base && strstr(line, " r-xp "));
			code++;
		}
		if (strstr(line, "[vvar]")) {
			CHECK(strstr(line, " r--p "));
			data++;
		}
	}
	CHECK(code == 1 && data == 1);
}

static void write_image(void) { *(volatile char *)base = 0; }

/* --- clocks --- */

static long
ns(const struct timespec *t)
{
	CHECK(t->tv_nsec >= 0 && t->tv_nsec < NSEC);
	return t->tv_sec * NSEC + t->tv_nsec;
}

static long
by_vdso(clockid_t clock)
{
	struct timespec t = { -1, -1 };

	CHECK(v_gettime(clock, &t) == 0);
	return ns(&t);
}

static long
by_call(clockid_t clock)
{
	struct timespec t = { -1, -1 };

	CHECK(syscall(SYS_clock_gettime, clock, &t) == 0);
	return ns(&t);
}

static void
check_clock(clockid_t clock, int rounds)
{
	long last = by_call(clock), begin = last, now;

	for (int i = 0; i < rounds; i++) {
		now = i & 1 ? by_call(clock) : by_vdso(clock);
		if (now < last) {
			printf("clock %d went back from %ld to %ld in round %d\n", clock, last, now, i);
			exit(1);
		}
		last = now;
	}
	CHECK(last > begin && last - begin < 1000 * NSEC);
}

/* What the two give for a clock that need not exist. */
static void
check_resolution(clockid_t clock)
{
	struct timespec a = { 7, 7 }, b = { 7, 7 };
	int r = v_getres(clock, &a);
	long s = syscall(SYS_clock_getres, clock, &b);

	CHECK(r == (s < 0 ? -errno : 0));
	CHECK(a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec);
	CHECK(v_getres(clock, NULL) == r);
	r = v_gettime(clock, &a);
	s = syscall(SYS_clock_gettime, clock, &b);
	CHECK(r == (s < 0 ? -errno : 0));
}

static void
check_timeofday(void)
{
	struct timeval t;
	int zone[2] = { 7, 7 };
	long last = by_call(CLOCK_REALTIME) / 1000, now;

	for (int i = 0; i < ROUNDS / 10; i++) {
		CHECK((i & 1 ? (int)syscall(SYS_gettimeofday, &t, NULL) : v_timeofday(&t, NULL)) == 0);
		CHECK(t.tv_usec >= 0 && t.tv_usec < 1000000);
		now = t.tv_sec * 1000000 + t.tv_usec;
		CHECK(now >= last);
		last = now;
	}
	CHECK(v_timeofday(NULL, zone) == 0 && zone[0] == 0 && zone[1] == 0);
	CHECK(v_timeofday(NULL, NULL) == 0);
}

static int
set_clock(long at)
{
	struct timespec t = { at / NSEC, at % NSEC };

	return syscall(SYS_clock_settime, CLOCK_REALTIME, &t);
}

/* A wall clock that is set is seen at once, forth and back; the other clock goes on. */
static void
check_setting(void)
{
	long mono = by_vdso(CLOCK_MONOTONIC), before = by_vdso(CLOCK_REALTIME), passed;

	for (int days = 2; days > 0; days--) {
		CHECK(set_clock(before + days * DAY) == 0);
		passed = by_vdso(CLOCK_REALTIME) - before - days * DAY;
		CHECK(passed >= 0 && passed < 100 * NSEC);
		check_clock(CLOCK_REALTIME, 1000);
	}
	passed = by_vdso(CLOCK_MONOTONIC) - mono;
	CHECK(passed > 0 && passed < 100 * NSEC);
	set_clock(before + passed + NSEC / 100);	/* refused, if just now the machine was not up so long */
}

/* --- the rest --- */

static volatile int returned_to;

static void
handler(int sig)
{
	const uint32_t *to = __builtin_return_address(0);

	(void)sig;
	returned_to = to == v_sigreturn && to[0] == 0x08b00893 && to[1] == 0x00000073;	/* li a7, 139; ecall */
}

static void
check_cpu_and_icache(void)
{
	unsigned cpu = 77, node = 77, same;
	uint32_t *code = map_anon(PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
	cpu_set_t first;

	memset(&first, 0, sizeof first);
	*(unsigned char *)&first = 1;
	CHECK(sched_setaffinity(0, sizeof first, &first) == 0);
	CHECK(v_getcpu(&cpu, &node, NULL) == 0 && cpu == 0);
	CHECK(syscall(SYS_getcpu, &cpu, &same, NULL) == 0 && cpu == 0 && node == same);
	for (uint32_t i = 1; i < 100; i++) {
		code[0] = i << 20 | 0x513;		/* li a0, i */
		code[1] = 0x8067;			/* ret */
		CHECK(v_flush_icache(code, code + 2, 0) == 0);
		CHECK(((uint32_t (*)(void))code)() == i);
	}
	CHECK(v_flush_icache(code, code + 2, 6) == -EINVAL);
}

int
main(void)
{
	base = (const char *)getauxval(AT_SYSINFO_EHDR);
	CHECK(base && (unsigned long)base % PAGE == 0);
	parse();
	v_gettime = find("__vdso_clock_gettime");
	v_getres = find("__vdso_clock_getres");
	v_timeofday = find("__vdso_gettimeofday");
	v_getcpu = find("__vdso_getcpu");
	v_flush_icache = find("__vdso_flush_icache");
	v_sigreturn = find("__vdso_rt_sigreturn");
	check_maps();
	CHECK(killed(in_child(write_image), SIGSEGV));

	check_clock(CLOCK_MONOTONIC, ROUNDS);
	check_clock(CLOCK_REALTIME, ROUNDS);
	check_clock(CLOCK_BOOTTIME, ROUNDS / 10);
	check_clock(CLOCK_MONOTONIC_COARSE, ROUNDS);
	check_clock(CLOCK_REALTIME_COARSE, ROUNDS);
	check_clock(CLOCK_PROCESS_CPUTIME_ID, ROUNDS / 10);
	for (int clock = -20; clock < 70; clock++)
		check_resolution(clock);
	check_resolution(1 << 30);
	check_timeofday();
	check_setting();
	check_cpu_and_icache();

	signal(SIGUSR1, handler);
	raise(SIGUSR1);
	CHECK(returned_to);
	return 0;
}
