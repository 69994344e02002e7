/*
 * options.c - what follows mount -o, cut into its words.
 */
#include "abi/errno.h"
#include "fs/internal.h"
#include "lib/string.h"

#define WORD_MAX	64

int
mount_options_each(const char *data, bool (*option)(void *arg, const char *key, const char *value), void *arg)
{
	char word[WORD_MAX], *eq;
	size_t n;

	while (data && *data) {
		for (n = 0; data[n] && data[n] != ','; n++)
			if (n < sizeof(word))
				word[n] = data[n];
		data += n + (data[n] == ',');
		if (n == 0)
			continue;
		if (n >= sizeof(word))
			return -EINVAL;
		word[n] = '\0';
		eq = strchr(word, '=');
		if (eq)
			*eq++ = '\0';
		if (!option(arg, word, eq))
			return -EINVAL;
	}
	return 0;
}
