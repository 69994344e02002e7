/* cpio_test.c - entries of a newc archive read back as written, and malformed ones are refused. */
#include "abi/errno.h"
#include "lib/cpio.h"
#include "lib/cpio_sample.h"
#include "lib/host_test.h"
#include "lib/string.h"

static void
test_read(const u8 *archive, size_t size)
{
	struct cpio_entry e;
	struct cpio c;

	cpio_open(&c, archive, size);
	CHECK_EQ(cpio_next(&c, &e), 1);
	CHECK_STR(e.name, "dev");
	CHECK_EQ(e.mode, 0040755);
	CHECK_EQ(e.size, 0);
	CHECK_EQ(cpio_next(&c, &e), 1);
	CHECK_STR(e.name, "dev/console");
	CHECK_EQ(e.mode, 0020600);
	CHECK_EQ(e.rdev_major, 5);
	CHECK_EQ(e.rdev_minor, 1);
	CHECK_EQ(cpio_next(&c, &e), 1);
	CHECK_STR(e.name, "hello");
	CHECK_EQ(e.ino, 0xabcd1234);
	CHECK_EQ(e.uid, 1000);
	CHECK_EQ(e.gid, 100);
	CHECK_EQ(e.nlink, 2);
	CHECK_EQ(e.mtime, 1700000000);
	CHECK_EQ(e.size, 13);
	CHECK(memcmp(e.data, "hello, world\n", 13) == 0);
	CHECK_EQ(cpio_next(&c, &e), 0);
	CHECK_EQ(cpio_next(&c, &e), 0);
}

/* Every cut is refused, except right after an entry or where only the trailer's padding is lost. */
static void
test_cuts(const u8 *archive, size_t size)
{
	for (size_t n = 0; n <= size; n++) {
		u8 *cut = host_copy(archive, n);
		struct cpio_entry e;
		struct cpio c;
		int r, entries = 0;

		cpio_open(&c, cut, n);
		while ((r = cpio_next(&c, &e)) == 1)
			entries++;
		if (n == size)
			CHECK_EQ(r, 0);
		CHECK(r == 0 ? n == 0 || n >= 112 : r == -EINVAL);
		CHECK(entries <= 3);
		free(cut);
	}
}

static int
first(const void *archive, size_t size)
{
	u8 *copy = host_copy(archive, size);
	struct cpio_entry e;
	struct cpio c;
	int r;

	cpio_open(&c, copy, size);
	r = cpio_next(&c, &e);
	free(copy);
	return r;
}

static void
test_malformed(const u8 *archive, size_t size)
{
	static const struct { int at; const char *value; } lies[] = {
		{ 0, "070707" }, { 0, "x" }, { 6, "0000000g" }, { 14, "-0000001" },
		{ 54, "FFFFFFFF" }, { 54, "0000FFFF" },		/* filesize */
		{ 94, "00000000" }, { 94, "FFFFFFFF" }, { 94, "00001001" }, { 94, "00000003" },	/* namesize */
	};
	u8 zeros[64] = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		u8 *copy = host_copy(archive, size);

		__builtin_memcpy(copy + lies[i].at, lies[i].value, __builtin_strlen(lies[i].value));
		CHECK_EQ(first(copy, size), -EINVAL);
		free(copy);
	}
	CHECK_EQ(first(zeros, sizeof(zeros)), 0);
	zeros[63] = 1;
	CHECK_EQ(first(zeros, sizeof(zeros)), -EINVAL);
}

int
main(void)
{
	size_t size;
	u8 *archive = sample_archive(&size);

	test_read(archive, size);
	test_cuts(archive, size);
	test_malformed(archive, size);
	free(archive);
	TEST_END();
}
