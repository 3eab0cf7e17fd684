"""Refuse sockets and programs to this process by seccomp (Linux on x86-64 and ARM64).

Python's audit events do not reach into libraries written in C or Rust: libpq, librdkafka, gRPC.
Source: seccomp(2) and linux/filter.h.
"""

import ctypes
import platform
import struct
import sys

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2

#: Offsets in ``struct seccomp_data``: the number of the system call, and the architecture.
_NUMBER, _ARCHITECTURE = 0, 4

_LOAD, _JUMP_IF_EQUAL, _JUMP_UNLESS_BELOW, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_EPERM = 1

#: The architecture's audit number; then socket, connect, bind, fork, vfork, execve, execveat,
#: io_uring_setup, as far as it has them.
_REFUSED = {
    "x86_64": (0xC000003E, (41, 42, 49, 57, 58, 59, 322, 425)),
    "aarch64": (0xC00000B7, (198, 203, 200, 221, 281, 425)),
}


def refuse_sockets_and_programs() -> bool:
    """Return whether the kernel refuses them from now on, for the rest of this process's life."""
    if sys.platform != "linux" or platform.machine() not in _REFUSED:
        return False
    steps = _filter(*_REFUSED[platform.machine()])
    program = ctypes.create_string_buffer(b"".join(steps))
    # struct sock_fprog: the number of steps, padding, and where they are.
    described = ctypes.create_string_buffer(
        struct.pack("H6xQ", len(steps), ctypes.addressof(program))
    )
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    return not libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, described)


def _filter(architecture: int, numbers: tuple[int, ...]) -> list[bytes]:
    steps = [
        _step(_LOAD, _ARCHITECTURE),
        # Calls in the ABI of another architecture have other numbers: none is let through.
        _step(_JUMP_IF_EQUAL, architecture, if_true=1),
        _step(_RETURN, _ERROR | _EPERM),
        _step(_LOAD, _NUMBER),
        # The x32 ABI has the architecture of x86-64, and bit 30 in its numbers.
        _step(_JUMP_UNLESS_BELOW, 1 << 30, if_false=1),
        _step(_RETURN, _ERROR | _EPERM),
    ]
    for number in numbers:
        steps += [_step(_JUMP_IF_EQUAL, number, if_false=1), _step(_RETURN, _ERROR | _EPERM)]
    return [*steps, _step(_RETURN, _ALLOW)]


def _step(code: int, operand: int, *, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, operand)
