"""What must be on a filesystem after a power cut, given what user/tests/crashwork.c said it did.

    model = Model(record, initial_tree, mode="ordered", block=1024)
    model.judge(tree, state.first, state.last)      # [] or what is wrong, in words

The promises, all from POSIX and from what an ordered log gives beyond it:

    names     Calls that change names, links or modes take effect whole, in the order in which one task
              made them: the tree is that after the first j calls of each task, for some j.  j is no less than
              sync() and fsync() promise, and no more than had begun.  If a call is there, so is every call of
              another task that had returned before it began.
    fsync     of a file or folder returned: its bytes, its size, and every call that changed it are there, and
              with them (the order!) all earlier calls of the task.  fdatasync: its bytes and size.
              An O_SYNC write: its own bytes, and the calls as fsync.  sync() returned: all of that
              for everything that had returned before it began; and so does unmounting.
    data      of a file since it was last made durable:
      ordered     each byte is one that the file had at that place at some time since, never anything else:
                  no stale block.  A truncation that is there has wiped what was before it.
      writeback   as ordered, but a block changed since may hold anything, and so may one that a call which
                  has begun but is not there gives back: it may be another file's by now.
      journal     the bytes and the size are exactly those after the first j calls; the one call
                  after them may be there in part, from its beginning.
    size      between what it was when last made durable (or cut by a truncation that is there) and the
              longest since.

The model lives in the names of three things: a Call is one note; a File is one inode with everything that was
ever written to it; a task's `shapes` are its tree after each call.
"""

import struct
from bisect import bisect_left
from collections import namedtuple

MAGIC = 0x5E000000
POISON = b"STALE BLOCK "                # what free blocks of an image hold before the work begins
PAGE = 4096

Node = namedtuple("Node", "type mode file target")      # file: its File, also of a folder or a link


class Call:
    """One step of one task."""

    __slots__ = ("task", "number", "name", "args", "result", "begin", "end")

    def __init__(self, task, number, name, args, begin):
        self.task, self.number, self.name, self.args, self.begin = task, number, name, args, begin
        self.result = None              # not known: it never returned
        self.end = float("inf")         # the moment at which it had returned

    @property
    def worked(self):
        return self.result is None or self.result >= 0

    def __str__(self):
        return f"{self.task}:{self.number} {self.name} {' '.join(self.args)}"


def data_of(task, number, offset, length):
    """The bytes that this write puts at offset."""
    first, last = offset // 16, (offset + length + 15) // 16
    words = [w for cell in range(first, last) for w in (number << 32 | MAGIC + task, cell * 16)]
    return struct.pack(f"<{len(words)}Q", *words)[offset - first * 16:][:length]


class File:
    """One inode and its history: contents[i] is what it held from call at[i] of its task on.

    `touched` are the calls after which fsync() of it has something to write to the log: those that changed its
    mode or names or cut it, or of a folder its entries.  `sized` are those that fdatasync() must write there
    too, and `grown` the writes that made it longer, which wait with their data.
    """

    def __init__(self, born, content=b""):
        self.at = [born]                # the numbers of calls
        self.contents = [content]
        self.kinds = ["born"]           # or "write", "map", "truncate", "grow"
        self.durable = []               # (moment, number): after the moment, all up to this call is durable
        self.ranges = []                # (moment, number, begin, end): after the moment, these bytes are
        self.touched = [born]
        self.sized = [born]
        self.grown = [born]

    def change(self, number, kind, content):
        self.at.append(number)
        self.kinds.append(kind)
        if len(content) != len(self.contents[-1]):
            if kind == "write":
                self.grown.append(number)
            else:
                self.touched.append(number)
                self.sized.append(number)
        self.contents.append(content)

    def write(self, number, kind, offset, data):
        old = self.contents[-1]
        self.change(number, kind, old[:offset].ljust(offset, b"\0") + data + old[offset + len(data):])

    def resize(self, number, size):
        self.change(number, "truncate", self.contents[-1][:size].ljust(size, b"\0"))

    def version(self, number):
        """The index of the content after call `number`."""
        i = len(self.at) - 1
        while i and self.at[i] > number:
            i -= 1
        return i


class Task:
    """One task's calls, and the tree of its folder after each."""

    def __init__(self, number, initial):
        self.number = number
        self.calls = []                 # Call number n is calls[n - 1]
        self.shape = dict(initial)      # path -> Node, as it is
        self.shapes = [self.shape]      # after 0, 1, ... calls
        self.found = None               # what a tree looks like -> the numbers of calls after which it does
        self.promises = []              # (moment, number): after the moment, calls up to this one are there
        self.root = File(0)             # the folder of the task, where it is not in the shape

    # ---- playing the calls ----

    def play(self, call):
        """Do to the model what the call did."""
        do = getattr(self, "_" + call.name, None)
        if do and call.worked:
            try:
                do(call, *call.args)
            except (KeyError, AttributeError):
                if call.result is not None:     # else it would have failed
                    raise
        self.shapes.append(self.shape)

    def _file_of(self, path):
        return self.shape[path].file if path in self.shape else self.root

    def _change(self, call, paths, put, drop=()):
        """New names and names gone.  `paths` are the call's own: they and their folders are touched."""
        shape = dict(self.shape)
        for path in drop:
            del shape[path]
        shape.update(put)
        for path in paths:
            for node in (self.shape.get(path), shape.get(path)):
                if node:
                    node.file.touched.append(call.number)
            self._file_of(parent(path)).touched.append(call.number)
        self.shape = shape

    def _below(self, path):
        return [p for p in self.shape if p.startswith(path + "/")]

    def _create(self, call, path, mode):
        self._change(call, [path], {path: Node("f", int(mode, 8), File(call.number), None)})

    def _mkdir(self, call, path, mode):
        self._change(call, [path], {path: Node("d", int(mode, 8), File(call.number), None)})

    def _symlink(self, call, target, path):
        self._change(call, [path], {path: Node("l", 0o777, File(call.number), target)})

    def _link(self, call, a, b):
        self._change(call, [a, b], {b: self.shape[a]})

    def _unlink(self, call, path):
        self._change(call, [path], {}, [path])

    _rmdir = _unlink

    def _chmod(self, call, path, mode):
        node = self.shape[path]
        self.shape = self.shape | {p: n._replace(mode=int(mode, 8)) for p, n in self.shape.items() if n.file is node.file}
        node.file.touched.append(call.number)

    def _rename(self, call, a, b):
        moved, old = self.shape[a], self.shape.get(b)
        if old and old.file is moved.file:
            return
        below = self._below(a)
        put = {b + p[len(a):]: self.shape[p] for p in [a] + below}
        self._change(call, [a, b], put, [a] + below)

    def _exchange(self, call, a, b):
        if self.shape[a].file is self.shape[b].file:
            return
        one, two = [a] + self._below(a), [b] + self._below(b)
        put = {b + p[len(a):]: self.shape[p] for p in one} | {a + p[len(b):]: self.shape[p] for p in two}
        self._change(call, [a, b], put, one + two)

    def _write(self, call, path, offset, length, kind="write"):
        offset, length = int(offset), int(length)
        if call.result is not None:
            length = min(length, call.result)
        self.shape[path].file.write(call.number, kind, offset, data_of(self.number, call.number, offset, length))

    _append = _write

    def _mapwrite(self, call, path, offset, length):
        self._write(call, path, offset, length, "map")

    def _syncwrite(self, call, path, offset, length):
        self._write(call, path, offset, length)
        file = self.shape[path].file
        self.promises.append((call.end, max(file.touched + file.grown[-1:] * (file.grown[-1] == call.number))))
        file.ranges.append((call.end, call.number, int(offset), int(offset) + (call.result or int(length))))

    def _truncate(self, call, path, size):
        self.shape[path].file.resize(call.number, int(size))

    def _fallocate(self, call, path, offset, length):
        file = self.shape[path].file
        size = max(len(file.contents[-1]), int(offset) + int(length))
        if size > len(file.contents[-1]):
            file.change(call.number, "grow", file.contents[-1].ljust(size, b"\0"))

    def _fsync(self, call, path):
        file = self._file_of(path)
        self._durable(call, file, file.touched + file.grown)

    def _fdatasync(self, call, path):
        file = self._file_of(path)
        self._durable(call, file, file.sized + file.grown)

    def _durable(self, call, file, changes):
        file.durable.append((call.end, call.number))
        self.promises.append((call.end, max(changes)))

    # ---- asking ----

    def begun(self, moment):
        """The number of the last call that had begun."""
        return bisect_left(self.calls, moment, key=lambda call: call.begin)

    def promised(self, moment):
        return max((n for m, n in self.promises if m <= moment), default=0)


def parent(path):
    return path.rpartition("/")[0]


def look(shape, skip=()):
    """What can be seen of a shape without reading files: comparable with what look_at() sees of a Tree."""
    groups, folders = {}, {}
    for path, node in shape.items():
        if node.type != "d":
            groups.setdefault(node.file, []).append(path)
        elif path:
            folders[parent(path)] = folders.get(parent(path), 0) + 1
    lines = []
    for path, node in shape.items():
        if node.type == "d":
            links, first = 0 if path in skip else 2 + folders.get(path, 0), ""
        else:
            links, first = len(groups[node.file]), min(groups[node.file])
        lines.append((path, node.type, node.mode, links, first, node.target))
    return frozenset(lines)


def look_at(tree, skip=()):
    groups = {}
    for path, entry in tree.items():
        if entry.type != "d":
            groups.setdefault(entry.inode, []).append(path)
    return frozenset((path, e.type, e.mode, 0 if path in skip else e.links,
                      min(groups[e.inode]) if e.type != "d" else "",
                      e.data.decode(errors="surrogateescape") if e.type == "l" else None) for path, e in tree.items())


class Model:
    """A whole record: its tasks, each with a tree of its own."""

    def __init__(self, record, initial, mode="ordered", block=1024):
        self.mode, self.block = mode, block
        self.calls = self._parse(record)
        numbers = sorted({c.task for c in self.calls}) or [0]
        self.roots = {n: f"task{n}" for n in numbers if n}
        self.tasks = {n: Task(n, self._initial(initial) if not n else {}) for n in numbers}
        for call in self.calls:
            task = self.tasks[call.task]
            task.calls.append(call)
            if call.name == "sync":
                self._sync(call)
            task.play(call)
        for moment, event in enumerate(record, 1):
            if event.kind == "note" and event.data == "unmounted":
                self._unmounted(moment)
        for n, task in self.tasks.items():
            task.found = {}
            skip = self._skip(n)
            last, seen = None, None
            for j, shape in enumerate(task.shapes):
                if shape is not last:
                    last, seen = shape, look(shape, skip)
                task.found.setdefault(seen, []).append(j)

    @staticmethod
    def _parse(record):
        """The calls in the order in which they began."""
        calls, last = [], {}
        for moment, event in enumerate(record, 1):
            if event.kind != "note" or not event.data[:1].isdigit():
                continue
            task, number, result, name, *args = event.data.split(" ")
            task, number = int(task), int(number)
            if task in last:
                last[task].result, last[task].end = int(result), moment
            if name in ("symlink", "rename", "exchange", "link"):
                args = [args[0] if name == "symlink" else clean(args[0]), clean(args[1])]
            elif args:
                args[0] = clean(args[0])
            call = Call(task, number, name, args, moment - 1)
            last[task] = call
            calls.append(call)
        return calls

    @staticmethod
    def _initial(tree):
        files = {}
        return {path: Node(e.type, e.mode, files.setdefault(e.inode, File(0, e.data if e.type == "f" else b"")),
                           e.data.decode() if e.type == "l" else None)
                for path, e in tree.items()}

    def _sync(self, call):
        """sync() makes durable what every task's calls had done before it began."""
        for task in self.tasks.values():
            n = len(task.calls)
            while n and task.calls[n - 1].end > call.begin + 1:
                n -= 1
            task.promises.append((call.end, n))
            for file in {node.file for node in task.shape.values()}:
                file.durable.append((call.end, n))

    def _unmounted(self, moment):
        for task in self.tasks.values():
            task.promises.append((moment, len(task.calls)))
            for file in {node.file for node in task.shape.values()}:
                file.durable.append((moment, len(task.calls)))

    def _skip(self, number):
        """Folders whose links another task changes."""
        return set(self.roots.values()) if not number else ()

    def _part(self, tree, number):
        """What of a tree belongs to this task: paths as its calls name them."""
        if number:
            return {p: e for p, e in tree.items() if p.startswith(self.roots[number] + "/")}
        return {p: e for p, e in tree.items() if not any(p.startswith(r + "/") for r in self.roots.values())}

    # ---- the judgement ----

    def judge(self, tree, first, last):
        """What is wrong with a tree after a cut that can have been at both moments: most was promised by the
        last, least had begun by the first."""
        return self._judge(tree, last) or (self._judge(tree, first) if first != last else [])

    def _judge(self, tree, moment):
        possible, wrong, known = {}, [], {}
        for n, task in self.tasks.items():
            low, high = task.promised(moment), task.begun(moment)
            part = self._part(tree, n)
            found = task.found.get(look_at(part, self._skip(n)), ())
            fits = [j for j in found if low <= j <= high]
            if not fits:
                wrong.append(self._strange(task, part, found, low, high))
                continue
            reasons = {}
            for j in fits:
                reasons[j] = self._files(task, part, j, moment, known)
            good = [j for j in fits if not reasons[j]]
            if not good:
                best = min(reasons, key=lambda j: len(reasons[j]))
                wrong += [f"(after {best} calls of task {n}, of {low} to {high}) {r}" for r in reasons[best]]
            possible[n] = good
        if not wrong and len(self.tasks) > 1:
            wrong += self._order(possible)
        return wrong

    def _strange(self, task, part, found, low, high):
        """Say how a tree differs that is none of those allowed."""
        if found:
            near = min(found, key=lambda j: min(abs(j - low), abs(j - high)))
            if near < low:
                return (f"the tree is that after {near} calls of task {task.number}, but {low} were promised: "
                        f"'{task.calls[low - 1]}' is not there")
            return f"the tree is that after {near} calls of task {task.number}, but only {high} had begun"
        seen = look_at(part, self._skip(task.number))
        low = min(low, high)
        best = min(range(low, high + 1), key=lambda j: len(seen ^ look(task.shapes[j], self._skip(task.number))))
        want = look(task.shapes[best], self._skip(task.number))
        return (f"the tree was never so; nearest is that after {best} calls of task {task.number} (of {low} to {high})"
                f"\n      missing: {sorted(want - seen, key=str)[:6]}\n      too much: {sorted(seen - want, key=str)[:6]}")

    def _order(self, possible):
        """Calls that had returned before another task's call began are there if that is: the least solution."""
        at = {n: min(js) for n, js in possible.items()}
        moved = True
        while moved:
            moved = False
            for n, task in self.tasks.items():
                if not at[n]:
                    continue
                began = task.calls[at[n] - 1].begin
                for m, other in self.tasks.items():
                    if m == n:
                        continue
                    need = sum(c.end <= began + 1 for c in other.calls)
                    if at[m] < need:
                        more = [j for j in possible[m] if j >= need]
                        if not more:
                            return [f"task {n}'s '{task.calls[at[n] - 1]}' is there, task {m}'s "
                                    f"'{other.calls[need - 1]}', which had returned before, is not"]
                        if more[0] > at[m]:
                            at[m], moved = more[0], True
        return []

    def _files(self, task, part, j, moment, known):
        """What is wrong with the files, if the tree is that after j calls; `known` remembers answers."""
        wrong, seen = [], set()
        for path, node in task.shapes[j].items():
            if node.type != "f" or id(node.file) in seen:
                continue
            seen.add(id(node.file))
            key = path, node.file, node.file.version(j), j if self.mode == "journal" else None
            if key not in known:
                known[key] = self._file(task, node.file, part[path].data, j, moment)
            if reason := known[key]:
                wrong.append(f"{path}: {reason}")
        return wrong

    def _file(self, task, file, data, j, moment):
        """What is wrong with one file's content; None if nothing is."""
        high = task.begun(moment)
        if self.mode == "journal" and "map" not in file.kinds:
            return self._exact(file, data, j, high)
        floor = file.version(max((n for m, n in file.durable if m <= moment), default=file.at[0]))
        now, top = file.version(j), file.version(high)
        # (version, begin, end): these bytes are not older than that.  What a truncation wiped, what was synced.
        since = [(floor, 0, float("inf"))]
        since += [(i, len(file.contents[i]), float("inf")) for i in range(floor + 1, now + 1) if file.kinds[i] == "truncate"]
        since += [(file.version(n), begin, end) for m, n, begin, end in file.ranges if m <= moment and n > file.at[floor]]
        wrong = self._size(file, len(data), floor, now, top, since)
        if self.mode == "writeback":
            kept = [len(file.contents[i]) for i in range(now + 1, top + 1) if file.kinds[i] == "truncate"]
            if all(node.file is not file for node in task.shapes[high].values()):
                kept.append(0)
            data = data[:min(kept, default=len(data))]
        return wrong or self._bytes(file, data, now, top, since)

    def _size(self, file, size, floor, now, top, since):
        # fallocate() and truncation are calls like those that change names; writes are not.
        cuts = [i for i in range(floor + 1, top + 1) if file.kinds[i] in ("truncate", "grow")]
        cut = max((i for i in cuts if i <= now), default=floor)
        end = min((i for i in cuts if i > now), default=top + 1)
        if end <= top and file.kinds[end] == "grow":
            end += 1                    # fallocate() may be there in part
        sizes = [len(file.contents[i]) for i in range(cut, end)]
        least = max([sizes[0]] + [e for i, _, e in since if i > cut and e != float("inf")])
        if least <= size <= max(sizes) and (size in sizes or size % self.block == 0):
            return None
        return f"{size} bytes long, not {' or '.join(str(n) for n in sorted(set(sizes)) if n >= least)}"

    def _bytes(self, file, data, now, top, since):
        """Each byte must be one that the file had there since it was sure."""
        cuts = [len(file.contents[i]) for i in range(now + 1, top + 1) if file.kinds[i] == "truncate"]
        for at in range(0, len(data), 512):
            end = min(at + 512, len(data))
            low = max(i for i, a, b in since if a < end and b > at)
            if not any(n < end for n in cuts) and any(file.contents[i][at:end].ljust(end - at, b"\0") == data[at:end]
                                                      for i in range(low, top + 1)):
                continue
            for p in range(at, end):
                low = max(i for i, a, b in since if a <= p < b)
                if self.mode == "writeback" and self._changed(file, p, low, top):
                    continue
                if not any(self._byte(file, i, p, now) == data[p] for i in range(low, top + 1)):
                    return self._stale(file, data, p, low)
        return None

    def _byte(self, file, i, p, now):
        """Byte p of version i as it may show on the disk; None if not.  A truncation that is not there itself
        shows only in that the rest of its last block may be zero already."""
        content = file.contents[i]
        if p < len(content):
            return content[p]
        if i > now and p >= -(-len(content) // self.block) * self.block:
            return None
        return 0

    def _changed(self, file, p, low, top):
        begin = p // self.block * self.block
        old = file.contents[low][begin:begin + self.block]
        return any(file.contents[i][begin:begin + self.block] != old for i in range(low, top + 1))

    def _exact(self, file, data, j, high):
        """data=journal: what the file was after some call that changes no names beyond j."""
        i = file.version(j)
        if data == file.contents[i]:
            return None
        if i + 1 < len(file.at) and file.at[i + 1] <= high and file.at[i + 1] == j + 1 and file.kinds[i + 1] == "write":
            old, new = file.contents[i], file.contents[i + 1]
            for cut in [*range(0, len(new) + PAGE, self.block)]:
                if data == new[:cut] + old[cut:] or data == new[:cut]:
                    return None
        return self._stale(file, data, next((p for p in range(len(data)) if data[p:p + 1] != file.contents[i][p:p + 1]),
                                            len(data)), i) + " (data=journal)"

    @staticmethod
    def _stale(file, data, p, low):
        piece = data[p // 16 * 16:][:16]
        if POISON[:8] in data[max(0, p - 24):p + 40]:
            what = "a free block's old content"
        elif len(piece) == 16 and piece[3] == MAGIC >> 24:
            a, b, offset = struct.unpack("<IIQ", piece)
            what = f"what call {a - MAGIC}:{b} wrote at {offset}"
        else:
            what = repr(piece)
        return (f"{len(data)} bytes, of which byte {p} is {what}; the file was {len(file.contents[low])} bytes long when "
                f"call {file.at[low]} was sure, and changed by calls {file.at[low + 1:][:12]} since")


def clean(path):
    """A path as the model names it: "" is the root, "." at the end is left out."""
    return "" if path == "." else path.removesuffix("/.")
