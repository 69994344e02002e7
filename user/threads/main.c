/*
 * main.c - threads NAME [ARGUMENTS]: run one program of the suite; without a name, say which there are.
 *
 * Not here    the programs, each in the file of its name; what they must print (expected/).
 */
#include <dirent.h>
#include "threads.h"

static const struct {
	const char *name;
	int	(*main)(int argc, char **argv);
} programs[] = {
#define ENTRY(name)	{ #name, name##_main },
	PROGRAMS(ENTRY)
};

#define NPROGRAMS	(int)(sizeof(programs) / sizeof(programs[0]))

char program_path[PATH_MAX];

const char *
error_name(int error)
{
	static const struct {
		int	error;
		const char *name;
	} names[] = {
		{ 0, "0" },
#define NAME(e)	{ e, #e },
		NAME(EAGAIN) NAME(EBADF) NAME(EBUSY) NAME(ECANCELED) NAME(ECHILD) NAME(EDEADLK) NAME(EEXIST)
		NAME(EFAULT) NAME(EINTR) NAME(EINVAL) NAME(ENOENT) NAME(ENOMEM) NAME(ENOSYS) NAME(ENOTRECOVERABLE)
		NAME(ENOTSUP) NAME(EOVERFLOW) NAME(EOWNERDEAD) NAME(EPERM) NAME(ERANGE) NAME(ESRCH) NAME(ETIMEDOUT)
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].error == error)
			return names[i].name;
	return "another error";
}

char
state_of(pid_t tid)
{
	char path[64], line[128] = "", *end;
	int fd;

	snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
	if ((fd = open(path, O_RDONLY)) < 0)
		return 0;
	if (read(fd, line, sizeof line - 1) < 0)
		line[0] = '\0';
	close(fd);
	end = strrchr(line, ')');
	return end ? end[2] : 0;
}

int
tasks_of_ours(void)
{
	DIR *d = opendir("/proc/self/task");
	int n = 0;

	MUST(d);
	for (struct dirent *e; (e = readdir(d)); )
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

void
in_child(const char *what, void (*fn)(void))
{
	pid_t pid = fork();
	int status;

	MUST(pid >= 0);
	if (pid == 0) {
		fn();
		exit(0);
	}
	MUST(waitpid(pid, &status, 0) == pid);
	if (WIFSIGNALED(status))
		printf("%s: killed by %d\n", what, WTERMSIG(status));
	else
		printf("%s: exited with %d\n", what, WEXITSTATUS(status));
}

void *
shared_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	MUST(p != MAP_FAILED);
	return p;
}

int
main(int argc, char **argv)
{
	/* Whole lines, so that a child has nothing unwritten of its parent's. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	MUST(readlink("/proc/self/exe", program_path, sizeof program_path - 1) > 0);
	for (int i = 0; argc > 1 && i < NPROGRAMS; i++)
		if (strcmp(argv[1], programs[i].name) == 0)
			return programs[i].main(argc - 1, argv + 1);
	for (int i = 0; i < NPROGRAMS; i++)
		puts(programs[i].name);
	return argc > 1;
}
