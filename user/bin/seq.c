/* seq [FIRST [STEP]] LAST */
#include <stdio.h>
#include "common/cmd.h"

int
main(int argc, char **argv)
{
	long first = 1, step = 1, last;

	if (argc < 2 || argc > 4)
		usage("seq [FIRST [STEP]] LAST");
	if (argc > 2)
		first = number(argv[1], "first");
	if (argc > 3)
		step = number(argv[2], "step");
	last = number(argv[argc - 1], "last");
	if (!step)
		die("step is 0");
	for (; step > 0 ? first <= last : first >= last; first += step)
		printf("%ld\n", first);
	return finish_output(0);
}
