"""What a lab's program prints at its end, or in words why it does not come to that.

    said = console.said(machine, r"cost (\\d+)\\r?\\n|refused: \\w+", timeout=20)     the match; machine is started
"""

import re

from grade.machine import MachineError


def said(machine, pattern, timeout):
    """Start the machine; the match of pattern.  A panic, or silence, is a failure."""
    machine.start()
    try:
        match = machine.expect(rf"{pattern}|[Kk]ernel panic[^\r\n]*", timeout=timeout)
    except MachineError as e:
        last = str(e).partition("\n")[2]
        raise AssertionError(f"the machine neither comes to the end of the program nor says why, in {timeout} s of its time; "
                             f"{last.strip()}") from None
    text = match[0].decode(errors="replace").strip()
    if re.match("[Kk]ernel panic", text):
        raise AssertionError(f"the kernel panicked: {text}")
    if text.startswith("refused"):
        raise AssertionError(f"a call that must succeed was refused: {text.partition(':')[2].strip()}")
    return match
