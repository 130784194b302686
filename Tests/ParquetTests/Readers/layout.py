"""What a Parquet file says about itself, read without any Parquet library: its footer, page index and page headers.

Structures of the Thrift compact protocol become dictionaries by field number, as parquet.thrift numbers them.
"""

import struct
import zlib
from dataclasses import dataclass


class Thrift:
    """One structure after another, from `position` on."""

    def __init__(self, data, position=0):
        self.data, self.position = data, position

    def byte(self):
        self.position += 1
        return self.data[self.position - 1]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def integer(self):
        value = self.varint()
        return value >> 1 ^ -(value & 1)

    def binary(self):
        length = self.varint()
        self.position += length
        return bytes(self.data[self.position - length : self.position])

    def list(self):
        header = self.byte()
        count = header >> 4 if header < 0xF0 else self.varint()
        if header & 15 in (1, 2):
            return [self.byte() == 1 for _ in range(count)]
        return [self.value(header & 15) for _ in range(count)]

    def value(self, kind):
        if kind in (1, 2):
            return kind == 1
        if kind == 3:
            return struct.unpack("b", bytes([self.byte()]))[0]
        return {
            4: self.integer, 5: self.integer, 6: self.integer, 8: self.binary, 9: self.list, 12: self.structure,
        }[kind]()

    def structure(self):
        fields, field = {}, 0
        while header := self.byte():
            field = field + (header >> 4) if header >> 4 else self.integer()
            assert field not in fields and field > max(fields, default=0), "fields are not in order"
            fields[field] = self.value(header & 15)
        return fields


@dataclass
class Bounds:
    """Bytes as they are stored; both are `None` where there are no bounds."""

    min: bytes | None
    max: bytes | None
    min_is_exact: bool | None = None
    max_is_exact: bool | None = None


@dataclass
class Page:
    first_row: int
    rows: int
    entries: int
    is_dictionary: bool
    encoding: int
    version: int
    bounds: Bounds | None
    nulls: int | None
    is_null_page: bool | None


@dataclass
class Chunk:
    path: tuple
    rows: int
    entries: int
    codec: int
    has_dictionary: bool
    nulls: int
    bounds: Bounds
    pages: list
    boundary_order: int | None
    physical_type: int
    bloom_filter_bytes: int | None


def chunks(data):
    """The column chunks of each row group, after checking that sizes, offsets and checksums agree with each other."""
    assert data[:4] == data[-4:] == b"PAR1"
    length = struct.unpack("<I", data[-8:-4])[0]
    footer = Thrift(data, len(data) - 8 - length)
    metadata = footer.structure()
    assert footer.position == len(data) - 8, "the footer's length"
    assert metadata[1] == 1 and metadata[3] == sum(group[3] for group in metadata[4])
    end = 4
    groups = []
    for ordinal, group in enumerate(metadata[4]):
        assert group[7] == ordinal and group[5] == end, "a row group's ordinal or offset"
        columns = []
        for column in group[1]:
            columns.append(chunk(data, column, group[3], end))
            end += column[3][7]
        assert group[6] == sum(column[3][7] for column in group[1]) == end - group[5] and group[2] == sum(column[3][6] for column in group[1]), "a row group's size"
        for column in group[1]:
            if 14 in column[3]:
                assert column[3][14] == end, "a bloom filter does not begin where what is before it ends"
                end += column[3][15]
        groups.append(columns)
    leaves = sum(5 not in element for element in metadata[2])
    assert metadata[7] == [{1: {}}] * leaves, "column orders"
    return groups


def chunk(data, column, row_count, start):
    metadata = column[3]
    statistics = metadata[12]
    assert metadata.get(11, metadata[9]) == start, "a chunk does not begin where the one before ends"
    kinds = {(kind[1], kind[2]): kind[3] for kind in metadata.get(13, [])}
    uncompressed = 0
    if 11 in metadata:
        header, size = page_header(data, start)
        assert header[1] == 2 and start + size == metadata[9] and kinds[2, 0] == 1
        uncompressed += size - header[3] + header[2]
    locations = Thrift(data, column[4]).structure()[1]
    index_reader = Thrift(data, column.get(6, 0))
    index = index_reader.structure() if 6 in column else None
    assert index is None or index_reader.position == column[6] + column[7], "the column index's length"
    position, pages, used = metadata[9], [], {}
    for number, location in enumerate(locations):
        header, size = page_header(data, position)
        assert location[1] == position and location[2] == size, "the offset index"
        uncompressed += size - header[3] + header[2]
        position += size
        following = locations[number + 1][3] if number + 1 < len(locations) else row_count
        version, entries, encoding = data_page(header, following - location[3], index and index[5][number])
        used[header[1], encoding] = used.get((header[1], encoding), 0) + 1
        pages.append(
            Page(
                first_row=location[3],
                rows=following - location[3],
                entries=entries,
                is_dictionary=encoding == 8,
                encoding=encoding,
                version=version,
                bounds=index and Bounds(index[2][number], index[3][number]),
                nulls=index and index[5][number],
                is_null_page=index and index[1][number],
            )
        )
    assert position == start + metadata[7] and uncompressed == metadata[6], "a chunk's size"
    assert metadata[5] == sum(page.entries for page in pages), "a chunk's number of values"
    assert {key: count for key, count in kinds.items() if key[0] != 2} == used, "a chunk's pages by encoding"
    # Levels have RLE, dictionaries PLAIN.
    encodings = {encoding for _, encoding in used} | {3} | ({0} if 11 in metadata else set())
    assert sorted(metadata[2]) == sorted(encodings), "a chunk's encodings"
    assert not any(page.is_dictionary for page in pages) or 11 in metadata, "a dictionary is missing"
    return Chunk(
        path=tuple(name.decode() for name in metadata[3]),
        rows=row_count,
        entries=metadata[5],
        codec=metadata[4],
        has_dictionary=11 in metadata,
        nulls=statistics[3],
        bounds=Bounds(statistics.get(6), statistics.get(5), statistics.get(8), statistics.get(7)),
        pages=pages,
        boundary_order=index and index[4],
        physical_type=metadata[1],
        bloom_filter_bytes=metadata.get(15),
    )


def data_page(header, rows, nulls):
    """The version, entries and encoding of a data page, whose header must agree with the page index."""
    if header[1] == 0:
        fields = header[5]
        assert fields[3] == fields[4] == 3, "levels are not in runs"
        return 1, fields[1], fields[2]
    assert header[1] == 3, f"a page of kind {header[1]}"
    fields = header[8]
    assert fields[3] == rows and (nulls is None or fields[2] == nulls), "a page header contradicts the index"
    assert fields[5] + fields[6] <= min(header[2], header[3]), "a page is smaller than its levels"
    return 2, fields[1], fields[4]


def page_header(data, position):
    """The header of a page, whose checksum is right, and the bytes of the whole page."""
    reader = Thrift(data, position)
    header = reader.structure()
    body = data[reader.position : reader.position + header[3]]
    assert zlib.crc32(body) == header[4] % 2**32, "a page's checksum"
    return header, reader.position - position + header[3]
