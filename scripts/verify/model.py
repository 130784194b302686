"""A random history of tables of every kind: rows that come, change, move and go, keys that change hands, columns that do.

What happens follows from a seed, up to the order in which PostgreSQL lets several writers through.
"""

import random
import time

import psycopg2
from psycopg2 import errors

import carriers
from database import Options
from rewriting import Kept
from scenarios import GRAVES, buried
from writers import Writers

# What a writer may run into because of other writers, or because it has chosen a key that is taken.
EXPECTED = (errors.UniqueViolation, errors.DeadlockDetected, errors.SerializationFailure, errors.UndefinedColumn, errors.DatatypeMismatch, errors.LockNotAvailable,
            errors.NumericValueOutOfRange, errors.InvalidTextRepresentation, errors.FeatureNotSupported)
# More rows than this are not good for a table: then it loses some.
ROWS = 250
DAYS = 6


# MARK: values, as SQL


def day(dice):
    odd = dice.random()
    if odd < 0.06:
        return 'NULL'
    if odd < 0.14:
        return dice.choice(["'infinity'", "'-infinity'", "'0044-03-15 BC'", "'1970-01-01'"])
    return f"'2026-01-{dice.randrange(1, DAYS + 1):02d}'"


def moment(dice):
    text = day(dice)
    if not text.startswith("'2026"):
        return text
    # Often about midnight, in this time zone or another.
    time_of_day = dice.choice(['00:00:00Z', '23:59:59.999999Z', '15:00:00Z', '14:59:59.999999Z', f'{dice.randrange(24):02d}:{dice.randrange(60):02d}:00Z'])
    return f"{text[:-1]} {time_of_day}'"


def small(dice):
    return 'NULL' if dice.random() < 0.1 else str(dice.randrange(-100, 100))


def word(dice):
    return 'NULL' if dice.random() < 0.1 else dice.choice(["''", "'a'", "' a'", "'A'", "U&'\\00E9'", "U&'e\\0301'", f"'word {dice.randrange(1000)}'"])


def amount(dice):
    return dice.choice(["'NaN'", 'NULL', '0', f'{dice.randrange(-99999, 99999) / 100}'])


def fraction(dice):
    return dice.choice(["'NaN'", "'-0'", "'Infinity'", 'NULL', '0.1', str(dice.random())])


def large(dice):
    odd = dice.random()
    return 'NULL' if odd < 0.15 else "'short'" if odd < 0.3 else f"repeat('{dice.randrange(10 ** 6)} ', {dice.randrange(500, 1500)})"


def digits(dice):
    return 'NULL' if dice.random() < 0.1 else f"'{dice.randrange(100)}'"


def listed(dice):
    return dice.choice(['NULL', "'{}'", f"'{{{dice.randrange(9)},NULL}}'", "'{{1,2},{3,4}}'"])


def identifier(dice):
    return str(dice.randrange(1, 400))


def letters(dice):
    return dice.choice(["''", "' '", "'a'", "'a '", "'A'", "U&'\\00E9'", "U&'e\\0301'"] + [f"'k{dice.randrange(60)}'"] * 5)


def unique(dice):
    return f"md5('{dice.randrange(300)}')::uuid"


ADDED = [('int', small), ('text', word), ('numeric(6,2)', amount), ('date', day), ('int[]', listed), ('text', digits)]
WIDER = {'smallint': 'int', 'int': 'bigint', 'numeric(8,2)': 'numeric(14,2)', 'numeric(14,2)': 'numeric(20,4)', 'real': 'double precision'}


class Table:
    """A table and how to write to it."""

    def __init__(self, name, key, columns, identity='DEFAULT', options=Options(), soft=False, partitioned=False):
        self.name, self.key, self.identity, self.soft, self.partitioned = name, list(key), identity, soft, partitioned
        # Name -> [type, maker of values].
        self.columns = {column: [kind, maker] for column, (kind, maker) in {**key, **columns}.items()}
        self.options, self.versions, self.dropped = options, {}, []
        self.named = 0

    @property
    def has_identity(self):
        return self.identity == 'FULL' or bool(self.key)

    @property
    def kept(self):
        return Kept(options=self.options, versions=dict(self.versions), dropped=tuple(self.dropped),
                    graves=self.name if self.soft else None, exported=True)

    def create(self):
        columns = ', '.join(f'{name} {kind}' for name, (kind, _) in self.columns.items())
        key = f", PRIMARY KEY ({', '.join(self.key)})" if self.key else ''
        sql = f'CREATE TABLE {self.name} ({columns}{key})'
        if self.partitioned:
            sql += (f' PARTITION BY HASH ({self.key[0]});' + ';'.join(
                f' CREATE TABLE {self.name}_{number} PARTITION OF {self.name} FOR VALUES WITH (MODULUS 3, REMAINDER {number})' for number in range(3)))
        sql += ';'
        for leaf in [f'{self.name}_{number}' for number in range(3)] if self.partitioned else [self.name]:
            if 'big' in self.columns:
                sql += f' ALTER TABLE {leaf} ALTER big SET STORAGE EXTERNAL;'
        if self.identity.startswith('USING'):
            sql += f' CREATE UNIQUE INDEX {self.name}_code ON {self.name} (code); ALTER TABLE {self.name} ALTER code SET NOT NULL;'
        if self.identity != 'DEFAULT':
            sql += f' ALTER TABLE {self.name} REPLICA IDENTITY {self.identity};'
        return sql + (buried(self.name) if self.soft else '')

    # MARK: statements

    def some(self, dice, most=4):
        """A condition that a few rows fulfil."""
        return (f"(tableoid, ctid) IN (SELECT tableoid, ctid FROM {self.name} ORDER BY md5(ctid::text || '{dice.randrange(10 ** 9)}')"
                f' LIMIT {dice.choice([1, 1, 1, 2, most])})')

    def values(self, dice, names):
        return ', '.join(self.columns[name][1](dice) for name in names)

    def insert(self, dice):
        names = list(self.columns)
        rows = ', '.join(f'({self.values(dice, names)})' for _ in range(dice.choice([1, 2, 8, 30])))
        conflict = ' ON CONFLICT DO NOTHING' if self.key else ''
        return f"INSERT INTO {self.name} ({', '.join(names)}) VALUES {rows}{conflict}"

    def update(self, dice):
        others = [name for name in self.columns if name not in self.key and name != 'code']
        chosen = dice.sample(others, dice.randrange(1, min(3, len(others)) + 1))
        return self.set(dice, chosen)

    def set(self, dice, names, most=4):
        return f"UPDATE {self.name} SET {', '.join(f'{name} = {self.columns[name][1](dice)}' for name in names)} WHERE {self.some(dice, most)}"

    def move(self, dice):
        return self.set(dice, [self.options.partition_by or 'created_at'], 8)

    def renumber(self, dice):
        names = [dice.choice(self.key)] if dice.random() < 0.7 else list(self.key)
        if 'code' in self.columns and dice.random() < 0.5:
            names = ['code']
        if self.options.partition_by not in (None, *names) and dice.random() < 0.4:
            names.append(self.options.partition_by)
        return self.set(dice, names, 1)

    def exchange(self, dice):
        """Two rows exchange the first column of their key, or what the index has, by way of a third value."""
        column = 'code' if 'code' in self.columns and dice.random() < 0.5 else self.key[0]
        kind = self.columns[column][0]
        between = {'bigint': '-1', 'int': '-1', 'uuid': "md5('between')::uuid"}.get(kind, "'between'")
        return (f'DO $$ DECLARE a {kind}; b {kind}; BEGIN'
                f" SELECT {column} INTO a FROM {self.name} ORDER BY md5({column}::text || '{dice.randrange(10 ** 9)}') LIMIT 1;"
                f" SELECT {column} INTO b FROM {self.name} WHERE {column} <> a ORDER BY md5({column}::text || '{dice.randrange(10 ** 9)}') LIMIT 1;"
                f' IF b IS NULL THEN RETURN; END IF;'
                f' UPDATE {self.name} SET {column} = {between} WHERE {column} = a; UPDATE {self.name} SET {column} = a WHERE {column} = b;'
                f' UPDATE {self.name} SET {column} = b WHERE {column} = {between}; END $$')

    def delete(self, dice):
        return f'DELETE FROM {self.name} WHERE {self.some(dice, 8)}'

    def replace(self, dice):
        """Deleted and inserted again at once, with some values changed."""
        names = list(self.columns)
        changed = set(dice.sample([name for name in names if name not in self.key], dice.randrange(0, 3)))
        if 'code' in changed:
            changed.remove('code')
        wanted = ', '.join(f'{self.columns[name][1](dice)}::{self.columns[name][0]}' if name in changed else name for name in names)
        return (f'WITH gone AS (DELETE FROM {self.name} WHERE {self.some(dice, 3)} RETURNING *)'
                f" INSERT INTO {self.name} ({', '.join(names)}) SELECT {wanted} FROM gone")

    def trim(self, dice):
        return f"DELETE FROM {self.name} WHERE (SELECT count(*) FROM {self.name}) > {ROWS} AND md5(ctid::text || '{dice.randrange(10 ** 9)}') < '8'"

    def touch(self, dice):
        """Updates that change nothing but leave large values where they are, of a part of the table."""
        name = next(iter(self.columns))
        return f"UPDATE {self.name} SET {name} = {name} WHERE md5(ctid::text || '{dice.randrange(10 ** 9)}') < '2'"

    def statement(self, dice):
        if not self.has_identity:
            return self.insert(dice)
        kinds = {self.insert: 30, self.update: 25, self.delete: 8, self.replace: 8, self.trim: 4, self.touch: 3}
        if self.options.partition_by:
            kinds[self.move] = 12
        if self.key:
            kinds.update({self.renumber: 10, self.exchange: 6})
        return dice.choices(list(kinds), list(kinds.values()))[0](dice)

    # MARK: columns that change

    def alteration(self, dice):
        """A change of the columns: SQL, and what to do when it is done; None if nothing comes to mind."""
        added = [name for name in self.columns if name.startswith('x')]
        wider = [name for name, (kind, _) in self.columns.items() if kind in WIDER and name != 'code' and not (self.partitioned and name in self.key)]
        texts = [name for name in added if self.columns[name][1] is digits and name not in self.versions]
        plain = [name for name in added if name not in self.versions and name not in texts]
        kinds = [self.add] * (len(added) < 5) + [self.drop] * (len(added) > 2) + [self.widen] * bool(wider)
        if self.key or not self.has_identity:
            # Without a key a row is found by its values, which then have to be in columns of the same name.
            kinds += [self.retype] * bool(texts) + [self.rename] * bool(plain)
        kind = dice.choice(kinds) if kinds else None
        return kind and kind(dice, added, wider, texts, plain)

    def altered(self, clause):
        return f'ALTER TABLE {self.name} {clause};' + (f' ALTER TABLE graves.{self.name} {clause}' if self.soft else '')

    def name_column(self):
        self.named += 1
        return f'x{self.named}'

    def add(self, dice, *_):
        name, (kind, maker) = self.name_column(), dice.choice(ADDED)
        return self.altered(f'ADD COLUMN {name} {kind}'), lambda: self.columns.update({name: [kind, maker]})

    def drop(self, dice, added, *_):
        name = dice.choice(added)

        def done():
            del self.columns[name]
            self.dropped += [version for version, _ in self.versions.pop(name, ((name, None),))]

        return self.altered(f'DROP COLUMN {name}'), done

    def widen(self, dice, added, wider, *_):
        name = dice.choice(wider)
        kind = WIDER[self.columns[name][0]]

        def done():
            self.columns[name][0] = kind

        return self.altered(f'ALTER COLUMN {name} TYPE {kind}'), done

    def retype(self, dice, added, wider, texts, plain):
        name = dice.choice(texts)

        def done():
            self.columns[name] = ['int', small]
            # Rows that were deleted before have their values where they were.
            self.versions[name] = ((f'{name}__v2', None), (name, carriers.Text())) if self.soft else ((f'{name}__v2', None),)
            self.dropped.append(name)

        # The lake may not have met the column as a text before: nothing is sent of a column but what changes have in it.
        met = self.insert(dice) + (f'; UPDATE {self.name} SET {name} = {name} WHERE {self.some(dice)}' if self.has_identity else '')
        return f'{met}; ' + self.altered(f'ALTER COLUMN {name} TYPE int USING {name}::int'), done

    def rename(self, dice, added, wider, texts, plain):
        old, name = dice.choice(plain), self.name_column()

        def done():
            self.columns[name] = self.columns.pop(old)
            self.versions[name] = ((name, None), (old, None))

        return self.altered(f'RENAME COLUMN {old} TO {name}'), done


def tables():
    """One of each kind."""
    payload = {'note': ('text', word), 'n': ('smallint', small), 'amount': ('numeric(8,2)', amount), 'r': ('real', fraction)}
    big = {'big': ('text', large)}
    stamped = {'created_at': ('timestamptz', moment)}
    made = [
        Table('plain', {'id': ('bigint', identifier)}, {**payload, **big, **stamped}, options=Options(partition_by='created_at')),
        Table('spelled', {'k': ('text', letters), 'part': ('int', lambda dice: str(dice.randrange(4)))}, {**payload, 'happened': ('date', day)},
              options=Options(partition_by='happened')),
        Table('whole_keyed', {'id': ('int', identifier)}, {**payload, **big, **stamped}, identity='FULL',
              options=Options(partition_by='created_at', time_zone='Asia/Tokyo')),
        Table('whole', {}, {'note': ('text', lambda dice: dice.choice(["'a'", "'b'", 'NULL'])), 'r': ('real', lambda dice: dice.choice(["'NaN'", '0', "'-0'"])),
                            'created_at': ('date', day)}, identity='FULL', options=Options(partition_by='created_at')),
        Table('coded', {'id': ('int', identifier)}, {'code': ('int', lambda dice: str(dice.randrange(1, 2000))), **payload, **big, **stamped},
              identity='USING INDEX coded_code', options=Options(partition_by='created_at', time_zone='America/New_York')),
        Table('logged', {}, {**payload, **stamped}, options=Options(partition_by='created_at')),
        Table('dayless', {'id': ('int', identifier)}, {**payload, **big}),
        Table('kept', {'id': ('int', identifier)}, {**payload, **big, **stamped}, options=Options(partition_by='created_at'), soft=True),
        Table('kept_full', {'id': ('int', identifier)}, {**payload, **stamped}, identity='FULL', options=Options(partition_by='created_at', time_zone='Asia/Tokyo'), soft=True),
        Table('dated', {'u': ('uuid', unique), 'happened': ('date', lambda dice: day(dice).replace('NULL', "'infinity'"))}, payload,
              options=Options(partition_by='happened')),
        Table('parted', {'id': ('int', identifier)}, {**payload, **stamped}, options=Options(partition_by='created_at'), partitioned=True),
    ]
    return {table.name: table for table in made}


SETUP = GRAVES


class ModelWriters(Writers):
    """Threads that write to the tables of a model."""

    def __init__(self, made, model, seed, count=2, pause=0.01, alters=0.02):
        super().__init__([random.Random(f'{seed}/{number}') for number in range(count)])
        self.made, self.model, self.pause, self.alters = made, model, pause, alters
        self.alterations = 0

    def write(self, dice, number):
        connection = psycopg2.connect(self.made.url)
        statement = None
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET search_path = public; SET timezone = 'UTC'; SET lock_timeout = '3s'; SET deadlock_timeout = '100ms'")
            connection.commit()
            while not self.stopping.is_set():
                try:
                    # One of them alone changes columns, so that it knows what they are.
                    alteration = dice.choice(list(self.model.values())).alteration(dice) if number == 0 and dice.random() < self.alters else None
                    with connection.cursor() as cursor:
                        if alteration:
                            statement, done = alteration
                            cursor.execute(statement)
                        else:
                            for statement in self.transaction(dice):
                                self.execute(cursor, statement)
                    if dice.random() < 0.1 and not alteration:
                        connection.rollback()
                    else:
                        connection.commit()
                        self.transactions += 1
                    if alteration:
                        with self.lock:
                            done()
                        self.alterations += 1
                except EXPECTED:
                    connection.rollback()
                if dice.random() < 0.7:
                    time.sleep(dice.random() * self.pause * 2)
        except Exception as error:
            self.errors.append(f'{type(error).__name__}: {error} in {statement}')
        finally:
            connection.close()

    def transaction(self, dice, depth=0):
        """The statements of a transaction."""
        for _ in range(dice.choice([1, 1, 1, 2, 4, 10])):
            odd = dice.random()
            if odd < 0.06 and depth < 2:
                yield f'SAVEPOINT s{depth}'
                yield from self.transaction(dice, depth + 1)
                yield f'ROLLBACK TO s{depth}' if dice.random() < 0.5 else f'RELEASE s{depth}'
            elif odd > 0.9985:
                names = [f'{name}, graves.{name}' if table.soft else name for name, table in self.model.items()]
                yield f"TRUNCATE {', '.join(dice.sample(names, dice.choice([1, 1, 2])))}"
            else:
                with self.lock:
                    statement = dice.choice(list(self.model.values())).statement(dice)
                yield statement

    @staticmethod
    def execute(cursor, statement):
        """Runs a statement; a key that is taken undoes just that."""
        if statement.startswith(('SAVEPOINT', 'ROLLBACK', 'RELEASE')):
            cursor.execute(statement)
            return
        cursor.execute('SAVEPOINT one')
        try:
            cursor.execute(statement)
            cursor.execute('RELEASE one')
        except EXPECTED:
            cursor.execute('ROLLBACK TO one')
