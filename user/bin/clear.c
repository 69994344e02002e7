/* clear - empty the terminal. */
#include <stdio.h>
#include "common/cmd.h"

int
main(void)
{
	fputs("\033[H\033[2J\033[3J", stdout);
	return finish_output(0);
}
