# host.mk - the kernel's file-system code as programs of the build machine, with the sanitizers (fs/host/README.md).
#
#   fs-host-tests	builds every fs/*/X_test.c and X_fuzz.c as $(O)/host/fs/*/X_test; running them is the caller's
#   $(O)/host/fs/ext4/balloc_test	one of them

FSHOST_DIR := $(HOSTDIR)/fs
FSHOST_CFLAGS := -std=gnu11 -g -O1 -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare \
	   -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
	   -fno-strict-aliasing -fwrapv -D__KERNEL__ -DDEBUG \
	   -Ifs/host/include -I. -Iinclude -Iarch/riscv/include -include fs/host/rename.h

# Of the kernel: what works without the machine. Of fs/: all that a mounted file system needs.
FSHOST_KERNEL := $(addprefix kernel/,mutex.c pi.c waitq.c spinlock.c lockcheck.c timer.c)
FSHOST_FS := $(filter-out fs/async.c fs/poll.c,$(wildcard fs/*.c)) $(filter-out fs/dev/kmsg.c,$(wildcard fs/dev/*.c)) mm/uio.c kernel/fdtable.c \
	   $(filter-out mm/pagetable.c,$(wildcard mm/page*.c)) $(wildcard mm/readahead.c mm/truncate.c mm/reclaim.c)
FSHOST_SRC := $(filter-out %_test.c %_fuzz.c,$(FSHOST_KERNEL) $(FSHOST_FS) \
	   $(addprefix fs/host/,machine.c context.c memory.c disk.c kernel.c user.c os.c mount.c hostile.c) \
	   $(wildcard fs/jbd2/*.c fs/ext4/*.c))
FSHOST_OBJ := $(FSHOST_SRC:%.c=$(FSHOST_DIR)/obj/%.o) $(FSHOST_DIR)/obj/fs/host/switch.o
FSHOST_TESTS := $(wildcard fs/host/*_test.c $(foreach d,jbd2 ext4,fs/$(d)/*_test.c fs/$(d)/*_fuzz.c))
FSHOST_PROGS := $(FSHOST_TESTS:fs/%.c=$(FSHOST_DIR)/%)

.PHONY: fs-host-tests
host-tests: fs-host-tests
fs-host-tests: $(FSHOST_PROGS)

$(FSHOST_DIR)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,HOSTCC,$<)
	$(Q)$(HOSTCC) $(FSHOST_CFLAGS) -MMD -MP -c -o $@ $< $(if $(K),|| rm -f $@)

$(FSHOST_DIR)/obj/%.o: %.S
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -c -o $@ $<

# An archive: a test takes what it calls, so that what is not finished elsewhere does not stop it.
$(FSHOST_DIR)/fs.a: $(FSHOST_OBJ)
	$(Q)rm -f $@
	$(Q)ar rcs $@ $(if $(K),$$(ls $^ 2>/dev/null),$^)

$(FSHOST_PROGS): $(FSHOST_DIR)/%: $(FSHOST_DIR)/obj/fs/%.o $(FSHOST_DIR)/fs.a $(HOSTDIR)/lib.a
	@mkdir -p $(@D)
	$(call say,HOSTLD,$@)
	$(Q)$(HOSTCC) $(FSHOST_CFLAGS) -o $@ $^

.SECONDARY: $(FSHOST_OBJ) $(FSHOST_TESTS:%.c=$(FSHOST_DIR)/obj/%.o)
-include $(shell find $(FSHOST_DIR) -name '*.d' 2>/dev/null)
