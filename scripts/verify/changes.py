"""Compares the files of changes in a lake with what the witness has seen, change by change and value by value."""

import json
import os

import pyarrow.parquet

import carriers
import database
import lake
from witness import UNCHANGED

META = [
    ('_op', carriers.Text()), ('_lsn', carriers.Integer(64)), ('_seq', carriers.Integer(64)), ('_xid', carriers.Integer(64)),
    ('_committed_at', carriers.Timestamp(True)), ('_unchanged', carriers.List(carriers.Text())),
    ('_old_key', carriers.JSON()), ('_rescued', carriers.JSON()),
]
SHOWN = 6


def files(folder, table):
    """The paths of a table's files of changes, in the order of their names."""
    found = [path for path in lake.objects(folder) if path.startswith(f'{table}_changes/')]
    return sorted(found, key=os.path.basename)


def columns_of(path):
    with pyarrow.parquet.ParquetFile(path) as file:
        return file.schema_arrow.names


def carriers_of(connection, relation, overrides={}):
    catalog = database.Catalog(connection)
    return [catalog.carrier(column.type_oid, column.modifier, overrides.get(column.name)) for column in relation.columns]


def expected(change, types, key, names, excluded):
    """A change as the lake must show it: the meta columns, then column -> value."""
    relation = change.relation
    values, rescued, unchanged = {}, {}, []
    row = change.new if change.new is not None else change.old or (None,) * len(relation.columns)
    for index, (column, carrier, text) in enumerate(zip(relation.columns, types, row, strict=True)):
        name = names.get((relation.name, column.name, column.type_oid), column.name)
        if column.name in excluded:
            continue
        if text is UNCHANGED and change.old is not None and (change.old_kind == 'O' or column.in_identity):
            text = change.old[index]
        if text is UNCHANGED:
            unchanged.append(name)
        value = None if text is None or text is UNCHANGED else carrier.from_text(text)
        if isinstance(value, carriers.Rescued):
            rescued[name] = value.text
            value = None
        values[name] = value
    old_key = None
    if change.operation == 'U' and change.old is not None:
        members = [index for index, column in enumerate(relation.columns)
                   if (column.name in key if change.old_kind == 'O' and key else column.in_identity)
                   and column.name not in excluded]
        former = [change.old[index] for index in members]
        new = [change.old[index] if change.new[index] is UNCHANGED else change.new[index] for index in members]
        if former != new:
            old_key = {relation.columns[index].name: change.old[index] for index in members}
    meta = (change.operation, change.lsn, change.sequence, change.xid,
            carriers.timestamp_text(change.committed_at, '+00'), tuple(unchanged) or None, old_key, rescued or None)
    return meta, values


def found_in(path, types, read):
    """The changes in a file, as (meta, column -> value)."""
    names = columns_of(path)
    assert names[:len(META)] == [name for name, _ in META], f'{path} begins with columns {names[:len(META)]}'
    columns = META + [(name, types[name]) for name in names[len(META):]]
    for row in read(path, columns):
        meta = list(row[:len(META)])
        for index in (6, 7):
            meta[index] = None if meta[index] is None else json.loads(meta[index])
        yield tuple(meta), dict(zip(names[len(META):], row[len(META):], strict=True))


def compare(url, place, changes, tables, names={}, overrides={}, excluded={}, keys={}, readers=lake.READERS):
    """The differences between the lake's changes of some tables and the witness's, as sentences.

    `names` maps (table, column, type OID) to the column's name in the lake where it has another, `tables` a table's name
    to its name in the lake, `keys` a table to its primary key where the replica identity is FULL.
    """
    problems = []
    connection = database.connect(url)
    try:
        with lake.opened(place.url, place.store) as folder:
            for table, lake_name in tables.items():
                mine = [change for change in changes if change.relation.name == table]
                types, wanted = {}, []
                for change in mine:
                    carrier = cached(connection, change.relation, overrides.get(table, {}))
                    for column, kind in zip(change.relation.columns, carrier):
                        types[names.get((table, column.name, column.type_oid), column.name)] = kind
                    wanted.append(expected(change, carrier, keys.get(table, ()), names, excluded.get(table, ())))
                for reader, read in readers.items():
                    found = [row for path in files(folder, lake_name) for row in found_in(folder / path, types, read)]
                    problems += [f'{table}, {reader}: {problem}' for problem in differences(wanted, found)]
    finally:
        connection.close()
        _cache.clear()
    return problems


_cache = {}


def cached(connection, relation, overrides):
    if relation not in _cache:
        _cache[relation] = carriers_of(connection, relation, overrides)
    return _cache[relation]


def differences(wanted, found):
    """Both are lists in commit order; the order counts."""
    right, present = [row[0][1:3] for row in wanted], [row[0][1:3] for row in found]
    if right != present:
        missing, extra = sorted(set(right) - set(present)), sorted(set(present) - set(right))
        twice = len(present) - len(set(present))
        yield (f'{len(found)} changes instead of {len(wanted)}: {len(missing)} missing{span(missing)}, {len(extra)} unexpected'
               f'{span(extra)}, {twice} twice; {"in" if present == sorted(present) else "not in"} commit order')
        return
    shown = 0
    for index, (right, row) in enumerate(zip(wanted, found)):
        if right != row and shown < SHOWN:
            shown += 1
            yield f'change {index + 1} is {row} instead of {right}'


def span(places):
    return f' ({places[0]} to {places[-1]})' if places else ''


# MARK: the hand-over from snapshot to stream


def visible(xid, snapshot):
    """Whether a transaction, given by the lower half of its number, is visible in a snapshot `xmin:xmax:xip`."""
    xmin, xmax, running = snapshot.split(':')
    xmax = int(xmax)
    full = xmax - ((xmax - xid + 2**31) % 2**32 - 2**31)
    return full < xmax and full not in {int(number) for number in running.split(',') if number}


class History:
    """The changes of a table in a lake, and what its rows have to add up to."""

    def __init__(self, url, place, table):
        connection = database.connect(url)
        try:
            described = database.describe(connection, database.Catalog(connection), 'public', table)
            self.truth = sorted((row for _, row in database.rows(connection, described)), key=repr)
        finally:
            connection.close()
        self.table, self.names = table, [column.name for column in described.columns]
        self.types = {column.name: column.carrier for column in described.columns}
        with lake.opened(place.url, place.store) as folder:
            self.changes = [change for path in files(folder, table)
                            for change in found_in(folder / path, self.types, lake.READERS['pyarrow'])]

    def folded(self, place, key):
        """The rows of a lake's day files and the changes after their snapshot, as a sorted list.

        `key` names the key's columns; without a key rows are told apart by all of their values.
        """
        keyed, plain, snapshots = {}, [], set()

        def put(row):
            if not key:
                plain.append(row)
                return
            identity = tuple(row[name] for name in key)
            assert identity not in keyed, f'{self.table} has {identity} twice'
            keyed[identity] = row

        with lake.opened(place.url, place.store) as folder:
            for path in lake.objects(folder):
                if not path.startswith(self.table + '/'):
                    continue
                with pyarrow.parquet.ParquetFile(folder / path) as file:
                    present = file.schema_arrow.names
                    snapshots.add(file.metadata.metadata[b'sluice.snapshot'].decode())
                columns = [(name, self.types.get(name, carriers.JSON() if name == '_rescued' else carriers.Integer(64)))
                           for name in present]
                for values in lake.READERS['pyarrow'](folder / path, columns):
                    put(whole(dict(zip(present, values)), self.names))
        assert len(snapshots) <= 1, f'{self.table} comes from {len(snapshots)} snapshots'
        snapshot = snapshots.pop() if snapshots else None
        for meta, values in self.changes:
            operation, _, _, xid, _, unchanged, old_key, rescued = meta
            if snapshot and visible(xid, snapshot):
                continue
            row = whole({**values, '_rescued': json.dumps(rescued) if rescued else None}, self.names)
            if operation == 'T':
                keyed.clear()
                plain.clear()
            elif operation == 'I':
                put(row)
            elif key:
                former = tuple(self.types[name].from_text(old_key[name]) for name in key) if old_key else tuple(row[name] for name in key)
                assert former in keyed, f'{self.table}: {operation} of {former}, which is not there'
                before = keyed.pop(former)
                if operation == 'U':
                    for name in unchanged or ():
                        row[name] = before[name]
                    put(row)
            else:
                if operation == 'D' or old_key is None:
                    plain.remove(row)
                else:
                    plain.remove({name: None if old_key[name] is None else self.types[name].from_text(old_key[name])
                                  for name in self.names})
                if operation == 'U':
                    put(row)
        return sorted((tuple(row[name] for name in self.names) for row in (keyed.values() if key else plain)), key=repr)


def whole(values, names):
    """A row with its rescued values in their places."""
    rescued = json.loads(values.get('_rescued') or '{}')
    return {name: carriers.Rescued(rescued[name]) if name in rescued else values[name] for name in names}
