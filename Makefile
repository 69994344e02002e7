# Sextant: build, run, debug, test, grade.
#
#   make              build/Image, build/kernel.elf, build/initramfs.cpio, build/root.img
#   make run          boot it to a shell (^A x ends QEMU, `poweroff` the machine); virt has its
#                     root on build/disk.img, where your files stay from run to run
#   make fresh        a new build/disk.img with the programs as they are now: your files in it go
#   make debian       build/debian.img: a root disk of Debian's programs, fetched once (45 MB)
#   make sdcard       BOARD=unleashed|unmatched: build/sdcard-BOARD.img, to write to a card (docs/boards/)
#   make test         every test on every build; TESTS=expression narrows, BUILDS=gcc,debug,llvm
#   make run-gdb      boot and wait for `make gdb` in another terminal
#   make picture      what the running machine has where in memory, and its page tables: out/picture.svg
#   make crash        20,000 power cuts (STATES=n SEED=n ONLY=expression)
#   make hostile-calls  1,000,000 calls of any kind (CALLS=n SEED=n)
#   make sched-proof  the schedule seen from outside, at length, and wrong schedulers (SETS=n SEED=n ONLY=word)
#   make rt-tests     Debian's rt-tests at length, and their figures (LOOPS=n CPUS=1 LINUX=IMAGE: beside that one's)
#   make grade        the labs that this tree has (LAB=name T=test SEED=n; docs/labs/)
#   make handout      the tree that a student of LAB gets, in OUT=dir; make carry FROM=dir: earlier work into it
#   make submission   grade what was handed in: LAB=name FROM=folder-or-archive RESULTS=dir; make package: for Gradescope, GitHub ...
#   make lab-selftest proof of the labs' tests: reference, handout, mutants, cheats, repeats (LAB=name)
#   make bench        guest instructions per operation
#   make scaling      curves: an operation among 10 to 10,000 tasks, work on 1 to 4 harts (LINUX=IMAGE: that one's too)
#   make lint         format, lock letters, headers alone, clang's thread-safety analysis
#   make board-test   TTY=/dev/ttyUSB0: the tests in user/tests on a board (docs/porting.md)
#   make port-check   DTB=file: what the kernel would do with that machine (docs/porting.md)
#   make doctor       each tool: needed, found, how to get it
#   make clean        all but build/disk.img and build/debian-disk.img
#
#   CPUS=n MEM=m      the machine            BOARD=virt|sifive_u
#   DEBUG=1           every safety net       LLVM=1   clang and lld
#   LATENCY=1         keep the longest sections that cannot be preempted (DEBUG=1 does too)
#   V=1               show the commands      O=dir    build somewhere else
#   APPEND="words"    more of the kernel's command line
#   INITRD=1          run from the initramfs, as sifive_u always does      DISK=file   another disk
#   ROOT=debian       run or fresh: Debian's root, on build/debian-disk.img

BOARD	?= virt
CPUS	?= $(if $(filter sifive_u,$(BOARD)),5,2)
MEM	?= $(if $(filter debian,$(ROOT)),512M,256M)
O	?= build$(if $(LLVM)$(DEBUG)$(LATENCY),/$(if $(LLVM),llvm$(if $(DEBUG),-debug),$(if $(DEBUG),debug,latency)))
# Where the programs go: a debug build's kernel runs those of its sister.
P	:= $(patsubst %/debug,%,$(patsubst %/latency,%,$(patsubst %/llvm-debug,%/llvm,$(O))))
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

# Newer compilers want the CSR and fence.i extensions named, older ones refuse the names.
MARCH	:= rv64imac$(shell $(CC) -march=rv64imac_zicsr_zifencei -mabi=lp64 -E -xc /dev/null >/dev/null 2>&1 && echo _zicsr_zifencei)
# Functions in tables share a shape, whether or not each needs all of it.
WARN	:= -Wall -Wextra -Wno-unused-parameter $(if $(CI),-Werror)
CFLAGS	:= -std=gnu11 -O2 -g $(WARN) -ffreestanding -fno-common -fno-strict-aliasing \
	   -fno-pic -fno-pie -fno-asynchronous-unwind-tables -fno-stack-protector \
	   -fno-omit-frame-pointer -fno-optimize-sibling-calls -fwrapv \
	   -march=$(MARCH) -mabi=lp64 -mcmodel=medany -mstrict-align \
	   -I. -Iinclude -Iarch/riscv/include -D__KERNEL__
CFLAGS	+= $(if $(LLVM),-Wno-unused-command-line-argument -mno-relax,-msmall-data-limit=0)
CFLAGS	+= $(if $(LATENCY),-DLATENCY)
ifdef DEBUG
CFLAGS	+= -DDEBUG -DLATENCY
# The sanitizers (docs/debugging.md): a check that fails calls mm/kasan.c, kernel/ubsan.c or kernel/stackprotect.c.
SHADOW	:= $(shell sed -n 's/^.define SHADOW_OFFSET[ \t]*//p' mm/layout.h)
KASAN	:= -fsanitize=kernel-address \
	   $(if $(LLVM),-mllvm -asan-mapping-offset=$(SHADOW),-fasan-shadow-offset=$(SHADOW)) \
	   $(foreach o,instrumentation-with-call-threshold=1000000 stack=0 globals=1,$(if $(LLVM),-mllvm -asan-$(o),--param asan-$(o)))
UBSAN	:= -fsanitize=undefined -fno-sanitize-recover=undefined -fstack-protector-strong
# What runs before paging, what checks, and what works on free memory.
NO_SANITIZER := arch/riscv/early.c arch/riscv/backtrace.c kernel/ubsan.c kernel/stackprotect.c kernel/latency.c kernel/lockcheck.c mm/kasan.c lib/string.c
NO_KASAN := kernel/spinlock.c mm/slab.c mm/slab_debug.c mm/leak.c
# mm/kasan.c has checked memcpy and its like, and calls these.
$(O)/lib/string.o: RENAME := $(foreach f,memcpy memmove memset memcmp strlen,-D$(f)=raw_$(f))
endif
SANITIZE = $(if $(filter $(NO_SANITIZER),$<),$(RENAME),$(UBSAN) $(if $(filter $(NO_KASAN),$<),,$(KASAN)))

# ---- kernel ----
KSRC	:= $(filter-out fs/host/% %_test.c %_fuzz.c %/asm-offsets.c,$(wildcard $(addsuffix /*.c,arch/riscv kernel mm fs fs/* net net/* drivers drivers/* lib)))
KASM	:= $(wildcard arch/riscv/*.S)
KOBJ	:= $(KSRC:%.c=$(O)/%.o) $(KASM:%.S=$(O)/%.o)
OFFSETS	:= $(O)/arch/riscv/asm-offsets.h

.DEFAULT_GOAL := all
.PHONY: all clean run fresh debian sdcard run-gdb gdb test crash bench lint doctor help tools-% compile_commands.json
all: $(O)/Image $(O)/initramfs.cpio $(O)/root.img

$(O)/%.o: %.c | $(OFFSETS)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) -MMD -MP -c -o $@ $<

$(O)/%.o: %.S $(OFFSETS)
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) $(CFLAGS) -I$(O)/arch/riscv -D__ASSEMBLER__ -MMD -MP -c -o $@ $<

# The vDSO: a shared object of its own that programs map, never sanitized (arch/riscv/vdso/vdso.ld).
VDSO	:= $(O)/arch/riscv/vdso
VDSOOBJ	:= $(VDSO)/clock.o $(VDSO)/calls.o
VDSOFLAGS = $(filter-out -fno-pic -fno-pie -fno-asynchronous-unwind-tables -fno-omit-frame-pointer,$(CFLAGS)) \
	   -fPIC -fasynchronous-unwind-tables -fomit-frame-pointer -fvisibility=hidden

$(VDSO)/%.o: arch/riscv/vdso/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(VDSOFLAGS) -MMD -MP -c -o $@ $<

$(VDSO)/vdso.so: $(VDSOOBJ) arch/riscv/vdso/vdso.ld
	$(call say,LINK,$@)
	$(Q)$(LD) -shared -nostdlib -Bsymbolic --no-undefined -soname=linux-vdso.so.1 --hash-style=both --eh-frame-hdr \
		--build-id=none -z max-page-size=4096 -z noexecstack --no-relax -T arch/riscv/vdso/vdso.ld -o $@.dbg $(VDSOOBJ)
	$(Q)$(OBJCOPY) -S $@.dbg $@

$(O)/arch/riscv/vdso.o: $(VDSO)/vdso.so

# Offsets of struct fields for assembly: the compiler writes "->NAME value" lines.
$(OFFSETS): arch/riscv/asm-offsets.c arch/riscv/private.h kernel/task.h kernel/syscall.h kernel/spinlock.h \
	    arch/riscv/include/arch/trap.h arch/riscv/include/arch/switch.h
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

-include $(KOBJ:.o=.d) $(VDSOOBJ:.o=.d)

include user/user.mk
include lib/host.mk
include fs/host/host.mk
include tools/port/port.mk

# ---- the machine ----
# A port per user, so that two people can debug on one host.
GDBPORT	:= $(shell expr $$(id -u) % 20000 + 25000)
IMAGE	:= $(O)/$(if $(filter debian,$(ROOT)),debian,root).img
# Of a second machine at the same time, each must be another one.
DISK	?= $(O)/$(if $(filter debian,$(ROOT)),debian-)disk.img
QMP	?= $(O)/qmp.sock
# sifive_u has no disk that we drive yet.  QEMU's device tree lists the last slot first: so the root is vda.
ROOT_ON	:= $(if $(INITRD)$(filter-out virt,$(BOARD)),initrd,disk)
# -serial in full: beside -qmp, -nographic alone leaves ^C to the host, where it ends QEMU, and ^A to the machine.
QEMU	 = qemu-system-riscv64 -M $(BOARD) -smp $(CPUS) -m $(MEM) -nographic -serial mon:stdio -no-reboot \
	   -kernel $(O)/Image $(QEMU_$(ROOT_ON)) -qmp unix:$(QMP),server=on,wait=off $(QEMUFLAGS)
QEMU_initrd = -initrd $(O)/initramfs.cpio $(if $(APPEND),-append "$(APPEND)")
QEMU_disk = -append "root=/dev/vda rw $(APPEND)" -global virtio-mmio.force-legacy=false \
	   -drive file=$(DISK),if=none,format=raw,id=d0 -device virtio-blk-device,drive=d0,bus=virtio-mmio-bus.7
ready	 = $(if $(filter disk,$(ROOT_ON)),$(Q)$(PYTHON) user/mkroot.py ready $(IMAGE) $(DISK))

# Tools first: a bare machine gets what the target needs, then make starts over and finds them.
tools-%:
	@sh tools/doctor install $(subst -, ,$*) $(if $(LLVM),llvm)

run: tools-build-run
	@$(MAKE) --no-print-directory all $(IMAGE)
	$(ready)
	@echo "  RUN     $(BOARD), $(CPUS) harts, $(MEM): \`poweroff' or ^A x to end"
	$(Q)$(QEMU)

fresh: tools-build-run
	@$(MAKE) --no-print-directory $(IMAGE)
	$(Q)$(PYTHON) user/mkroot.py fresh $(IMAGE) $(DISK)

debian: tools-build-run
	@$(MAKE) --no-print-directory $(O)/debian.img

# FIRMWARE=folder: u-boot-spl.bin and u-boot.itb of your own instead of Debian's.
sdcard: tools-build-card
	$(if $(filter unleashed unmatched,$(BOARD)),,$(error For which board?  make sdcard BOARD=unleashed, or BOARD=unmatched))
	@$(MAKE) --no-print-directory all $(IMAGE)
	$(Q)$(PYTHON) tools/mksdcard.py $(O)/sdcard-$(BOARD).img --board $(BOARD) --kernel $(O)/Image \
		--initrd $(O)/initramfs.cpio --root $(IMAGE) $(if $(FIRMWARE),--firmware "$(FIRMWARE)")

run-gdb: tools-build-run
	@$(MAKE) --no-print-directory all $(IMAGE)
	$(ready)
	@echo "  RUN     waiting for \`make gdb' on port $(GDBPORT)"
	$(Q)$(QEMU) -S -gdb tcp:127.0.0.1:$(GDBPORT)

gdb: tools-debug
	$(Q)gdb-multiarch -q $(O)/kernel.elf -x tools/connect.gdb

# Of a machine that `make run' or `make run-gdb' started in another terminal.
.PHONY: picture
picture:
	$(Q)$(PYTHON) -m grade.lab.oracle.map --qmp $(QMP) --out out/picture.svg

# ---- proof ----
BUILDS	?= gcc,debug,llvm,llvm-debug
JOBS	?= $(shell nproc 2>/dev/null || echo 2)
comma	:= ,
# Of a build's name: its folder under $(O), and what make needs to hear to make it.
folder	 = $(O)$(if $(filter-out gcc,$(1)),/$(1))
words	 = O=$(folder) $(if $(findstring llvm,$(1)),LLVM=1) $(if $(findstring debug,$(1)),DEBUG=1)
define one_build
	@echo "  BUILD   $(1)"
	@$(MAKE) --no-print-directory -j$(JOBS) -s all user-tests $(words)

endef
# Two machines more at a time than processors, for some sleep, where pytest can (Debian: python3-pytest-xdist).
PARALLEL = $(shell $(PYTHON) -c 'import xdist; print("-n", $(JOBS) + 2, "--dist loadgroup")' 2>/dev/null)

test: tools-build-run-card-test$(if $(findstring llvm,$(BUILDS)),-llvm)
	$(foreach b,$(subst $(comma), ,$(BUILDS)),$(call one_build,$(b)))
	@echo "  BUILD   host tests"
	@$(MAKE) --no-print-directory -j$(JOBS) -s host-tests abi-check
	$(Q)SEXTANT_BUILD=$(abspath $(O)) $(PYTHON) -m pytest -p no:cacheprovider -v --tb=short $(PARALLEL) \
		grade/suite --builds $(BUILDS) $(if $(TESTS),-k "$(TESTS)") $(PYTEST) </dev/null

STATES	?= 20000
SEED	?= 1
crash: tools-build-run-test
	@$(MAKE) --no-print-directory -j$(JOBS) -s all user-tests
	$(Q)SEXTANT_BUILD=$(abspath $(O)) $(PYTHON) -m grade.crash --states $(STATES) --seed $(SEED) --only "$(ONLY)"

CALLS	?= 1000000
.PHONY: hostile-calls
hostile-calls: tools-build-run-test
	$(call one_build,debug)
	$(Q)SEXTANT_BUILD=$(abspath $(O)) $(PYTHON) -m grade.hostile --calls $(CALLS) --seed $(SEED)

SETS	?= 2000
.PHONY: sched-proof
sched-proof: tools-build-run-test
	@$(MAKE) --no-print-directory -j$(JOBS) -s all user-tests
	$(Q)SEXTANT_BUILD=$(abspath $(O)) $(PYTHON) -m grade.sched --sets $(SETS) --seed $(SEED) --only "$(ONLY)"

LOOPS	?= 5000
.PHONY: rt-tests
rt-tests: tools-build-run-test
	@$(MAKE) --no-print-directory -j$(JOBS) -s all
	$(Q)SEXTANT_BUILD=$(abspath $(O)) $(PYTHON) -m grade.rttests --loops $(LOOPS) $(if $(LINUX),--linux "$(LINUX)") \
		$(if $(filter command line environment,$(origin CPUS)),--cpus $(CPUS))

# Labs (docs/labs/): TREE=dir grades that one by this one's tests, SEEDS=file runs the held-back tests, RESULTS=dir saves.
LAB_PY	 = $(Q)SEXTANT_BUILD=$(O) $(PYTHON) -m grade.lab
.PHONY: grade handout carry lab-selftest
grade: tools-build-run-test
	$(LAB_PY) grade $(LAB) $(if $(T),--test "$(T)") $(if $(filter command line environment,$(origin SEED)),--seed $(SEED)) \
		$(if $(SEEDS),--seeds $(SEEDS)) $(if $(TREE),--tree $(TREE)) $(if $(RESULTS),--results $(RESULTS))

handout:
	$(if $(and $(LAB),$(OUT)),,$(error say which and where: make handout LAB=name OUT=dir))
	$(LAB_PY) handout $(LAB) $(OUT)

# A student's earlier work, into this tree.
carry:
	$(if $(FROM),,$(error say from where: make carry FROM=dir, of one lab LAB=name))
	$(LAB_PY) carry $(FROM) $(LAB)

# What students handed in: FROM is a folder, a tar or a zip. And what a course's system needs to do the same.
.PHONY: submission package
submission: tools-build-run-test
	$(if $(and $(LAB),$(FROM)),,$(error say which and what: make submission LAB=name FROM=what RESULTS=dir))
	$(LAB_PY) submission $(LAB) $(FROM) $(if $(SEEDS),--seeds $(SEEDS)) $(if $(RESULTS),--results $(RESULTS))

package:
	$(if $(and $(LAB),$(OUT)),,$(error say which and where: make package LAB=name OUT=dir, held-back seeds SEEDS=file))
	$(LAB_PY) package $(LAB) $(OUT) $(if $(SEEDS),--seeds $(SEEDS))

# Of LAB, or of all: reference, handout, mutants, cheats, repeats under load (REPEATS=n; ONLY="mutant x").
REPEATS	?= 10
lab-selftest: tools-build-run-test tools-build-run-test-llvm
	$(LAB_PY) selftest $(LAB) --repeats $(REPEATS) --only "$(ONLY)"

# On a board, over its serial line (docs/porting.md).
.PHONY: board-test
board-test: tools-build-test
	$(if $(TTY),,$(error On which line is the board?  make board-test TTY=/dev/ttyUSB0))
	@$(MAKE) --no-print-directory -j$(JOBS) -s all user-tests
	$(Q)SEXTANT_BUILD=$(abspath $(O)) $(PYTHON) -m grade.board --tty "$(TTY)" $(if $(BAUD),--baud $(BAUD)) \
		--power-on "$(POWER_ON)" --power-off "$(POWER_OFF)" --reset "$(RESET)" $(if $(BOOT),--boot $(BOOT)) \
		$(if $(SAMPLE),--sample $(SAMPLE) --seed $(SEED)) $(TESTS)

bench: tools-build-run
	@$(MAKE) --no-print-directory -j$(JOBS) -s all user-tests
	$(Q)SEXTANT_BUILD=$(abspath $(O)) $(PYTHON) -m grade.bench --kernel $(O)/Image $(ROWS)

.PHONY: scaling
scaling: tools-build-run-test
	@$(MAKE) --no-print-directory -j$(JOBS) -s all user-tests
	$(Q)SEXTANT_BUILD=$(abspath $(O)) $(PYTHON) -m grade.scaling $(if $(LINUX),--linux "$(LINUX)")

lint: tools-build-lint
	$(Q)$(PYTHON) tools/lint.py

doctor:
	@sh tools/doctor check

compile_commands.json:
	$(Q)$(MAKE) -Bnw V=1 all | $(PYTHON) tools/compile-commands.py > $@

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

# The disks have the user's files: only `make fresh' takes those.
clean:
	rm -rf $(filter-out build/disk.img% build/debian-disk.img%,$(wildcard build/*)) out
