"""One measurement of pyarrow, printed as one line of JSON; started by bench_parquet.py, in a process of its own.

    bench_parquet_pyarrow.py source FOLDER TARGET       makes one file of the files below a folder
    bench_parquet_pyarrow.py write SOURCE TARGET CODEC LEVEL ROW-GROUP-ROWS
    bench_parquet_pyarrow.py read FILE

What is measured and printed is what Tests/ParquetBenchmark measures and prints.
"""

import json
import pathlib
import resource
import sys
import time
import zlib

import pyarrow
import pyarrow.compute as compute
import pyarrow.parquet as parquet

SOURCE_ROW_GROUP_ROWS = 1 << 16


def options():
    """What the files of both programs have in common, beside codec and row groups; all else is as pyarrow has it."""
    return {'use_dictionary': True, 'store_decimal_as_integer': True}


def memory_peak():
    lines = pathlib.Path('/proc/self/status').read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith('VmHWM:'))


def measure(body):
    # Makes what the process holds now the peak so far (proc(5), clear_refs).
    pathlib.Path('/proc/self/clear_refs').write_text('5')
    start = memory_peak()
    before = resource.getrusage(resource.RUSAGE_SELF)
    started = time.monotonic()
    result = body()
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_SELF)
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    return result, {'wall': wall, 'cpu': user + system, 'user': user, 'start': start, 'peak': memory_peak()}


def read(path):
    """The whole file, one row group after another.

    Without buffering ahead, which is the faster way here: with it the kernel spends as much time again on memory that
    is new.
    """
    file = parquet.ParquetFile(path, pre_buffer=False)
    return pyarrow.concat_tables(file.read_row_group(index, use_threads=False) for index in range(file.num_row_groups))


class Checksum:
    """A column's numbers of slots and NULLs and its checksums, as ColumnChecksum of Tests/ParquetBenchmark has them."""

    def __init__(self, kind):
        # JSON is text.
        kind = getattr(kind, 'storage_type', kind)
        self.kind = kind
        self.slots = self.nulls = 0
        self.validity = self.lengths = self.values = 1
        self.children = [Checksum(kind.value_type)] if pyarrow.types.is_list(kind) else []

    def append(self, array):
        array = getattr(array, 'storage', array)
        self.slots += len(array)
        self.nulls += array.null_count
        self.validity = zlib.adler32(fixed(compute.is_valid(array).cast(pyarrow.uint8()), 1), self.validity)
        array = array.drop_null()
        if pyarrow.types.is_list(self.kind):
            self.lengths = zlib.adler32(fixed(compute.list_value_length(array), 4), self.lengths)
            self.children[0].append(array.flatten())
        elif pyarrow.types.is_string(self.kind):
            self.lengths = zlib.adler32(fixed(compute.binary_length(array), 4), self.lengths)
            offsets = memoryview(array.buffers()[1]).cast('i')[array.offset:array.offset + len(array) + 1]
            self.values = zlib.adler32(memoryview(array.buffers()[2])[offsets[0]:offsets[-1]], self.values)
        elif pyarrow.types.is_decimal128(self.kind):
            # Of 16 bytes the lower 8, which is what a decimal of up to 18 digits needs.
            halves = memoryview(array.buffers()[1]).cast('q')[2 * array.offset:2 * (array.offset + len(array)):2]
            self.values = zlib.adler32(halves.tobytes(), self.values)
        elif pyarrow.types.is_boolean(self.kind):
            self.values = zlib.adler32(fixed(array.cast(pyarrow.uint8()), 1), self.values)
        else:
            self.values = zlib.adler32(fixed(array, self.kind.bit_width // 8), self.values)

    def __str__(self):
        own = f'{self.slots} {self.nulls} {self.validity} {self.lengths} {self.values}'
        return ' '.join([own, *map(str, self.children)])


def fixed(array, width):
    return memoryview(array.buffers()[1])[array.offset * width:(array.offset + len(array)) * width]


def checksums(table):
    found = {}
    for field, column in zip(table.schema, table.columns):
        found[field.name] = Checksum(field.type)
        for chunk in column.chunks:
            found[field.name].append(chunk)
    return {name: str(checksum) for name, checksum in found.items()}


def main():
    # One thread: neither the pool of computations nor that of reads may have more.
    pyarrow.set_cpu_count(1)
    pyarrow.set_io_thread_count(1)
    what, *given = sys.argv[1:]
    if what == 'source':
        files = sorted(pathlib.Path(given[0]).glob('**/*.parquet'))
        table = pyarrow.concat_tables([read(file) for file in files]).sort_by('id')
        # The export's own columns are no part of the table.
        table = table.select([name for name in table.column_names if not name.startswith('_')]).replace_schema_metadata()
        parquet.write_table(table, given[1], compression='zstd', row_group_size=SOURCE_ROW_GROUP_ROWS, **options())
    elif what == 'write':
        source, target, codec, level, rows = given
        table = read(source).combine_chunks()
        # What reading has left behind in the allocator is no part of writing.
        pyarrow.default_memory_pool().release_unused()
        level = int(level) if codec == 'zstd' else None
        _, measured = measure(lambda: parquet.write_table(
            table, target, compression=codec, compression_level=level, row_group_size=int(rows), **options()))
        print(json.dumps(measured | {'table': table.nbytes, 'columns': table.num_columns}))
    elif what == 'read':
        table, measured = measure(lambda: read(given[0]))
        print(json.dumps(measured | {'table': table.nbytes, 'checksums': checksums(table)}))
    else:
        sys.exit(__doc__)


if __name__ == '__main__':
    main()
