"""The messages of Django's dry runs: the edge's request header and Django's report.

The edge sends the caller's request to ``DRY_RUN_PATH``, with the real path in the header
``DRY_RUN_HEADER`` (``wire``). A Django without dry runs has no such path, so it can never carry out
the real write instead. The response is one compressed message.
"""

import base64
import binascii
import json
import zlib
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from urllib.parse import quote, unquote

from shared_domain.rollout.wire import Purpose, Verdict, is_token

#: A larger response is not compared; the edge compares bodies of 256 KiB at most.
MOST_PACKED_BYTES = 192 * 1024

#: A decompressed message: rows, of which triggers record no more than 1 MB, and a body in base64.
MOST_DECOMPRESSED_BYTES = 8 * 1024 * 1024


class DryRunVerdict(StrEnum):
    """The result of a dry run of Django."""

    DONE = "done"
    #: The view does not allow it, or needs what could not be rolled back.
    REFUSED = Verdict.NO_DRY_RUN.value
    #: It took too long, waited for a lock for too long, or the database was away.
    ABANDONED = Verdict.ABANDONED.value
    TOO_LARGE = Verdict.TOO_LARGE.value


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunRequest:
    """The content of the header with which the edge requests a dry run."""

    token: str
    milliseconds: int
    #: The edge's role, which must not learn of columns that it may not read.
    reader: str
    #: As the caller sent it, percent-encoded.
    path: str

    def as_header(self) -> str:
        return f"{self.token} {self.milliseconds} {quote(self.reader)} {quote(self.path, safe='')}"

    @classmethod
    def parse(cls, header: str) -> "DryRunRequest | None":
        """Parse the header; return None when it is malformed."""
        parts = header.split(" ")
        if len(parts) != 4 or not (parts[1].isascii() and parts[1].isdigit()):
            return None
        token, milliseconds, reader, path = parts
        return cls(
            token=token,
            milliseconds=min(int(milliseconds[:9]), 60_000),
            reader=unquote(reader),
            path=unquote(path),
        )

    def has_token(self, parity_key: str) -> bool:
        """Return whether it comes from an edge with this key, which is not empty."""
        return is_token(self.token, Purpose.DRY_RUN, parity_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class DjangoDryRun:
    """The response and the written rows of a dry run of Django, or why there was none."""

    verdict: DryRunVerdict
    #: Why there was none, in words without any value of the request.
    reason: str = ""
    #: Whether the reason lies in the view, so that another call would have it as well.
    is_lasting: bool = False
    status: int = 0
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    #: The written rows as the triggers record them; None where there are no triggers.
    effects: str | None = field(default=None, repr=False)
    #: The snapshot of the database in which the dry run began.
    snapshot: str | None = None
    milliseconds: float = 0.0

    def to_bytes(self) -> bytes:
        """Return the compressed message, or one that reports that it would be too large."""
        message = asdict(self) | {"body": base64.b64encode(self.body).decode()}
        packed = zlib.compress(json.dumps(message).encode())
        if len(packed) > MOST_PACKED_BYTES:
            return DjangoDryRun(verdict=DryRunVerdict.TOO_LARGE).to_bytes()
        return packed

    @classmethod
    def from_bytes(cls, packed: bytes) -> "DjangoDryRun | None":
        """Parse a message; return None when it is malformed."""
        try:
            unpacking = zlib.decompressobj()
            message = json.loads(unpacking.decompress(packed, MOST_DECOMPRESSED_BYTES))
            return cls(
                **message
                | {
                    "verdict": DryRunVerdict(message["verdict"]),
                    "headers": tuple((name, value) for name, value in message["headers"]),
                    "body": base64.b64decode(message["body"]),
                }
            )
        except (zlib.error, ValueError, KeyError, TypeError, binascii.Error):
            return None
