/* faults: each kind of bad instruction or access gets the signal, code and address Linux gives. */
#include "test.h"

static siginfo_t got;

static void
handler(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	got = *info;
	fflush(stdout);
	_exit(got.si_signo * 4 + got.si_code);
}

static void
catch_all(void)
{
	static const int sigs[] = { SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE };
	struct sigaction sa;

	memset(&sa, 0, sizeof sa);
	sa.sa_sigaction = handler;
	sa.sa_flags = SA_SIGINFO;
	for (int i = 0; i < 5; i++)
		CHECK(sigaction(sigs[i], &sa, NULL) == 0);
}

static volatile char *target;
static void load(void) { catch_all(); (void)*target; }
static void store(void) { catch_all(); *target = 1; }
static void jump(void) { catch_all(); ((void (*)(void))target)(); }
static void illegal(void) { catch_all(); asm volatile(".4byte 0"); }
static void privileged(void) { catch_all(); asm volatile("csrr t0, sstatus" ::: "t0"); }
static void wfi(void) { catch_all(); asm volatile("sret"); }
static void trap(void) { catch_all(); asm volatile("ebreak"); }
static void quiet(void) { asm volatile("div t0, %0, zero" :: "r"(1) : "t0"); }

static void
expect(const char *what, void (*body)(void), void *address, int sig, int code)
{
	int status;

	target = address;
	status = in_child(body);
	if (!exited(status, sig * 4 + code)) {
		printf("%s: status %#x, wanted signal %d code %d\n", what, status, sig, code);
		exit(1);
	}
}

static const char text_page[] = "read only";

int
main(void)
{
	char *none = map_anon(PAGE, PROT_NONE), *data = map_anon(PAGE, PROT_READ | PROT_WRITE);

	expect("load from 0", load, NULL, SIGSEGV, SEGV_MAPERR);
	expect("store to 0", store, NULL, SIGSEGV, SEGV_MAPERR);
	expect("load from PROT_NONE", load, none, SIGSEGV, SEGV_ACCERR);
	expect("store to read-only data", store, (void *)text_page, SIGSEGV, SEGV_ACCERR);
	expect("store to text", store, (void *)main, SIGSEGV, SEGV_ACCERR);
	expect("execute data", jump, data, SIGSEGV, SEGV_ACCERR);
	expect("execute 0", jump, NULL, SIGSEGV, SEGV_MAPERR);
	expect("kernel address", load, (void *)0xffffffff80000000, SIGSEGV, SEGV_MAPERR);
	expect("not canonical", load, (void *)0x8000000000000000, SIGSEGV, SEGV_MAPERR);
	expect("illegal instruction", illegal, NULL, SIGILL, ILL_ILLOPC);
	expect("privileged instruction", privileged, NULL, SIGILL, ILL_ILLOPC);
	expect("sret", wfi, NULL, SIGILL, ILL_ILLOPC);
	expect("ebreak", trap, NULL, SIGTRAP, TRAP_BRKPT);
	CHECK(exited(in_child(quiet), 0));

	/* Past the end of a mapped file. */
	int fd = open("/tmp/faults.f", O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0 && ftruncate(fd, 10) == 0);
	char *m = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(m != MAP_FAILED && m[9] == 0);
	expect("past end of file", load, m + PAGE, SIGBUS, BUS_ADRERR);
	unlink("/tmp/faults.f");
	return 0;
}
