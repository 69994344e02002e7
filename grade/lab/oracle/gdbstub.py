"""QEMU's gdb stub, spoken to directly: stop a hart at a function, look at its registers, change one, go on.

    machine = lab.machine(extra=gdbstub.words(path))    # path: of a socket that is made
    stub = gdbstub.Stub(path, machine)
    stub.stop_at(gdbstub.symbol(elf, "sys_uname"), meanwhile=lambda: machine.send("uname\\n"))
    stub.write("a0", 0)
    stub.go_on()

Further: "Remote Protocol" in the manual of gdb.  One hart; registers by their ABI names.
"""

import os
import select
import shutil
import socket
import subprocess
import time

NAMES = ("zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6 pc").split()
PATIENCE = 120                          # seconds of the host


def words(path):
    """QEMU's, for a stub at that socket."""
    return ["-gdb", f"unix:{path},server=on,wait=off"]


def symbol(elf, name):
    """Where a function of the kernel is."""
    nm = next(t for t in ("riscv64-linux-gnu-nm", "riscv64-unknown-elf-nm", "riscv64-elf-nm", "llvm-nm") if shutil.which(t))
    listing = subprocess.run([nm, str(elf)], capture_output=True, text=True, check=True).stdout
    for row in listing.splitlines():
        address, _, what = row.partition(" ")
        if what.split()[-1] == name:
            return int(address, 16)
    raise AssertionError(f"{elf.name} has no function {name}")


class Stub:
    def __init__(self, path, machine):
        self._machine = machine                 # what its console says is taken while this waits
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))         # the machine stops
        self._data = b""
        self._send("qSupported")
        while "PacketSize" not in self._answer():       # first QEMU says that the machine stopped
            pass
        self._ask("qXfer:features:read:target.xml:0,ffb")       # QEMU lets single registers be asked for after this

    def close(self):
        self._socket.close()

    def _send(self, text):
        self._socket.sendall(f"${text}#{sum(text.encode()) % 256:02x}".encode())

    def _heard(self, seconds):
        """Wait at most so long for the stub to say something; whether it did."""
        end = time.monotonic() + seconds
        while self._socket not in select.select([self._socket, self._machine.console], [], [], .2)[0]:
            self._machine.listen()
            if time.monotonic() > end:
                return False
        return True

    def _answer(self):
        while True:
            begin = self._data.find(b"$")
            end = self._data.find(b"#", begin)
            if begin >= 0 and 0 <= end <= len(self._data) - 3:
                text, self._data = self._data[begin + 1:end].decode(), self._data[end + 3:]
                self._socket.sendall(b"+")
                return text
            if not self._heard(PATIENCE):
                raise TimeoutError(f"the gdb stub has said nothing for {PATIENCE} s")
            try:
                more = self._socket.recv(65536)
            except ConnectionResetError:
                more = b""
            if not more:
                raise AssertionError("the machine ended while it was held at a function")
            self._data += more

    def _ask(self, text):
        self._send(text)
        return self._answer()

    def read(self, register):
        return int.from_bytes(bytes.fromhex(self._ask(f"p{NAMES.index(register):x}")), "little")

    def write(self, register, value):
        answer = self._ask(f"P{NAMES.index(register):x}={value.to_bytes(8, 'little').hex()}")
        if answer != "OK":
            raise OSError(f"the gdb stub does not write {register}: {answer}")

    def go_on(self):
        self._send("c")

    def stop_at(self, address, meanwhile=None, seconds=60):
        """Go on until a hart is about to execute `address`.  Whether it came there."""
        self._ask(f"Z1,{address:x},4")
        self._send("c")
        if meanwhile:
            meanwhile()
        here = self._heard(seconds)
        if not here:
            self._socket.sendall(b"\x03")
        self._answer()
        self._ask(f"z1,{address:x},4")
        return here


def path(folder, tag):
    """Of a socket: short, for the system allows 100 characters."""
    made = os.path.join(folder, f"g{tag}")
    return made if len(made) < 100 else f"/tmp/sextant-gdb-{os.getpid()}-{tag}"
