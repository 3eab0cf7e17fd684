from collections.abc import Mapping, MutableMapping, Sequence
from os import PathLike
from types import TracebackType
from typing import Any, BinaryIO, Self

class TTFont:
    def __init__(
        self,
        file: str | PathLike[str] | BinaryIO | None = ...,
        res_name_or_index: str | int | None = ...,
        sfntVersion: str = ...,
        flavor: str | None = ...,
        checkChecksums: int = ...,
        verbose: bool | None = ...,
        recalcBBoxes: bool = ...,
        allowVID: Any = ...,
        ignoreDecompileErrors: bool = ...,
        recalcTimestamp: bool = ...,
        fontNumber: int = ...,
        lazy: bool | None = ...,
        quiet: bool | None = ...,
        _tableCache: MutableMapping[Any, Any] | None = ...,
        cfg: Mapping[str, Any] = ...,
        _useLegacyTTC: bool = ...,
    ) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    def getBestCmap(
        self, cmapPreferences: Sequence[tuple[int, int]] = ...
    ) -> dict[int, str] | None: ...
