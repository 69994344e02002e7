/* path.c - realpath, and names for temporary files. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Resolve one component at a time; a link's target is put before what is left. */
char *
realpath(const char *restrict path, char *restrict out)
{
	char done[PATH_MAX] = "/", left[2 * PATH_MAX], link[PATH_MAX];
	char *p = left;
	int links = 0;

	if (!*path || strlen(path) >= PATH_MAX) {
		errno = *path ? ENAMETOOLONG : ENOENT;
		return NULL;
	}
	if (*path != '/' && !getcwd(done, sizeof done))
		return NULL;
	strcpy(left, path);
	for (;;) {
		size_t base = strlen(done), n;
		ssize_t len;

		p += strspn(p, "/");
		if (!*p)
			break;
		n = strcspn(p, "/");
		if (n == 1 && *p == '.') {
			p += n;
			continue;
		}
		if (n == 2 && p[0] == '.' && p[1] == '.') {
			char *slash = strrchr(done, '/');

			slash[slash == done] = '\0';
			p += n;
			continue;
		}
		if (base + n + 2 > PATH_MAX) {
			errno = ENAMETOOLONG;
			return NULL;
		}
		if (base > 1)
			strcat(done, "/");
		strncat(done, p, n);
		p += n;
		len = readlink(done, link, sizeof link - 1);
		if (len < 0) {
			if (errno != EINVAL)
				return NULL;
			continue;
		}
		link[len] = '\0';
		if (++links > 40 || len + strlen(p) >= PATH_MAX) {
			errno = ELOOP;
			return NULL;
		}
		memmove(left + len, p, strlen(p) + 1);
		memcpy(left, link, len);
		p = left;
		done[*link == '/' ? 1 : base] = '\0';
	}
	return out ? strcpy(out, done) : strdup(done);
}

/* Try names until make() succeeds or fails for another reason than EEXIST. */
static int
make_unique(char *template, int (*make)(const char *))
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t n = strlen(template);
	char *x = template + n - 6;
	int try, i, r;

	if (n < 6 || strcmp(x, "XXXXXX")) {
		errno = EINVAL;
		return -1;
	}
	for (try = 0; try < 100; try++) {
		unsigned char noise[6];

		if (getrandom(noise, sizeof noise, 0) < 0)
			return -1;
		for (i = 0; i < 6; i++)
			x[i] = letters[noise[i] % 36];
		r = make(template);
		if (r >= 0 || errno != EEXIST)
			return r;
	}
	return -1;
}

static int
make_file(const char *path)
{
	return open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
}

static int
make_dir(const char *path)
{
	return mkdir(path, 0700);
}

int
mkstemp(char *template)
{
	return make_unique(template, make_file);
}

char *
mkdtemp(char *template)
{
	return make_unique(template, make_dir) < 0 ? NULL : template;
}
