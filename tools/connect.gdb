# connect.gdb: to the machine that `make run-gdb` holds; the port is the Makefile's GDBPORT.
set architecture riscv:rv64
python
import os
gdb.execute(f"target remote 127.0.0.1:{os.getuid() % 20000 + 25000}")
end
source tools/sextant.gdb
