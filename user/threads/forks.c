/*
 * forks.c - a fork takes one thread along: what was registered with pthread_atfork runs in its order, the heap is
 * usable, and the child's threads are its own.
 */
#include <spawn.h>
#include "threads.h"

#define THREADS	2
#define FORKS	16

static _Atomic bool stop;
static int ends[2];
static __thread int mine = 1;

static void prepare_1(void) { puts("prepare 1"); }
static void prepare_2(void) { puts("prepare 2"); }
static void parent_1(void) { puts("parent 1"); }
static void parent_2(void) { puts("parent 2"); }
static void child_1(void) { MUST(write(ends[1], "child 1\n", 8) == 8); }
static void child_2(void) { MUST(write(ends[1], "child 2\n", 8) == 8); }

/* Somebody always has the heap's lock. */
static void *
use_the_heap(void *arg)
{
	unsigned seed = (unsigned long)arg;

	while (!stop) {
		char *p = malloc(rand_r(&seed) % 3000 + 1);

		*p = 1;
		free(p);
	}
	return NULL;
}

static void *return_arg(void *arg) { return arg; }

static void
life_of_a_child(void)
{
	char *p[20];

	MUST(tasks_of_ours() == 1 && gettid() == getpid());
	for (int i = 0; i < 20; i++)
		MUST((p[i] = malloc(100 * i + 1)));
	for (int i = 0; i < 20; i++)
		free(p[i]);
	MUST(mine == 2);			/* of the thread that forked */
	MUST(join(start(return_arg, (void *)5)) == 5);
	_exit(9);
}

static void *
fork_often(void *unused)
{
	long well = 0;

	(void)unused;
	mine = 2;
	for (int i = 0; i < FORKS; i++) {
		pid_t pid = fork();
		int status;

		MUST(pid >= 0);
		if (pid == 0)
			life_of_a_child();
		MUST(waitpid(pid, &status, 0) == pid);
		well += WIFEXITED(status) && WEXITSTATUS(status) == 9;
	}
	return (void *)well;
}

/* posix_spawn: the child borrows our memory; the threads go on. */
static void *
spawn_often(void *unused)
{
	char *argv[] = { "threads", "forks", "spawned", NULL };
	char *env[] = { NULL };
	long well = 0;
	int status;
	pid_t pid;

	(void)unused;
	for (int i = 0; i < FORKS / 4; i++) {
		MUST(posix_spawn(&pid, program_path, NULL, NULL, argv, env) == 0);
		MUST(waitpid(pid, &status, 0) == pid);
		well += WIFEXITED(status) && WEXITSTATUS(status) == 10;
	}
	printf("posix_spawn of nothing: %s\n", error_name(posix_spawn(&pid, "/no/such", NULL, NULL, argv, env)));
	return (void *)well;
}

static void
handlers(void)
{
	char text[100];
	ssize_t n;
	pid_t pid;

	MUST(pipe(ends) == 0);
	RESULT(pthread_atfork(prepare_1, parent_1, child_1));
	RESULT(pthread_atfork(prepare_2, parent_2, child_2));
	pid = fork();
	if (pid == 0)
		_exit(0);
	MUST(waitpid(pid, NULL, 0) == pid);
	MUST((n = read(ends[0], text, sizeof text - 1)) > 0);
	text[n] = '\0';
	fputs(text, stdout);
}

int
forks_main(int argc, char **argv)
{
	pthread_t t[THREADS], forker, spawner;

	(void)argv;
	if (argc > 1)
		return 10;			/* spawned */
	for (long i = 0; i < THREADS; i++)
		t[i] = start(use_the_heap, (void *)(i + 1));
	spawner = start(spawn_often, NULL);
	VALUE(join(spawner));
	forker = start(fork_often, NULL);
	VALUE(join(forker));
	stop = true;
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	handlers();
	return 0;
}
