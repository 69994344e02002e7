/* sort.c - qsort by heap (n log n always, no memory), and bsearch. */
#include <stdlib.h>

static void
swap(char *a, char *b, size_t size)
{
	if (size == sizeof(long) && !(((unsigned long)a | (unsigned long)b) & 7)) {
		long t = *(long *)a;

		*(long *)a = *(long *)b;
		*(long *)b = t;
		return;
	}
	while (size--) {
		char t = *a;

		*a++ = *b;
		*b++ = t;
	}
}

/* Let the element at i sink until neither child is greater. */
static void
sink(char *base, size_t i, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
	size_t child;

	for (; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && cmp(base + child * size, base + (child + 1) * size) < 0)
			child++;
		if (cmp(base + i * size, base + child * size) >= 0)
			return;
		swap(base + i * size, base + child * size, size);
	}
}

void
qsort(void *base, size_t n, size_t size, int (*cmp)(const void *, const void *))
{
	size_t i;

	for (i = n / 2; i-- > 0; )
		sink(base, i, n, size, cmp);
	while (n > 1) {
		n--;
		swap(base, (char *)base + n * size, size);
		sink(base, 0, n, size, cmp);
	}
}

void *
bsearch(const void *key, const void *base, size_t n, size_t size,
	int (*cmp)(const void *, const void *))
{
	while (n) {
		const char *mid = (const char *)base + n / 2 * size;
		int c = cmp(key, mid);

		if (c == 0)
			return (void *)mid;
		if (c > 0) {
			base = mid + size;
			n--;
		}
		n /= 2;
	}
	return NULL;
}
