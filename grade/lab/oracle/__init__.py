"""Judges that look at a machine from outside: sv39 page tables and memory, gdbstub registers, host a file by itself, ..."""
