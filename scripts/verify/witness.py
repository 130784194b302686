"""What PostgreSQL itself says has happened: the changes of a slot of the witness's own, read through SQL.

The messages of pgoutput are decoded here once more, from the protocol's documentation and in text form, so that nothing
of the program under test is believed.
"""

import struct
from dataclasses import dataclass

import psycopg2

# A column whose value an UPDATE left where it is stored apart.
UNCHANGED = object()


@dataclass(frozen=True)
class Column:
    name: str
    type_oid: int
    modifier: int
    in_identity: bool


@dataclass(frozen=True)
class Relation:
    oid: int
    schema: str
    name: str
    identity: str
    columns: tuple


@dataclass(frozen=True)
class Change:
    """One change; rows are tuples of texts, None or UNCHANGED, one for each column of the relation."""

    operation: str
    lsn: int
    sequence: int
    xid: int
    committed_at: int
    relation: Relation
    new: tuple | None = None
    old: tuple | None = None
    # 'K' for a key, 'O' for the whole row.
    old_kind: str | None = None


def position(text):
    """An LSN as a number."""
    high, low = text.split('/')
    return int(high, 16) << 32 | int(low, 16)


class Reader:
    def __init__(self, data):
        self.data, self.at = bytes(data), 0

    def number(self, code):
        value, = struct.unpack_from('>' + code, self.data, self.at)
        self.at += struct.calcsize('>' + code)
        return value

    def text(self):
        end = self.data.index(b'\0', self.at)
        value = self.data[self.at:end].decode()
        self.at = end + 1
        return value

    def letter(self):
        return chr(self.number('B'))

    def row(self):
        cells = []
        for _ in range(self.number('h')):
            kind = self.letter()
            if kind == 't':
                length = self.number('i')
                cells.append(self.data[self.at:self.at + length].decode())
                self.at += length
            else:
                cells.append({'n': None, 'u': UNCHANGED}[kind])
        return tuple(cells)


class Witness:
    """A slot that sees the changes of a publication from now on."""

    def __init__(self, database, publication='sluice', slot='witness'):
        self.database, self.publication, self.slot = database, publication, slot
        database.execute("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", (slot,))

    def drop(self):
        self.database.execute('SELECT pg_drop_replication_slot(%s)', (self.slot,))

    def changes(self, since=0):
        """All changes of transactions that commit at or after a position."""
        connection = psycopg2.connect(self.database.url)
        try:
            with connection, connection.cursor() as cursor:
                # The types as they are printed must not depend on who asks.
                for setting in ("timezone = 'UTC'", "datestyle = 'ISO'", "intervalstyle = 'postgres'", "extra_float_digits = 3",
                                "bytea_output = 'hex'", "lc_monetary = 'C'", "search_path = ''"):
                    cursor.execute(f'SET {setting}')
                cursor.execute("SELECT data FROM pg_catalog.pg_logical_slot_peek_binary_changes(%s, NULL, NULL,"
                               " 'proto_version', '1', 'publication_names', %s)", (self.slot, f'"{self.publication}"'))
                return [change for change in decoded(row[0] for row in cursor) if change.lsn >= since]
        finally:
            connection.close()


def decoded(messages):
    relations, transaction = {}, None
    for message in messages:
        reader = Reader(message)
        kind = reader.letter()
        if kind == 'B':
            lsn, committed_at, xid = reader.number('Q'), reader.number('q'), reader.number('I')
            transaction = (lsn, xid, committed_at + 946_684_800_000_000)
            sequence = 0
        elif kind == 'R':
            oid, schema, name, identity = reader.number('I'), reader.text(), reader.text(), reader.letter()
            columns = []
            for _ in range(reader.number('h')):
                flags, column, type_oid, modifier = reader.number('B'), reader.text(), reader.number('I'), reader.number('i')
                columns.append(Column(column, type_oid, modifier, bool(flags & 1)))
            relations[oid] = Relation(oid, schema, name, identity, tuple(columns))
        elif kind in 'IUD':
            relation, new, old, old_kind = relations[reader.number('I')], None, None, None
            part = reader.letter()
            if part in 'KO':
                old_kind, old = part, reader.row()
                part = reader.letter() if kind == 'U' else None
            if part == 'N':
                new = reader.row()
            sequence += 1
            lsn, xid, committed_at = transaction
            yield Change(kind, lsn, sequence, xid, committed_at, relation, new, old, old_kind)
        elif kind == 'T':
            count, _ = reader.number('i'), reader.number('B')
            lsn, xid, committed_at = transaction
            for _ in range(count):
                sequence += 1
                yield Change('T', lsn, sequence, xid, committed_at, relations[reader.number('I')])
