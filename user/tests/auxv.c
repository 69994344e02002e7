/* auxv: what the kernel tells a program at its start is there and true. */
#include <sys/auxv.h>
#include "test.h"

static unsigned long values[64], have[64];

int
main(int argc, char **argv)
{
	extern char **environ;
	unsigned long pair[2], stack;
	char link[256];
	int fd = open("/proc/self/auxv", O_RDONLY), n;

	(void)argc;
	CHECK(fd >= 0);
	while (read(fd, pair, sizeof pair) == sizeof pair && pair[0])
		if (pair[0] < 64) {
			values[pair[0]] = pair[1];
			have[pair[0]]++;
		}
	static const int wanted[] = { AT_PHDR, AT_PHENT, AT_PHNUM, AT_PAGESZ, AT_BASE, AT_FLAGS, AT_ENTRY, AT_UID,
				      AT_EUID, AT_GID, AT_EGID, AT_HWCAP, AT_CLKTCK, AT_SECURE, AT_RANDOM, AT_EXECFN };
	for (unsigned i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
		if (have[wanted[i]] != 1) {
			printf("aux entry %d: %ld times\n", wanted[i], have[wanted[i]]);
			return 1;
		}
	CHECK(values[AT_PAGESZ] == 4096 && values[AT_PHENT] == 56 && values[AT_CLKTCK] == 100 && values[AT_BASE] == 0);
	CHECK(values[AT_UID] == getuid() && values[AT_SECURE] == 0);
	/* i, m, a, c at least. */
	CHECK((values[AT_HWCAP] & (1 << ('i' - 'a'))) && values[AT_HWCAP] & (1 << ('m' - 'a')) &&
	      values[AT_HWCAP] & 1 && values[AT_HWCAP] & (1 << ('c' - 'a')));
	/* The program headers are readable where they are said to be: the first PT_LOAD covers the entry. */
	unsigned *ph = (unsigned *)values[AT_PHDR];
	int loads = 0;
	for (unsigned long i = 0; i < values[AT_PHNUM]; i++, ph += 14) {
		unsigned long *v = (unsigned long *)ph;

		if (ph[0] == 1 && values[AT_ENTRY] >= v[2] && values[AT_ENTRY] < v[2] + v[5])
			loads++;
	}
	CHECK(loads == 1);
	/* Sixteen random bytes: not all alike, and others next time. */
	unsigned char *r = (unsigned char *)values[AT_RANDOM];
	int same = 0;
	for (int i = 1; i < 16; i++)
		same += r[i] == r[0];
	CHECK(same < 15);
	stack = (unsigned long)argv;
	CHECK(stack % 8 == 0 && (unsigned long)&argv[-1] % 16 == 0);	/* argc lies at sp, 16-aligned */
	CHECK((char **)environ > argv && environ[-1] == NULL);
	n = readlink("/proc/self/exe", link, sizeof link - 1);
	CHECK(n > 0);
	link[n] = 0;
	CHECK(!strcmp(strrchr(link, '/'), strrchr((char *)values[AT_EXECFN], '/')));
	return 0;
}
