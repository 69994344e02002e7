/* libgen.h - the two halves of a path. Both may change their argument. */
#ifndef LIBGEN_H
#define LIBGEN_H

char	*basename(char *path);
char	*dirname(char *path);

#endif
