"""What independent readers find in a lake: its objects, their schemas and their rows, by pyarrow and by DuckDB."""

import json
import os
import pathlib
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass

import botocore.exceptions
import duckdb
import pyarrow
import pyarrow.parquet

import carriers


@dataclass(frozen=True)
class Store:
    """Where a lake in S3 is reached."""

    endpoint: str | None = None
    access_key: str | None = None
    secret_key: str | None = None
    region: str = 'us-east-1'

    def client(self):
        import boto3
        from botocore.config import Config

        return boto3.client('s3', endpoint_url=self.endpoint, aws_access_key_id=self.access_key,
                            aws_secret_access_key=self.secret_key, region_name=self.region,
                            config=Config(s3={'addressing_style': 'path' if self.endpoint else 'auto'}))


@contextmanager
def opened(url, store=Store()):
    """The lake as a local folder; one in S3 is copied for the while."""
    if not url.startswith('s3://'):
        yield pathlib.Path(url.removeprefix('file://'))
        return
    bucket, _, prefix = url.removeprefix('s3://').partition('/')
    prefix = prefix.strip('/') + '/' if prefix.strip('/') else ''
    client = store.client()
    with tempfile.TemporaryDirectory() as folder:
        for page in client.get_paginator('list_objects_v2').paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get('Contents', []):
                path = pathlib.Path(folder, entry['Key'].removeprefix(prefix))
                if entry['Key'].endswith('/'):
                    continue
                path.parent.mkdir(parents=True, exist_ok=True)
                try:
                    client.download_file(bucket, entry['Key'], str(path))
                except botocore.exceptions.ClientError as error:
                    # Removed since it was listed, by a process that goes on.
                    if error.response['Error']['Code'] not in ('404', 'NoSuchKey'):
                        raise
        yield pathlib.Path(folder)


def objects(folder):
    """The paths of all files that a reader sees: names that begin with _ or . are passed over, as Athena and Spark do."""
    found = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name[0] not in '_.']
        found += [os.path.relpath(os.path.join(parent, name), folder) for name in files if name[0] not in '_.']
    return sorted(found)


def hidden_objects(folder):
    """The paths of all files that a reader does not see."""
    everything = [os.path.relpath(os.path.join(parent, name), folder)
                  for parent, _, files in os.walk(folder) for name in files]
    return sorted(set(everything) - set(objects(folder)))


def declared(file):
    """The leaves of a file: (path, physical type, logical type), and how they repeat."""
    schema = file.schema
    return [(leaf.path, leaf.physical_type, logical(leaf)) for leaf in map(schema.column, range(len(schema)))]


def logical(leaf):
    kind = leaf.logical_type.type
    # Parameters, such as the unit of a time stamp, are to be had only from the type as JSON.
    parameters = json.loads(leaf.logical_type.to_json())
    match kind:
        case 'DECIMAL':
            return f'DECIMAL({parameters["precision"]},{parameters["scale"]})'
        case 'TIMESTAMP':
            unit = {'microseconds': 'us', 'milliseconds': 'ms', 'nanoseconds': 'ns'}[parameters['timeUnit']]
            return f'TIMESTAMP({unit},{"utc" if parameters["isAdjustedToUTC"] else "local"})'
        case 'TIME':
            return 'TIME(us)' if parameters['timeUnit'] == 'microseconds' else 'TIME'
    return kind


def arrow_values(array, carrier):
    """The values of an Arrow array, each as its carrier reads it."""
    if isinstance(array, pyarrow.ChunkedArray):
        return [value for chunk in array.chunks for value in arrow_values(chunk, carrier)]
    if isinstance(carrier, carriers.List):
        elements = arrow_values(array.values, carrier.element)
        starts = array.offsets.to_pylist()
        return [tuple(elements[start:end]) if valid else None
                for start, end, valid in zip(starts, starts[1:], array.is_valid().to_pylist())]
    if isinstance(carrier, carriers.Map):
        keys, items, starts = array.keys.to_pylist(), array.items.to_pylist(), array.offsets.to_pylist()
        return [carrier.from_reader(list(zip(keys[start:end], items[start:end]))) if valid else None
                for start, end, valid in zip(starts, starts[1:], array.is_valid().to_pylist())]
    if pyarrow.types.is_date32(array.type):
        array = array.cast(pyarrow.int32())
    elif pyarrow.types.is_timestamp(array.type) or pyarrow.types.is_time64(array.type):
        array = array.cast(pyarrow.int64())
    return [None if value is None else carrier.from_reader(value) for value in array.to_pylist()]


def arrow_rows(path, columns):
    """The rows of a file as pyarrow reads them, after it has checked every page's sum."""
    with pyarrow.parquet.ParquetFile(path, page_checksum_verification=True, arrow_extensions_enabled=False) as file:
        table = file.read()
    wanted = [carrier for _, carrier in columns]
    if table.num_columns != len(wanted):
        raise ValueError(f'{table.num_columns} columns instead of {len(wanted)}')
    if not wanted:
        return [()] * table.num_rows
    return list(zip(*(arrow_values(table.column(index), carrier) for index, carrier in enumerate(wanted))))


def duckdb_rows(path, columns):
    """The rows of a file as DuckDB reads them."""
    # By position, for DuckDB takes names that differ in case only for one.
    aliases = [f'c{index}' for index in range(len(columns))]
    projection = [carrier.duckdb(alias) for alias, (_, carrier) in zip(aliases, columns)]
    literal = "'" + str(path).replace("'", "''") + "'"
    with duckdb.connect(config={'threads': 2, 'autoinstall_known_extensions': False}) as connection:
        # A file's name with [, * or ? in it is not a pattern.
        pattern = ''.join(f'[{character}]' if character in '[*?' else character for character in literal)
        rows = connection.execute(
            f'SELECT {", ".join(projection)} FROM read_parquet({pattern}, hive_partitioning = false) AS t({", ".join(aliases)})'
        ).fetchall()

    def value(carrier, item):
        if item is None:
            return None
        return carrier.from_reader(list(zip(*item))) if isinstance(carrier, carriers.Map) else carrier.from_reader(item)

    return [tuple(value(carrier, item) for (_, carrier), item in zip(columns, row)) for row in rows]


READERS = {'pyarrow': arrow_rows, 'DuckDB': duckdb_rows}
