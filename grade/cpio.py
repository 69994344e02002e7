"""Archives for the kernel to unpack (cpio, newc format) from a dict.

    pack({"dev": "dir", "etc/motd": b"hello\\n", "init": (0o100755, program),
          "bin/sh": "-> busybox", "dev/console": (0o20600, (5, 1))})

Archives may follow one another, plain and compressed; a later one adds to what is there.
"""

from user.mkinitramfs import Cpio


def pack(files):
    """newc bytes of {name: "dir" | bytes | (mode, bytes) | (mode, (major, minor)) | "-> target"}."""
    archive = Cpio()
    for name, what in files.items():
        if what == "dir":
            archive.add(name, 0o40755)
        elif isinstance(what, str):
            archive.add(name, 0o120777, what.removeprefix("-> ").encode())
        elif isinstance(what, bytes):
            archive.add(name, 0o100644, what)
        elif isinstance(what[1], bytes):
            archive.add(name, *what)
        else:
            archive.add(name, what[0], rdev=what[1])
    return bytes(archive.finish())
