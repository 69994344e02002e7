/* joins.c - many threads come and go; who may be waited for, and what they leave. */
#include "threads.h"

#define AT_A_TIME	100
#define TURNS		300

static _Atomic bool go;

static void *give_back(void *arg) { return arg; }
static void *exit_with(void *arg) { pthread_exit(arg); }

static void *
wait_to_go(void *arg)
{
	while (!go)
		sleep_ms(1);
	return arg;
}

/* Each makes the next, and waits for it. */
static void *
chain(void *left)
{
	return left ? (void *)(join(start(chain, (char *)left - 1)) + 1) : NULL;
}

int
joins_main(int argc, char **argv)
{
	static pthread_t t[AT_A_TIME];
	struct timespec past = { 1, 0 }, soon;
	long sum = 0;
	void *result;

	(void)argc, (void)argv;
	VALUE(join(start(give_back, (void *)7)));
	VALUE(join(start(exit_with, (void *)8)));
	VALUE(pthread_equal(pthread_self(), pthread_self()) != 0);

	puts("- not for ever");
	t[0] = start(wait_to_go, (void *)9);
	RESULT(pthread_tryjoin_np(t[0], &result));
	RESULT(pthread_timedjoin_np(t[0], &result, &past));
	soon = in_ms(CLOCK_REALTIME, 20);
	RESULT(pthread_timedjoin_np(t[0], &result, &soon));
	VALUE(reached(CLOCK_REALTIME, soon));
	go = true;
	VALUE(join(t[0]));

	puts("- many");
	for (int i = 0; i < TURNS; i++)
		sum += join(start(give_back, (void *)(long)i));
	VALUE(sum);
	until_alone();
	go = false;
	for (long i = 0; i < AT_A_TIME; i++)
		t[i] = start(wait_to_go, (void *)i);
	VALUE(tasks_of_ours());
	go = true;
	for (int i = AT_A_TIME; i--; )
		sum -= join(t[i]);
	VALUE(sum);
	until_alone();
	VALUE(tasks_of_ours());
	VALUE(join(start(chain, (void *)30)));
	return 0;
}
