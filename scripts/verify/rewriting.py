"""Compares the day files of a lake, after changes have been taken up into them, with the tables in PostgreSQL.

Every row of a table has to be in the file of its day, once, with every value and the commit LSN of its last change.
DuckDB reads all files of a table at once, by the pattern that a user would write; pyarrow reads each for itself.
"""

import json
import os
import re
from collections import Counter
from dataclasses import dataclass, field

import duckdb
import pyarrow.parquet

import carriers
import changes
import database
import lake
from compare import differences
from database import Options

META = {'_lsn': carriers.Integer(64), '_rescued': carriers.JSON(), '_deleted': carriers.Boolean()}
SHOWN = 6


@dataclass(frozen=True)
class Kept:
    """What a lake keeps of a table, where that is not just the table's rows."""

    options: Options = Options()
    # Column -> its columns in the lake, newest first: (name, carrier), the carrier None where it is the column's own. A row
    # has its value in that which was the newest at its last change.
    versions: dict = field(default_factory=dict)
    # Columns of the lake that the table has no more.
    dropped: tuple = ()
    # A table of the schema `graves` with the last values of the rows that were deleted and are kept.
    graves: str | None = None
    # Rows may have been exported after their last change.
    exported: bool = False
    # The rows that are published, as a condition.
    where: str | None = None


def compare_days(made, place, tables, others=False, readers=None, lsns=True):
    """The differences, as sentences; none if the day files are right.

    `tables` are names of tables in `public`, or maps them to what the lake keeps of them. `others` says that the lake may
    have objects of tables that are not compared.
    """
    if not isinstance(tables, dict):
        tables = {name: Kept() for name in tables}
    problems = []
    connection = database.connect(made.url)
    try:
        catalog = database.Catalog(connection)
        with lake.opened(place.url, place.store) as folder:
            present = lake.objects(folder)
            claimed = set()
            for name, kept in tables.items():
                table = database.describe(connection, catalog, 'public', name, kept.options)
                mine = [path for path in present if path.startswith(table.lake_name + '/')]
                theirs = sorted((path for path in present if path.startswith(table.lake_name + '_changes/')), key=os.path.basename)
                claimed.update(mine, theirs)
                comparison = Comparison(connection, catalog, folder, table, kept, theirs if lsns else None)
                problems += [f'{name}: {problem}' for problem in comparison.problems(mine, readers or READERS)]
            if not others:
                problems += [f'a reader would see {path}' for path in present if path not in claimed]
    finally:
        connection.close()
    return problems


class Comparison:
    """One table and its files; with its files of changes, each row's `_lsn` is looked at."""

    def __init__(self, connection, catalog, folder, table, kept, change_files):
        self.connection, self.catalog, self.folder, self.table, self.kept = connection, catalog, folder, table, kept
        # Lake column -> carrier, and for each of the table's columns the places of its versions among them.
        self.carriers, self.sources = {}, []
        for column in table.columns:
            versions = kept.versions.get(column.name, ((column.name, None),))
            self.carriers.update((name, carrier or column.carrier) for name, carrier in versions)
            self.sources.append([(name, carrier) for name, carrier in versions])
        self.key = [index for index, column in enumerate(table.columns) if column.in_key]
        self.last = self.last_changes(change_files) if self.key and change_files is not None else None

    def problems(self, present, readers):
        wanted = self.expected()
        if self.table.partition_column is None and not wanted:
            # A table without days may show that it is empty.
            wanted = {path: [] for path in present if path == database.object_name(self.table.lake_name, None)}
        for path in present:
            if path not in wanted and self.is_empty_day(path):
                wanted[path] = []
        problems = [f'{path} is missing' for path in sorted(set(wanted) - set(present))]
        problems += [f'{path} should not be there' for path in sorted(set(present) - set(wanted))]
        for path in present:
            try:
                found = list(self.footer_problems(path))
            except Exception as error:
                found = [f'cannot be read: {type(error).__name__}: {error}']
            problems += [f'{path}: {problem}' for problem in found]
        for reader, read in readers.items():
            try:
                found = list(read(self.folder, present, {**self.carriers, **META}))
            except Exception as error:
                problems.append(f'{reader}: cannot be read: {type(error).__name__}: {error}')
                continue
            rows = {path: [] for path in present}
            for path, values in found:
                rows.setdefault(path, []).append(self.assembled(values))
            # A process that goes on may write a file between the list and the reading.
            problems += [f'{reader}: {path} came meanwhile' for path in sorted(set(rows) - set(present))]
            problems += [f'{reader}: {problem}' for problem in self.repeated(rows)]
            for path in sorted(set(wanted) & set(present)):
                problems += [f'{reader}: {path}: {problem}' for problem in differences(self.table, wanted[path], rows[path])]
        return problems

    def is_empty_day(self, path):
        """Whether a day has a file without rows: one that has lost them keeps it for a while, and an export makes one too."""
        name = re.escape(self.table.lake_name)
        if not re.fullmatch(rf'{name}/year=(\d{{4}})/month=(\d\d)/day=(\d\d)/{name}_\1\2\3\.parquet', path):
            return False
        with pyarrow.parquet.ParquetFile(self.folder / path) as file:
            return file.metadata.num_rows == 0

    def expected(self):
        """The rows that each file has to have."""
        rows = {}
        for day, row in database.rows(self.connection, self.table, self.kept.where):
            rows.setdefault(database.object_name(self.table.lake_name, day), []).append(row)
        if self.kept.graves:
            graves = database.describe(self.connection, self.catalog, 'graves', self.kept.graves, self.kept.options)
            for day, row in database.rows(self.connection, graves):
                rows.setdefault(database.object_name(self.table.lake_name, day), []).append((*row, 'deleted'))
        return rows

    def assembled(self, values):
        """A row as PostgreSQL would have it, with a note of everything that is wrong about the row itself."""
        notes = []
        rescued = {}
        if values['_rescued'] is not None:
            pairs = json.loads(values['_rescued'], object_pairs_hook=list)
            rescued = dict(pair for pair in pairs if isinstance(pair, tuple)) if isinstance(pairs, list) else {}
            if not rescued or len(rescued) != len(pairs):
                notes.append(f'_rescued is {values["_rescued"]}')
        row = []
        for column, versions in zip(self.table.columns, self.sources):
            found = []
            for name, carrier in versions:
                value = values[name]
                if name in rescued:
                    if value is not None:
                        notes.append(f'{name} is {value!r} and rescued')
                    value = carriers.Rescued(rescued.pop(name))
                elif value is not None and carrier is not None:
                    value = column.carrier.from_text(str(value))
                if value is not None:
                    found.append(value)
            if len(found) > 1:
                notes.append(f'{column.name} has a value in {len(found)} columns')
            row.append(found[0] if found else None)
        if any(name not in self.kept.dropped for name in rescued):
            notes.append(f'_rescued has {sorted(rescued)}')
        if values['_deleted']:
            notes.append('deleted')
        if self.last is not None:
            last = self.last.get(tuple(row[index] for index in self.key), 0)
            if values['_lsn'] != last and not (self.kept.exported and values['_lsn'] == 0):
                notes.append(f'_lsn is {values["_lsn"]} instead of {last}')
        return (*row, *notes)

    def repeated(self, rows):
        """Keys that are there more than once."""
        if not self.key:
            return
        places = {}
        for path, found in rows.items():
            for row in found:
                places.setdefault(tuple(row[index] for index in self.key), []).append(os.path.dirname(path))
        twice = [(key, where) for key, where in places.items() if len(where) > 1]
        for key, where in twice[:SHOWN]:
            yield f'key {key} is there {len(where)} times: {", ".join(map(str, where))}'

    def last_changes(self, files):
        """The commit LSN of the last change of each key that the files of changes have."""
        names = [self.sources[index] for index in self.key]
        last = {}
        for path in files:
            types = {name: self.carriers.get(name, carriers.Text()) for name in changes.columns_of(self.folder / path)}
            for meta, values in changes.found_in(self.folder / path, types, lake.READERS['pyarrow']):
                if meta[0] == 'D' and not self.kept.graves:
                    # Before there was a key, another row may have had the same.
                    continue
                key = []
                for versions in names:
                    name = next((name for name, _ in versions if name in values), None)
                    rescued = (meta[7] or {}).get(name)
                    key.append(values.get(name) if rescued is None else carriers.Rescued(rescued))
                last[tuple(key)] = max(last.get(tuple(key), 0), meta[1])
        return last

    def footer_problems(self, path):
        with pyarrow.parquet.ParquetFile(self.folder / path) as file:
            names = file.schema_arrow.names
            pairs = {key.decode(): value.decode() for key, value in (file.metadata.metadata or {}).items()}
            leaves = lake.declared(file)
        if len(set(names)) != len(names):
            yield f'has columns twice: {names}'
        if '_lsn' not in names:
            yield 'has no column _lsn'
        unknown = set(names) - set(self.carriers) - set(META) - set(self.kept.dropped)
        if unknown:
            yield f'has columns {sorted(unknown)}'
        wanted = {leaf: (physical, logical) for name, carrier in {**self.carriers, **META}.items()
                  for leaf, physical, logical in carrier.leaves(name)}
        for leaf, physical, logical in leaves:
            if leaf.split('.')[0] not in self.kept.dropped and not fits(physical, logical, *wanted.get(leaf, (None, None))):
                yield f'{leaf!r} is {physical} {logical} instead of {wanted.get(leaf)}'
        if not re.fullmatch(r'[0-9A-F]{1,8}/[0-9A-F]{1,8}|[0-9A-Fa-f]{16}', pairs.get('sluice.lsn', '')):
            yield f'footer has sluice.lsn = {pairs.get("sluice.lsn")!r}'
        if 'sluice.version' not in pairs or self.table.name not in pairs.get('sluice.table', ''):
            yield f'footer has sluice.version = {pairs.get("sluice.version")!r}, sluice.table = {pairs.get("sluice.table")!r}'
        try:
            described = [entry['name'] for entry in json.loads(pairs.get('sluice.columns', ''))]
        except (ValueError, KeyError, TypeError):
            yield f'footer has sluice.columns = {pairs.get("sluice.columns")!r:.200}'
            return
        # Columns that the table no longer has may follow.
        present = {versions[0][0] for versions in self.sources} & set(names)
        if [name for name in names if name in described] != described or not present <= set(described):
            yield f'sluice.columns has {described} where the file has {names}'


def fits(physical, logical, wanted, wanted_logical):
    """Whether a column's type is the one that it has by now, or one that it may have grown from."""
    if wanted is None:
        return False
    now, then = decimal(wanted_logical), decimal(logical)
    if now and then:
        return then[1] <= now[1] and then[0] - then[1] <= now[0] - now[1]
    if (physical, wanted) in (('INT32', 'INT64'), ('FLOAT', 'DOUBLE')):
        return logical in ('NONE', 'INT') and wanted_logical in ('NONE', ('NONE', 'INT'))
    if physical != wanted:
        return False
    allowed = wanted_logical if isinstance(wanted_logical, tuple) else (wanted_logical,)
    return logical in allowed or logical == 'INT' and 'NONE' in allowed or logical == 'STRING' and 'JSON' in allowed


def decimal(logical):
    found = re.fullmatch(r'DECIMAL\((\d+),(\d+)\)', logical if isinstance(logical, str) else '')
    return found and (int(found[1]), int(found[2]))


# MARK: readers


def arrow_rows(folder, paths, types):
    """(path, column -> value) of all rows, as pyarrow reads each file for itself."""
    for path in paths:
        with pyarrow.parquet.ParquetFile(folder / path, page_checksum_verification=True, arrow_extensions_enabled=False) as file:
            table = file.read()
        columns = [lake.arrow_values(table.column(name), carrier) if name in table.column_names else [None] * table.num_rows
                   for name, carrier in types.items()]
        for row in zip(*columns, strict=True):
            yield path, dict(zip(types, row))


def duckdb_rows(folder, paths, types):
    """(path, column -> value) of all rows, as DuckDB reads all files of a table at once."""
    if not paths:
        return
    top = paths[0].split('/')[0]
    pattern = f'{folder}/'.replace("'", "''") + ''.join(f'[{letter}]' if letter in '[*?' else letter for letter in top)
    source = f"read_parquet('{pattern}/**/*.parquet', union_by_name = true, hive_partitioning = false, filename = '_file')"
    with duckdb.connect(config={'threads': 2, 'autoinstall_known_extensions': False}) as connection:
        there = {row[0] for row in connection.execute(f'DESCRIBE SELECT * FROM {source}').fetchall()}
        columns = [carrier.duckdb(database.quote(name)) if name in there else 'NULL' for name, carrier in types.items()]
        rows = connection.execute(f'SELECT _file, {", ".join(columns)} FROM {source}').fetchall()
    top = len(f'{folder}/')
    for path, *row in rows:
        yield path[top:], {
            name: None if item is None
            else carrier.from_reader(list(zip(*item)) if isinstance(carrier, carriers.Map) else item)
            for (name, carrier), item in zip(types.items(), row)
        }


READERS = {'pyarrow': arrow_rows, 'DuckDB': duckdb_rows}


# MARK: objects


def day_objects(place):
    """The day files of a lake, each with what tells one version of it from another."""
    if not place.url.startswith('s3://'):
        found = {}
        for path in lake.objects(place.path):
            status = os.stat(place.path / path)
            found[path] = (status.st_ino, status.st_mtime_ns, status.st_size)
    else:
        bucket, _, prefix = place.url.removeprefix('s3://').partition('/')
        pages = place.store.client().get_paginator('list_objects_v2').paginate(Bucket=bucket, Prefix=prefix + '/')
        found = {entry['Key'].removeprefix(prefix + '/'): (entry['ETag'], entry['LastModified'])
                 for page in pages for entry in page.get('Contents', [])}
        found = {path: version for path, version in found.items() if not any(part[0] in '_.' for part in path.split('/'))}
    return {path: version for path, version in found.items() if not path.split('/')[0].endswith('_changes')}


def rewritten(before, after):
    """The tables with day files that were replaced, added or removed between two looks."""
    paths = set(before) | set(after)
    return Counter(path.split('/')[0] for path in paths if before.get(path) != after.get(path))
