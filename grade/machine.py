"""One QEMU machine under test: start it, type at it, read its answers, see how it ended.

    with Machine(cpus=2) as m:
        m.boot()
        out = m.run("echo hello")

Every wait has two limits, so that a loaded host does not fail a good kernel.

    timeout                 in the machine's own time.  With icount that is its mtime counter: one
                            nanosecond an instruction.  Without, it is the host CPU time that its
                            busiest hart has had, and elapsed time while every hart sleeps.
    timeout * HANG_FACTOR   in the host's time: the guard against a QEMU that hangs.

A wait that fails says what was expected, shows the last lines, and names the saved log
(out/NAME.log; every machine leaves one) and the command that starts the same machine by hand.

With firmware=FILE that is all the machine starts with: what it loads, it finds (on an SD card, say).

A disk is a path or a grade.disk.Disk; disks[0] is /dev/vda, and so on.

SEXTANT_KERNEL=IMAGE starts that kernel instead of the build's: the same test, initramfs and
programs on Linux, to see whether a test is right.  A kernel that has its disk drivers and ext4 in
modules finds them, for a machine with disks, in the folder `mod` beside the image (SEXTANT_MODULES).
"""

import contextlib
import ctypes
import fcntl
import json
import os
import re
import secrets
import select
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from grade.cpio import pack
from grade.disk import Disk

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out"
BUILD = ROOT / os.environ.get("SEXTANT_BUILD", "build")
FOREIGN = os.environ.get("SEXTANT_KERNEL")
HANG_FACTOR = float(os.environ.get("SEXTANT_HANG_FACTOR", "10"))
PROMPT = re.compile(rb"[#$] (?:\x1b\[[0-9;?]*[A-Za-z])*(?:$|\[ *\d+\.\d{6}\] )")    # last, or a kernel message after it
MTIME = 0x200BFF8                       # the CLINT's counter, at the same place on both boards
MTIME_HZ = {"virt": 10_000_000, "sifive_u": 1_000_000}
CLINT = 0x2000000                       # of sifive_u: a word for each hart's IPI, and its alarms
CLINT_ALARMS = CLINT + 0x4000           # a double word each, compared with the counter
VIRTIO_MMIO = 8                         # places for devices on virt
CONSOLE_ROOM = 1 << 20                  # bytes; what Linux gives any user
TICKS = os.sysconf("SC_CLK_TCK")
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
FOREIGN_MODULES = ("virtio_mmio", "virtio_blk", "crc16", "crc32c_generic", "libcrc32c", "mbcache", "jbd2", "ext4")


def foreign_initrd(kernel, initrd, build):
    """A file: the initrd with another kernel's modules for disks, which init's script loads; None without modules."""
    folder = Path(os.environ.get("SEXTANT_MODULES", kernel.parent / "mod"))
    modules = [p for name in FOREIGN_MODULES if (p := folder / f"{name}.ko").exists()]
    loader = ROOT / build / "user/tests/crashmodules"
    if not modules:
        return None
    if not loader.exists():
        raise MachineError(f"{loader} does not exist: run `make user-tests` first")
    files = {"mod": "dir", "mod/load": (0o100755, loader.read_bytes()),
             "etc/rc": (0o100755, ("/mod/load " + " ".join(f"/mod/{p.name}" for p in modules) + "\n").encode())}
    files |= {f"mod/{p.name}": p.read_bytes() for p in modules}
    OUT.mkdir(exist_ok=True)
    path = OUT / f"foreign-{os.getpid()}-{secrets.token_hex(4)}.cpio"
    path.write_bytes(initrd.read_bytes() + pack(files))
    return path


class MachineError(AssertionError):
    """The machine did not do what was expected of it."""


class Machine:
    """A QEMU process with its serial console and QMP on socket pairs of ours."""

    def __init__(self, board="virt", cpus=1, mem="256M", kernel=None, foreign=None, initrd=None, append="",
                 icount=False, cpu=None, dtb=None, disks=(), extra=(), name="machine", build=BUILD,
                 firmware=None):
        self.board, self.cpus, self.icount = board, cpus, icount
        if FOREIGN and not kernel:
            kernel = foreign = FOREIGN
        elif foreign:                   # another kernel's image, for this machine alone
            kernel = foreign
        if foreign:
            # First: what follows "--" is for init.
            append = f"console={'ttySIF0' if board == 'sifive_u' else 'ttyS0'} quiet no4lvl panic=-1 {append}"
        self.kernel = Path(kernel or ROOT / build / "Image").expanduser()
        self.foreign = bool(foreign)
        self.initrd = Path(initrd or ROOT / build / "initramfs.cpio") if initrd is not False else None
        self.name = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-")
        self.log_path = OUT / f"{self.name}.log"
        self.output = b""               # everything the serial console said
        self.mark = 0                   # expect() looks only past here
        self.code = None                # the exit status of run()'s last command
        self.status = None              # QEMU's exit status, once it has ended
        self.process = None
        args = ["qemu-system-riscv64", "-M", board, "-smp", str(cpus), "-m", mem,
                "-display", "none", "-no-reboot"]
        args += ["-bios", str(firmware)] if firmware else ["-kernel", str(self.kernel)]
        self._made = None               # a file to remove at the end
        if self.foreign and disks and self.initrd:
            self._made = foreign_initrd(self.kernel, self.initrd, build)
            self.initrd = self._made or self.initrd
        if self.initrd:
            args += ["-initrd", str(self.initrd)]
        if append:
            args += ["-append", append.strip()]
        if cpu:
            args += ["-cpu", cpu]
        if dtb:
            args += ["-dtb", str(dtb)]
        if icount:
            args += ["-icount", "shift=0,sleep=off", "-seed", "1", "-rtc", "clock=vm,base=2026-01-01T00:00:00"]
        args += ["-global", "virtio-mmio.force-legacy=false"]
        for i, disk in enumerate(disks):
            # Requests are not merged by QEMU, errors are the machine's to handle.  The tree lists the last bus first.
            # A flush costs the host nothing, which is not the machine that loses power.
            bus = VIRTIO_MMIO - 1 - i
            args += ["-device", f"virtio-blk-device,drive=d{i},bus=virtio-mmio-bus.{bus},request-merging=off,"
                                "werror=report,rerror=report"]
            if not isinstance(disk, Disk):
                args += ["-drive", f"file={disk},if=none,format=raw,id=d{i},cache=unsafe"]
        self.disks = disks
        self.args = args + list(extra)

    # ---- life ----

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.kill()

    def start(self):
        if not shutil.which(self.args[0]):
            raise MachineError(f"{self.args[0]} is not installed: run `sh tools/doctor install run`")
        for needed in [self.kernel] + ([self.initrd] if self.initrd else []):
            if not needed.exists():
                raise MachineError(f"{needed} does not exist: run `make` first")
        OUT.mkdir(exist_ok=True)
        self.serial, serial_qemu = socket.socketpair()
        self.console, console_qemu = self._console_pipe()
        self._qmp_socket, qmp_qemu = socket.socketpair()
        self._qmp_socket.settimeout(60)
        self._qmp_file = None
        self._stderr = tempfile.TemporaryFile()
        self._bus, bus_qemu = socket.socketpair()
        bus = ["-chardev", f"socket,id=qtest,fd={bus_qemu.fileno()}", "-qtest", "chardev:qtest", "-qtest-log", "none"]
        a, b, c = serial_qemu.fileno(), qmp_qemu.fileno(), bus_qemu.fileno()
        console = [f"socket,id=ser,fd={a}"] if console_qemu is None else ["stdio,id=ser,signal=off"]
        ours = {i: disk.attach() for i, disk in enumerate(self.disks) if isinstance(disk, Disk)}
        try:
            self.process = subprocess.Popen(
                self.args + ["-chardev", *console, "-serial", "chardev:ser",
                             "-chardev", f"socket,id=qmp,fd={b}", "-mon", "chardev=qmp,mode=control"] +
                (bus if self._hart_0_spins() else []) +
                [word for i, s in ours.items() for word in (
                    "-blockdev", f"driver=nbd,node-name=d{i},server.type=fd,server.str={s.fileno()},discard=unmap")],
                pass_fds=(a, b, c, *(s.fileno() for s in ours.values())),
                stdin=subprocess.DEVNULL if console_qemu is None else serial_qemu,
                stdout=subprocess.DEVNULL if console_qemu is None else console_qemu, stderr=self._stderr,
                # QEMU must not outlive a harness that was killed.
                preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
        finally:
            for s in (serial_qemu, qmp_qemu, bus_qemu, *ours.values()):
                s.close()
            if console_qemu is not None:
                os.close(console_qemu)
        return self

    def _console_pipe(self):
        """The descriptor to read the console from, and QEMU's end of it if that is not its end of self.serial.

        QEMU's SiFive port forgets what its reader has no room for, and in a socket each byte takes a packet's.
        """
        if not self.board.startswith("sifive_u"):
            return self.serial.fileno(), None
        ours, qemus = os.pipe()
        fcntl.fcntl(qemus, fcntl.F_SETPIPE_SZ, CONSOLE_ROOM)
        return ours, qemus

    def kill(self):
        """End QEMU if it still runs, close what belongs to it and save the log.  Harmless twice."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.kill()
        self.status = self.process.wait()
        self.listen()
        self.process = None
        if self._made:
            self._made.unlink(missing_ok=True)
        if self.console != self.serial.fileno():
            os.close(self.console)
        self.serial.close()
        if self._qmp_file:
            with contextlib.suppress(OSError):  # what QEMU did not stay to hear
                self._qmp_file.close()
        self._qmp_socket.close()
        self._bus.close()
        self._stderr.close()
        self._save()

    def wait(self, timeout=60):
        """Wait for QEMU to end by itself; its exit status."""
        limit = Limit(self, timeout)
        while self.process.poll() is None:
            self._read(0.2)
            if limit.passed():
                self.fail(f"the machine to end within {limit}")
        self.listen()
        self.status = self.process.returncode
        return self.status

    # ---- serial ----

    def _read(self, seconds):
        """Take what the console said, waiting at most so long for it; whether there was anything."""
        if not select.select([self.console], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.console, 65536)
        except ConnectionResetError:
            data = b""
        if not data:
            time.sleep(min(seconds, 0.05))      # QEMU closed it: it is ending
        self.output += data
        return bool(data)

    def listen(self):
        """Take what the console has said by now: a QEMU whose console nobody reads stands still in the end."""
        while self._read(0):
            pass

    def send(self, text, timeout=60):
        """Type text, reading meanwhile: a machine that echoes stops taking input until it is read."""
        data = memoryview(text if isinstance(text, bytes) else text.encode())
        limit = Limit(self, timeout)
        while data:
            if select.select([], [self.serial], [], 0.2)[1]:
                try:
                    data = data[self.serial.send(data[:4096]):]
                except (BrokenPipeError, ConnectionResetError):
                    self.fail(f"to type {text!r}, but QEMU has ended")
            self._read(0)
            if limit.passed():
                self.fail(f"the console to take {len(data)} more bytes within {limit}")

    def expect(self, pattern, timeout=30):
        """Read until pattern (a regex as str or bytes, or compiled) appears past the last match; the match.

        ^ and $ match at each line.  The console's lines end in \\r\\n, so a line's end is \\r?$.
        """
        if not isinstance(pattern, re.Pattern):
            pattern = re.compile(pattern.encode() if isinstance(pattern, str) else pattern, re.M)
        limit = Limit(self, timeout)
        wanted = pattern.pattern.decode(errors="replace")
        while True:
            m = pattern.search(self.output, self.mark)
            if m:
                self.mark = m.end()
                return m
            ended = self.process.poll() is not None
            if self._read(0 if ended else 0.5):
                continue
            if ended:
                self._stderr.seek(0)
                said = self._stderr.read().decode(errors="replace").strip()
                self.fail(f"{wanted}, but QEMU ended with status {self.process.returncode} {said}")
            if limit.passed():
                self.fail(f"{wanted} within {limit}")

    def watch(self, screen, shows, wanted, timeout=30):
        """Draw what comes, from the last match on, on a grade.screen.Screen until shows(screen) holds."""
        limit = Limit(self, timeout)
        while True:
            screen.feed(self.output[self.mark:])
            self.mark = len(self.output)
            if shows(screen):
                return screen
            ended = self.process.poll() is not None
            if self._read(0 if ended else 0.5):
                continue
            if ended or limit.passed():
                picture = "\n".join(f"    {line}" for line in screen.lines())
                self.fail(f"{wanted}; the screen, cursor at {screen.row},{screen.column}:\n{picture}\n ")

    def boot(self, timeout=30):
        """Wait for the shell's prompt."""
        self.expect(PROMPT, timeout)
        if self._hart_0_spins():
            self._let_hart_0_sleep()
        return self

    def _hart_0_spins(self):
        """OpenSBI 1.1 leaves a hart without S-mode its first IPI and an alarm: its wfi returns at once, for ever."""
        return self.board == "sifive_u" and not self.icount

    def _let_hart_0_sleep(self):
        """Take both away, from outside: a host's processor is free for others, and Limit sees when the machine sleeps."""
        for write in (f"writel {CLINT:#x} 0", f"writeq {CLINT_ALARMS:#x} {2**64 - 1:#x}"):
            self._bus.sendall(write.encode() + b"\n")
            assert self._bus.recv(64) == b"OK\n"

    def run(self, command, timeout=60, check=True):
        """Run shell commands; exactly what they print (str, less the last newlines). Their status: self.code.

        The shell reads the whole { group } before it runs any of it, so all echo and redrawing of
        what is typed is over when "<TAG" appears; and what is typed never contains "<TAG" or ">TAG",
        for a quote stands between.
        """
        tag = secrets.token_hex(4)
        self.listen()
        self.mark = len(self.output)
        self.send(f'{{ echo "<"{tag}; {command}\n}}; echo ">"{tag} $?.\n')
        begin = self.expect(rf"<{tag}\r?\n", timeout)
        end = self.expect(rf">{tag} (\d+)\.\r?\n", timeout)
        self.expect(PROMPT, timeout)
        self.code = int(end[1])
        text = self.output[begin.end():end.start()].decode(errors="replace").replace("\r\n", "\n").rstrip("\n")
        if check and self.code:
            self.fail(f"status 0 from {command!r}, got {self.code} and: {text[-500:]}")
        return text

    # ---- QMP ----

    def qmp(self, execute, **arguments):
        """Run one QMP command; its result.  Events that arrive meanwhile are dropped."""
        try:
            if self._qmp_file is None:
                self._qmp_file = self._qmp_socket.makefile("rwb")
                self._qmp_file.readline()       # the greeting
                self.qmp("qmp_capabilities")
            tag = secrets.token_hex(4)
            self._qmp_file.write(json.dumps({"execute": execute, "arguments": arguments, "id": tag}).encode() + b"\n")
            self._qmp_file.flush()
            while line := self._qmp_file.readline():
                answer = json.loads(line)
                if answer.get("id") != tag:
                    continue
                if "error" in answer:
                    raise MachineError(f"QMP {execute}: {answer['error']['desc']}")
                return answer["return"]
        except OSError as e:
            raise MachineError(f"QMP {execute}: {e}") from e
        raise MachineError(f"QMP {execute}: QEMU closed the connection")

    def hmp(self, command):
        return self.qmp("human-monitor-command", **{"command-line": command})

    def virtual_time(self):
        """Seconds by the machine's own clock, mtime; None when it can't be asked."""
        try:
            return int(self.hmp(f"xp /1xg {MTIME:#x}").split()[-1], 16) / MTIME_HZ[self.board.partition(",")[0]]
        except (MachineError, ValueError, IndexError):
            return None

    def cpu_time(self):
        """Seconds of host CPU that QEMU's busiest thread has used: a hart, if the machine does anything."""
        most = 0
        try:
            for task in Path(f"/proc/{self.process.pid}/task").iterdir():
                fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
                most = max(most, int(fields[11]) + int(fields[12]))
        except OSError:                         # a thread or QEMU ended meanwhile
            pass
        return most / TICKS

    # ---- failure ----

    def text(self):
        return self.output.decode(errors="replace").replace("\r\n", "\n")

    def _save(self):
        self.log_path.write_bytes(self.output)

    def rerun(self):
        return shlex.join(self.args + ["-serial", "mon:stdio"])

    def fail(self, expected):
        self.listen()
        self._save()
        last = "\n".join("    | " + line for line in self.text().rstrip("\n").split("\n")[-25:])
        raise MachineError(f"expected {expected}\n  the last lines were:\n{last}\n"
                           f"  log:   {self.log_path.relative_to(ROOT)}\n  rerun: {self.rerun()}")


class Limit:
    """The end of a wait: so many seconds of the machine's time, HANG_FACTOR times as many of the host's."""

    IDLE = 0.03                         # less of a host CPU than this: every hart sleeps

    def __init__(self, machine, seconds):
        self.machine, self.seconds, self.used = machine, seconds, 0.0
        self.began = self.asked = time.monotonic()
        self.mtime = machine.virtual_time() if machine.icount else None
        self.cpu = machine.cpu_time()
        self.why = ""

    def __str__(self):
        return f"{self.seconds} s of {self.why or 'the machine'}"

    def passed(self):
        """Whether it is over; looks at the machine at most once a second."""
        now = time.monotonic()
        if now - self.began > self.seconds * HANG_FACTOR:
            self.why = f"the machine's time; the guard of {now - self.began:.0f} s of the host's ended it"
            return True
        if now - self.asked < 1:
            return False
        if self.machine.icount:
            mtime = self.machine.virtual_time()
            if mtime is not None and self.mtime is not None:
                self.used = mtime - self.mtime
        else:
            cpu, elapsed = self.machine.cpu_time(), now - self.asked
            busy = cpu - self.cpu
            self.used += elapsed if busy < self.IDLE * elapsed else min(busy, elapsed)
            self.cpu = cpu
        self.asked = now
        self.why = f"the machine's time ({now - self.began:.0f} s of the host's)"
        return self.used > self.seconds
