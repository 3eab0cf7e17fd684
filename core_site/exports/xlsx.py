"""XLSX files that are streamed while their rows are read, with a bounded use of memory.

An XLSX file is a ZIP archive of XML. Its members are written one after another, each followed by
its length (a *data descriptor*), so that no length has to be known in advance; the list of sheets
is the last member. Texts are in their cells (*inline strings*), not in a table beside the sheet.
"""

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, cast

from core_site.exports import xlsx_parts
from core_site.exports.columns import Cell
from core_site.exports.xlsx_cells import column_letters, header_xml, row_xml

#: Bytes that are sent at once.
CHUNK_BYTES = 64 * 1024

#: Rows of one sheet, its titles included; what is beyond them is on a further sheet.
#: Source: support.microsoft.com, Excel specifications and limits.
MOST_SHEET_ROWS = 1_048_576

#: Bytes of a sheet's XML, for the same reason: from 2 GiB on, zipfile writes the long lengths of
#: ZIP64, which Excel refuses in a member that is followed by them.
MOST_SHEET_BYTES = 2**31 - 2**24


class _Stream:
    """A write-only file without seek, for the archive; ``take`` returns the bytes written to it."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def write(self, content: bytes) -> int:
        self._waiting += content
        return len(content)

    def flush(self) -> None:
        """Do nothing, since written bytes can be taken at once; ``zipfile`` calls it."""

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self) -> bytes:
        """Return and remove the bytes that were written since the last call."""
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken


def xlsx_chunks(titles: Sequence[str], rows: Iterable[Iterable[Cell]]) -> Iterator[bytes]:
    """Yield an XLSX file while its rows are read; a text is never a formula.

    The first bytes are yielded before the first row is read. Each sheet begins with the titles.
    """
    stream = _Stream()
    letters = [column_letters(place) for place in range(len(titles))]
    with zipfile.ZipFile(cast(IO[bytes], stream), "w", zipfile.ZIP_DEFLATED) as book:
        _write_part(book, "_rels/.rels", xlsx_parts.ROOT_RELATIONS)
        _write_part(book, "xl/styles.xml", xlsx_parts.STYLES)
        yield stream.take()
        coming = iter(rows)
        row = next(coming, None)
        sheets = 0
        while row is not None or not sheets:
            sheets += 1
            with book.open(xlsx_parts.sheet_name(sheets), "w") as sheet:
                begins = xlsx_parts.SHEET_BEGINS + header_xml(letters, titles)
                size = sheet.write(begins.encode())
                number = 1
                while row is not None and number < MOST_SHEET_ROWS and size < MOST_SHEET_BYTES:
                    number += 1
                    size += sheet.write(row_xml(number, letters, row).encode())
                    if len(stream) >= CHUNK_BYTES:
                        yield stream.take()
                    row = next(coming, None)
                sheet.write(xlsx_parts.SHEET_ENDS.encode())
        _write_part(book, "xl/workbook.xml", xlsx_parts.workbook(sheets))
        _write_part(book, "xl/_rels/workbook.xml.rels", xlsx_parts.workbook_relations(sheets))
        _write_part(book, "[Content_Types].xml", xlsx_parts.content_types(sheets))
    yield stream.take()


def _write_part(book: zipfile.ZipFile, name: str, content: str) -> None:
    with book.open(name, "w") as part:
        part.write(content.encode())
