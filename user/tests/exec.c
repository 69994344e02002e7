/* exec: arguments, environment, descriptors, scripts, and every refusal. */
#include "abi/elf.h"
#include <sys/resource.h>
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
		_exit(100 + (errno == ENOEXEC ? 1 : errno == EACCES ? 2 :
			     errno == E2BIG ? 3 : errno == ENOENT ? 4 : 9));
	}
	CHECK(waitpid(p, &status, 0) == p);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/*
 * Write a whole program to p: one segment over the file, and code that exits with 7, or with 8 if it
 * runs within the first 64 KiB, where nothing may be.  Its size.
 */
static long
tiny_elf(char *p, int type)
{
	static const unsigned code[] = {
		0x00000517,		/* auipc a0, 0 */
		0x01055513,		/* srli a0, a0, 16 */
		0x00153513,		/* seqz a0, a0 */
		0x00750513,		/* addi a0, a0, 7 */
		0x05d00893,		/* li a7, 93 */
		0x00000073,		/* ecall */
	};
	long base = type == ET_EXEC ? 0x10000 : 0, size = 120 + sizeof code;
	struct elf64_ehdr eh = { .e_type = type, .e_machine = EM_RISCV, .e_version = 1, .e_entry = base + 120,
				 .e_phoff = 64, .e_flags = 1, .e_ehsize = 64, .e_phentsize = 56, .e_phnum = 1 };
	struct elf64_phdr ph = { .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = base, .p_paddr = base,
				 .p_filesz = size, .p_memsz = size, .p_align = 4096 };

	memcpy(eh.e_ident, "\177ELF\2\1\1", 7);
	memcpy(p, &eh, 64);
	memcpy(p + 64, &ph, 56);
	memcpy(p + 120, code, sizeof code);
	return size;
}

static int
run_elf(int type)
{
	char elf[300];

	make("/tmp/exec.b", elf, tiny_elf(elf, type), 0755);
	return run("/tmp/exec.b", none, none);
}

int
main(int argc, char **argv, char **envp)
{
	static char elf[300];
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
	CHECK(run("/proc/self/exe", (char *[]){ "x", "check", "two words", "", NULL },
		  (char *[]){ "A=1", "B=", NULL }) == 33);

	/* An unlimited stack leaves room for the program. */
	{
		struct rlimit r = { RLIM_INFINITY, RLIM_INFINITY };

		CHECK(setrlimit(RLIMIT_STACK, &r) == 0);
		CHECK(run("/proc/self/exe", (char *[]){ "x", "quit", NULL }, none) == 0);
		r.rlim_cur = 8 << 20;
		CHECK(setrlimit(RLIMIT_STACK, &r) == 0);
	}

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
	/* A tiny ELF of our own, so that a damaged one can do no more than its three instructions. */
	CHECK(run_elf(ET_EXEC) == 7);
	CHECK(run_elf(ET_DYN) == 7);			/* static-PIE: placed by the kernel */
	size = tiny_elf(elf, ET_EXEC);
	for (long cut = 1; cut < size - 3; cut += 3) {	/* the last three bytes are zero anyway */
		make("/tmp/exec.b", elf, cut, 0755);
		CHECK(run("/tmp/exec.b", none, none) != 7);
	}
	for (int i = 0; i < 120 * 8; i++) {		/* each bit of both headers */
		elf[i / 8] ^= 1 << i % 8;
		make("/tmp/exec.b", elf, size, 0755);
		run("/tmp/exec.b", none, none);		/* an errno, a signal, or 7: all the same to us */
		elf[i / 8] ^= 1 << i % 8;
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
