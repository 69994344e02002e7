"""Both sides of the border, in gdb: kernel and programs, whichever of them a hart is in (sextant.gdb imports this).

    program [NAME]      know a program's symbols, besides the kernel's
    ubreak LOCATION     a breakpoint in that program, and in no other
    enter, leave        go on until this task traps into the kernel; until it is back in its program
    across COMMAND      in a program: any command that wants the kernel's memory

QEMU lets a debugger read what the hart may read just then: in the kernel all, in a program no kernel memory.  So whoever
looks makes the hart the kernel for that moment, and then what it was:

    with both():
        gdb.parse_and_eval("*(struct task *)...")

Programs are linked to the same addresses, so the symbols of one at a time are known: the program command's.
"""

import os
import subprocess

import gdb

SUPERVISOR = 1                          # $priv
IN_KERNEL = 1 << 38                     # the first address past programs'
FOLDERS = ("bin", "tests", "bench", "sched")


def number(expression):
    """An expression's value, without a sign."""
    return int(gdb.parse_and_eval(expression)) & (1 << 64) - 1


class both:
    """While it lasts the selected hart can be asked for all memory."""

    def __enter__(self):
        self.priv = number("$priv")
        if self.priv != SUPERVISOR:
            gdb.execute(f"set $priv = {SUPERVISOR}")

    def __exit__(self, *exc):
        if self.priv != SUPERVISOR:
            gdb.execute(f"set $priv = {self.priv}")


def task_pointer(address):
    return gdb.Value(address).cast(gdb.lookup_type("struct task").pointer())


def in_program():
    """Is the selected hart in a program?"""
    return number("$pc") < IN_KERNEL and number("$priv") == 0


def current():
    """The selected hart's task: in a program sscratch is it, in the kernel tp.  Before there are any: an error."""
    address = number("$sscratch") or number("$tp")
    if number("$priv") > SUPERVISOR or address < IN_KERNEL:
        raise gdb.GdbError("This hart runs no task: it is in the firmware, or the kernel has just begun.")
    return task_pointer(address)


def program_name(task):
    """Of the file that a task runs; None for a kernel thread.  Inside of both()."""
    if not task["mm"] or not task["mm"]["exe"]:
        return None
    return task["mm"]["exe"]["path"]["dentry"]["name"].string()


# ---- symbols ----

class Symbols:
    """Whose symbols are known besides the kernel's."""

    name = file = None

    def find(self, name):
        """The file with a program's symbols, made if need be; None if it is none of ours."""
        top = os.path.relpath(os.path.dirname(gdb.objfiles()[0].filename))
        for folder in FOLDERS:
            path = os.path.relpath(os.path.realpath(os.path.join(top, "user", folder, name)))
            if os.path.exists(path):
                file = f"{path}.debug"
                made = subprocess.run(["make", "-s", f"O={top}", file], capture_output=True, text=True)
                if made.returncode:
                    raise gdb.GdbError(f"make O={top} {file}: {made.stderr}")
                return file
        return None

    def load(self, name):
        file = name if os.path.isfile(name) else self.find(name)
        if not file:
            raise gdb.GdbError(f"{name} is no program of user/, nor a file with symbols.")
        if self.file:
            gdb.execute(f"remove-symbol-file {self.file}")
        self.file = self.name = None
        gdb.execute(f"add-symbol-file {file}", to_string=True)
        self.file, self.name = file, os.path.basename(name).removesuffix(".debug")
        print(f"Symbols of {self.name}: {file}")


symbols = Symbols()


class Program(gdb.Command):
    """program [NAME|FILE]: know the symbols of a program, besides the kernel's.
Without a name: of the program that the selected hart runs, or is in the kernel for."""

    def __init__(self):
        super().__init__("program", gdb.COMMAND_USER)

    def invoke(self, argument, from_tty):
        name = argument.strip()
        if not name:
            with both():
                name = program_name(current())
            if not name:
                raise gdb.GdbError("A kernel thread: it runs no program.")
        symbols.load(name)


class Across(gdb.Command):
    """across COMMAND: from a program, do COMMAND with the kernel's memory readable, too: across print *init_task"""

    def __init__(self):
        super().__init__("across", gdb.COMMAND_USER, gdb.COMPLETE_COMMAND)

    def invoke(self, argument, from_tty):
        with both():
            gdb.execute(argument, from_tty)


# ---- across the border, and on ----

class Current(gdb.Function):
    """$current(): the selected hart's task."""

    def __init__(self):
        super().__init__("current")

    def invoke(self):
        return current()


class Running(gdb.Function):
    """$running(NAME): does the selected hart's task run the program NAME?  For conditions of breakpoints.
It asks for physical memory: a condition may not change registers."""

    def __init__(self):
        super().__init__("running")

    def invoke(self, name):
        address = number("$sscratch") or number("$tp")
        at = int(gdb.parse_and_eval("(unsigned long)&((struct task *)0)->comm"))
        direct = (1 << 64) - (1 << 38)                  # DIRECT_BASE of mm/layout.h
        if not direct <= address < direct + (1 << 37):
            return False
        gdb.execute("maintenance packet Qqemu.PhyMemMode:1", to_string=True)
        try:
            comm = bytes(gdb.selected_inferior().read_memory(address - direct + at, 16))
        finally:
            gdb.execute("maintenance packet Qqemu.PhyMemMode:0", to_string=True)
        return comm.split(b"\0")[0] == name.string().encode()[:15]


class UserBreak(gdb.Command):
    """ubreak LOCATION: a breakpoint in the program whose symbols are known (program), which may not even have started.
Other programs have the same addresses; they do not stop there."""

    def __init__(self):
        super().__init__("ubreak", gdb.COMMAND_USER, gdb.COMPLETE_LOCATION)

    def invoke(self, argument, from_tty):
        if not symbols.name:
            raise gdb.GdbError("In which program?  First: program NAME")
        gdb.execute(f'hbreak {argument} if $running("{symbols.name}")')


def run_to(address, task):
    """Go on until the task, and no other, is at an address."""
    gdb.Breakpoint(f"*{address:#x}", type=gdb.BP_HARDWARE_BREAKPOINT, internal=True, temporary=True).condition = (
        f"$sscratch == {int(task):#x}")
    gdb.execute("continue")


class Enter(gdb.Command):
    """enter: from a program, go on until this task traps into the kernel: a call, a fault, or an interrupt."""

    def __init__(self):
        super().__init__("enter", gdb.COMMAND_USER)

    def invoke(self, argument, from_tty):
        if not in_program():
            raise gdb.GdbError("This hart is in the kernel already.")
        run_to(number("(unsigned long)&trap_entry"), current())


class Leave(gdb.Command):
    """leave: from the kernel, go on until this task is back in its program, where it left it.
A signal's handler, a new program or the task's end may come first: then something else stops the machine."""

    def __init__(self):
        super().__init__("leave", gdb.COMMAND_USER)

    def invoke(self, argument, from_tty):
        if in_program():
            raise gdb.GdbError("This hart is in a program already.")
        task = current()
        with both():
            if not task["mm"]:
                raise gdb.GdbError("A kernel thread: it never leaves.")
            frame = task["arch"]["kernel_sp"].cast(gdb.lookup_type("struct trapframe").pointer())
            address = int(frame["pc"])
        run_to(address, task)


for command in (Program, Across, Current, Running, UserBreak, Enter, Leave):
    command()
