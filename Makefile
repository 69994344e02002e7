# Sextant: build, run, debug, test, grade.  `make help` lists the targets.
#
#   CPUS=n MEM=m      the machine            BOARD=virt|sifive_u
#   DEBUG=1           every safety net       LLVM=1   clang and lld
#   V=1               show the commands      O=dir    build somewhere else

BOARD	?= virt
CPUS	?= $(if $(filter sifive_u,$(BOARD)),5,2)
MEM	?= 256M
O	?= build
Q	:= $(if $(V),,@)
say	 = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)')

# ---- tools ----
ifdef LLVM
CC	:= clang --target=riscv64-linux-gnu
LD	:= ld.lld
NM	:= llvm-nm
OBJCOPY	:= llvm-objcopy
else
CROSS	?= $(firstword $(foreach p,riscv64-linux-gnu- riscv64-unknown-elf- riscv64-elf-,$(if $(shell command -v $(p)gcc),$(p))))
CC	:= $(CROSS)gcc
LD	:= $(CROSS)ld
NM	:= $(CROSS)nm
OBJCOPY	:= $(CROSS)objcopy
endif
PYTHON	:= /usr/bin/python3

WARN	:= -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare $(if $(CI),-Werror)
CFLAGS	:= -std=gnu11 -O2 -g $(WARN) -ffreestanding -fno-common -fno-strict-aliasing \
	   -fno-pic -fno-pie -fno-asynchronous-unwind-tables -fno-stack-protector \
	   -fno-omit-frame-pointer -fno-optimize-sibling-calls -fwrapv \
	   -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -mstrict-align \
	   -I. -Iinclude -Iarch/riscv/include -D__KERNEL__
CFLAGS	+= $(if $(LLVM),-Wno-unused-command-line-argument -mno-relax,-msmall-data-limit=0)
ifdef DEBUG
CFLAGS	+= -DDEBUG
endif

# ---- kernel ----
KSRC	:= $(filter-out %_test.c %_fuzz.c %/asm-offsets.c,$(wildcard $(addsuffix /*.c,arch/riscv kernel mm fs fs/* drivers drivers/* lib)))
KASM	:= $(wildcard arch/riscv/*.S)
KOBJ	:= $(KSRC:%.c=$(O)/%.o) $(KASM:%.S=$(O)/%.o)
OFFSETS	:= $(O)/arch/riscv/asm-offsets.h

.DEFAULT_GOAL := all
.PHONY: all clean
all: $(O)/Image $(O)/initramfs.cpio

$(O)/%.o: %.c | $(OFFSETS)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/%.o: %.S $(OFFSETS)
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) $(CFLAGS) -I$(O)/arch/riscv -D__ASSEMBLER__ -MMD -MP -c -o $@ $<

# Offsets of struct fields for assembly: the compiler writes "->NAME value" lines.
$(OFFSETS): arch/riscv/asm-offsets.c kernel/task.h arch/riscv/include/arch/trap.h arch/riscv/include/arch/switch.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -S -o - $< | sed -n 's/.*->\([A-Z_0-9]*\) \([-0-9]*\).*/#define \1 \2/p' > $@

# Linked twice: the second time with the table of its own symbols, for backtraces.
LINK	 = $(LD) -nostdlib -static --no-relax -z max-page-size=4096 -T arch/riscv/kernel.ld
$(O)/kernel.elf: $(KOBJ) arch/riscv/kernel.ld tools/symbols.py
	$(call say,LINK,$@)
	$(Q)$(PYTHON) tools/symbols.py --empty > $(O)/symbols0.S
	$(Q)$(CC) $(CFLAGS) -c -o $(O)/symbols0.o $(O)/symbols0.S
	$(Q)$(LINK) -o $(O)/kernel0.elf $(KOBJ) $(O)/symbols0.o
	$(Q)$(NM) -n $(O)/kernel0.elf | $(PYTHON) tools/symbols.py > $(O)/symbols.S
	$(Q)$(CC) $(CFLAGS) -c -o $(O)/symbols.o $(O)/symbols.S
	$(Q)$(LINK) -o $@ $(KOBJ) $(O)/symbols.o

$(O)/Image: $(O)/kernel.elf
	$(call say,IMAGE,$@)
	$(Q)$(OBJCOPY) -O binary $< $@

-include $(KOBJ:.o=.d)

include user/user.mk

clean:
	rm -rf $(O)
