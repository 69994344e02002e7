"""More of what `make gdb` knows (sextant.gdb imports this): address spaces, page tables, queues, locks, the log.

    areas [TASK]            the ranges of a task's address space: the one that runs, unless an expression says which
    pagetable ADDR [TASK]   the entries on the way from the root to an address
    runqueues               who waits on each cpu, in the order of the tree or list
    held [TASK]             the locks it holds (debug build)
    kernel-log [LINES]      the end of the kernel's log

They only read memory: no function of the kernel is called, so they work anywhere it stops.
"""

import gdb

from sextant_border import both, current

DIRECT_BASE = 0xFFFFFFC000000000        # mm/layout.h
PTE_BITS = "VRWXUGAD"                   # from bit 0 on: privileged specification, 4.4.1
PERMISSIONS = ((1, "r"), (2, "w"), (4, "x"))            # VM_READ and so on, mm/mm.h


def value(text):
    return gdb.parse_and_eval(text)


def task(words):
    """The task that an expression names; without one, the one that runs here."""
    return value(words).cast(gdb.lookup_type("struct task").pointer()) if words else current()


def holder(node, type, member):
    """The object of a type that a node, a member of it, is in."""
    t = gdb.lookup_type(type)
    offset = next(f.bitpos // 8 for f in t.fields() if f.name == member)
    return gdb.Value(int(node) - offset).cast(t.pointer())


def in_order(node):
    """The nodes of a red-black tree below one."""
    path = []
    while path or node:
        while node:
            path.append(node)
            node = node["left"]
        node = path.pop()
        yield node
        node = node["right"]


def listed(head):
    """The links of a list (lib/list.h)."""
    link = head["next"]
    while link != head.address:
        yield link
        link = link["next"]


def symbol(address):
    """A name for an address of the kernel, as <name+1>."""
    return gdb.execute(f"info symbol {int(address):#x}", to_string=True).split(" in section")[0].strip()


class Command(gdb.Command):
    """One that may be asked in a program, too."""

    def invoke(self, words, tty):
        with both():
            self.show(words)


class Areas(Command):
    """The areas of a task's address space: areas [TASK]."""

    def show(self, words):
        mm = task(words)["mm"]
        if not mm:
            print("a kernel thread: it has no address space")
            return
        for node in in_order(mm["areas"]["node"]):
            a = holder(node, "struct area", "node")
            flags = int(a["flags"])
            print(f"{int(a['start']):012x}-{int(a['end']):012x} " + "".join(c if flags & bit else "-" for bit, c in PERMISSIONS) +
                  (f"  file {int(a['file']):#x} page {int(a['pgoff'])}" if a["file"] else ""))


class PageTable(Command):
    """What the page tables say of an address: pagetable ADDR [TASK]."""

    def show(self, words):
        address, *whose = gdb.string_to_argv(words)
        at, mm = int(value(address)) % 2 ** 64, task(" ".join(whose))["mm"]
        table = int(mm["root"] if mm else value("&kernel_root")) % 2 ** 64
        for level in (2, 1, 0):
            where = table + (at >> 12 + 9 * level & 511) * 8
            entry = int.from_bytes(gdb.selected_inferior().read_memory(where, 8).tobytes(), "little")
            pa = (entry >> 10 & (1 << 44) - 1) << 12
            bits = "".join(c if entry >> i & 1 else "-" for i, c in enumerate(PTE_BITS))
            print(f"level {level}: at {where:#x}: {entry:#018x}  {bits}  {pa:#x}")
            if not entry & 1 or entry & 14:
                return                  # nothing there, or a leaf
            table = pa + DIRECT_BASE


class RunQueues(Command):
    """Who runs and who waits on each cpu."""

    def show(self, words):
        for cpu in range(int(value("ncpus"))):
            rq = value(f"rq_of_cpu[{cpu}]")
            print(f"cpu {cpu}: {self.name(rq['curr'])} runs, {int(rq['nr_ready'])} wait")
            for prio in range(99, 0, -1):
                for link in listed(rq["rt"]["list"][prio]):
                    print(f"   real time {prio}: {self.name(self.of(link, 'link'))}")
            for node in in_order(rq["fair"]["tree"]["node"]):
                t = self.of(node, "node")
                print(f"   fair: {self.name(t)}, deadline {int(t['se']['deadline'])}")
            for link in listed(rq["rr"]):
                print(f"   round robin: {self.name(self.of(link, 'link'))}")

    @staticmethod
    def of(link, member):
        return holder(holder(link, "struct sched_entity", member), "struct task", "se")

    @staticmethod
    def name(t):
        return f"task {int(t['pid'])} {t['comm'].string()}"


class Held(Command):
    """The locks that a task holds: held [TASK]. Only the debug build knows."""

    def show(self, words):
        t = task(words)
        if "nheld" not in [f.name for f in t.dereference().type.fields()]:
            print("only a debug build knows: make DEBUG=1")
            return
        for i in range(int(t["nheld"])):
            h = t["held"][i]
            print(f"{symbol(h['lock'])} at {int(h['lock']):#x}, rank {int(h['rank'])}, taken by {symbol(h['caller'])}")
        print(f"{int(t['nheld'])} held by task {int(t['pid'])}")


class KernelLog(Command):
    """The end of the kernel's log: kernel-log [LINES]."""

    def show(self, words):
        ring, start, end = (value(f"'kernel/printk.c'::{n}") for n in ("ring", "start", "end"))
        size = ring.type.sizeof
        memory = gdb.selected_inferior().read_memory(int(ring.address), size).tobytes()
        text = bytes(memory[i % size] for i in range(int(start), int(end))).decode(errors="replace")
        print("\n".join(text.rstrip("\n").split("\n")[-int(words or 20):]))


for name, command in (("areas", Areas), ("pagetable", PageTable), ("runqueues", RunQueues), ("held", Held),
                      ("kernel-log", KernelLog)):
    command(name, gdb.COMMAND_DATA)
