"""What a query worker may not do: reach a network, start a program, read a file that is not the graph.

Seccomp and Landlock need no privilege, only Linux: each function says what the kernel could not give, in
words for the log and for /health, and returns "" where it could. Numbers are of Linux's syscall tables
(arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h) and uapi/linux/landlock.h.
"""

import ctypes
import os
import platform
import resource
import struct
from collections.abc import Iterable
from pathlib import Path

X86_64 = {
    "socket": 41, "connect": 42, "accept": 43, "bind": 49, "listen": 50, "socketpair": 53, "execve": 59,
    "kill": 62, "ptrace": 101, "accept4": 288, "open_by_handle_at": 304, "process_vm_readv": 310,
    "process_vm_writev": 311, "bpf": 321, "execveat": 322, "userfaultfd": 323, "io_uring_setup": 425,
}  # fmt: skip
AARCH64 = {
    "socket": 198, "connect": 203, "accept": 202, "bind": 200, "listen": 201, "socketpair": 199, "execve": 221,
    "kill": 129, "ptrace": 117, "accept4": 242, "open_by_handle_at": 265, "process_vm_readv": 270,
    "process_vm_writev": 271, "bpf": 280, "execveat": 281, "userfaultfd": 282, "io_uring_setup": 425,
}  # fmt: skip
REFUSED = {"x86_64": (0xC000003E, X86_64), "aarch64": (0xC00000B7, AARCH64)}

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
LOAD, IF_EQUAL, IF_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # BPF opcodes
ALLOW, EPERM, KILL = 0x7FFF0000, 0x00050001, 0x80000000
X32 = 0x40000000  # x86_64's second table of calls, which would go round a list of the first

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
READ = 1 << 2 | 1 << 3  # files, folders
WRITE = READ | 1 << 1 | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 13 | 1 << 14  # and make, move, remove, truncate
RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # how many file rights an ABI version knows; later ones no more


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _system_call(*arguments: int | ctypes.c_void_p | None) -> int:
    return int(_libc().syscall(*(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments)))


def no_network() -> str:
    """Refuse sockets, programs, signals and other processes' memory to this process and its children."""
    if platform.system() != "Linux" or platform.machine() not in REFUSED:
        return f"seccomp: not available on {platform.system()} {platform.machine()}, workers could reach a network"
    architecture, refused = REFUSED[platform.machine()]
    calls = sorted(set(refused.values()))
    program = [(LOAD, 0, 0, 4), (IF_EQUAL, 1, 0, architecture), (RETURN, 0, 0, KILL), (LOAD, 0, 0, 0)]
    program.append((IF_AT_LEAST, len(calls) + 1, 0, X32))
    program += [(IF_EQUAL, len(calls) - i, 0, call) for i, call in enumerate(calls)]
    program += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, EPERM)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    loaded = _Program(len(program), ctypes.addressof(code))
    libc = _libc()
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return f"seccomp: {os.strerror(ctypes.get_errno())}, workers could reach a network"
    if libc.prctl(PR_SET_SECCOMP, 2, ctypes.byref(loaded), 0, 0):
        return f"seccomp: {os.strerror(ctypes.get_errno())}, workers could reach a network"
    return ""


def _landlock() -> int:
    """The version of Landlock in this kernel, less than 1 where there is none."""
    return _system_call(CREATE_RULESET, None, 0, 1) if platform.system() == "Linux" else -1


def lacks_landlock() -> str:
    """Whether `only_files` will have no effect, in words."""
    return "" if _landlock() > 0 else "landlock: not available in this kernel, workers could read files"


def only_files(readable: Iterable[Path] = (), writable: Iterable[Path] = ()) -> str:
    """Let this process see nothing of the file system but these folders."""
    version = _landlock()
    if version < 1:
        return lacks_landlock()
    rights = (1 << RIGHTS.get(version, 16)) - 1
    attributes = struct.pack("QQQ", rights, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    buffer = ctypes.create_string_buffer(attributes[:size], size)
    rules = _system_call(CREATE_RULESET, ctypes.cast(buffer, ctypes.c_void_p), size, 0)
    if rules < 0:
        return f"landlock: {os.strerror(ctypes.get_errno())}, workers could read files"
    try:
        for folders, allowed in ((readable, READ), (writable, WRITE)):
            for folder in folders:
                descriptor = os.open(folder, os.O_PATH | os.O_CLOEXEC)
                beneath = ctypes.create_string_buffer(struct.pack("=Qi", allowed & rights, descriptor))
                failed = _system_call(ADD_RULE, rules, 1, ctypes.cast(beneath, ctypes.c_void_p), 0)
                os.close(descriptor)
                if failed:
                    return f"landlock: {os.strerror(ctypes.get_errno())}, workers could read files"
        if _libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or _system_call(RESTRICT_SELF, rules, 0):
            return f"landlock: {os.strerror(ctypes.get_errno())}, workers could read files"
    finally:
        os.close(rules)
    return ""


def die_with_parent(parent: int) -> None:
    """Be killed when the parent process ends, even by kill -9."""
    if platform.system() == "Linux":
        _libc().prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0)
        if os.getppid() != parent:  # it ended before we asked
            os._exit(1)


def limit(memory: int, files: int = 1024) -> None:
    """Cap this process's memory, in bytes: an allocation past it ends the process. No core dumps."""
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(files, hard), min(files, hard)))
