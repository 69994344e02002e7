"""Archives for the kernel to unpack: the newc format of cpio, from a dict.

    pack({"dev": "dir", "etc/motd": b"hello\\n", "init": (0o100755, program),
          "bin/sh": "-> busybox", "dev/console": (0o20600, (5, 1))})

Packed for tests: like user/mkinitramfs.py's, but of any mode, and without a root's worth of files.
Archives may follow one another, plain and compressed; a later one adds to what is there.
"""

DIRECTORY, REGULAR, LINK = 0o40755, 0o100644, 0o120777


def pack(files):
    """newc bytes of {name: "dir" | bytes | (mode, bytes) | (mode, (major, minor)) | "-> target"}."""
    archive = []

    def add(inode, name, mode, data=b"", device=(0, 0)):
        name = name.encode() + b"\0"
        fields = (inode, mode, 0, 0, 2 if mode == DIRECTORY else 1, 0, len(data), 0, 0, *device, len(name), 0)
        head = b"070701" + b"".join(b"%08x" % f for f in fields) + name
        for part in head, data:
            archive.append(part + bytes(-len(part) % 4))

    for inode, (name, what) in enumerate(files.items(), 1):
        if what == "dir":
            add(inode, name, DIRECTORY)
        elif isinstance(what, str):
            add(inode, name, LINK, what.removeprefix("-> ").encode())
        elif isinstance(what, bytes):
            add(inode, name, REGULAR, what)
        elif isinstance(what[1], bytes):
            add(inode, name, *what)
        else:
            add(inode, name, what[0], device=what[1])
    add(0, "TRAILER!!!", 0)
    return b"".join(archive)
