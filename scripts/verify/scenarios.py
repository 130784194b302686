"""What can happen to rows between an export and a rewrite, each with tables of its own, in rounds of transactions."""

from dataclasses import dataclass, field

import carriers
from database import Options
from rewriting import Kept


@dataclass(frozen=True)
class Scenario:
    """Tables, and what happens to them: rounds of transactions, after each of which a pass may come."""

    setup: str
    rounds: tuple
    tables: dict = field(default_factory=dict)
    # Whether what is kept of the tables is right before the first round, too.
    from_the_load: bool = True


SCENARIOS = {}


def scenario(name, setup, *rounds, from_the_load=True, **tables):
    """Adds a scenario. A round is a transaction or a list of transactions; `tables` are those of the setup, with what is
    kept of them."""
    assert name not in SCENARIOS
    SCENARIOS[name] = Scenario(setup, tuple([each] if isinstance(each, str) else each for each in rounds), tables, from_the_load)


def days(name, columns='', key='PRIMARY KEY', first='2026-01-01', after=''):
    """SQL for a table with rows 1 to 12, three in each of four days, at ten in the morning UTC."""
    return f"""
        CREATE TABLE {name} (id bigint {key}, note text, n int, created_at timestamptz{columns and ', '}{columns});
        INSERT INTO {name} (id, note, n, created_at)
        SELECT g, 'row ' || g, g, timestamptz '{first} 10:00Z' + (g - 1) / 3 * interval '1 day' FROM generate_series(1, 12) g;
        {after}"""


def large(name):
    """SQL for such a table with a large value in each row, which the server stores apart."""
    return days(name, 'big text, other text') + f"""
        ALTER TABLE {name} ALTER big SET STORAGE EXTERNAL, ALTER other SET STORAGE EXTERNAL;
        UPDATE {name} SET big = repeat('big ' || id || ' ', 900), other = repeat('other ' || id || ' ', 700)"""


def swap(table, first, second):
    """SQL that exchanges two keys."""
    return (f'UPDATE {table} SET id = -1 WHERE id = {first}; UPDATE {table} SET id = {first} WHERE id = {second};'
            f' UPDATE {table} SET id = {second} WHERE id = -1')


# MARK: rows and days

scenario(
    'late inserts', days('late'),
    "INSERT INTO late VALUES (100, 'the last moment', 1, '2026-01-01 23:59:59.999999Z')",
    ["INSERT INTO late VALUES (0, 'before all keys', 1, '2026-01-01 00:00Z')",
     "INSERT INTO late VALUES (-5, 'the first moment', 1, '2026-01-02 00:00Z'), (101, 'x', 1, '2026-01-04 12:00Z')"],
    late=Kept())
scenario(
    'days without a file', days('fresh'),
    "INSERT INTO fresh VALUES (100, 'next month', 1, '2026-02-01 00:00Z'), (101, 'last year', 1, '2025-12-31 23:00Z')",
    "INSERT INTO fresh VALUES (102, 'long ago', 1, '0001-01-01 00:00Z'), (103, 'far off', 1, '9999-12-31 00:00Z'),"
    " (104, 'before 1970', 1, '1969-12-31 23:59Z'), (105, 'next month', 2, '2026-02-01 00:00Z')",
    fresh=Kept())
scenario(
    'updates in place', days('placed'),
    ["UPDATE placed SET note = 'one' WHERE id = 1", "UPDATE placed SET note = 'two' WHERE id = 1",
     "UPDATE placed SET note = NULL WHERE id = 5; UPDATE placed SET n = n + 1 WHERE id IN (5, 6)"],
    ["UPDATE placed SET note = note", "UPDATE placed SET note = '' WHERE id = 12"],
    placed=Kept())
scenario(
    'rows move to other days', days('moved'),
    ["UPDATE moved SET created_at = created_at + interval '1 day' WHERE id = 1",
     "UPDATE moved SET created_at = created_at + interval '1 day' WHERE id = 2;"
     "UPDATE moved SET created_at = created_at - interval '1 day' WHERE id = 2",
     "UPDATE moved SET created_at = '2026-03-01' WHERE id = 3"],
    ["UPDATE moved SET created_at = created_at - interval '1 day' WHERE id = 1",
     "UPDATE moved SET created_at = created_at + interval '1 day' WHERE id BETWEEN 4 AND 9",
     "UPDATE moved SET note = 'moved and changed', created_at = '2026-01-01' WHERE id = 12",
     "UPDATE moved SET created_at = '2025-12-01' WHERE id = 12"],
    "UPDATE moved SET note = 'in its new place' WHERE id IN (3, 12)",
    moved=Kept())
scenario(
    'deletes', days('gone'),
    ["DELETE FROM gone WHERE id = 1", "DELETE FROM gone WHERE id IN (5, 8, 11)"],
    ["UPDATE gone SET note = 'to be deleted' WHERE id = 12", "DELETE FROM gone WHERE id = 12"],
    "INSERT INTO gone VALUES (50, 'never seen', 1, '2026-01-01'); DELETE FROM gone WHERE id = 50",
    gone=Kept())
scenario(
    'the last row of a day goes', days('emptied'),
    ["DELETE FROM emptied WHERE id BETWEEN 1 AND 3", "UPDATE emptied SET created_at = '2026-01-10' WHERE id BETWEEN 4 AND 6"],
    ["INSERT INTO emptied VALUES (2, 'again', 1, '2026-01-01')", "DELETE FROM emptied WHERE id > 6"],
    "DELETE FROM emptied",
    "INSERT INTO emptied VALUES (1, 'after all', 1, '2026-01-03')",
    emptied=Kept())
scenario(
    'deleted and inserted again', days('reborn'),
    ["DELETE FROM reborn WHERE id = 1; INSERT INTO reborn VALUES (1, 'same day', 1, '2026-01-01')",
     "DELETE FROM reborn WHERE id = 2; INSERT INTO reborn VALUES (2, 'another day', 1, '2026-01-03')",
     "DELETE FROM reborn WHERE id = 3", "DELETE FROM reborn WHERE id IN (4, 5)",
     "INSERT INTO reborn VALUES (5, 'once', 1, '2026-01-04')", "DELETE FROM reborn WHERE id = 5",
     "INSERT INTO reborn VALUES (5, 'twice', 1, '2026-01-05')"],
    ["INSERT INTO reborn VALUES (3, 'same day', 2, '2026-01-01'), (4, 'another day', 2, '2026-02-01')",
     "DELETE FROM reborn WHERE id = 2; INSERT INTO reborn VALUES (2, 'back', 2, '2026-01-01'); DELETE FROM reborn WHERE id = 2"],
    "INSERT INTO reborn VALUES (2, 'at last', 3, NULL)",
    reborn=Kept())

# MARK: keys that change

scenario(
    'keys change', days('renumbered'),
    ["UPDATE renumbered SET id = 100 WHERE id = 1", "UPDATE renumbered SET id = 101, note = 'and more' WHERE id = 5"],
    ["UPDATE renumbered SET id = id + 1000", "UPDATE renumbered SET id = id - 1000 WHERE id > 1005"],
    ["DELETE FROM renumbered WHERE id = 100", "INSERT INTO renumbered VALUES (1, 'anew', 1, '2026-01-04')"],
    renumbered=Kept())
scenario(
    'keys are exchanged', days('exchanged'),
    swap('exchanged', 1, 2), [swap('exchanged', 4, 7), swap('exchanged', 7, 10)],
    ["UPDATE exchanged SET id = -1 WHERE id = 1", "UPDATE exchanged SET id = 1 WHERE id = 12", "UPDATE exchanged SET id = 12 WHERE id = -1"],
    exchanged=Kept())
scenario(
    'keys move on', days('chained'),
    ["UPDATE chained SET id = 100 WHERE id = 1; UPDATE chained SET id = 200 WHERE id = 100", "UPDATE chained SET id = 300 WHERE id = 200",
     "UPDATE chained SET id = -id; UPDATE chained SET id = 1 - id"],
    ["UPDATE chained SET id = -id", "UPDATE chained SET id = 1000 - id", "DELETE FROM chained WHERE id = (SELECT min(id) FROM chained)"],
    chained=Kept())
scenario(
    'keys change together with the day', days('wandering'),
    ["UPDATE wandering SET id = 100, created_at = '2026-01-04' WHERE id = 1", "UPDATE wandering SET id = 1, created_at = '2026-01-05' WHERE id = 12",
     swap('wandering', 2, 9) + "; UPDATE wandering SET created_at = '2026-01-02' WHERE id IN (2, 9)"],
    ["UPDATE wandering SET id = 101, created_at = NULL WHERE id = 100", "UPDATE wandering SET created_at = '2026-01-01' WHERE id = 101",
     "UPDATE wandering SET id = 100 WHERE id = 101"],
    wandering=Kept())

# MARK: values that are stored apart

scenario(
    'large values stay', large('large_kept'),
    ["INSERT INTO large_kept VALUES (100, 'new', 1, '2026-01-02', repeat('new ', 2000))", "UPDATE large_kept SET note = 'of an earlier change' WHERE id = 100",
     "UPDATE large_kept SET note = 'of the file' WHERE id = 1", "UPDATE large_kept SET note = 'and again' WHERE id = 1",
     "UPDATE large_kept SET other = 'short' WHERE id = 2", "UPDATE large_kept SET big = NULL WHERE id = 3", "UPDATE large_kept SET note = 'still NULL' WHERE id = 3"],
    ["UPDATE large_kept SET note = 'of the next pass'", "UPDATE large_kept SET big = repeat('changed ' || id, 900) WHERE id = 4",
     "UPDATE large_kept SET n = 0 WHERE id = 4"],
    large_kept=Kept())
scenario(
    'large values move', large('large_moved'),
    ["UPDATE large_moved SET created_at = '2026-01-05' WHERE id = 1", "UPDATE large_moved SET created_at = '2026-01-06' WHERE id = 1",
     "UPDATE large_moved SET big = repeat('changed ', 900) WHERE id = 2", "UPDATE large_moved SET created_at = NULL WHERE id = 2",
     "UPDATE large_moved SET created_at = '2026-01-04' WHERE id = 3; UPDATE large_moved SET created_at = '2026-01-01' WHERE id = 3",
     "UPDATE large_moved SET created_at = created_at + interval '1 day' WHERE id > 6"],
    "UPDATE large_moved SET created_at = '2026-01-01', note = 'all'",
    large_moved=Kept())
scenario(
    'large values and keys that change', large('large_renumbered'),
    ["UPDATE large_renumbered SET id = 100 WHERE id = 1", "UPDATE large_renumbered SET note = 'renumbered' WHERE id = 100",
     "UPDATE large_renumbered SET big = repeat('changed ', 900) WHERE id = 2", "UPDATE large_renumbered SET id = 200 WHERE id = 2",
     "UPDATE large_renumbered SET id = 300, created_at = '2026-01-06' WHERE id = 4", swap('large_renumbered', 5, 6), swap('large_renumbered', 7, 10)],
    ["UPDATE large_renumbered SET id = id + 1000, created_at = created_at - interval '2 days'", "UPDATE large_renumbered SET id = -id; UPDATE large_renumbered SET id = 1 - id",
     "UPDATE large_renumbered SET n = -1"],
    large_renumbered=Kept())
scenario(
    'large values of rows that come again', large('large_reborn'),
    ["DELETE FROM large_reborn WHERE id = 1; INSERT INTO large_reborn VALUES (1, 'x', 1, '2026-01-01', repeat('second life ', 900))",
     "UPDATE large_reborn SET note = 'y' WHERE id = 1",
     "DELETE FROM large_reborn WHERE id = 2", "UPDATE large_reborn SET id = 2 WHERE id = 12", "UPDATE large_reborn SET note = 'was twelve' WHERE id = 2",
     "UPDATE large_reborn SET id = 12, created_at = '2026-01-01' WHERE id = 3"],
    ["DELETE FROM large_reborn WHERE id = 12; UPDATE large_reborn SET id = 12 WHERE id = 2", "UPDATE large_reborn SET note = 'was two' WHERE id = 12"],
    large_reborn=Kept())
scenario(
    'large values with the whole row as identity', large('large_full') + "; ALTER TABLE large_full REPLICA IDENTITY FULL",
    ["UPDATE large_full SET note = 'x' WHERE id = 1", "UPDATE large_full SET id = 100, created_at = '2026-01-05' WHERE id = 2", "DELETE FROM large_full WHERE id = 3"],
    ["UPDATE large_full SET created_at = NULL", swap('large_full', 4, 12)],
    large_full=Kept())
scenario(
    'large values of other types',
    """CREATE TABLE large_types (id int PRIMARY KEY, raw bytea, doc jsonb, list text[], amount numeric, created_at date);
       ALTER TABLE large_types ALTER raw SET STORAGE EXTERNAL, ALTER doc SET STORAGE EXTERNAL, ALTER list SET STORAGE EXTERNAL, ALTER amount SET STORAGE EXTERNAL;
       INSERT INTO large_types SELECT g, decode(repeat(md5(g::text), 200), 'hex'), jsonb_build_object('k', repeat('v' || g, 3000)),
           (SELECT array_agg(CASE WHEN e % 7 > 0 THEN 'e' || e END) FROM generate_series(1, 900) e), repeat('9', 6000 + g)::numeric, date '2026-01-01' + g % 3
       FROM generate_series(1, 9) g""",
    ["UPDATE large_types SET created_at = '2026-01-05' WHERE id < 4", "UPDATE large_types SET id = id + 100 WHERE id > 6",
     "UPDATE large_types SET list = '{}' WHERE id = 4", "UPDATE large_types SET created_at = created_at + 1 WHERE id = 4"],
    "UPDATE large_types SET created_at = created_at",
    large_types=Kept())

# MARK: rows of several days that change places

crossing = [
    # Two rows for each other, three in a circle, and a new one among them.
    "UPDATE {0} SET created_at = '2026-01-04 12:00Z' WHERE id = 3", "UPDATE {0} SET created_at = '2026-01-01 12:00Z' WHERE id = 12",
    "UPDATE {0} SET created_at = created_at + interval '1 day' WHERE id IN (4, 7); UPDATE {0} SET created_at = '2026-01-02' WHERE id = 10",
    "INSERT INTO {0} (id, created_at) VALUES (100, '2026-01-01'), (101, '2026-01-02'), (102, '2026-01-04')",
]
handed_on = [
    # The key moves on from row to row, each in another day, which it leaves as well.
    "UPDATE {0} SET id = -3, created_at = '2026-01-05' WHERE id = 3; UPDATE {0} SET id = -12, created_at = '2026-01-01' WHERE id = 12;"
    " UPDATE {0} SET id = -9, created_at = '2026-01-04' WHERE id = 9; UPDATE {0} SET id = 12 WHERE id = -3; UPDATE {0} SET id = 9 WHERE id = -12; UPDATE {0} SET id = 3 WHERE id = -9",
    "DELETE FROM {0} WHERE id = 5; UPDATE {0} SET id = 5, created_at = '2026-01-02' WHERE id = 1; UPDATE {0} SET created_at = '2026-01-01' WHERE id = 6",
    "UPDATE {0} SET note = 'and changed' WHERE id IN (3, 5, 9)",
]
for name, setup in (('crossed', days('crossed')), ('crossed_large', large('crossed_large')), ('crossed_full', large('crossed_full') + '; ALTER TABLE crossed_full REPLICA IDENTITY FULL')):
    scenario(f'rows change places: {name}', setup, [step.format(name) for step in crossing], [step.format(name) for step in handed_on],
             [step.format(name) for step in crossing + handed_on if not step.startswith('INSERT')], **{name: Kept()})

# MARK: TRUNCATE

scenario(
    'truncated', days('cut') + days('cut_alone') + days('cut_plain', key=''),
    ["INSERT INTO cut VALUES (100, 'before', 1, '2026-01-01'); UPDATE cut SET note = 'before' WHERE id = 1", "TRUNCATE cut",
     "INSERT INTO cut VALUES (1, 'after', 1, '2026-01-02'), (2, 'after', 1, '2026-01-02')", "UPDATE cut SET created_at = '2026-01-03' WHERE id = 2",
     "INSERT INTO cut_plain VALUES (13, 'x', 1, '2026-01-09')"],
    ["TRUNCATE cut_alone, cut_plain", "INSERT INTO cut VALUES (3, 'x', 1, '2026-01-01'); TRUNCATE cut; INSERT INTO cut VALUES (3, 'y', 1, '2026-01-07')"],
    ["TRUNCATE cut_alone", "INSERT INTO cut_alone VALUES (1, 'later', 1, '2026-01-01')", "INSERT INTO cut_plain VALUES (1, 'later', 1, '2026-01-01')", "TRUNCATE cut"],
    cut=Kept(), cut_alone=Kept(), cut_plain=Kept())

# MARK: keys of all kinds


def keyed(name, types, rows, *rounds, **options):
    """A scenario with a table `name` whose key consists of columns k1, k2…; `rows` are texts of keys. They lie in three days."""
    columns = [f'k{number}' for number in range(1, len(types) + 1)]
    declared = ', '.join(f'{column} {kind}' for column, kind in zip(columns, types))
    values = ', '.join(f"({row}, 'row {number}', date '2026-01-01' + {number % 3})" for number, row in enumerate(rows))
    scenario(f'keys: {name}', f"CREATE TABLE {name} ({declared}, note text, created_at date, PRIMARY KEY ({', '.join(columns)}));"
             f' INSERT INTO {name} VALUES {values}',
             *rounds,
             [f"UPDATE {name} SET note = note || ', updated' WHERE note < 'row 3'", f"UPDATE {name} SET created_at = '2026-01-05' WHERE note LIKE 'row 4%'"],
             f"UPDATE {name} SET created_at = created_at + 1",
             f"DELETE FROM {name} WHERE note IN (SELECT min(note) FROM {name} UNION SELECT max(note) FROM {name})",
             **{name: Kept(Options(**options))})


keyed('composite', ['int', 'text'], ["1, 'a'", "1, 'b'", "2, 'a'", "2, ''", "12, 'a'", "1, '2'"],
      ["UPDATE composite SET k1 = 3 WHERE k2 = 'b'", "UPDATE composite SET k2 = 'b' WHERE k1 = 2 AND k2 = ''", "DELETE FROM composite WHERE k1 = 1 AND k2 = 'a'",
       "INSERT INTO composite VALUES (1, 'ab', 'new', '2026-01-02'), (1, 'a', 'again', '2026-01-03')"])
keyed('key_last', ['text', 'int'], ["'a', 1", "'b', 1", "'a', 2", "'', 2", "'a', 12", "'2', 1"])
keyed('uuids', ['uuid'], [f"md5('{number}')::uuid" for number in range(9)],
      ["UPDATE uuids SET k1 = md5('x')::uuid WHERE note = 'row 1'", "DELETE FROM uuids WHERE note = 'row 2'; INSERT INTO uuids VALUES (md5('2')::uuid, 'row 2', '2026-02-01')"])
keyed('uuids_as_uuid', ['uuid'], [f"md5('{number}')::uuid" for number in range(9)],
      "UPDATE uuids_as_uuid SET k1 = md5('x')::uuid WHERE note = 'row 1'", representations={'k1': 'uuid'})
keyed('texts', ['text'], ["'a'", "'a '", "' a'", "'A'", "''", "' '", "U&'caf\\00E9'", "U&'cafe\\0301'", "'NULL'", "'ab'", "repeat('long', 100)", "U&'\\+01F600'"],
      ["DELETE FROM texts WHERE k1 = U&'caf\\00E9'", "UPDATE texts SET note = 'of the empty key' WHERE k1 = ''", "UPDATE texts SET k1 = 'a  ' WHERE k1 = 'a '",
       "UPDATE texts SET k1 = U&'\\00E9' WHERE k1 = 'ab'; UPDATE texts SET k1 = U&'e\\0301' WHERE k1 = U&'\\00E9'; INSERT INTO texts VALUES (U&'\\00E9', 'x', '2026-01-01')"],
      "INSERT INTO texts VALUES (U&'caf\\00E9', 'again', '2026-01-07')")
keyed('blank_padded', ['char(5)', 'varchar(8)'], ["'a', ' '", "'a', ''", "'b', 'x'", "'', ''", "' b', 'x'", "'b', 'x '"])
keyed('decimals', ['numeric(10,2)'], ['1', '-1', '0', '99999999.99', '0.01', '-0.01', "'NaN'"],
      ["UPDATE decimals SET k1 = 2 WHERE k1 = 1", "UPDATE decimals SET k1 = 1 WHERE k1 = 'NaN'", "INSERT INTO decimals VALUES ('NaN', 'nan again', '2026-01-02')"])
keyed('wide_decimals', ['numeric(38,10)', 'smallint'], ["1, 1", "-12345678901234567890.5, -32768", "12345678901234567890.5, 32767", "0, 0", "-0.0000000001, 1"])
keyed('numerics', ['numeric'], ['1.0', '2.00', '-3', '1e30', "'Infinity'", "'NaN'"],
      ["UPDATE numerics SET k1 = 1.000 WHERE k1 = 1", "UPDATE numerics SET k1 = 2 WHERE k1 = 2.00; UPDATE numerics SET note = 'two' WHERE k1 = 2"])
keyed('dates', ['date'], ["'2026-01-01'", "'0044-03-15 BC'", "'infinity'", "'-infinity'", "'9999-12-31'", "'1970-01-01'"],
      ["UPDATE dates SET k1 = '2026-05-05' WHERE k1 = 'infinity'", "DELETE FROM dates WHERE k1 = '-infinity'", "INSERT INTO dates VALUES ('infinity', 'again', '2026-01-02')"])
keyed('moments', ['timestamptz', 'timestamp'], ["'2026-01-01Z', '2026-01-01'", "'infinity', '2026-01-01'", "'2026-01-01Z', '-infinity'", "'1960-01-01 00:00:00.000001Z', '2026-01-01'",
                                                "'infinity', 'infinity'", "'2026-01-01 00:00:00.000001Z', '294276-12-31'"],
      ["UPDATE moments SET k2 = 'infinity' WHERE k2 = '-infinity'", "UPDATE moments SET k1 = '-infinity' WHERE k1 = 'infinity' AND k2 = 'infinity'"])
keyed('raw', ['bytea'], ["''", "'\\x00'", "'\\x0000'", "'\\xff'", "'\\x61'", "'\\x6100'"], "UPDATE raw SET k1 = '\\x000000' WHERE k1 = '\\x00'")
keyed('flags', ['boolean', 'smallint', 'int', 'time'], ["true, 1, 1, '00:00'", "false, 1, 1, '24:00'", "true, -1, 1, '12:00:00.000001'", "true, 1, -1, '00:00'", "false, 0, 0, '00:00'"])
keyed('floats', ['double precision', 'real'], ["0, 0", "1e300, 1", "-1, 1e-30", "'NaN', 1", "'Infinity', 1", "'-Infinity', 'NaN'"],
      ["UPDATE floats SET k1 = '-0' WHERE k1 = 0", "UPDATE floats SET k2 = 2 WHERE k1 = 'NaN'"])
keyed('addresses', ['inet', 'interval'], ["'10.0.0.1', '1 month'", "'::1', '2 days'", "'10.0.0.0/8', '1 second'", "'10.0.0.1', '2 months'"])
keyed('lists', ['int[]'], ["'{1}'", "'{}'", "'{1,2}'", "'{NULL}'", "'{{1,2},{3,4}}'"], "UPDATE lists SET k1 = '{9}' WHERE k1 = '{1}'")
keyed('partition_in_key', ['int', 'date'], ["1, '2026-01-01'", "1, '2026-01-02'", "1, 'infinity'", "2, 'infinity'", "2, '-infinity'", "3, '1970-01-01'", "2, '0044-03-15 BC'"],
      ["UPDATE partition_in_key SET k2 = '2026-01-01' WHERE k1 = 2 AND k2 = 'infinity'", "DELETE FROM partition_in_key WHERE k2 = '-infinity'",
       "UPDATE partition_in_key SET k2 = '-infinity' WHERE k1 = 1 AND k2 = 'infinity'"],
      partition_by='k2')

# MARK: rows without a key

scenario(
    'rows without a key are added', days('appended', key='') + """
    CREATE TABLE silent (line text, created_at date); ALTER TABLE silent REPLICA IDENTITY NOTHING;
    INSERT INTO silent SELECT 'line ' || g % 3, date '2026-01-01' + g % 2 FROM generate_series(1, 8) g""",
    ["INSERT INTO appended SELECT * FROM appended", "INSERT INTO silent SELECT * FROM silent"],
    ["INSERT INTO appended VALUES (1, 'x', 1, '2026-01-01'), (1, 'x', 1, '2026-01-01'), (NULL, NULL, NULL, NULL)", "INSERT INTO silent VALUES ('line 0', '2026-01-09'), ('line 0', '2026-01-09')"],
    appended=Kept(), silent=Kept())
scenario(
    'rows without a key are told apart by all of their values', """
    CREATE TABLE whole (kind int, note text, created_at date); ALTER TABLE whole REPLICA IDENTITY FULL;
    INSERT INTO whole SELECT g % 2, 'same', date '2026-01-01' + g % 2 FROM generate_series(1, 12) g;
    INSERT INTO whole VALUES (NULL, NULL, NULL), (NULL, NULL, NULL), (1, NULL, 'infinity'), (1, NULL, 'infinity'), (1, NULL, 'infinity')""",
    ["DELETE FROM whole WHERE ctid = (SELECT min(ctid) FROM whole WHERE kind = 1)", "UPDATE whole SET note = 'other' WHERE ctid = (SELECT max(ctid) FROM whole WHERE kind = 0)",
     "DELETE FROM whole WHERE ctid = (SELECT min(ctid) FROM whole WHERE kind IS NULL)", "UPDATE whole SET created_at = '2026-01-01' WHERE ctid = (SELECT min(ctid) FROM whole WHERE created_at = 'infinity')"],
    ["UPDATE whole SET created_at = created_at + 1 WHERE ctid IN (SELECT ctid FROM whole WHERE isfinite(created_at) LIMIT 3)", "INSERT INTO whole VALUES (1, 'same', '2026-01-02'), (1, 'same', '2026-01-02')",
     "DELETE FROM whole WHERE ctid IN (SELECT ctid FROM whole WHERE note = 'same' ORDER BY ctid DESC LIMIT 4)", "UPDATE whole SET note = note"],
    ["DELETE FROM whole WHERE note = 'same'", "INSERT INTO whole VALUES (NULL, NULL, NULL)"],
    whole=Kept())
scenario(
    'rows of many types without a key', """
    CREATE TABLE whole_types (b boolean, i int, d double precision, r real, amount numeric(8,2), t text, list int[], map hstore, doc jsonb, raw bytea, at timestamptz, big text);
    ALTER TABLE whole_types REPLICA IDENTITY FULL; ALTER TABLE whole_types ALTER big SET STORAGE EXTERNAL;
    INSERT INTO whole_types SELECT true, g % 2, 0.1, 'NaN', 'NaN', '', '{1,NULL,3}', 'a=>1, b=>NULL', '{"a": 1}', '\\x00', '-infinity', repeat('z', 5000) FROM generate_series(1, 6) g;
    INSERT INTO whole_types (d) VALUES ('-0'), ('0'), ('0'), ('-0'), (NULL)""",
    ["DELETE FROM whole_types WHERE ctid = (SELECT min(ctid) FROM whole_types WHERE i = 1)", "UPDATE whole_types SET t = 'x' WHERE ctid = (SELECT min(ctid) FROM whole_types WHERE i = 0)",
     "DELETE FROM whole_types WHERE ctid = (SELECT min(ctid) FROM whole_types WHERE d = 0)"],
    ["UPDATE whole_types SET i = i + 1 WHERE ctid IN (SELECT ctid FROM whole_types LIMIT 5)", "DELETE FROM whole_types WHERE ctid = (SELECT max(ctid) FROM whole_types WHERE d = 0)"],
    whole_types=Kept())
scenario(
    'a column is dropped of rows without a key',
    days('whole_dropped', columns='extra text', key='', after="ALTER TABLE whole_dropped REPLICA IDENTITY FULL; UPDATE whole_dropped SET extra = 'extra ' || id"),
    ["INSERT INTO whole_dropped VALUES (20, 'x', 1, '2026-01-01', 'new'), (21, 'x', 1, '2026-01-02', 'new'); UPDATE whole_dropped SET n = 0 WHERE id = 4", "ALTER TABLE whole_dropped DROP COLUMN extra",
     "DELETE FROM whole_dropped WHERE id IN (1, 4, 20)", "UPDATE whole_dropped SET created_at = '2026-01-03' WHERE id IN (2, 21)"],
    ["DELETE FROM whole_dropped WHERE id IN (2, 3)", "UPDATE whole_dropped SET note = 'y' WHERE id > 20"],
    whole_dropped=Kept(dropped=('extra',)))
scenario(
    'whole rows come from a day without a file and go to it', days('homeless', key='', after='ALTER TABLE homeless REPLICA IDENTITY FULL'),
    ["INSERT INTO homeless VALUES (100, 'moves on', 1, '2025-12-01'); UPDATE homeless SET created_at = '2026-01-01' WHERE id = 100",
     "UPDATE homeless SET created_at = '2025-12-01' WHERE id = 1"],
    ["INSERT INTO homeless VALUES (101, 'moves on', 1, '2025-11-01')", "UPDATE homeless SET created_at = '2026-01-02' WHERE id = 101",
     "UPDATE homeless SET created_at = '2025-11-01' WHERE id = 4", "DELETE FROM homeless WHERE id = 1"],
    homeless=Kept())
scenario(
    'a key that is checked late', days('deferred', key='', after='ALTER TABLE deferred ADD PRIMARY KEY (id) DEFERRABLE; ALTER TABLE deferred REPLICA IDENTITY FULL'),
    ["UPDATE deferred SET id = 3 - id WHERE id IN (1, 2)", "UPDATE deferred SET id = 16 - id WHERE id > 3; DELETE FROM deferred WHERE id = 4"],
    "UPDATE deferred SET id = id + 1",
    deferred=Kept())

# MARK: partition columns

ODD_DAYS = ["NULL", "'infinity'", "'-infinity'", "'0044-03-15 BC'", "'1970-01-01'", "'2026-01-01'", "'0001-01-01'"]
for odd_type in ('date', 'timestamp', 'timestamptz'):
    odd = f'odd_{odd_type}'
    scenario(
        f'no day, infinite days and years before the first: {odd_type}',
        f"CREATE TABLE {odd} (id int PRIMARY KEY, note text, created_at {odd_type}); INSERT INTO {odd} SELECT 10 * a.i + b.i, 'x', a.d FROM"
        f" unnest(ARRAY[{', '.join(ODD_DAYS)}]::{odd_type}[]) WITH ORDINALITY AS a (d, i), generate_series(1, 7) AS b (i)",
        # Each kind moves to each kind.
        f"UPDATE {odd} SET created_at = (ARRAY[{', '.join(ODD_DAYS)}]::{odd_type}[])[id % 10] WHERE id % 10 < 4",
        [f"UPDATE {odd} SET created_at = (ARRAY[{', '.join(ODD_DAYS)}]::{odd_type}[])[id % 10]", f"DELETE FROM {odd} WHERE id % 10 = id / 10"],
        f"UPDATE {odd} SET created_at = (ARRAY[{', '.join(ODD_DAYS)}]::{odd_type}[])[1 + (id + 3) % 7], note = 'y'",
        **{odd: Kept()})
scenario(
    'tables without days', """
    CREATE TABLE dayless (id int PRIMARY KEY, note text); INSERT INTO dayless SELECT g, 'row ' || g FROM generate_series(1, 20) g;
    CREATE TABLE dayless_empty (id int PRIMARY KEY, note text);
    CREATE TABLE dayless_whole (a int, b text); ALTER TABLE dayless_whole REPLICA IDENTITY FULL; INSERT INTO dayless_whole SELECT g % 3, 'x' FROM generate_series(1, 9) g""",
    ["UPDATE dayless SET note = 'x' WHERE id % 3 = 0", "DELETE FROM dayless WHERE id % 5 = 0", "INSERT INTO dayless VALUES (100, 'new'), (0, 'new')", "UPDATE dayless SET id = -id WHERE id < 4",
     "INSERT INTO dayless_empty VALUES (1, 'first')", "DELETE FROM dayless_whole WHERE ctid = (SELECT min(ctid) FROM dayless_whole WHERE a = 1)"],
    ["DELETE FROM dayless", "UPDATE dayless_empty SET note = 'x'", "TRUNCATE dayless_whole"],
    ["INSERT INTO dayless VALUES (1, 'again')", "DELETE FROM dayless_empty", "INSERT INTO dayless_whole VALUES (1, 'x'), (1, 'x')"],
    dayless=Kept(), dayless_empty=Kept(), dayless_whole=Kept())
scenario(
    'midnight in other time zones', '; '.join(
        f"CREATE TABLE {name} (id int PRIMARY KEY, note text, happened timestamptz); INSERT INTO {name}"
        f" SELECT g, 'x', timestamptz '2026-03-07 00:00Z' + g * interval '47 minutes' FROM generate_series(1, 60) g" for name in ('new_york', 'kolkata', 'tokyo')),
    ["INSERT INTO {0} VALUES (100, 'before', timestamptz '2026-03-08 00:00:00 {1}' - interval '1 microsecond'), (101, 'at', timestamptz '2026-03-08 00:00:00 {1}')".format(*each)
     for each in (('new_york', 'America/New_York'), ('kolkata', 'Asia/Kolkata'), ('tokyo', 'Asia/Tokyo'))],
    [f"UPDATE {name} SET happened = happened + interval '1 microsecond' WHERE id >= 100; UPDATE {name} SET happened = happened + interval '12 hours' WHERE id % 2 = 0 AND id < 100"
     for name in ('new_york', 'kolkata', 'tokyo')],
    [f"DELETE FROM {name} WHERE id % 3 = 0; INSERT INTO {name} SELECT g, 'y', timestamptz '2026-11-01 00:00Z' + g * interval '30 minutes' FROM generate_series(200, 260) g"
     for name in ('new_york', 'kolkata', 'tokyo')],
    **{name: Kept(Options(partition_by='happened', time_zone=zone))
       for name, zone in (('new_york', 'America/New_York'), ('kolkata', 'Asia/Kolkata'), ('tokyo', 'Asia/Tokyo'))})

# MARK: replica identities, partitions, names

scenario(
    'an index names the rows', """
    CREATE TABLE by_index (id int PRIMARY KEY, code text NOT NULL, other int NOT NULL, note text, created_at date, big text);
    CREATE UNIQUE INDEX by_index_code ON by_index (code, other); ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_code; ALTER TABLE by_index ALTER big SET STORAGE EXTERNAL;
    INSERT INTO by_index SELECT g, 'code ' || g, g % 2, 'x', date '2026-01-01' + g % 3, repeat('big' || g, 1000) FROM generate_series(1, 12) g""",
    ["UPDATE by_index SET id = id + 100 WHERE id < 4", "UPDATE by_index SET code = 'changed ' || id WHERE id = 5", "DELETE FROM by_index WHERE id = 6", "UPDATE by_index SET created_at = '2026-01-05' WHERE id = 7",
     "UPDATE by_index SET id = -1 WHERE id = 8; UPDATE by_index SET id = 8 WHERE id = 9; UPDATE by_index SET id = 9 WHERE id = -1"],
    ["UPDATE by_index SET code = code || '!', created_at = created_at + 1", "DELETE FROM by_index WHERE id > 100", "UPDATE by_index SET other = other + 2 WHERE id = 10"],
    by_index=Kept())
scenario(
    'the whole row is the identity of rows with a key', days('full_keyed', after='ALTER TABLE full_keyed REPLICA IDENTITY FULL'),
    ["UPDATE full_keyed SET id = 100 WHERE id = 1", "UPDATE full_keyed SET created_at = '2026-01-06' WHERE id = 2", "DELETE FROM full_keyed WHERE id = 3", swap('full_keyed', 4, 12)],
    ["UPDATE full_keyed SET id = id + 1000, created_at = NULL WHERE id > 9", "DELETE FROM full_keyed WHERE id = 100; INSERT INTO full_keyed VALUES (100, 'again', 1, '2026-02-02')"],
    full_keyed=Kept())
scenario(
    'partitions', """
    CREATE TABLE parts (id int, created_at date, note text, big text, PRIMARY KEY (id, created_at)) PARTITION BY RANGE (created_at);
    CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
    CREATE TABLE parts_2 (big text, note text, created_at date NOT NULL, id int NOT NULL);
    ALTER TABLE parts ATTACH PARTITION parts_2 FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
    ALTER TABLE parts_1 ALTER big SET STORAGE EXTERNAL; ALTER TABLE parts_2 ALTER big SET STORAGE EXTERNAL;
    INSERT INTO parts SELECT g, date '2026-01-25' + g, 'x', repeat('big' || g, 1000) FROM generate_series(1, 14) g""",
    ["UPDATE parts SET created_at = created_at + 3", "UPDATE parts SET note = 'y' WHERE id % 2 = 0", "DELETE FROM parts WHERE id = 5"],
    ["UPDATE parts SET created_at = '2026-01-30' WHERE id > 10", "INSERT INTO parts VALUES (5, '2026-02-10', 'again')", "UPDATE parts SET id = id + 100 WHERE id < 3"],
    "TRUNCATE parts",
    parts=Kept())
scenario(
    'odd names', """
    CREATE TABLE "Odd ""Name""/.." ("The Key" int PRIMARY KEY, "we ird" text, "Happened At" timestamp, "select" numeric(6,2));
    INSERT INTO "Odd ""Name""/.." SELECT g, 'x', timestamp '2026-01-01' + g * interval '7 hours', g FROM generate_series(1, 12) g""",
    ["""UPDATE "Odd ""Name""/.." SET "we ird" = 'y', "select" = 'NaN' WHERE "The Key" = 2""", """UPDATE "Odd ""Name""/.." SET "The Key" = 100 WHERE "The Key" = 3"""],
    ["""DELETE FROM "Odd ""Name""/.." WHERE "The Key" = 4""", """UPDATE "Odd ""Name""/.." SET "Happened At" = NULL WHERE "The Key" > 9"""],
    **{'Odd "Name"/..': Kept(Options(partition_by='Happened At'))})
scenario(
    'names that differ in their bytes alone', """
    CREATE TABLE composed (id int PRIMARY KEY, created_at date, "e\u0301" text, "\u00e9" text);
    INSERT INTO composed SELECT g, date '2026-01-01' + g % 3, 'two letters ' || g, 'one letter ' || g FROM generate_series(1, 12) g;
    CREATE TABLE composed_key ("e\u0301" int, "\u00e9" int, note text, created_at date, PRIMARY KEY ("e\u0301", "\u00e9"));
    INSERT INTO composed_key SELECT g % 3, g, 'x', date '2026-01-01' + g % 3 FROM generate_series(1, 12) g""",
    ["UPDATE composed SET \"e\u0301\" = 'x' WHERE id = 1", "UPDATE composed SET \"\u00e9\" = 'y' WHERE id = 2", "INSERT INTO composed VALUES (100, '2026-01-01', 'z', 'w'), (101, '2026-02-01', 'z', NULL)",
     "UPDATE composed_key SET note = 'y' WHERE \"\u00e9\" = 4", "DELETE FROM composed_key WHERE \"e\u0301\" = 2 AND \"\u00e9\" = 5", "UPDATE composed_key SET \"e\u0301\" = 7 WHERE \"\u00e9\" = 8"],
    ["ALTER TABLE composed ADD COLUMN added int", "UPDATE composed SET created_at = created_at + 1 WHERE id < 6", "UPDATE composed_key SET created_at = created_at + 1, \"\u00e9\" = -\"\u00e9\""],
    composed=Kept(), composed_key=Kept())
scenario(
    'columns that are left out and columns that are computed', """
    CREATE TABLE partly (id int PRIMARY KEY, secret text, note text, doubled int GENERATED ALWAYS AS (id * 2) STORED, created_at date);
    INSERT INTO partly (id, secret, note, created_at) SELECT g, 'hidden', 'x', date '2026-01-01' + g % 3 FROM generate_series(1, 9) g""",
    ["UPDATE partly SET secret = 'hidden still'", "UPDATE partly SET note = 'y', secret = NULL WHERE id = 2", "DELETE FROM partly WHERE id = 3"],
    ["UPDATE partly SET secret = 'x', created_at = created_at + 1", "INSERT INTO partly (id, secret, created_at) VALUES (100, 'hidden', '2026-01-01')"],
    partly=Kept(Options(exclude_columns=('secret', 'doubled'))))
scenario(
    'transactions in parts', days('nested'),
    ["INSERT INTO nested VALUES (100, 'x', 1, '2026-01-01'); SAVEPOINT a; UPDATE nested SET note = 'undone'; ROLLBACK TO a; UPDATE nested SET note = 'kept' WHERE id = 1;"
     " SAVEPOINT b; DELETE FROM nested WHERE id = 100; RELEASE b; INSERT INTO nested VALUES (100, 'y', 1, '2026-01-02'); SAVEPOINT c; INSERT INTO nested VALUES (101, 'z', 1, '2026-01-02'); ROLLBACK TO c"],
    nested=Kept())
scenario(
    'rows of many types', """
    CREATE TYPE mood AS ENUM ('ok', 'bad');
    CREATE TABLE typed (id int PRIMARY KEY, b boolean, s smallint, l bigint, r real, d double precision, amount numeric(12,2), wide numeric(38,10), any_number numeric, t text, c char(4), m mood, doc jsonb, j json,
        u uuid, raw bytea, dd date, ts timestamp, tz timestamptz, tm time, ints int[], texts text[], dates date[], map hstore, span interval, created_at timestamptz);
    INSERT INTO typed SELECT g, g % 2 = 0, g, g * 10000000000, g / 3.0, g / 3.0, g / 3.0, g / 7.0, g / 7.0, 'text ' || g, 'c', 'ok', jsonb_build_object('a', g), '{"b":  1}', md5(g::text)::uuid, decode(md5(g::text), 'hex'),
        date '2026-01-01' + g, timestamp '2026-01-01' + g * interval '1 hour', timestamptz '2026-01-01Z' - g * interval '1 year', '12:00', ARRAY[g, NULL], ARRAY['a', NULL, ''], ARRAY[date '2026-01-01', 'infinity'],
        hstore('k', g::text), g * interval '1 hour', timestamptz '2026-01-01Z' + g % 3 * interval '1 day' FROM generate_series(1, 30) g;
    INSERT INTO typed (id) VALUES (31)""",
    ["UPDATE typed SET b = NULL, ints = '{}', texts = NULL, map = NULL, amount = 'NaN' WHERE id % 7 = 0", "UPDATE typed SET dd = 'infinity', ts = '-infinity', tz = 'infinity', d = 'NaN', r = '-0' WHERE id % 5 = 0"],
    ["UPDATE typed SET created_at = created_at + interval '1 day'", "UPDATE typed SET dd = '2026-01-01', ts = NULL WHERE id % 10 = 0", "DELETE FROM typed WHERE id % 4 = 0",
     "INSERT INTO typed SELECT id + 100, b, s, l, r, d, amount, wide, any_number, t, c, 'bad', doc, j, u, raw, dd, ts, tz, tm, ints, texts, dates, map, span, created_at FROM typed"],
    typed=Kept())
scenario(
    'files of many row groups', """
    CREATE TABLE grouped (id int PRIMARY KEY, note text, filler text, created_at date);
    INSERT INTO grouped SELECT g, 'x', md5(g::text) || md5((-g)::text), date '2026-01-01' + g / 9000 FROM generate_series(1, 18000) g""",
    ["UPDATE grouped SET note = 'y' WHERE id IN (1, 4000, 8999)", "DELETE FROM grouped WHERE id IN (2, 9001)", "INSERT INTO grouped VALUES (0, 'first', 'z', '2026-01-01'), (20000, 'last', 'z', '2026-01-01')"],
    ["UPDATE grouped SET created_at = '2026-01-02' WHERE id BETWEEN 3000 AND 3010", "DELETE FROM grouped WHERE id BETWEEN 5000 AND 8000", "UPDATE grouped SET id = id + 100000 WHERE id % 1000 = 7"],
    ["UPDATE grouped SET note = 'all' WHERE created_at = '2026-01-02'"],
    grouped=Kept())

# MARK: columns that change

scenario(
    'columns are added and dropped', days('altered', 'extra text'),
    ["UPDATE altered SET note = 'before' WHERE id IN (1, 2)", "ALTER TABLE altered ADD COLUMN added int, ADD COLUMN list text[]", "UPDATE altered SET added = 7, list = '{a,NULL}' WHERE id IN (2, 5)",
     "INSERT INTO altered (id, added, created_at) VALUES (100, 8, '2026-01-01')"],
    ["ALTER TABLE altered DROP COLUMN extra", "UPDATE altered SET note = 'after' WHERE id IN (2, 3)", "UPDATE altered SET created_at = created_at + interval '1 day' WHERE id IN (5, 6)",
     "ALTER TABLE altered ADD COLUMN late numeric(5,1)", "UPDATE altered SET late = 'NaN' WHERE id = 7"],
    "UPDATE altered SET created_at = '2026-01-02'",
    altered=Kept(dropped=('extra',)))
scenario(
    'columns become wider', """
    CREATE TABLE widened (id int PRIMARY KEY, s smallint, i int, r real, amount numeric(8,2), name varchar(20), created_at date);
    INSERT INTO widened SELECT g, g, g, g / 3.0, g / 3.0, 'n' || g, date '2026-01-01' + g % 3 FROM generate_series(1, 12) g""",
    ["UPDATE widened SET s = -1, i = -1, r = 0.1, amount = -0.01 WHERE id = 1", "ALTER TABLE widened ALTER s TYPE int, ALTER i TYPE bigint, ALTER r TYPE double precision, ALTER amount TYPE numeric(14,2), ALTER name TYPE text",
     "UPDATE widened SET s = 100000, i = 10000000000, r = 0.1, amount = 123456789012.34 WHERE id = 2", "UPDATE widened SET created_at = '2026-01-06' WHERE id = 3"],
    ["ALTER TABLE widened ALTER s TYPE bigint, ALTER amount TYPE numeric(30,4)", "UPDATE widened SET s = 10000000000, amount = 0.0001 WHERE id IN (2, 4)", "UPDATE widened SET created_at = '2026-01-01' WHERE id > 9"],
    "UPDATE widened SET created_at = created_at + 1",
    widened=Kept())
scenario(
    'keys become wider', """
    CREATE TABLE widened_key (id int, part numeric(4,1), note text, created_at date, PRIMARY KEY (id, part));
    INSERT INTO widened_key SELECT g, g / 2.0, 'x', date '2026-01-01' + g % 3 FROM generate_series(1, 12) g""",
    ["UPDATE widened_key SET note = 'before' WHERE id = 1", "ALTER TABLE widened_key ALTER id TYPE bigint, ALTER part TYPE numeric(12,3)", "UPDATE widened_key SET note = 'after' WHERE id IN (1, 2)", "DELETE FROM widened_key WHERE id = 3",
     "UPDATE widened_key SET id = 10000000000, part = 0.125 WHERE id = 4", "UPDATE widened_key SET created_at = '2026-01-07' WHERE id = 5"],
    ["DELETE FROM widened_key WHERE id = 1", "UPDATE widened_key SET note = 'last'"],
    widened_key=Kept())
scenario(
    'columns change their type or name', days('retyped', 'code text, old_name int', after="UPDATE retyped SET code = id, old_name = id"),
    ["UPDATE retyped SET code = '77' WHERE id IN (1, 2)", "ALTER TABLE retyped ALTER code TYPE int USING code::int; ALTER TABLE retyped RENAME old_name TO new_name",
     "UPDATE retyped SET code = 78 WHERE id IN (2, 3)", "INSERT INTO retyped (id, code, created_at) VALUES (100, 79, '2026-01-01')", "UPDATE retyped SET created_at = '2026-01-08' WHERE id = 4"],
    ["UPDATE retyped SET code = NULL WHERE id = 5", "DELETE FROM retyped WHERE id = 6", "UPDATE retyped SET new_name = -1 WHERE id = 7"],
    "UPDATE retyped SET created_at = created_at + interval '1 day' WHERE id > 8",
    # All rows have their values in the new column.
    from_the_load=False, retyped=Kept(versions={'code': (('code__v2', None),)}, dropped=('code', 'old_name'), exported=True))
scenario(
    'a column changes its type and back', days('returned', 'code text, amount numeric(8,2)', after="UPDATE returned SET code = id, amount = n"),
    ["UPDATE returned SET code = '77' WHERE id IN (1, 2)", "ALTER TABLE returned ALTER code TYPE int USING code::int, ALTER amount TYPE double precision", "UPDATE returned SET code = 78, amount = 0.5 WHERE id IN (2, 3)",
     "INSERT INTO returned (id, code, created_at) VALUES (100, 79, '2026-01-01')", "ALTER TABLE returned ALTER code TYPE text, ALTER amount TYPE numeric(8,2)", "UPDATE returned SET note = 'as text', created_at = '2026-01-08' WHERE id = 4", "DELETE FROM returned WHERE id = 7"],
    ["UPDATE returned SET code = 'x' WHERE id = 5", "UPDATE returned SET amount = -1 WHERE id IN (5, 6)"],
    "UPDATE returned SET created_at = created_at + interval '1 day' WHERE id > 8",
    returned=Kept(dropped=('code__v2', 'amount__v2'), exported=True))
scenario(
    'large values stay where columns are added', large('large_altered'),
    ["UPDATE large_altered SET note = 'before' WHERE id = 1", "ALTER TABLE large_altered ADD COLUMN added int", "UPDATE large_altered SET added = 1 WHERE id IN (1, 2)", "UPDATE large_altered SET id = 100, created_at = '2026-01-09' WHERE id = 3"],
    ["ALTER TABLE large_altered DROP COLUMN other", "UPDATE large_altered SET added = 2, created_at = '2026-01-01'"],
    large_altered=Kept(dropped=('other',)))
scenario(
    'a table that gets another key', days('rekeyed', 'code text NOT NULL DEFAULT md5(random()::text)'),
    ["UPDATE rekeyed SET note = 'before' WHERE id = 1", "ALTER TABLE rekeyed DROP CONSTRAINT rekeyed_pkey, ADD PRIMARY KEY (code)", "UPDATE rekeyed SET id = 500 WHERE id = 2", "DELETE FROM rekeyed WHERE id = 3"],
    ["UPDATE rekeyed SET id = 7", "UPDATE rekeyed SET created_at = '2026-01-01' WHERE created_at > '2026-01-03'"],
    rekeyed=Kept())

scenario(
    'the replica identity changes', days('identified', 'code int'),
    ["UPDATE identified SET code = id; UPDATE identified SET note = 'by key' WHERE id IN (1, 4)", "ALTER TABLE identified REPLICA IDENTITY FULL", "UPDATE identified SET note = 'by all' WHERE id IN (1, 5)",
     "DELETE FROM identified WHERE id = 6", "ALTER TABLE identified DROP CONSTRAINT identified_pkey", "UPDATE identified SET note = 'without a key' WHERE id IN (1, 2)", "INSERT INTO identified VALUES (70, 'twice', 7, '2026-01-03', 70), (70, 'twice', 7, '2026-01-03', 70)",
     "DELETE FROM identified WHERE id = 8"],
    "DELETE FROM identified WHERE ctid = (SELECT min(ctid) FROM identified WHERE id = 70)",
    ["ALTER TABLE identified ADD PRIMARY KEY (id), ALTER code SET NOT NULL; CREATE UNIQUE INDEX identified_code ON identified (code);"
     " ALTER TABLE identified REPLICA IDENTITY USING INDEX identified_code", "UPDATE identified SET id = id + 100, created_at = created_at + interval '1 day' WHERE id < 4"],
    ["ALTER TABLE identified REPLICA IDENTITY DEFAULT", "UPDATE identified SET code = 0 - code", "DELETE FROM identified WHERE id = 101"],
    identified=Kept())
scenario(
    'a primary key goes and comes again under the whole row as identity', days('unkeyed', after='ALTER TABLE unkeyed REPLICA IDENTITY FULL'),
    ["UPDATE unkeyed SET n = 10 WHERE id = 2", "ALTER TABLE unkeyed DROP CONSTRAINT unkeyed_pkey", "INSERT INTO unkeyed SELECT id, note || note, n, created_at FROM unkeyed WHERE id IN (1, 4, 7)",
     "UPDATE unkeyed SET n = 99 WHERE id = 1 AND note = 'row 1'", "UPDATE unkeyed SET created_at = '2026-01-05' WHERE id = 4 AND note = 'row 4'", "DELETE FROM unkeyed WHERE note IN ('row 1row 1', 'row 4row 4', 'row 7row 7')",
     "ALTER TABLE unkeyed ADD PRIMARY KEY (id)", "UPDATE unkeyed SET note = 'keyed' WHERE id = 3", "UPDATE unkeyed SET id = 100 WHERE id = 5", "DELETE FROM unkeyed WHERE id = 6"],
    ["UPDATE unkeyed SET n = 11 WHERE id = 2", "ALTER TABLE unkeyed DROP CONSTRAINT unkeyed_pkey, ADD PRIMARY KEY (id, note)", "INSERT INTO unkeyed SELECT id, note || note, n, created_at FROM unkeyed WHERE id IN (8, 9)",
     "DELETE FROM unkeyed WHERE note = 'row 8'", "UPDATE unkeyed SET created_at = '2026-01-01' WHERE note = 'row 9'"],
    ["UPDATE unkeyed SET n = 12 WHERE id = 9", "DELETE FROM unkeyed WHERE note = 'row 9row 9'", "ALTER TABLE unkeyed DROP CONSTRAINT unkeyed_pkey, ADD PRIMARY KEY (id)", "UPDATE unkeyed SET id = id + 1000"],
    unkeyed=Kept(exported=True))


scenario(
    'the partition column changes its type',
    "CREATE TABLE redated (id int PRIMARY KEY, note text, created_at date); INSERT INTO redated SELECT g, 'x', date '2026-01-01' + g % 3 FROM generate_series(1, 12) g",
    ["UPDATE redated SET note = 'before' WHERE id = 1", "SET timezone = 'UTC'; ALTER TABLE redated ALTER created_at TYPE timestamptz", "UPDATE redated SET note = 'after' WHERE id IN (1, 2)",
     "UPDATE redated SET created_at = '2026-01-02 15:00Z' WHERE id IN (3, 4)", "INSERT INTO redated VALUES (100, 'new', '2026-01-03 23:59Z'), (101, 'new', NULL)", "DELETE FROM redated WHERE id = 5"],
    ["UPDATE redated SET created_at = created_at + interval '1 day' WHERE id > 8", "DELETE FROM redated WHERE id = 6"],
    from_the_load=False, redated=Kept(versions={'created_at': (('created_at__v2', None),)}, dropped=('created_at',), exported=True))

# MARK: deletes that keep the row

GRAVES = """
CREATE SCHEMA graves;
CREATE FUNCTION graves.bury() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        EXECUTE format('INSERT INTO graves.%I SELECT ($1).*', TG_TABLE_NAME) USING OLD;
    ELSE
        -- By way of JSON, for the type of the key may change.
        EXECUTE format('DELETE FROM graves.%I WHERE id = %L', TG_TABLE_NAME, to_jsonb(NEW) ->> 'id');
    END IF;
    RETURN NULL;
END $$;
"""


def buried(name):
    """SQL that keeps what is deleted from a table, as long as nothing has its key again."""
    return (f' CREATE TABLE graves.{name} AS TABLE {name} WITH NO DATA;'
            f' CREATE TRIGGER bury AFTER INSERT OR UPDATE OR DELETE ON {name} FOR EACH ROW EXECUTE FUNCTION graves.bury();')


scenario(
    'deleted rows are kept', days('kept') + buried('kept') + large('kept_large') + ';' + buried('kept_large') + days('kept_full', after='ALTER TABLE kept_full REPLICA IDENTITY FULL;') + buried('kept_full'),
    [f'DELETE FROM {name} WHERE id IN (1, 4, 7, 8, 9)' for name in ('kept', 'kept_large', 'kept_full')],
    [f"INSERT INTO {name} VALUES (1, 'again', 1, '2026-01-01'), (4, 'another day', 1, '2026-01-05')" for name in ('kept', 'kept_large', 'kept_full')]
    + [f"DELETE FROM {name} WHERE id = 2; INSERT INTO {name} VALUES (2, 'at once', 1, '2026-01-03')" for name in ('kept', 'kept_large', 'kept_full')]
    + [f"UPDATE {name} SET created_at = '2026-01-06', note = 'moved' WHERE id = 10; DELETE FROM {name} WHERE id = 10" for name in ('kept', 'kept_large', 'kept_full')],
    [f"DELETE FROM {name} WHERE id IN (1, 5); UPDATE {name} SET id = 100 WHERE id = 6; UPDATE {name} SET id = 7 WHERE id = 11" for name in ('kept', 'kept_large', 'kept_full')]
    + [f"INSERT INTO {name} VALUES (50, 'short', 1, '2026-01-01'); DELETE FROM {name} WHERE id = 50" for name in ('kept', 'kept_large', 'kept_full')],
    kept=Kept(graves='kept'), kept_large=Kept(graves='kept_large'), kept_full=Kept(graves='kept_full'))
