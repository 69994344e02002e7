/*
 * ubsan.c - what the compiler's undefined-behaviour checks call when one fails (debug build).
 *
 * Code is compiled with -fsanitize=undefined: before an operation whose result the C standard leaves
 * open it tests the operands, and calls one of these functions with what it knows about the place.
 * None returns: the first such bug ends the machine, as a failed assertion does.
 *
 * Data        struct *_data below: made by the compiler, laid out as GCC 12 and Clang 14 do. A value
 *             travels in a word if its type has at most 64 bits, else as a pointer to it.
 * Not here    signed overflow: the kernel is compiled with -fwrapv, which defines it.
 * Further     docs/debugging.md; "UndefinedBehaviorSanitizer" in Clang's manual.
 */
#ifdef DEBUG
#include "kernel/printk.h"
#include "lib/fmt.h"

struct location {
	const char *file;
	u32	line, column;
};

struct type {
	u16	kind;			/* 0: an integer; else not printed */
	u16	info;			/* of an integer: bit 0 signed, the rest log2 of its bits */
	char	name[];			/* with quotes */
};

struct mismatch_data {			/* a pointer that cannot point to such a thing */
	struct location at;
	const struct type *type;
	u8	log_align;
	u8	what;			/* index into access_names */
};

struct bounds_data {
	struct location at;
	const struct type *array, *index;
};

struct shift_data {
	struct location at;
	const struct type *left, *right;
};

struct typed_data {			/* arithmetic, or a value its type has not */
	struct location at;
	const struct type *type;
};

struct return_data {
	struct location declared;	/* where the attribute is */
};

struct argument_data {
	struct location at, declared;
	int	number;
};

struct builtin_data {
	struct location at;
	u8	kind;
};

struct assume_data {
	struct location at, declared;
	const struct type *type;
};

/* What the compiler calls: no header declares them. */
void	__ubsan_handle_type_mismatch_v1_abort(const struct mismatch_data *d, ulong p) NORETURN;
void	__ubsan_handle_pointer_overflow_abort(const struct location *at, ulong base, ulong result) NORETURN;
void	__ubsan_handle_out_of_bounds_abort(const struct bounds_data *d, ulong index) NORETURN;
void	__ubsan_handle_shift_out_of_bounds_abort(const struct shift_data *d, ulong left, ulong right) NORETURN;
void	__ubsan_handle_divrem_overflow_abort(const struct typed_data *d, ulong left, ulong right) NORETURN;
void	__ubsan_handle_add_overflow_abort(const struct typed_data *d, ulong left, ulong right) NORETURN;
void	__ubsan_handle_sub_overflow_abort(const struct typed_data *d, ulong left, ulong right) NORETURN;
void	__ubsan_handle_mul_overflow_abort(const struct typed_data *d, ulong left, ulong right) NORETURN;
void	__ubsan_handle_negate_overflow_abort(const struct typed_data *d, ulong value) NORETURN;
void	__ubsan_handle_load_invalid_value_abort(const struct typed_data *d, ulong value) NORETURN;
void	__ubsan_handle_vla_bound_not_positive_abort(const struct typed_data *d, ulong bound) NORETURN;
void	__ubsan_handle_nonnull_arg_abort(const struct argument_data *d) NORETURN;
void	__ubsan_handle_nonnull_return_v1_abort(const struct return_data *d, const struct location *at) NORETURN;
void	__ubsan_handle_invalid_builtin_abort(const struct builtin_data *d) NORETURN;
void	__ubsan_handle_alignment_assumption_abort(const struct assume_data *d, ulong p, ulong align,
						  ulong offset) NORETURN;
void	__ubsan_handle_builtin_unreachable(const struct location *at) NORETURN;
void	__ubsan_handle_missing_return(const struct location *at) NORETURN;

#define FAIL(at, fmt, ...)	\
	panic("UBSan: %s:%u:%u: " fmt, (at)->file, (at)->line, (at)->column, ##__VA_ARGS__)

static const char *const access_names[] = {
	"load of", "store to", "reference to", "member access in", "member call on", "constructor call on",
	"downcast of", "downcast of", "upcast of", "cast of", "binding to", "operation on",
};

/* value as a number of type t; one at a time may be printed from each buf. */
static const char *
number(const struct type *t, ulong value, char buf[32])
{
	uint bits = t->kind == 0 ? 1U << (t->info >> 1) : 0;
	u64 v = value;

	if (bits == 0)
		return "something";
	if (bits > 64)
		v = *(const u64 *)value;	/* the low half tells enough */
	else if (bits < 64)
		v &= BIT(bits) - 1;
	if (!(t->info & 1))
		snprintf(buf, 32, "%lu", v);
	else if (bits < 64)
		snprintf(buf, 32, "%ld", (long)(v << (64 - bits)) >> (64 - bits));
	else
		snprintf(buf, 32, "%ld", (long)v);
	return buf;
}

void
__ubsan_handle_type_mismatch_v1_abort(const struct mismatch_data *d, ulong p)
{
	const char *what = d->what < ARRAY_SIZE(access_names) ? access_names[d->what] : "use of";

	if (!p)
		FAIL(&d->at, "%s a null pointer of type %s", what, d->type->name);
	if (p & (BIT(d->log_align) - 1))
		FAIL(&d->at, "%s the misaligned address 0x%lx: type %s needs alignment %lu", what, p, d->type->name,
		     BIT(d->log_align));
	FAIL(&d->at, "%s 0x%lx, where there is no room for type %s", what, p, d->type->name);
}

void
__ubsan_handle_pointer_overflow_abort(const struct location *at, ulong base, ulong result)
{
	FAIL(at, "pointer 0x%lx moved to 0x%lx: it wrapped around, or was null", base, result);
}

void
__ubsan_handle_out_of_bounds_abort(const struct bounds_data *d, ulong index)
{
	char buf[32];

	FAIL(&d->at, "index %s is out of bounds of %s", number(d->index, index, buf), d->array->name);
}

void
__ubsan_handle_shift_out_of_bounds_abort(const struct shift_data *d, ulong left, ulong right)
{
	char l[32], r[32];

	FAIL(&d->at, "shift of %s, of type %s, by %s", number(d->left, left, l), d->left->name,
	     number(d->right, right, r));
}

void
__ubsan_handle_divrem_overflow_abort(const struct typed_data *d, ulong left, ulong right)
{
	char l[32], r[32];

	FAIL(&d->at, "division of %s by %s in type %s", number(d->type, left, l), number(d->type, right, r),
	     d->type->name);
}

static void NORETURN
overflow(const struct typed_data *d, ulong left, const char *operator, ulong right)
{
	char l[32], r[32];

	FAIL(&d->at, "%s %s %s does not fit in type %s", number(d->type, left, l), operator,
	     number(d->type, right, r), d->type->name);
}

void
__ubsan_handle_add_overflow_abort(const struct typed_data *d, ulong left, ulong right)
{
	overflow(d, left, "+", right);
}

void
__ubsan_handle_sub_overflow_abort(const struct typed_data *d, ulong left, ulong right)
{
	overflow(d, left, "-", right);
}

void
__ubsan_handle_mul_overflow_abort(const struct typed_data *d, ulong left, ulong right)
{
	overflow(d, left, "*", right);
}

void
__ubsan_handle_negate_overflow_abort(const struct typed_data *d, ulong value)
{
	overflow(d, 0, "-", value);
}

void
__ubsan_handle_load_invalid_value_abort(const struct typed_data *d, ulong value)
{
	char buf[32];

	FAIL(&d->at, "load of %s, which is no value of type %s", number(d->type, value, buf), d->type->name);
}

void
__ubsan_handle_vla_bound_not_positive_abort(const struct typed_data *d, ulong bound)
{
	char buf[32];

	FAIL(&d->at, "array of %s elements", number(d->type, bound, buf));
}

void
__ubsan_handle_nonnull_arg_abort(const struct argument_data *d)
{
	FAIL(&d->at, "argument %d is null, and is declared never to be", d->number);
}

void
__ubsan_handle_nonnull_return_v1_abort(const struct return_data *d, const struct location *at)
{
	FAIL(at, "null returned, and the function is declared never to");
}

void
__ubsan_handle_invalid_builtin_abort(const struct builtin_data *d)
{
	FAIL(&d->at, "zero passed to %s", d->kind == 0 ? "__builtin_ctz" : "__builtin_clz");
}

void
__ubsan_handle_alignment_assumption_abort(const struct assume_data *d, ulong p, ulong align, ulong offset)
{
	FAIL(&d->at, "address 0x%lx (offset %lu) is not aligned to %lu, as was promised", p, offset, align);
}

void
__ubsan_handle_builtin_unreachable(const struct location *at)
{
	FAIL(at, "reached what is marked as unreachable");
}

void
__ubsan_handle_missing_return(const struct location *at)
{
	FAIL(at, "the function ends without a value");
}
#endif
