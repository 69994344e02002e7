# user.mk - programs, the initramfs and the root disks. Included by the Makefile, which defines CC, O, P, Q, say.
#
#   user/lib      the C library           -> $(P)/user/libc.a
#   user/bin      X.c or X/*.c            -> $(P)/user/bin/X      (common/: what they share)
#   user/tests    X.c: guest tests        -> $(P)/user/tests/X   (make user-tests; not in the initramfs)
#   user/bench    X.c                     -> $(P)/user/bench/X   (likewise)
#   user/sched    X.c: what grade/sched watches  -> $(P)/user/sched/X   (likewise)
#   user/threads  *.c, one program        -> $(O)/threads-glibc, -musl   (for grade/suite/test_threads.py)
#
# Objects are in $(P)/user/obj.  What make X makes, make X.debug makes with its symbols, for `make gdb`.

ULIB	:= $(patsubst user/%.c,$(P)/user/obj/%.o,$(wildcard user/lib/*.c)) \
	   $(patsubst user/%.S,$(P)/user/obj/%.o,$(filter-out user/lib/crt0.S,$(wildcard user/lib/*.S)))
UPROGS	:= $(sort $(patsubst user/bin/%.c,%,$(wildcard user/bin/*.c)) \
	   $(patsubst user/bin/%/,%,$(filter-out user/bin/common/,$(wildcard user/bin/*/))))
UCOMMON	:= $(patsubst user/%.c,$(P)/user/obj/%.o,$(wildcard user/bin/common/*.c))
UTESTS	:= $(patsubst user/%.c,$(P)/user/%,$(wildcard $(addsuffix /*.c,user/tests user/bench user/sched)))

# The compiler's own headers (stddef.h, stdarg.h, stdbool.h) and ours: nothing of the host's.
UINC	:= -nostdinc -isystem $(shell $(CC) -print-file-name=include 2>/dev/null) -Iuser/lib/include -Iinclude
UFLAGS	:= -std=gnu11 -Os -g $(WARN) -fno-common -fno-strict-aliasing -fno-pic -fno-pie -fwrapv \
	   -fno-asynchronous-unwind-tables -fno-stack-protector -ffunction-sections -fdata-sections \
	   -march=rv64imac -mabi=lp64 -mcmodel=medany -D_GNU_SOURCE $(UINC)
UFLAGS	+= $(if $(LLVM),-Wno-unused-command-line-argument -mno-relax)
# The library defines memcpy itself: its loops must not be turned into calls of it.
ULIBFLAGS := -ffreestanding $(if $(LLVM),,-fno-tree-loop-distribute-patterns)
ULDFLAGS := -static -nostdlib -no-pie $(if $(LLVM),-fuse-ld=lld) -Wl,--gc-sections -Wl,--build-id=none \
	   -Wl,-z,noseparate-code -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,-s
SYMBOLS	 = $(if $(filter %.debug,$(1)),$(filter-out %-s,$(ULDFLAGS)),$(ULDFLAGS))
UAR	:= $(if $(LLVM),llvm-ar,$(CROSS)ar)
UCRT	:= $(P)/user/obj/lib/crt0.o
UBASE	:= $(UCRT) $(P)/user/libcommon.a $(P)/user/libc.a

$(P)/user/obj/%.o: user/%.c
	@mkdir -p $(@D)
	$(call say,UCC,$<)
	$(Q)$(CC) $(UFLAGS) $(if $(filter user/lib/%,$<),$(ULIBFLAGS)) -MMD -MP -c -o $@ $<

$(P)/user/obj/%.o: user/%.S
	@mkdir -p $(@D)
	$(call say,UAS,$<)
	$(Q)$(CC) $(UFLAGS) -MMD -MP -c -o $@ $<

$(P)/user/libc.a: $(ULIB)
	$(call say,UAR,$@)
	$(Q)rm -f $@ && $(UAR) rcs $@ $(ULIB)

$(P)/user/libcommon.a: $(UCOMMON)
	$(call say,UAR,$@)
	$(Q)rm -f $@ && $(UAR) rcs $@ $(UCOMMON)

# Tests may use floating-point registers; the calling convention stays the library's.
$(UTESTS:$(P)/user/%=$(P)/user/obj/%.o): UFLAGS += -march=rv64gc

# One rule per program: its objects are X.c, or every file of the folder X.
define UPROG
UOBJ_$(1) := $(patsubst user/%.c,$(P)/user/obj/%.o,$(wildcard user/bin/$(1).c user/bin/$(1)/*.c))
$(P)/user/bin/$(1) $(P)/user/bin/$(1).debug: $$(UOBJ_$(1)) $(UBASE)
	@mkdir -p $$(@D)
	$$(call say,ULINK,$$@)
	$$(Q)$$(CC) $(UFLAGS) $$(call SYMBOLS,$$@) -o $$@ $(UCRT) $$(UOBJ_$(1)) $(P)/user/libcommon.a $(P)/user/libc.a
endef
$(foreach p,$(UPROGS),$(eval $(call UPROG,$(p))))

define LINK_TEST
	@mkdir -p $(@D)
	$(call say,ULINK,$@)
	$(Q)$(CC) $(UFLAGS) $(call SYMBOLS,$@) -o $@ $(UCRT) $< $(P)/user/libc.a
endef
$(UTESTS): $(P)/user/%: $(P)/user/obj/%.o $(UBASE)
	$(LINK_TEST)
$(UTESTS:=.debug): $(P)/user/%.debug: $(P)/user/obj/%.o $(UBASE)
	$(LINK_TEST)

.PHONY: user-tests user-cc
user-tests: $(UTESTS)

# How grade/lab makes a lab's program: the words of the command, with %in and %out.
user-cc:
	@echo '$(CC) $(UFLAGS) -march=rv64gc $(ULDFLAGS) -o %out $(UCRT) %in $(P)/user/libc.a'

# A build that borrows its programs has a link to them, to be like others.
ifneq ($(P),$(O))
.PHONY: borrowed
all user-tests: borrowed
borrowed:
	$(Q)mkdir -p $(O) && { [ -L $(O)/user ] || rm -rf $(O)/user; } && ln -sfnr $(P)/user $(O)/user
endif

$(O)/initramfs.cpio: $(addprefix $(P)/user/bin/,$(UPROGS)) user/mkinitramfs.py $(wildcard user/etc/*)
	$(call say,CPIO,$@)
	$(Q)$(PYTHON) user/mkinitramfs.py $@ $(P)/user/bin user/etc

# The same on a disk.
$(O)/root.img: $(addprefix $(P)/user/bin/,$(UPROGS)) user/mkroot.py user/mkinitramfs.py $(wildcard user/etc/*)
	$(call say,MKE2FS,$@)
	$(Q)$(PYTHON) user/mkroot.py build $@ $(P)/user/bin user/etc

# Debian's programs on a disk, with our init.
$(O)/debian.img: $(addprefix $(P)/user/bin/,init poweroff) user/mkdebian.py user/mkroot.py tools/fetch-debian
	$(call say,DEBIAN,$@)
	$(Q)$(PYTHON) user/mkdebian.py $@ $(P)/user/bin

# The threads suite is about other people's C libraries, so it takes their compiler, whatever compiles the kernel.
THREADS_CC = $(firstword $(CROSS) riscv64-linux-gnu-)gcc
THREADS_FLAGS := -std=gnu11 -O2 -g $(WARN) -D_GNU_SOURCE
$(O)/threads-glibc: $(wildcard user/threads/*.[ch])
	$(call say,GLIBC,$@)
	$(Q)$(THREADS_CC) $(THREADS_FLAGS) -pthread -static -o $@ $(filter %.c,$^)

$(O)/threads-musl: $(wildcard user/threads/*.[ch]) tools/musl-cc
	$(call say,MUSL,$@)
	$(Q)CC=$(THREADS_CC) tools/musl-cc $(O)/musl $(THREADS_FLAGS) -o $@ $(filter %.c,$^)

-include $(ULIB:.o=.d) $(UCOMMON:.o=.d) $(foreach p,$(UPROGS),$(UOBJ_$(p):.o=.d)) $(UTESTS:$(P)/user/%=$(P)/user/obj/%.d)
