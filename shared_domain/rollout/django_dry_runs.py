"""What the front door and the site say to each other about a dry run that Django does.

The door sends the caller's request to ``DRY_RUN_PATH``, with the path that it is about in the
header ``DRY_RUN_HEADER``. A site that knows nothing of dry runs has no such path, so it can never
take one for the real write. The answer is one message, compressed.
"""

import base64
import binascii
import json
import zlib
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from urllib.parse import quote, unquote

from shared_domain.rollout.wire import Purpose, Verdict, is_token

#: Beyond it an answer is not compared; the door compares bodies of 256 KiB at most.
MOST_PACKED_BYTES = 192 * 1024

#: What a message holds when it is unpacked: rows, of which triggers note no more than 1 MB, and a
#: body in base64.
MOST_DECOMPRESSED_BYTES = 8 * 1024 * 1024


class DryRunVerdict(StrEnum):
    """What came of a dry run of Django."""

    DONE = "done"
    #: The view does not allow it, or needs what could not be rolled back.
    REFUSED = Verdict.NO_DRY_RUN.value
    #: It took too long, waited for a lock for too long, or the database was away.
    ABANDONED = Verdict.ABANDONED.value
    TOO_LARGE = Verdict.TOO_LARGE.value


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunRequest:
    """The header of the door's request."""

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
        """Return the question that a header asks; None when it is malformed."""
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
        """Return whether it comes from a door with this key, which is not empty."""
        return is_token(self.token, Purpose.DRY_RUN, parity_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class DjangoDryRun:
    """What Django would answer and write, or why that is not known."""

    verdict: DryRunVerdict
    #: Why it is not done, in words without any value of the request.
    reason: str = ""
    #: Whether the reason lies in the view, so that another call would have it as well.
    is_lasting: bool = False
    status: int = 0
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    #: The written rows as the triggers note them; None where nothing notes them.
    effects: str | None = field(default=None, repr=False)
    #: What the dry run could see of the database when it began.
    snapshot: str | None = None
    milliseconds: float = 0.0

    def to_bytes(self) -> bytes:
        """Return the message, or one that says that it would be too large."""
        message = asdict(self) | {"body": base64.b64encode(self.body).decode()}
        packed = zlib.compress(json.dumps(message).encode())
        if len(packed) > MOST_PACKED_BYTES:
            return DjangoDryRun(verdict=DryRunVerdict.TOO_LARGE).to_bytes()
        return packed

    @classmethod
    def from_bytes(cls, packed: bytes) -> "DjangoDryRun | None":
        """Return what a message says; None when it is none."""
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
