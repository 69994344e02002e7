"""SCHED_FIFO and SCHED_RR on one hart, simulated exactly, from POSIX.1-2017, 2.8.4 "Process Scheduling".

What that text leaves to the system, Linux's manual pages (sched(7), pthread_setschedprio(3)) decide:

    interval    sched_rr_get_interval's; it starts anew after blocking, after yielding and when it has expired
    priority    raised: the tail of the new list; lowered: its head; the same: where it was
    wake-up     the tail of its list; preempts only a lower priority
    preempted   the head of its list, with what is left of its interval
    expired     the tail
    yielded     the tail, and the head of the list runs next
    inherited   a lock's owner has the priority of whoever waits for what it holds, through any chain;
                an unlocked lock goes to the first of the highest priority that waits

Nothing takes time here but bursts and sleeps, unless a `cost` says how much a switch and a call take: a set whose
order changes with that is no test (sets.py).
"""

import heapq
from collections import deque
from dataclasses import dataclass, field

from grade.sched.trace import UNIT

OTHER, FIFO, RR, IDLE = 0, 1, 2, 5
INTERVAL = 100_000_000
FOREVER = 1 << 62


@dataclass
class Task:
    """One worker and what it will do: (letter, numbers...), as user/sched/work.c reads it."""
    id: int
    policy: int = FIFO
    prio: int = 0
    nice: int = 0
    mask: int = -1
    arrival: int = 0
    actions: list = field(default_factory=list)

    def __str__(self):
        words = " ".join(a[0] + ":".join(map(str, a[1:])) for a in self.actions)
        return f"task {self.id} {self.policy} {self.prio} {self.nice} {self.mask} {self.arrival} {words}\n"


@dataclass
class Set:
    """Tasks that run together for `length` ns."""
    name: str
    length: int
    tasks: list

    def __str__(self):
        return f"set {self.name} {self.length}\n{''.join(map(str, self.tasks))}end\n"


def soak():
    """Worker 0, which keeps the hart from idling: virtual time then is instructions executed, and nothing jumps."""
    return Task(0, IDLE, arrival=-1, actions=[("b", 1 << 40)])


class Live:
    """A Task while it is simulated."""

    def __init__(self, task):
        self.id, self.policy, self.base = task.id, task.policy, task.prio
        self.todo = deque(task.actions)
        self.prio = task.prio           # with what it inherited
        self.left = 0                   # of the burst it is in, ns
        self.interval = INTERVAL
        self.owns, self.waits = [], None
        self.ready = False
        self.epoch = 0                  # a timer of an earlier sleep is none


class Lock:
    def __init__(self, inherits):
        self.owner, self.waiters, self.inherits = None, [], inherits


class Simulation:
    """run() gives [(id, units, start)], as Trace.order() does, and fills `events` with (time, kind, id)."""

    def __init__(self, tasks, cost=0):
        self.now, self.cost = 0, cost
        self.lists = {}
        self.timers, self.seq = [], 0
        self.running = None
        self.segments, self.events = [], []
        self.locks = {}
        self.live = {t.id: Live(t) for t in tasks}
        for t in tasks:
            if t.arrival < 0:
                self.put(self.live[t.id])
            else:
                self.at(t.arrival, self.live[t.id])

    # ---- lists ----

    def put(self, t, head=False):
        t.ready = True
        q = self.lists.setdefault(t.prio, deque())
        q.appendleft(t) if head else q.append(t)

    def highest(self):
        return max((p for p, q in self.lists.items() if q), default=None)

    def at(self, time, t):
        self.seq += 1
        heapq.heappush(self.timers, (time, self.seq, t, t.epoch))

    def wake(self, t):
        t.interval = INTERVAL
        t.epoch += 1
        self.put(t)

    def reprioritize(self, t, prio):
        """Give t a priority, wherever it is."""
        old, t.prio = t.prio, prio
        if t.ready and prio != old:
            self.lists[old].remove(t)
            self.put(t, head=prio < old)

    # ---- inheritance ----

    def inherit(self, t):
        """Let t have what it should, and so on to whom it waits for."""
        while t:
            prio = max([t.base] + [w.prio for lock in t.owns if lock.inherits for w in lock.waiters])
            if prio == t.prio:
                return
            self.reprioritize(t, prio)
            if t.waits:                 # and there the last of its equals
                t.waits.waiters.remove(t)
                t.waits.waiters.append(t)
            t = t.waits.owner if t.waits else None

    def lock(self, t, inherits, n, limit=None):
        """Whether t has it now."""
        lock = self.locks.setdefault(n, Lock(inherits))
        if lock.owner is None:
            lock.owner = t
            t.owns.append(lock)
            return True
        lock.waiters.append(t)
        t.waits = lock
        if limit is not None:
            self.at(self.now + limit, t)
        self.inherit(lock.owner)
        return False

    def unlock(self, t, n):
        lock = self.locks[n]
        t.owns.remove(lock)
        lock.owner = None
        if lock.waiters:
            top = max(lock.waiters, key=lambda w: w.prio)       # the first of the highest
            lock.waiters.remove(top)
            lock.owner, top.waits = top, None
            top.owns.append(lock)
            if not top.ready:           # it is if its patience has ended, and it has not run since
                self.wake(top)
            self.inherit(top)
        self.inherit(t)

    def give_up(self, t):
        lock, t.waits = t.waits, None
        lock.waiters.remove(t)
        self.inherit(lock.owner)
        self.events.append((self.now, "gave up", t.id))

    # ---- time ----

    def pass_time(self, ns):
        t = self.running
        if ns and t:
            if self.segments and self.segments[-1][0] == t.id:
                self.segments[-1][1] += ns
            else:
                self.segments.append([t.id, ns, self.now])
            t.left -= ns
            t.interval -= ns
        self.now += ns

    def due(self):
        while self.timers and self.timers[0][0] <= self.now:
            _, _, t, epoch = heapq.heappop(self.timers)
            if epoch == t.epoch:
                self.wake(t)

    def choose(self):
        """Preempt the running task if a higher priority is ready; run somebody."""
        t, top = self.running, self.highest()
        if t and (top is None or top <= t.prio):
            return
        if t:
            self.put(t, head=True)
        self.running = self.lists[top].popleft() if top is not None else None
        if self.running:
            self.running.ready = False
            self.now += self.cost

    def step(self, t):
        """Do t's next action. It is running and in no burst."""
        if t.waits:                     # its patience has ended, and here is its turn to act on that
            self.give_up(t)
            return
        if not t.todo:
            self.running = None         # done
            return
        what, *n = t.todo.popleft()
        if what != "b":
            self.now += self.cost
        if what == "b":
            t.left = n[0] * UNIT
        elif what in "sa":
            self.at(self.now + n[0] if what == "s" else n[0], t)
            self.running = None
        elif what == "y":
            t.interval = INTERVAL
            self.put(t)
            self.running = None
        elif what == "p":
            t.base = n[0]
            self.inherit(t)
        elif what == "q":
            other = self.live[n[0]]
            other.base = n[1]
            self.inherit(other)
        elif what in "LTl":
            if not self.lock(t, what != "l", *n):
                self.running = None
        elif what in "Uu":
            self.unlock(t, n[0])
        elif what == "e":
            self.events.append((self.now, n[0], t.id))

    def run(self, length):
        while self.now < length:
            self.due()
            self.choose()
            t = self.running
            if t and t.left == 0:
                self.step(t)
                continue
            until = min(length, self.timers[0][0] if self.timers else FOREVER)
            if t:
                until = min(until, self.now + t.left)
                if t.policy == RR:
                    until = min(until, self.now + t.interval)
            self.pass_time(max(until - self.now, 0))
            if t and t.policy == RR and t.interval <= 0 and t.left:
                t.interval = INTERVAL
                self.put(t)             # the tail; choose() takes the head
                self.running = None
        return [(id, ns // UNIT, start) for id, ns, start in self.segments if ns >= UNIT]


def differences(want, got, slack):
    """Lines that say where two orders differ, by more than slack units."""
    for n in range(max(len(want), len(got))):
        a = want[n] if n < len(want) else None
        b = got[n] if n < len(got) else None
        the_rest = a and b and a[0] == b[0] == 0 and n == len(want) - 1 == len(got) - 1
        if not a or not b or a[0] != b[0] or (abs(a[1] - b[1]) > slack and not the_rest):
            def say(what, x):
                return f"{what} worker {x[0]} from {x[2] / 1e6:.2f} ms for {x[1] * UNIT / 1e6:.2f} ms" if x else f"{what} nothing"
            yield f"run {n}: {say('wanted', a)}; {say('saw', b)}"
            if not a or not b or a[0] != b[0]:
                return
