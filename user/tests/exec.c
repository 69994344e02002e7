/* exec: arguments, environment, descriptors, scripts, and every refusal. */
#include "test.h"

static char *const none[] = { NULL };

static void
make(const char *name, const void *data, size_t n, int mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0700);

	CHECK(fd >= 0 && write(fd, data, n) == (ssize_t)n && fchmod(fd, mode) == 0);
	close(fd);
}

static int
run(const char *path, char *const argv[], char *const envp[])
{
	int status;
	pid_t p = fork();

	if (p == 0) {
		execve(path, argv, envp);
		_exit(100 + (errno == ENOEXEC ? 1 : errno == EACCES ? 2 : errno == E2BIG ? 3 : errno == ENOENT ? 4 : 9));
	}
	CHECK(waitpid(p, &status, 0) == p);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

int
main(int argc, char **argv, char **envp)
{
	static char elf[65536];
	static char *many[70000];
	ssize_t size;
	int fd;

	if (argc > 1 && !strcmp(argv[1], "check")) {	/* we are the exec'd one */
		CHECK(argc == 4 && !strcmp(argv[2], "two words") && !strcmp(argv[3], "") && !argv[4]);
		CHECK(!strcmp(envp[0], "A=1") && !strcmp(envp[1], "B=") && !envp[2]);
		CHECK(fcntl(50, F_GETFD) == -1 && fcntl(51, F_GETFD) == 0);
		return 33;
	}
	if (argc > 1 && !strcmp(argv[1], "quit"))
		return 0;
	if (argc > 1 && !strcmp(argv[1], "script")) {
		CHECK(argc == 4 && !strcmp(argv[2], "/tmp/exec.s") && !strcmp(argv[3], "arg"));
		return 44;
	}
	fd = open("/dev/null", O_RDONLY);
	CHECK(dup3(fd, 50, O_CLOEXEC) == 50 && dup2(fd, 51) == 51);
	CHECK(run("/proc/self/exe", (char *[]){ "x", "check", "two words", "", NULL }, (char *[]){ "A=1", "B=", NULL }) == 33);

	/* Scripts: one optional argument; the interpreter must exist. */
	char line[300];
	char self[200];
	size = readlink("/proc/self/exe", self, sizeof self - 1);
	CHECK(size > 0);
	self[size] = 0;
	snprintf(line, sizeof line, "#! %s script\nrubbish\n", self);
	make("/tmp/exec.s", line, strlen(line), 0755);
	CHECK(run("/tmp/exec.s", (char *[]){ "zero", "arg", NULL }, none) == 44);
	make("/tmp/exec.s", "#!/no/such\n", 11, 0755);
	CHECK(run("/tmp/exec.s", (char *[]){ "zero", NULL }, none) == 104);
	make("/tmp/exec.s", "#!/tmp/exec.s\n", 14, 0755);
	CHECK(run("/tmp/exec.s", (char *[]){ "zero", NULL }, none) > 100);

	/* Refusals. */
	make("/tmp/exec.b", "", 0, 0755);
	CHECK(run("/tmp/exec.b", none, none) == 101);
	make("/tmp/exec.b", "plain text\n", 11, 0755);
	CHECK(run("/tmp/exec.b", none, none) == 101);
	make("/tmp/exec.b", "x", 1, 0644);
	CHECK(run("/tmp/exec.b", none, none) == 102);
	CHECK(run("/tmp", none, none) == 102);
	CHECK(run("/tmp/none", none, none) == 104);
	fd = open(self, O_RDONLY);
	size = read(fd, elf, sizeof elf);
	CHECK(size > 4096);
	/* Truncations and corruptions of a good ELF: an errno or a dead child, nothing else. */
	for (long cut = 1; cut < size; cut = cut * 3 / 2 + 1) {
		make("/tmp/exec.b", elf, cut, 0755);
		int r = run("/tmp/exec.b", (char *[]){ "x", "check", NULL }, none);
		CHECK(r == 101 || r == 109 || r > 1000 || r <= 1);
	}
	for (int i = 0; i < 400; i++) {
		int at = i < 250 ? i % 64 : 64 + i * 7 % 400;
		char old = elf[at];

		elf[at] ^= 1 << (i % 8) | (i > 100 ? 0x80 : 0);
		make("/tmp/exec.b", elf, size, 0755);
		run("/tmp/exec.b", (char *[]){ "x", "quit", NULL }, none);
		elf[at] = old;
	}
	/* Too many arguments: E2BIG; a lot of them: fine. */
	char *long_arg = malloc(200001);
	memset(long_arg, 'a', 200000);
	long_arg[200000] = 0;
	CHECK(run("/proc/self/exe", (char *[]){ "x", long_arg, NULL }, none) == 103);
	for (int i = 0; i < 69999; i++)
		many[i] = "argument argument argument argument argument";
	CHECK(run("/proc/self/exe", many, none) == 103);
	many[20000] = NULL;
	many[1] = "quit";
	CHECK(run("/proc/self/exe", many, none) == 0);
	unlink("/tmp/exec.s");
	unlink("/tmp/exec.b");
	return 0;
}
