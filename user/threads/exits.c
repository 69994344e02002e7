/*
 * exits.c - how a process with threads ends, or becomes another program: whoever calls it, whatever the others do, and
 * also when the first thread has gone.
 */
#include <sys/resource.h>
#include "threads.h"

static pthread_t main_thread;
static int ends[2];
static volatile long counter;
static volatile int *volatile nowhere = (int *)8;

static void say_at_exit(void) { puts("atexit"); }
static void *spin(void *unused) { (void)unused; for (;;) counter = counter + 1; return NULL; }
static void *exit_3(void *unused) { (void)unused; exit(3); }
static void *_exit_4(void *unused) { (void)unused; _exit(4); }
static void *abort_all(void *unused) { (void)unused; abort(); }

static void *
block_in_read(void *unused)
{
	char c;

	(void)unused;
	MUST(read(ends[0], &c, 1) == 1);
	return NULL;
}

static void *
fault(void *unused)
{
	(void)unused;
	*nowhere = 1;
	return NULL;
}

/* One spins, one waits, and the first thread waits for one that ends it all. */
static void
with_others(void *(*ender)(void *))
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	MUST(pipe(ends) == 0);
	start(spin, NULL);
	start(block_in_read, NULL);
	join(start(ender, NULL));
}

static void a_thread_exits(void) { atexit(say_at_exit); with_others(exit_3); }
static void a_thread__exits(void) { atexit(say_at_exit); with_others(_exit_4); }
static void a_thread_aborts(void) { with_others(abort_all); }
static void a_thread_faults(void) { with_others(fault); }

static void
main_returns(void)
{
	atexit(say_at_exit);
	MUST(pipe(ends) == 0);
	start(spin, NULL);
	start(block_in_read, NULL);
}

/* --- the first thread goes first --- */

static void *
last_one(void *unused)
{
	(void)unused;
	while (state_of(getpid()) != 'Z')
		sleep_ms(1);
	RESULT(pthread_join(main_thread, NULL));
	VALUE(tasks_of_ours());			/* the first is there, dead, until all have ended */
	CALL(kill(getpid(), 0));
	return NULL;
}

static void *
last_one_exits(void *unused)
{
	last_one(unused);
	exit(6);
}

static void
main_thread_goes(void *(*last)(void *))
{
	atexit(say_at_exit);
	main_thread = pthread_self();
	start(last, NULL);
	pthread_exit(NULL);
}

static void main_goes(void) { main_thread_goes(last_one); }
static void main_goes_and_one_exits(void) { main_thread_goes(last_one_exits); }

/* --- exec --- */

static void *
exec_it(void *unused)
{
	char *argv[] = { "threads", "exits", "after-exec", NULL }, pid[16];

	(void)unused;
	snprintf(pid, sizeof pid, "%d", getpid());
	setenv("BEFORE", pid, 1);
	execv(program_path, argv);
	return NULL;
}

static void a_thread_execs(void) { with_others(exec_it); }

static void *
exec_after_main(void *unused)
{
	while (state_of(getpid()) != 'Z')
		sleep_ms(1);
	CALL(access("/proc/self/exe", F_OK));	/* asks about the first thread */
	CALL(access("/proc/thread-self/exe", F_OK));
	return exec_it(unused);
}

static void
main_goes_and_one_execs(void)
{
	start(exec_after_main, NULL);
	pthread_exit(NULL);
}

static void *
exec_nothing(void *unused)
{
	(void)unused;
	CALL(execl("/no/such/program", "x", NULL));
	VALUE(tasks_of_ours());
	exit(7);
}

static void an_exec_fails(void) { with_others(exec_nothing); }

static int
after_exec(void)
{
	VALUE(tasks_of_ours());
	VALUE(gettid() == getpid());
	VALUE(getpid() == atoi(getenv("BEFORE")));
	return 8;
}

/* --- stopped and continued --- */

static void *
count(void *arg)
{
	volatile long *c = arg;

	for (;;)
		*c = *c + 1;
	return NULL;
}

/* All threads stop, and all go on. */
static void
stop_and_continue(void)
{
	volatile long *c = shared_memory(4096), before;
	pid_t pid = fork();
	int status;

	MUST(pid >= 0);
	if (pid == 0) {
		start(count, (void *)&c[0]);
		start(count, (void *)&c[1]);
		for (;;)
			pause();
	}
	while (!c[0] || !c[1])
		sleep_ms(1);
	MUST(kill(pid, SIGSTOP) == 0 && waitpid(pid, &status, WUNTRACED) == pid);
	VALUE(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	before = c[0] + c[1];
	sleep_ms(20);
	VALUE(c[0] + c[1] - before);
	before = c[0];
	long other = c[1];
	MUST(kill(pid, SIGCONT) == 0 && waitpid(pid, &status, WCONTINUED) == pid);
	VALUE(WIFCONTINUED(status) != 0);
	while (c[0] == before || c[1] == other)
		sleep_ms(1);
	MUST(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid);
	VALUE(WTERMSIG(status) == SIGKILL);
}

int
exits_main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return after_exec();
	CHILD(a_thread_exits);
	CHILD(a_thread__exits);
	CHILD(a_thread_aborts);
	CHILD(a_thread_faults);
	CHILD(main_returns);
	CHILD(main_goes);
	CHILD(main_goes_and_one_exits);
	CHILD(a_thread_execs);
	CHILD(main_goes_and_one_execs);
	CHILD(an_exec_fails);
	stop_and_continue();
	return 0;
}
