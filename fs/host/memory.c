/*
 * memory.c - the host's frames, and slabs and kmalloc over malloc, so that the address sanitizer
 * sees each object.
 *
 * Data        an arena with a struct frame for each page; free blocks by order, never joined again.
 *             A free frame is poisoned.
 */
#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <string.h>
#include "fs/host/host.h"
#include "fs/host/private.h"
#include "kernel/task.h"
#include "mm/frame.h"
#include "mm/internal.h"
#include "mm/kasan.h"
#include "mm/pagecache_private.h"
#include "mm/slab.h"
#include "mm/vmap.h"

#define NFRAMES		(1UL << 17)	/* 512 MiB; what is not used costs nothing */

char *host_ram;
struct frame *frames;
u64 frames_base, frames_end;
struct frame *zero_frame;

static struct list free_blocks[MAX_ORDER + 1];
static u64 fresh;			/* frames never used yet begin here */
static ulong used;
static long stats[MEM_NSTATS];
static ulong allocs, fail_at, fail_every;

/* ---- failure on order ---- */

void
host_alloc_fail(ulong n, ulong every)
{
	fail_at = n ? allocs + n : 0;
	fail_every = every;
}

ulong
host_allocs(void)
{
	return allocs;
}

bool
host_alloc_fails(uint gfp)
{
	if (gfp & GFP_NOFAIL_INJECT)
		return false;
	allocs++;
	if (!fail_at || allocs < fail_at)
		return false;
	fail_at = fail_every ? allocs + fail_every : 0;
	return true;
}

/* ---- frames ---- */

struct frame *
frame_alloc(uint order, uint gfp)
{
	struct frame *f;

	if (host_alloc_fails(gfp))
		return NULL;
	f = list_first(&free_blocks[order], struct frame, link);
	if (f) {
		list_remove(&f->link);
	} else {
		if (fresh + (1UL << order) > NFRAMES)
			return NULL;
		f = &frames[fresh];
		fresh += 1UL << order;
		list_init(&f->link);
	}
	ASAN_UNPOISON_MEMORY_REGION(frame_va(f), PAGE_SIZE << order);
	atomic_set(&f->refs, 1);
	f->flags = FRAME_ONLINE;
	f->order = order;
	f->owner = NULL;
	f->index = f->private = 0;
	memset(frame_va(f), gfp & GFP_ZERO ? 0 : 0xa5, PAGE_SIZE << order);
	used += 1UL << order;
	return f;
}

struct frame *
frame_alloc_node(int node, uint order, uint gfp)
{
	return frame_alloc(order, gfp);
}

void
frame_free(struct frame *f, uint order)
{
	assert(order == f->order && atomic_read(&f->refs) <= 1);
	if (f->flags & (FRAME_LOCKED | FRAME_WRITEBACK | FRAME_CACHE))
		panic("frame %p freed in use (flags %x)", f, f->flags);
	atomic_set(&f->refs, 0);
	f->flags = FRAME_ONLINE;
	ASAN_POISON_MEMORY_REGION(frame_va(f), PAGE_SIZE << order);
	list_push_front(&free_blocks[order], &f->link);
	used -= 1UL << order;
}

void
frame_put(struct frame *f)
{
	assert(atomic_read(&f->refs) > 0);
	if (atomic_dec_and_test(&f->refs))
		frame_free(f, f->order);
}

void *
page_alloc(uint gfp)
{
	struct frame *f = frame_alloc(0, gfp);

	return f ? frame_va(f) : NULL;
}

void
page_free(void *va)
{
	frame_put(va_frame(va));
}

/* Memory is never short here, unless host_alloc_fail says so; nobody maps pages. */
bool frames_low(void) { return false; }
bool frames_enough(void) { return true; }
void mapping_unmap(struct mapping *m, u64 first, u64 last, bool copies) { }
void mapping_unmap_page(struct mapping *m, u64 index) { }
bool mapping_clean_page(struct mapping *m, struct frame *f) { return false; }

void page_clear(void *va) { memset(va, 0, PAGE_SIZE); }
void page_copy(void *dst, const void *src) { memcpy(dst, src, PAGE_SIZE); }
ulong host_frames_used(void) { return used; }
void mem_stat_add(enum mem_stat which, long n) { stats[which] += n; }
/* There are no programs: nobody is promised anything (mm/commit.c). */
bool commit_allows(const struct mm *mm, u64 pages) { return true; }
void commit_add(long pages) {}

void
mem_stats(struct mem_stats *out)
{
	*out = (struct mem_stats){
		.total = NFRAMES, .free = NFRAMES - used, .cached = stats[MEM_CACHED], .anon = stats[MEM_ANON],
		.slab = stats[MEM_SLAB], .shmem = stats[MEM_SHMEM], .dirty = stats[MEM_DIRTY],
		.writeback = stats[MEM_WRITEBACK],
	};
}

void
host_memory_init(void)
{
	host_ram = os_map(NFRAMES * PAGE_SIZE);
	frames = calloc(NFRAMES, sizeof(*frames));
	if (!frames)
		exit(2);
	frames_base = HOST_RAM_BASE >> PAGE_SHIFT;
	frames_end = frames_base + NFRAMES;
	for (uint i = 0; i <= MAX_ORDER; i++)
		list_init(&free_blocks[i]);
	zero_frame = frame_alloc(0, GFP_ZERO);
}

/* ---- kmalloc ---- */

void *
kmalloc(size_t size, uint gfp)
{
	size_t align = size && !(size & (size - 1)) && size <= PAGE_SIZE ? MAX(size, 16UL) : 16;
	void *p;

	if (size > 4 * MiB || host_alloc_fails(gfp) || posix_memalign(&p, align, size ? size : 1))
		return NULL;
	memset(p, gfp & GFP_ZERO ? 0 : 0xa5, size);
	return p;
}

void *
kzalloc(size_t size, uint gfp)
{
	return kmalloc(size, gfp | GFP_ZERO);
}

void
kfree(void *p)
{
	free(p);
}

void *
vmalloc(size_t size)
{
	return malloc(size);
}

void
vfree(void *p)
{
	free(p);
}

char *
kstrdup(const char *s, uint gfp)
{
	size_t n = strlen(s) + 1;
	char *p = kmalloc(n, gfp);

	return p ? memcpy(p, s, n) : NULL;
}

/* ---- slabs ---- */

struct slab_cache {
	const char *name;
	size_t	size, align;
	void	(*ctor)(void *);
	void	**spare;		/* with a constructor, memory stays of its kind for ever */
	size_t	nspare, room;
};

struct slab_cache *
slab_create(const char *name, size_t size, size_t align, void (*ctor)(void *))
{
	struct slab_cache *c = calloc(1, sizeof(*c));

	if (!c)
		exit(2);
	*c = (struct slab_cache){ .name = name, .size = size, .align = MAX(align, 16UL), .ctor = ctor };
	return c;
}

void *
slab_alloc(struct slab_cache *c, uint gfp)
{
	void *p;

	if (host_alloc_fails(gfp))
		return NULL;
	if (c->nspare)
		return c->spare[--c->nspare];
	if (posix_memalign(&p, c->align, c->size))
		return NULL;
	memset(p, gfp & GFP_ZERO ? 0 : 0xa5, c->size);
	if (c->ctor)
		c->ctor(p);
	return p;
}

void
slab_free(struct slab_cache *c, void *obj)
{
	if (!c->ctor) {
		free(obj);
		return;
	}
	if (c->nspare == c->room) {
		c->room = c->room ? 2 * c->room : 64;
		c->spare = realloc(c->spare, c->room * sizeof(void *));
		if (!c->spare)
			exit(2);
	}
	c->spare[c->nspare++] = obj;
}

/* The host's own sanitizer has asked already. */
void
kasan_check(const void *p, size_t n, bool write)
{
}
