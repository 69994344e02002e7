/* copy.h - copying trees. */
#ifndef COPY_H
#define COPY_H

#define COPY_RECURSIVE	1
#define COPY_KEEP	2	/* owner, mode, times */
#define COPY_FORCE	4	/* remove what cannot be opened for writing */
#define COPY_FOLLOW	8	/* copy what links point to */
#define COPY_TOP	16	/* named on the command line */

/* Copy from to the exact path to. The exit status: 1 after messages. */
int	copy_tree(const char *from, const char *to, int flags);

#endif
