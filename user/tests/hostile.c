/*
 * hostile: what is on a disk may be anything: mount it, look at all of it, change some of it, unmount. Errors are fine.
 *
 *	hostile DISK SEED
 *
 * The last line tells: hostile: mounted NAMES names, or hostile: refused ERRNO.
 */
#include <dirent.h>
#include "crash.h"

#define STEPS	3000			/* names looked at */
#define KEPT	200

static char kept[KEPT][1024];
static int nkept, steps;
static unsigned long random_state;

static unsigned
random_below(unsigned n)
{
	random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
	return (random_state >> 33) % n;
}

/* Read its beginning and end, and its first page through a mapping; a fault there may be SIGBUS, so in a child. */
static void
file_look(const char *path, const struct stat *st)
{
	static char buf[65536];
	int fd = open(path, O_RDONLY | O_NONBLOCK), sum = 0;
	char *p;

	if (fd < 0)
		return;
	sum += pread(fd, buf, sizeof buf, 0);
	sum += pread(fd, buf, sizeof buf, st->st_size - 1000);
	sum += lseek(fd, 0, SEEK_HOLE);
	if (random_below(8) == 0) {
		if (fork() == 0) {
			p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
			if (p != MAP_FAILED)
				p[10] += sum;
			_exit(0);
		}
		wait(NULL);
	}
	close(fd);
}

static void
walk(const char *dir, int depth)
{
	DIR *d = opendir(dir);
	char path[1024], buf[4096];
	struct dirent *e;
	struct stat st;

	if (!d)
		return;
	while ((e = readdir(d)) && steps++ < STEPS) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (snprintf(path, sizeof path, "%s/%s", dir, e->d_name) >= (int)sizeof path || lstat(path, &st))
			continue;
		if (nkept < KEPT)
			strcpy(kept[nkept++], path);
		if (S_ISLNK(st.st_mode) && readlink(path, buf, sizeof buf) < 0)
			continue;
		if (S_ISREG(st.st_mode))
			file_look(path, &st);
		if (S_ISDIR(st.st_mode) && depth < 6)
			walk(path, depth + 1);
	}
	closedir(d);
}

/* One change; how many of its calls failed. */
static int
change(void)
{
	const char *a = nkept ? kept[random_below(nkept)] : "/mnt/a", *b = nkept ? kept[random_below(nkept)] : "/mnt/b";
	char fresh[1100];
	int fd, failed = 0;

	snprintf(fresh, sizeof fresh, "%s%snew%u", b, random_below(2) ? "/" : "-", random_below(20));
	switch (random_below(8)) {
	case 0:
		fd = open(random_below(2) ? a : fresh, O_RDWR | O_CREAT | O_NONBLOCK, 0644);
		if (fd < 0)
			break;
		failed += pwrite(fd, kept, 5000, random_below(60000)) < 0;
		failed += random_below(2) && fsync(fd);
		close(fd);
		break;
	case 1:
		failed += unlink(a) != 0;
		break;
	case 2:
		failed += rmdir(a) != 0;
		break;
	case 3:
		failed += rename(a, random_below(2) ? b : fresh) != 0;
		break;
	case 4:
		failed += link(a, fresh) != 0;
		break;
	case 5:
		failed += mkdir(fresh, 0755) != 0;
		break;
	case 6:
		failed += symlink(a, fresh) != 0;
		break;
	default:
		failed += truncate(a, random_below(30000)) != 0;
	}
	return failed;
}

int
main(int argc, char **argv)
{
	char disk[40];
	int err, failed = 0;

	if (argc != 3)
		return 2;
	random_state = strtoul(argv[2], NULL, 0);
	snprintf(disk, sizeof disk, "/dev/%s", argv[1]);
	disk_forget(disk);
	err = disk_mount(disk, "rw,errors=continue");
	if (err) {
		printf("hostile: refused %d\n", -err);
		return 0;
	}
	walk("/mnt", 0);
	for (int i = 0; i < 30; i++)
		failed += change();
	walk("/mnt", 0);
	if (umount("/mnt")) {
		printf("hostile: cannot be unmounted: %d\n", errno);
		return 1;
	}
	printf("hostile: mounted %d names, %d of 30 changes refused\n", nkept, failed);
	return 0;
}
