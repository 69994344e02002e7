/* attributes.c - stacks of any size, or the program's own; guard pages that end who goes too far; detached threads. */
#include <sys/resource.h>
#include "threads.h"

#define MIB	(1L << 20)

static size_t stack_size, guard_size;
static _Atomic int released, let_go;

/* What the thread itself finds. */
static void *
look(void *unused)
{
	pthread_attr_t a;
	void *lowest;
	size_t size;
	char here;

	(void)unused;
	MUST(pthread_getattr_np(pthread_self(), &a) == 0);
	MUST(pthread_attr_getstack(&a, &lowest, &size) == 0);
	MUST(pthread_attr_getguardsize(&a, &guard_size) == 0);
	VALUE(&here > (char *)lowest && &here < (char *)lowest + size);
	stack_size = size;
	pthread_attr_destroy(&a);
	return NULL;
}

/* Use so many KiB of the stack, from its top down. */
static void *
use(void *kib)
{
	size_t size = (long)kib * 1024;
	volatile char room[size];

	for (size_t at = size; at; at -= 1024)
		room[at - 1024] = 1;
	return (void *)(long)room[0];
}

static void *
where(void *unused)
{
	char here, *volatile p = &here;

	(void)unused;
	return p;
}

static void
too_deep(void)
{
	struct rlimit none = { 0, 0 };
	pthread_attr_t a;
	pthread_t t;

	setrlimit(RLIMIT_CORE, &none);
	pthread_attr_init(&a);
	MUST(pthread_attr_setstacksize(&a, MIB) == 0);
	MUST(pthread_create(&t, &a, use, (void *)2048L) == 0);
	pthread_join(t, NULL);
}

static void
stacks(void)
{
	pthread_attr_t a;
	pthread_t t;
	void *mine, *lowest;
	size_t size;

	pthread_attr_init(&a);
	RESULT(pthread_attr_setstacksize(&a, 1));
	RESULT(pthread_attr_setstacksize(&a, MIB));
	RESULT(pthread_attr_setguardsize(&a, 16384));
	MUST(pthread_create(&t, &a, look, NULL) == 0);
	join(t);
	VALUE(stack_size >= MIB - 16384 && stack_size <= MIB + 65536);
	VALUE(guard_size >= 16384);
	RESULT(pthread_create(&t, &a, use, (void *)700L));
	VALUE(join(t));
	CHILD(too_deep);

	puts("- a stack of one's own");
	MUST(posix_memalign(&mine, 65536, MIB) == 0);
	memset(mine, 0x5a, MIB);
	RESULT(pthread_attr_setstack(&a, mine, MIB));
	RESULT(pthread_attr_getstack(&a, &lowest, &size));
	VALUE(lowest == mine && size == MIB);
	RESULT(pthread_create(&t, &a, use, (void *)700L));
	VALUE(join(t));
	VALUE(*(char *)mine);			/* not as deep as that */
	RESULT(pthread_create(&t, &a, where, NULL));
	VALUE((join(t) - (long)mine) / MIB);
	free(mine);
	pthread_attr_destroy(&a);
}

static void *
release(void *unused)
{
	(void)unused;
	released++;
	return NULL;
}

static void *
release_when_let_go(void *unused)
{
	while (!let_go)
		sleep_ms(1);
	return release(unused);
}

/*
 * glibc 2.36's pthread_detach() looks into the thread's descriptor once more when an ended thread has freed it already:
 * so no thread here ends before it is detached.
 */
static void
detached(void)
{
	pthread_attr_t a;
	pthread_t t;
	int state;

	pthread_attr_init(&a);
	RESULT(pthread_attr_getdetachstate(&a, &state));
	VALUE(state == PTHREAD_CREATE_JOINABLE);
	RESULT(pthread_attr_setdetachstate(&a, 99));
	RESULT(pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED));
	for (int i = 0; i < 20; i++)
		MUST(pthread_create(&t, &a, release, NULL) == 0);
	for (int i = 0; i < 20; i++) {
		t = start(release_when_let_go, NULL);
		MUST(pthread_detach(t) == 0);
	}
	let_go = 1;
	until_alone();
	VALUE(released);
}

int
attributes_main(int argc, char **argv)
{
	pthread_attr_t a;
	size_t size;

	(void)argc, (void)argv;
	pthread_attr_init(&a);
	RESULT(pthread_attr_getguardsize(&a, &size));
	VALUE(size >= 4096);
	RESULT(pthread_attr_setscope(&a, PTHREAD_SCOPE_PROCESS));
	puts("- stacks");
	stacks();
	puts("- detached");
	detached();
	return 0;
}
