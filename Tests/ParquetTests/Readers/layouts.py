"""Asserts how the files of LayoutTests.swift lie in bytes: every page of every chunk, as layout.py finds them.

    layouts.py FOLDER        with the files NAME.parquet of the table below
"""

import os
import re
import struct
import sys

import layout

ENCODINGS = {
    0: "PLAIN", 3: "RLE", 5: "DELTA_BINARY_PACKED", 6: "DELTA_LENGTH_BYTE_ARRAY", 7: "DELTA_BYTE_ARRAY",
    8: "RLE_DICTIONARY", 9: "BYTE_STREAM_SPLIT",
}
ORDERS = {None: "no index", 0: "unordered", 1: "ascending", 2: "descending"}
FORMS = {1: "<i", 2: "<q", 4: "<f", 5: "<d"}

# The chunk's first line, then a line a page: rows, entries where they differ, encoding, NULLs, bounds.
LAYOUTS = {
    "plain": """
        no dictionary, ascending, 0..249
        100 PLAIN 0..99
        100 PLAIN 100..199
        50 PLAIN 200..249
    """,
    "descending": """
        no dictionary, descending, 1..250
        100 PLAIN 151..250
        100 PLAIN 51..150
        50 PLAIN 1..50
    """,
    "unordered": """
        no dictionary, unordered, 0..7
        100 PLAIN 0..0
        100 PLAIN 7..7
        50 PLAIN 4..4
    """,
    "first page decides": """
        no dictionary, ascending, 0..249
        100 PLAIN 0..99
        100 PLAIN 100..199
        50 PLAIN 200..249
    """,
    "dictionary": """
        dictionary, ascending, 0..4
        100 RLE_DICTIONARY 0..4
        100 RLE_DICTIONARY 0..4
        50 RLE_DICTIONARY 0..4
    """,
    "dictionary that fills": """
        dictionary, ascending, 0..249
        100 RLE_DICTIONARY 0..99
        100 RLE_DICTIONARY 100..199
        50 PLAIN 200..249
    """,
    "dictionary of NULLs": """
        dictionary, ascending, v0..v2, 100 NULLs
        100 RLE_DICTIONARY v0..v2
        100 RLE_DICTIONARY 100 NULLs
        50 RLE_DICTIONARY v0..v2
    """,
    "page of NULLs": """
        no dictionary, ascending, 0..249, 100 NULLs
        100 PLAIN 0..99
        100 PLAIN 100 NULLs
        50 PLAIN 200..249
    """,
    "nothing but NULLs": """
        no dictionary, ascending, no bounds, 250 NULLs
        100 DELTA_BINARY_PACKED 100 NULLs
        100 DELTA_BINARY_PACKED 100 NULLs
        50 DELTA_BINARY_PACKED 50 NULLs
    """,
    "NULLs here and there": """
        no dictionary, ascending, 1..249, 63 NULLs
        100 PLAIN 25 NULLs 1..99
        100 PLAIN 25 NULLs 101..199
        50 PLAIN 13 NULLs 201..249
    """,
    "version 2": """
        no dictionary, ascending, 1..249, 63 NULLs
        100 PLAIN v2 25 NULLs 1..99
        100 PLAIN v2 25 NULLs 101..199
        50 PLAIN v2 13 NULLs 201..249
    """,
    "differences": """
        no dictionary, ascending, 0..249
        100 DELTA_BINARY_PACKED 0..99
        100 DELTA_BINARY_PACKED 100..199
        50 DELTA_BINARY_PACKED 200..249
    """,
    "streams of bytes": """
        no dictionary, ascending, 0..249
        100 BYTE_STREAM_SPLIT 0..99
        100 BYTE_STREAM_SPLIT 100..199
        50 BYTE_STREAM_SPLIT 200..249
    """,
    "runs": """
        no dictionary, ascending, false..true
        100 RLE false..false
        100 RLE false..true
        50 RLE true..true
    """,
    "lengths": """
        no dictionary, ascending, t100..t349
        100 DELTA_LENGTH_BYTE_ARRAY t100..t199
        100 DELTA_LENGTH_BYTE_ARRAY t200..t299
        50 DELTA_LENGTH_BYTE_ARRAY t300..t349
    """,
    "prefixes": """
        no dictionary, ascending, t100..t349
        100 DELTA_BYTE_ARRAY t100..t199
        100 DELTA_BYTE_ARRAY t200..t299
        50 DELTA_BYTE_ARRAY t300..t349
    """,
    "lists": """
        no dictionary, ascending, 10..2481, 84 NULLs
        100/133 PLAIN 34 NULLs 10..981
        100/133 PLAIN 33 NULLs 1000..1990
        50/67 PLAIN 17 NULLs 2000..2481
    """,
    "pages of bytes": """
        no dictionary, ascending, text 100 of 46 bytes and 4 for the length.......text 149 of 46 bytes and 4 for the length.....
        20 PLAIN text 100 of 46 bytes and 4 for the length.......text 119 of 46 bytes and 4 for the length.....
        20 PLAIN text 120 of 46 bytes and 4 for the length.......text 139 of 46 bytes and 4 for the length.....
        10 PLAIN text 140 of 46 bytes and 4 for the length.......text 149 of 46 bytes and 4 for the length.....
    """,
    "a row larger than a page": """
        no dictionary, unordered, small 0..below x*63y
        3 PLAIN small 0..x*63y
        2 PLAIN small 3..small 4
    """,
    "long text": """
        no dictionary, ascending, from a*64..below a*63b
        2 PLAIN a*64..a*63b
    """,
    "NaN": """
        no dictionary, no index, no bounds
        100 PLAIN
        100 PLAIN
        50 PLAIN
    """,
    "zeros": """
        no dictionary, ascending, -0.0..0.0
        2 PLAIN -0.0..0.0
    """,
    "without bounds": """
        no dictionary, no index, no bounds
        100 PLAIN
        100 PLAIN
        50 PLAIN
    """,
    "row groups": """
        no dictionary, ascending, 0..119
        100 PLAIN 0..99
        20 PLAIN 100..119
        no dictionary, ascending, 120..239
        100 PLAIN 120..219
        20 PLAIN 220..239
        no dictionary, ascending, 240..249
        10 PLAIN 240..249
    """,
    "filter": """
        no dictionary, ascending, 0..249, a filter of 528 bytes
        100 PLAIN 0..99
        100 PLAIN 100..199
        50 PLAIN 200..249
    """,
    "no rows": """
    """,
    "required": """
        no dictionary, ascending, 0..249
        100 PLAIN 0..99
        100 PLAIN 100..199
        50 PLAIN 200..249
    """,
}


def value(data, kind):
    if kind in FORMS:
        return str(struct.unpack(FORMS[kind], data)[0])
    if kind == 0:
        return "true" if data == b"\1" else "false"
    # Letters that come again and again are counted.
    return re.sub(r"(.)\1{9,}", lambda run: f"{run[1]}*{len(run[0])}", repr(data)[2:-1])


def bounds(found, kind):
    if found is None or found.min is None:
        return "no bounds"
    # Bounds of a page do not say whether they are exact.
    low = "" if found.min_is_exact in (None, True) else "from "
    high = "" if found.max_is_exact in (None, True) else "below "
    return f"{low}{value(found.min, kind)}..{high}{value(found.max, kind)}"


def describe(chunk):
    dictionary = "dictionary" if chunk.has_dictionary else "no dictionary"
    line = f"{dictionary}, {ORDERS[chunk.boundary_order]}, {bounds(chunk.bounds, chunk.physical_type)}"
    line += f", {chunk.nulls} NULLs" * (chunk.nulls > 0)
    line += f", a filter of {chunk.bloom_filter_bytes} bytes" * (chunk.bloom_filter_bytes is not None)
    yield line
    for page in chunk.pages:
        line = str(page.rows) + f"/{page.entries}" * (page.entries != page.rows) + f" {ENCODINGS[page.encoding]}"
        line += " v2" * (page.version == 2) + f" {page.nulls} NULLs" * bool(page.nulls)
        if page.is_null_page:
            assert page.bounds.min == page.bounds.max == b"", "a page of NULLs has bounds"
        elif page.bounds is not None:
            line += f" {bounds(page.bounds, chunk.physical_type)}"
        yield line


def main():
    failures = 0
    files = {name.removesuffix(".parquet") for name in os.listdir(sys.argv[1])}
    assert files == set(LAYOUTS), f"the table and the files differ: {files ^ set(LAYOUTS)}"
    for name, expected in LAYOUTS.items():
        with open(os.path.join(sys.argv[1], name + ".parquet"), "rb") as file:
            found = [line for group in layout.chunks(file.read()) for chunk in group for line in describe(chunk)]
        lines = [line.strip() for line in expected.strip().splitlines()]
        if found != lines:
            failures += 1
            print(f"{name} lies in bytes as\n  " + "\n  ".join(found), file=sys.stderr)
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
