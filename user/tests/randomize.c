/*
 * randomize: each exec puts stack, mappings, heap and vDSO somewhere else, unless personality(2) or
 * /proc/sys/kernel/randomize_va_space says otherwise; a fork keeps its parent's places.
 */
#include <sys/auxv.h>
#include "test.h"

#define ADDR_NO_RANDOMIZE 0x0040000
#define READ_IMPLIES_EXEC 0x0400000
#define SETTING	"/proc/sys/kernel/randomize_va_space"
#define RUNS	6

struct places { unsigned long stack, map, heap, vdso, random, code; };

static unsigned long
auxv(unsigned long type)
{
	unsigned long pair[2], found = 0;
	int fd = open("/proc/self/auxv", O_RDONLY);

	CHECK(fd >= 0);
	while (read(fd, pair, sizeof pair) == sizeof pair && pair[0])
		if (pair[0] == type)
			found = pair[1];
	close(fd);
	return found;
}

/* The child: where is everything? To descriptor 1. */
static int
report(void)
{
	struct places p;

	p.stack = (unsigned long)&p & ~15UL;
	p.map = (unsigned long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	p.heap = syscall(SYS_brk, 0);
	p.vdso = auxv(AT_SYSINFO_EHDR);
	memcpy(&p.random, (void *)auxv(AT_RANDOM), sizeof p.random);
	p.code = (unsigned long)report;
	return write(1, &p, sizeof p) != sizeof p;
}

static void
look(struct places *out)
{
	int fds[2], status;
	pid_t pid;

	CHECK(pipe(fds) == 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		dup2(fds[1], 1);
		execl("/proc/self/exe", "randomize", "report", (char *)NULL);
		_exit(1);
	}
	close(fds[1]);
	CHECK(read(fds[0], out, sizeof *out) == sizeof *out);
	close(fds[0]);
	CHECK(waitpid(pid, &status, 0) == pid && exited(status, 0));
}

static void
set(const char *level)
{
	int fd = open(SETTING, O_WRONLY);

	CHECK(fd >= 0 && write(fd, level, 1) == 1);
	close(fd);
}

/* Did all runs give the same of that place? moved: should they? */
static void
compare(int moved, int heap_moved)
{
	struct places p[RUNS];
	int stack = 0, map = 0, heap = 0, vdso = 0, same = 0;

	for (int i = 0; i < RUNS; i++)
		look(&p[i]);
	for (int i = 1; i < RUNS; i++) {
		stack += p[i].stack != p[0].stack;
		map += p[i].map != p[0].map;
		heap += p[i].heap != p[0].heap;
		vdso += p[i].vdso != p[0].vdso;
		same += p[i].random == p[0].random;
		CHECK(p[i].code == p[0].code);		/* linked where it is */
		CHECK(p[i].heap % PAGE == 0 && p[i].map % PAGE == 0 && p[i].vdso % PAGE == 0);
	}
	CHECK(!!stack == moved && !!map == moved && !!vdso == moved && !!heap == heap_moved && same == 0);
}

static void
without(void)
{
	CHECK(syscall(SYS_personality, ADDR_NO_RANDOMIZE) == 0);
	CHECK(syscall(SYS_personality, 0xffffffffUL) == ADDR_NO_RANDOMIZE);
	compare(0, 0);
}

/* What may be read may be executed. */
static void
read_is_exec(void)
{
	char line[256], *p, *m;
	FILE *f;

	CHECK(syscall(SYS_personality, READ_IMPLIES_EXEC) == 0);
	m = map_anon(PAGE, PROT_READ | PROT_WRITE);
	CHECK((f = fopen("/proc/self/maps", "r")) != NULL);
	while (fgets(line, sizeof line, f))
		if (strtoul(line, &p, 16) <= (unsigned long)m && strtoul(p + 1, &p, 16) > (unsigned long)m)
			CHECK(!strncmp(p, " rwxp", 5));
	fclose(f);
}

int
main(int argc, char **argv)
{
	char was[8] = "", line[16];
	int fd = open(SETTING, O_RDONLY);

	(void)argv;
	if (argc > 1)
		return report();
	CHECK(fd >= 0 && read(fd, was, sizeof was) == 2);
	close(fd);
	CHECK(syscall(SYS_personality, 0xffffffffUL) == 0);
	set("2");
	compare(1, 1);
	CHECK(exited(in_child(without), 0));
	CHECK(exited(in_child(read_is_exec), 0));
	set("1");
	compare(1, 0);
	set("0");
	compare(0, 0);
	fd = open("/proc/self/personality", O_RDONLY);
	CHECK(fd >= 0 && read(fd, line, sizeof line) == 9 && !memcmp(line, "00000000\n", 9));
	set(was);
	return 0;
}
