# port.mk - make port-check: the kernel's matching of drivers and lib/'s device-tree reader, on the build machine.

PORT_SRC := $(wildcard tools/port/*.c) drivers/driver.c drivers/spi/spi.c
PORT_FLAGS = -D__KERNEL__ -I. -Ifs/host/include $(filter-out -include lib/host_rename.h,$(HOST_CFLAGS)) \
	   -Iarch/riscv/include -include fs/host/rename.h

$(HOSTDIR)/port-check: $(PORT_SRC) tools/port/port.h drivers/drivers.def drivers/spi/chips.def drivers/driver.h $(HOSTDIR)/lib.a
	$(call say,HOSTLD,$@)
	$(Q)$(HOSTCC) $(PORT_FLAGS) -o $@ $(filter %.c %.a,$^)

host-tests: $(HOSTDIR)/port-check

.PHONY: port-check
port-check: tools-build-host
	$(if $(DTB),,$(error Of which machine?  make port-check DTB=file))
	@$(MAKE) --no-print-directory -s $(O)/kernel.elf $(HOSTDIR)/port-check
	$(Q)$(HOSTDIR)/port-check $(O)/kernel.elf $(DTB)
