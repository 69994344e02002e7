# host.mk - what is checked on the build machine: lib/'s tests and fuzzers, and the user ABI.
#
#   host-tests	builds every lib/X_test.c and lib/X_fuzz.c as $(O)/host/X_test, X_fuzz,
#		with the address and undefined-behaviour sanitizers; running them is the caller's.
#		drivers/F/X_test.c is built with X.c as $(O)/host/drivers/F/X_test
#   abi-check	compares include/abi/ with the headers of Linux and of the C library

HOSTCC	?= gcc
ABI_CC	?= riscv64-linux-gnu-gcc
HOSTDIR	:= $(O)/host
HOST_CFLAGS := -std=gnu11 -g -O1 -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare \
	   -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
	   -fno-strict-aliasing -I. -Iinclude -include lib/host_rename.h

HOST_LIB := $(patsubst %.c,$(HOSTDIR)/%.o,$(filter-out %_test.c %_fuzz.c %_check.c,$(wildcard lib/*.c)))
HOST_PROGS := $(patsubst lib/%.c,$(HOSTDIR)/%,$(wildcard lib/*_test.c lib/*_fuzz.c))

.PHONY: host-tests abi-check
host-tests: $(HOST_PROGS)

$(HOSTDIR)/lib/%.o: lib/%.c lib/host_rename.h
	@mkdir -p $(@D)
	$(call say,HOSTCC,$<)
	$(Q)$(HOSTCC) $(HOST_CFLAGS) -MMD -MP -c -o $@ $<

# An archive: a test takes from it what it calls, and may supply what that calls in turn.
$(HOSTDIR)/lib.a: $(HOST_LIB)
	$(Q)rm -f $@
	$(Q)ar rcs $@ $^

$(HOST_PROGS): $(HOSTDIR)/%: $(HOSTDIR)/lib/%.o $(HOSTDIR)/lib.a
	$(call say,HOSTLD,$@)
	$(Q)$(HOSTCC) $(HOST_CFLAGS) -o $@ $^

.SECONDARY: $(HOST_LIB) $(HOST_PROGS:$(HOSTDIR)/%=$(HOSTDIR)/lib/%.o)
-include $(wildcard $(HOSTDIR)/lib/*.d)

# A driver's part that has no device in it, on fs/host's idea of the machine's headers.
HOST_DRIVERS := $(patsubst %.c,$(HOSTDIR)/%,$(wildcard drivers/*/*_test.c))

host-tests: $(HOST_DRIVERS)

$(HOST_DRIVERS): $(HOSTDIR)/%_test: %_test.c %.c $(HOSTDIR)/lib.a $(wildcard drivers/*/*.h lib/*.h fs/host/include/*/*.h)
	@mkdir -p $(@D)
	$(call say,HOSTLD,$@)
	$(Q)$(HOSTCC) -D__KERNEL__ -Ifs/host/include $(filter-out -include lib/host_rename.h,$(HOST_CFLAGS)) \
		-Iarch/riscv/include -include fs/host/rename.h -o $@ $(filter %.c %.a,$^)

# A card is tested with the language it speaks.
$(HOSTDIR)/drivers/mmc/sd_card_test: drivers/mmc/sd_spi.c

abi-check: tools/abi-check.py $(wildcard include/abi/*.h)
	$(call say,CHECK,include/abi)
	$(Q)$(PYTHON) tools/abi-check.py --cc $(ABI_CC)
