#!/usr/bin/python3
"""Compare include/abi/ with Linux's and the C library's own headers for riscv64.

Every constant that include/abi/*.h defines and that a reference header also
defines must have the same value; every layout below must have the same size, and
each member the same offset and (unless it has another name there) the same size.
The compiler does the comparing: this writes C files full of _Static_assert and
compiles them.

A constant that no reference header defines is a failure unless it matches
UNKNOWN_OK, so that a misspelt name does not pass for a new one.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent

# The kernel's headers, and the C library's: they cannot be included together.
REFERENCES = {
    "linux": """
        #include <stddef.h> <linux/types.h> <linux/posix_types.h> <asm/errno.h> <asm/unistd.h>
        #include <asm/signal.h> <asm/siginfo.h> <asm/sigcontext.h> <asm/ucontext.h>
        #include <asm/stat.h> <asm/statfs.h> <asm/poll.h> <asm/ioctls.h> <asm/termbits.h>
        #include <asm/termios.h> <asm/auxvec.h> <asm/resource.h> <asm/mman.h>
        #include <linux/stat.h> <linux/fcntl.h> <linux/fs.h> <linux/falloc.h> <linux/fadvise.h>
        #include <linux/close_range.h> <linux/limits.h> <linux/mman.h> <linux/time.h>
        #include <linux/time_types.h> <linux/times.h> <linux/resource.h>
        #include <linux/sched.h> <linux/sched/types.h> <linux/futex.h> <linux/wait.h>
        #include <linux/utsname.h> <linux/mount.h> <linux/magic.h> <linux/prctl.h>
        #include <linux/sysinfo.h> <linux/capability.h> <linux/uio.h> <linux/random.h>
        #include <linux/reboot.h> <linux/elf.h> <linux/auxvec.h> <linux/rtc.h> <linux/tty.h>
        #include <linux/signal.h> <linux/eventpoll.h> <linux/timerfd.h>
        #include <linux/signalfd.h> <linux/pidfd.h> <linux/timex.h>
        #include <linux/xattr.h> <linux/memfd.h> <linux/openat2.h>
        #include <linux/inotify.h> <linux/personality.h> <linux/securebits.h>
        #include <linux/membarrier.h>
    """,
    "libc": """
        #include <errno.h> <fcntl.h> <unistd.h> <dirent.h> <elf.h> <poll.h> <signal.h>
        #include <sys/stat.h> <sys/mman.h> <sys/mount.h> <sys/statvfs.h> <sys/statfs.h>
        #include <sys/wait.h> <sys/times.h> <sys/time.h> <sys/resource.h> <sys/ioctl.h>
        #include <sys/utsname.h> <sys/sysinfo.h> <sys/random.h> <sys/reboot.h> <sys/uio.h>
        #include <sys/auxv.h> <sys/select.h> <sys/syscall.h> <sys/prctl.h> <sched.h>
        #include <sys/ucontext.h> <ucontext.h> <termios.h> <sys/socket.h>
        #include <sys/un.h> <linux/sockios.h> <sys/eventfd.h>
        #include <sys/timerfd.h>
    """,
}

# ours, theirs, members (as ours, or ours=theirs)
LAYOUTS = {
    "linux": """
        abi_timespec        struct __kernel_timespec    tv_sec tv_nsec
        abi_timeval         struct __kernel_old_timeval tv_sec tv_usec
        abi_timezone        struct timezone             tz_minuteswest tz_dsttime
        abi_itimerval       struct itimerval            it_interval it_value
        abi_itimerspec      struct __kernel_itimerspec  it_interval it_value
        abi_tms             struct tms                  tms_utime tms_stime tms_cutime tms_cstime
        abi_flock           struct flock                l_type l_whence l_start l_len l_pid
        abi_open_how        struct open_how             flags mode resolve
        abi_stat            struct stat                 st_dev st_ino st_mode st_nlink st_uid st_gid \
            st_rdev st_size st_blksize st_blocks st_atim=st_atime st_mtim=st_mtime st_ctim=st_ctime
        abi_statx           struct statx                stx_mask stx_blksize stx_attributes stx_nlink \
            stx_uid stx_gid stx_mode stx_ino stx_size stx_blocks stx_attributes_mask stx_atime \
            stx_btime stx_ctime stx_mtime stx_rdev_major stx_rdev_minor stx_dev_major stx_dev_minor \
            stx_mnt_id stx_dio_mem_align stx_dio_offset_align
        abi_statx_timestamp struct statx_timestamp      tv_sec tv_nsec
        abi_statfs          struct statfs               f_type f_bsize f_blocks f_bfree f_bavail \
            f_files f_ffree f_fsid f_namelen f_frsize f_flags f_spare
        abi_sigaction       struct sigaction            sa_handler sa_flags sa_mask
        abi_sigaltstack     stack_t                     ss_sp ss_flags ss_size
        abi_siginfo         siginfo_t                   si_signo si_errno si_code \
            si_pid=_sifields._kill._pid si_uid=_sifields._kill._uid \
            si_timerid=_sifields._timer._tid si_overrun=_sifields._timer._overrun \
            si_value=_sifields._rt._sigval si_int=_sifields._rt._sigval si_ptr=_sifields._timer._sigval \
            si_status=_sifields._sigchld._status si_utime=_sifields._sigchld._utime \
            si_stime=_sifields._sigchld._stime si_addr=_sifields._sigfault._addr \
            si_addr_lsb=_sifields._sigfault._addr_lsb si_band=_sifields._sigpoll._band \
            si_fd=_sifields._sigpoll._fd si_call_addr=_sifields._sigsys._call_addr \
            si_syscall=_sifields._sigsys._syscall si_arch=_sifields._sigsys._arch
        abi_sigevent        struct sigevent             sigev_value sigev_signo sigev_notify \
            sigev_tid=_sigev_un._tid
        abi_user_regs       struct user_regs_struct     pc ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 \
            a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6
        abi_fp_state        union __riscv_fp_state      f=d.f fcsr=d.fcsr
        abi_sigcontext      struct sigcontext           sc_regs sc_fpregs
        abi_ucontext        struct ucontext             uc_flags uc_link uc_stack uc_sigmask uc_mcontext
        abi_termios         struct termios              c_iflag c_oflag c_cflag c_lflag c_line c_cc
        abi_termios2        struct termios2             c_iflag c_oflag c_cflag c_lflag c_line c_cc \
            c_ispeed c_ospeed
        abi_winsize         struct winsize              ws_row ws_col ws_xpixel ws_ypixel
        abi_rtc_time        struct rtc_time             tm_sec tm_min tm_hour tm_mday tm_mon tm_year \
            tm_wday tm_yday tm_isdst
        elf64_ehdr          struct elf64_hdr            e_ident e_type e_machine e_version e_entry \
            e_phoff e_shoff e_flags e_ehsize e_phentsize e_phnum e_shentsize e_shnum e_shstrndx
        elf64_phdr          struct elf64_phdr           p_type p_flags p_offset p_vaddr p_paddr \
            p_filesz p_memsz p_align
        abi_pollfd          struct pollfd               fd events revents
        abi_fd_set          __kernel_fd_set             fds_bits
        abi_rlimit          struct rlimit               rlim_cur rlim_max
        abi_rusage          struct rusage               ru_utime ru_stime ru_maxrss ru_ixrss ru_idrss \
            ru_isrss ru_minflt ru_majflt ru_nswap ru_inblock ru_oublock ru_msgsnd ru_msgrcv \
            ru_nsignals ru_nvcsw ru_nivcsw
        abi_clone_args      struct clone_args           flags pidfd child_tid parent_tid exit_signal \
            stack stack_size tls set_tid set_tid_size cgroup
        abi_futex_waitv     struct futex_waitv          val uaddr flags __reserved
        abi_robust_list     struct robust_list          next
        abi_robust_list_head struct robust_list_head    list futex_offset list_op_pending
        abi_utsname         struct new_utsname          sysname nodename release version machine domainname
        abi_sysinfo         struct sysinfo              uptime loads totalram freeram sharedram \
            bufferram totalswap freeswap procs totalhigh freehigh mem_unit
        abi_cap_header      struct __user_cap_header_struct version pid
        abi_cap_data        struct __user_cap_data_struct effective permitted inheritable
        abi_iovec           struct iovec                iov_base iov_len
        abi_timex           struct timex                modes offset freq maxerror esterror status constant \
            precision tolerance time tick ppsfreq jitter shift stabil jitcnt calcnt errcnt stbcnt tai
        abi_f_owner_ex      struct f_owner_ex           type pid
        abi_epoll_event     struct epoll_event          events data
        abi_signalfd_siginfo struct signalfd_siginfo    ssi_signo ssi_errno ssi_code ssi_pid ssi_uid ssi_fd \
            ssi_tid ssi_band ssi_overrun ssi_trapno ssi_status ssi_int ssi_ptr ssi_utime ssi_stime ssi_addr \
            ssi_addr_lsb ssi_syscall ssi_call_addr ssi_arch
    """,
    "libc": """
        abi_stat            struct stat                 st_dev st_ino st_mode st_nlink st_uid st_gid \
            st_rdev st_size st_blksize st_blocks st_atim st_mtim st_ctim
        abi_dirent64        struct dirent64             d_ino d_off d_reclen d_type d_name -size
        abi_auxv            Elf64_auxv_t                a_type a_val=a_un.a_val
        elf64_ehdr          Elf64_Ehdr                  e_ident e_entry e_phoff e_phnum e_shstrndx
        elf64_phdr          Elf64_Phdr                  p_type p_flags p_offset p_vaddr p_memsz p_align
        abi_tms             struct tms                  tms_utime tms_cstime
        abi_sched_param     struct sched_param          sched_priority
        abi_iovec           struct iovec                iov_base iov_len
        abi_sockaddr_un     struct sockaddr_un          sun_family sun_path
        abi_linger          struct linger               l_onoff l_linger
        abi_ucred           struct ucred                pid uid gid
        abi_msghdr          struct msghdr               msg_name msg_namelen msg_iov msg_iovlen msg_control \
            msg_controllen msg_flags
        abi_mmsghdr         struct mmsghdr              msg_hdr msg_len
        abi_cmsghdr         struct cmsghdr              cmsg_len cmsg_level cmsg_type -size
    """,
}

# Constants of ours that mean something else to the C library, or that it wraps.
DIFFERENT = {
    "libc": {
        "O_LARGEFILE",                  # 0: every file is
        "NCCS",                         # its struct termios is not the kernel's
        "SIGRTMIN", "SIGRTMAX",         # it keeps two signals for itself
        "MINSIGSTKSZ", "SIGSTKSZ",      # calls of sysconf
        "SIG_DFL", "SIG_IGN",           # pointers
        "TCGETS2", "TCSETS2", "TCSETSW2", "TCSETSF2",   # their struct is not included
    },
    "linux": {
        "SIG_DFL", "SIG_IGN",
    },
}

# Names that neither set of headers defines: kernel-internal, or too new for these headers.
UNKNOWN_OK = re.compile(
    r"ABI_|SYSLOG_ACTION_|RISCV_HWPROBE_|SYS_riscv_hwprobe$|SYS_RISCV_FLUSH_ICACHE_LOCAL$|"
    r"W_CONTINUED$|ST_VALID$|PIDFD_THREAD$|PIDFD_SIGNAL_|(ILL|FPE|SEGV|BUS|TRAP|SYS)_LAST$|SI_MEMBERS$|"
    r"MEMBARRIER_CMD_GET_REGISTRATIONS$|FUTEX2_|SYS_fchmodat2$|RWF_NOAPPEND$|"
    r"MFD_NOEXEC_SEAL$|MFD_EXEC$|F_SEAL_EXEC$")


def our_names():
    """Every object-like macro of include/abi that is a number, in the header's order."""
    names = []
    for header in sorted((ROOT / "include/abi").glob("*.h")):
        for m in re.finditer(r"^#define[ \t]+(\w+)[ \t]+(?![\"])(\S.*)$", header.read_text(), re.M):
            name = m.group(1)
            if not name.endswith("_H") and name not in names and name != "ELFMAG":
                names.append(name)
    return names


def layouts(which):
    for line in LAYOUTS[which].strip().splitlines():
        words = line.split()
        ours = words.pop(0)
        theirs = words.pop(0)
        if theirs in ("struct", "union"):
            theirs += " " + words.pop(0)
        yield ours, theirs, words


def compares_length(member, members):
    return "=" not in member and "-size" not in members


def includes(which):
    out = ["#define _GNU_SOURCE"]
    for line in REFERENCES[which].strip().splitlines():
        out += [f"#include {h}" for h in line.split()[1:]]
    return "\n".join(out)


def source(which, names, present):
    """One C file: their values kept under other names, their macros undefined, then ours."""
    text = [includes(which)]
    for name in names:
        if name in present and name not in DIFFERENT[which]:
            text.append(f"enum {{ their_{name} = (long)({name}) }};")
    for ours, theirs, members in layouts(which):
        text.append(f"enum {{ their_size_{ours} = sizeof({theirs}) }};")
        for n, m in enumerate(x for x in members if not x.startswith("-")):
            name = m.split("=")[-1]
            text.append(f"enum {{ their_off_{ours}_{n} = __builtin_offsetof({theirs}, {name}) }};")
            if compares_length(m, members):
                text.append(f"enum {{ their_len_{ours}_{n} = sizeof((({theirs} *)0)->{name}) }};")
    macros = {m.split("=")[0] for w in LAYOUTS for _, _, members in layouts(w) for m in members}
    text += [f"#undef {n}" for n in list(names) + sorted(macros) if re.fullmatch(r"\w+", n)]
    text += ["#undef ELFMAG", "#define elf64_phdr ours_elf64_phdr"]     # Linux has the same tag
    text += [f"#undef S_IS{x}" for x in "LNK REG DIR CHR BLK FIFO SOCK".split()]
    text += [f"#undef {x}" for x in "WEXITSTATUS WTERMSIG WSTOPSIG WIFEXITED WIFSTOPPED WIFSIGNALED "
             "WIFCONTINUED WCOREDUMP W_EXITCODE W_STOPCODE".split()]
    text += [f"#include \"abi/{h.name}\"" for h in sorted((ROOT / "include/abi").glob("*.h"))]
    count = 0
    for name in names:
        if name in present and name not in DIFFERENT[which]:
            text.append(f"_Static_assert((long)({name}) == (long)their_{name}, \"{name}\");")
            count += 1
    for ours, _, members in layouts(which):
        if "-size" not in members:
            text.append(f"_Static_assert(sizeof(struct {ours}) == their_size_{ours}, \"size of {ours}\");")
            count += 1
        for n, m in enumerate(x for x in members if not x.startswith("-")):
            field = m.split("=")[0]
            text.append(f"_Static_assert(__builtin_offsetof(struct {ours}, {field}) == "
                        f"their_off_{ours}_{n}, \"offset of {field} in {ours}\");")
            count += 1
            if compares_length(m, members):
                text.append(f"_Static_assert(sizeof(((struct {ours} *)0)->{field}) == "
                            f"their_len_{ours}_{n}, \"size of {field} in {ours}\");")
                count += 1
    return "\n".join(text) + "\n", count


def run(cc, flags, text):
    with tempfile.NamedTemporaryFile("w", suffix=".c") as f:
        f.write(text)
        f.flush()
        return subprocess.run([cc, "-std=gnu11", "-w", "-I", str(ROOT / "include"), *flags, f.name],
                              capture_output=True, text=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cc", default="riscv64-linux-gnu-gcc")
    cc = parser.parse_args().cc
    names, known, failed = our_names(), set(), False

    for which in REFERENCES:
        macros = run(cc, ["-E", "-dM"], includes(which))
        if macros.returncode:
            sys.exit(macros.stderr)
        present = set(re.findall(r"^#define (\w+) ", macros.stdout, re.M))
        # Linux has some as enumerators: their values are compared like any other.
        present |= set(re.findall(r"^\s*(\w+) =", run(cc, ["-E"], includes(which)).stdout, re.M))
        present &= set(names)
        known |= present
        text, count = source(which, names, present)
        result = run(cc, ["-fsyntax-only"], text)
        if result.returncode:
            failed = True
            for line in result.stderr.splitlines():
                if "error" in line:
                    print(f"{which}: {line.split('error:')[-1].strip()}")
        else:
            print(f"{which}: {count} facts agree")

    unknown = [n for n in names if n not in known and not UNKNOWN_OK.match(n)]
    if unknown:
        failed = True
        print("in no reference header:", " ".join(unknown))
    return failed


if __name__ == "__main__":
    sys.exit(main())
