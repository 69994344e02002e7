/*
 * dnotify: F_NOTIFY sends a signal for each kind of event in a directory, once or again and again, with its reason,
 * until the descriptor is closed.
 */
#include <sys/stat.h>
#include "sigio.h"

#ifndef F_SETSIG
#define F_SETSIG	10
#endif
#ifndef F_NOTIFY
#define F_NOTIFY	1026
#define DN_ACCESS	1
#define DN_MODIFY	2
#define DN_CREATE	4
#define DN_DELETE	8
#define DN_RENAME	16
#define DN_ATTRIB	32
#define DN_MULTISHOT	0x80000000
#endif
#define DN_ALL		0x3f

static int verbose;

static int
notify(int dir, unsigned events)
{
	return fcntl(dir, F_NOTIFY, events);
}

/* How many signals have come since the last time; each is there when the call that caused it returns. */
static int
signals(void)
{
	int n = count;

	count = 0;
	return n;
}

static void
write_to(const char *name, const char *text)
{
	int f = open(name, O_WRONLY);

	CHECK(f >= 0 && write(f, text, strlen(text)) == (ssize_t)strlen(text));
	close(f);
}

static void
make(const char *name)
{
	int f = open(name, O_RDWR | O_CREAT | O_EXCL, 0644);

	CHECK(f >= 0);
	close(f);
}

/* Each of these is done for one kind of event at a time: which of them does it hear of? */
static void
actions(char *heard)
{
	char buf[4096];
	int f, n = 0;

#define DO(what) do { what; heard[n++] = '0' + signals(); } while (0)
	DO(make("d/f"));
	DO(mkdir("d/s", 0755));
	DO(write_to("d/f", "text"));
	DO(CHECK(truncate("d/f", 1) == 0));
	DO(CHECK(chmod("d/f", 0600) == 0));
	DO(f = open("d/f", O_RDONLY));
	DO(CHECK(read(f, buf, 1) == 1));
	close(f);
	DO(CHECK(rename("d/f", "d/g") == 0));
	DO(CHECK(rename("d/g", "g") == 0));
	DO(CHECK(rename("g", "d/f") == 0));
	DO(CHECK(link("d/f", "d/h") == 0));
	DO(CHECK(chmod("d", 0700) == 0));
	f = open("d", O_RDONLY | O_DIRECTORY);
	DO(CHECK(syscall(SYS_getdents64, f, buf, sizeof(buf)) > 0));
	close(f);
	DO(make("d/s/f"));					/* below: not in d */
	DO(unlink("d/s/f"));
	DO(unlink("d/h"));
	DO(unlink("d/f"));
	DO(rmdir("d/s"));
	heard[n] = 0;
#undef DO
}

static void
test_events(void)
{
	static const struct { unsigned events; const char *want; } table[] = {
		{ DN_CREATE,	"110000010110000000" },		/* of link and rename too */
		{ DN_MODIFY,	"001100000000000000" },
		{ DN_ATTRIB,	"000010000001000000" },
		{ DN_ACCESS,	"000000100000100000" },		/* of the directory itself too */
		{ DN_RENAME,	"000000010000000000" },		/* inside */
		{ DN_DELETE,	"000000011000000111" },
	};
	char heard[64];

	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int dir = open("d", O_RDONLY | O_DIRECTORY);

		CHECK(notify(dir, table[i].events | DN_MULTISHOT) == 0);
		actions(heard);
		if (verbose)
			printf("%#x %s\n", table[i].events, heard);
		else
			CHECK(strcmp(heard, table[i].want) == 0);
		close(dir);
		actions(heard);
		CHECK(strspn(heard, "0") == strlen(heard));
	}
}

static void
test_once(void)
{
	int dir = open("d", O_RDONLY | O_DIRECTORY);

	CHECK(notify(dir, DN_CREATE) == 0);
	CHECK(notify(dir, DN_DELETE) == 0);			/* both, from now on */
	CHECK(fcntl(dir, F_GETOWN) == getpid());
	make("d/a");
	CHECK(signals() == 1 && signo == SIGIO && code == SI_KERNEL);
	make("d/b");
	CHECK(unlink("d/a") == 0);
	CHECK(signals() == 0);
	CHECK(notify(dir, DN_DELETE | DN_MULTISHOT) == 0 && notify(dir, 0) == 0);
	CHECK(unlink("d/b") == 0);
	CHECK(signals() == 0);
	close(dir);
}

static void
test_reason(void)
{
	int dir = open("d", O_RDONLY | O_DIRECTORY), other;
	pid_t child;

	CHECK(fcntl(dir, F_SETSIG, SIGRTMIN + 1) == 0);
	CHECK(notify(dir, DN_CREATE | DN_DELETE | DN_MULTISHOT) == 0);
	make("d/a");
	CHECK(signals() == 1 && signo == SIGRTMIN + 1 && code == POLL_MSG && fd == dir && band == 0x441);
	other = dup(dir);
	CHECK(notify(other, DN_CREATE) == 0);			/* the same open file: known as this one now */
	CHECK(unlink("d/a") == 0);
	CHECK(signals() == 1 && fd == other);
	child = fork();
	if (!child) {						/* its table of descriptors asked for nothing */
		close(dir);
		close(other);
		make("d/a");
		_exit(0);
	}
	CHECK(waitpid(child, NULL, 0) == child);
	CHECK(signals() == 1);
	close(other);						/* any descriptor of it */
	CHECK(unlink("d/a") == 0);
	CHECK(signals() == 0);
	close(dir);
}

static void
test_bad(void)
{
	int f, path = open("d", O_PATH), dir = open("d", O_RDONLY | O_DIRECTORY);

	make("f");
	f = open("f", O_RDONLY);
	CHECK_ERRNO(ENOTDIR, notify(f, DN_CREATE));
	CHECK(notify(f, 0) == 0 && notify(f, DN_MULTISHOT) == 0);
	CHECK_ERRNO(EBADF, notify(path, DN_CREATE));
	CHECK_ERRNO(EBADF, notify(99, DN_CREATE));
	CHECK(fcntl(dir, F_SETOWN, 1) == 0 && notify(dir, DN_ALL) == 0 && fcntl(dir, F_GETOWN) == 1);
	close(f);
	close(path);
	close(dir);
	unlink("f");
}

int
main(int argc, char **argv)
{
	char name[] = "/tmp/dnotify-XXXXXX";

	(void)argv;
	verbose = argc > 1;
	CHECK(mkdtemp(name) && chdir(name) == 0 && mkdir("d", 0755) == 0);
	catch(SIGIO);
	catch(SIGRTMIN + 1);
	test_events();
	test_once();
	test_reason();
	test_bad();
	CHECK(rmdir("d") == 0 && chdir("/") == 0 && rmdir(name) == 0);
	return 0;
}
