"""Raise the limit of open file descriptors of a process that has many sockets."""

import resource

#: How many a process asks for: more than its connections and spools ever need.
MAX_DESCRIPTORS = 16_384


def raise_descriptor_limit() -> None:
    """Raise this process's soft limit of file descriptors, to ``MAX_DESCRIPTORS`` at most."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MAX_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
