/*
 * qemu_plugin.h - what our plugins use of QEMU's plugin interface, as QEMU 7.2 (API version 1) has it: Debian does not
 * install the header. QEMU's docs/devel/tcg-plugins.rst explains.
 */
#ifndef GRADE_QEMU_PLUGIN_H
#define GRADE_QEMU_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
typedef struct qemu_info qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { QEMU_PLUGIN_CB_NO_REGS };
enum { QEMU_PLUGIN_INLINE_ADD_U64 };
enum { QEMU_PLUGIN_MEM_R = 1, QEMU_PLUGIN_MEM_W };

void	qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, void (*f)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void	qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, void (*f)(unsigned int, void *), int flags, void *data);
void	qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op, void *counter, uint64_t add);
void	qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, void (*f)(unsigned int, void *), int flags,
					       void *data);
void	qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
					 void (*f)(unsigned int, qemu_plugin_meminfo_t, uint64_t, void *), int flags, int rw,
					 void *data);
void	qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*f)(qemu_plugin_id_t, void *), void *data);
unsigned int qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t info);
bool	qemu_plugin_mem_is_store(qemu_plugin_meminfo_t info);
size_t	qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t	qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

#define PLUGIN_EXPORT	__attribute__((visibility("default")))

/* Hints: RISC-V leaves what they do to whoever wants them; to the machine it is nothing. */
#define HINT_MASK	0x000fffff	/* all of an I-type instruction but its immediate */
#define HINT_SLTI	0x00002013	/* slti x0, x0, imm */
#define HINT_SLTIU	0x00003013	/* sltiu x0, x0, imm */

#endif
