"""Continuous replication: the files of changes hold what PostgreSQL's own slot says, in commit order, once."""

import dataclasses
import json
import os
import signal
import time
from urllib.parse import urlsplit

import duckdb
import psycopg2
import pytest

import changes
import conftest
import database as databases
import lake
from compare import compare
from database import Options, lake_name
from witness import Witness, position

KINDS = """
CREATE TABLE plain (id bigint PRIMARY KEY, name text, amount numeric(12,2), at timestamptz, big text);
ALTER TABLE plain ALTER big SET STORAGE EXTERNAL;
CREATE TABLE full_with_key (a int, b text, n numeric, big text, PRIMARY KEY (a, b));
ALTER TABLE full_with_key REPLICA IDENTITY FULL;
ALTER TABLE full_with_key ALTER big SET STORAGE EXTERNAL;
CREATE TABLE full_without_key (a int, b text[], c hstore, d double precision);
ALTER TABLE full_without_key REPLICA IDENTITY FULL;
CREATE TABLE by_index (id int PRIMARY KEY, code text NOT NULL, note text);
CREATE UNIQUE INDEX by_index_code ON by_index (code);
ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_code;
CREATE TABLE log (at timestamptz DEFAULT now(), line text);
ALTER TABLE log REPLICA IDENTITY NOTHING;
CREATE TABLE parts (id int, day date, note text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE parts_2 (note text, day date NOT NULL, id int NOT NULL);
ALTER TABLE parts ATTACH PARTITION parts_2 FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE TABLE generated (id int PRIMARY KEY, doubled int GENERATED ALWAYS AS (id * 2) STORED, note text);
CREATE TABLE "Odd ""Name""/.." (id int PRIMARY KEY, "we ird" text);
"""
TABLES = {'plain': 'plain', 'full_with_key': 'full_with_key', 'full_without_key': 'full_without_key', 'by_index': 'by_index',
          'log': 'log', 'parts': 'parts', 'generated': 'generated', 'Odd "Name"/..': 'odd%20%22name%22%2F..'}
# Of a table with all of its rows as identity the primary key names a row, where there is one.
KEYS = {'full_with_key': ('a', 'b')}

STEPS = [
    "INSERT INTO plain VALUES (1, 'one', 1.5, '2026-01-01', repeat('x', 9000)), (2, '', NULL, 'infinity', NULL)",
    "INSERT INTO plain VALUES (3, 'nan', 'NaN', '2026-01-01', 'short')",
    "UPDATE plain SET name = 'uno' WHERE id = 1",
    "UPDATE plain SET id = 10 WHERE id = 1",
    "UPDATE plain SET big = NULL WHERE id = 10",
    "UPDATE plain SET name = name",
    "DELETE FROM plain WHERE id = 2",
    "INSERT INTO full_with_key VALUES (1, 'x', 1.50, repeat('y', 9000)), (2, 'NULL', 'Infinity', NULL)",
    "UPDATE full_with_key SET n = 2 WHERE a = 1",
    "UPDATE full_with_key SET b = 'z' WHERE a = 1",
    "DELETE FROM full_with_key WHERE a = 1",
    """INSERT INTO full_without_key VALUES (1, '{a,NULL,"b c"}', 'k=>1, "q\\"k"=>NULL', 0.1), (1, '{a,NULL,"b c"}', 'k=>1, "q\\"k"=>NULL', 0.1),
       (NULL, NULL, NULL, NULL)""",
    "UPDATE full_without_key SET d = 2 WHERE ctid = '(0,2)'",
    "UPDATE full_without_key SET a = a",
    "DELETE FROM full_without_key WHERE a IS NULL",
    "INSERT INTO by_index VALUES (1, 'a', 'x'), (2, 'b', 'y')",
    "UPDATE by_index SET id = 5 WHERE id = 1",
    "UPDATE by_index SET code = 'c' WHERE id = 5",
    "DELETE FROM by_index WHERE id = 2",
    "INSERT INTO log (line) VALUES ('first'), ('second')",
    "INSERT INTO parts VALUES (1, '2026-01-05', 'jan'), (2, '2026-02-05', 'feb')",
    "UPDATE parts SET day = '2026-02-06' WHERE id = 1",
    "DELETE FROM parts WHERE id = 2",
    "INSERT INTO generated (id, note) VALUES (1, 'x')",
    "UPDATE generated SET id = 2",
    """INSERT INTO "Odd ""Name""/.." VALUES (1, 'w')""",
    "SELECT pg_logical_emit_message(true, 'app', 'hello'), pg_logical_emit_message(false, 'app', 'outside')",
    "BEGIN; INSERT INTO plain (id) VALUES (100); SAVEPOINT a; INSERT INTO plain (id) VALUES (101); ROLLBACK TO a;"
    " INSERT INTO plain (id) VALUES (102); COMMIT",
    "BEGIN; INSERT INTO plain (id) VALUES (200); ROLLBACK",
    "TRUNCATE plain, by_index",
    "TRUNCATE parts_2",
    "INSERT INTO plain (id, name) SELECT g, 'n' || g FROM generate_series(1, 5000) g",
    "TRUNCATE parts",
]


@pytest.fixture
def source():
    """A database with tables of every kind, and a publication of all of them."""
    made = conftest.create_database()
    made.execute('CREATE EXTENSION hstore')
    made.execute(KINDS)
    made.execute('CREATE PUBLICATION sluice FOR ALL TABLES WITH (publish_via_partition_root = true)')
    yield made
    conftest.drop_database(made)


def run_steps(made, steps):
    connection = psycopg2.connect(made.url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute('SET search_path = public')
        for step in steps:
            for statement in step.split('; ') if step.startswith('BEGIN') else [step]:
                cursor.execute(statement)
    connection.close()


def checkpoint(place, slot):
    with lake.opened(place.url, place.store) as folder:
        return json.loads((folder / '_sluice' / slot / 'checkpoint.json').read_text())


def confirmed(made):
    return made.execute('SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = %s', (made.name,))[0][0]


@pytest.mark.parametrize('form', ['binary', 'text'])
def test_every_kind_of_change(source, sluice, place, form):
    if form == 'text':
        # One such column, and every table comes in text form.
        source.execute('CREATE TABLE addresses (id int PRIMARY KEY, address inet)')
    witness = Witness(source, slot=f'{source.name}_w')
    run = sluice.replicate(source, place)
    run_steps(source, STEPS[:12])
    sluice.replicate(source, place)
    run_steps(source, STEPS[12:])
    run = sluice.replicate(source, place)
    assert f'format={form}' in run.err
    assert changes.compare(source.url, place, witness.changes(), TABLES, keys=KEYS) == []


def test_confirmed_is_never_beyond_the_checkpoint(source, sluice, folder):
    sluice.replicate(source, folder)
    for step in STEPS[:8]:
        run_steps(source, [step])
        sluice.replicate(source, folder)
        assert position(confirmed(source)) <= position(checkpoint(folder, source.name)['position'])


# Types whose binary form the program decodes; columns of others come as text.
BINARY = {'bool', 'int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'text', 'varchar', 'bpchar', 'name', 'json', 'jsonb',
          'bytea', 'date', 'timestamp', 'timestamptz', 'time', 'uuid'}


def comes_as_binary(catalog, oid):
    oid, _ = catalog.base(oid, -1)
    name, kind, _, _, element, _, is_array, schema = catalog.types[oid]
    if is_array and name not in ('int2vector', 'oidvector'):
        inner, _ = catalog.base(element, -1)
        return catalog.types[inner][0] != 'hstore' and comes_as_binary(catalog, element)
    return kind == 'e' or name == 'hstore' or schema == 'pg_catalog' and name in BINARY


def text_columns(made, tables):
    """The columns of each table that come as text only."""
    connection = databases.connect(made.url)
    try:
        catalog = databases.Catalog(connection)
        found = {table: [] for table in tables}
        for table, column, oid in made.execute("""
                SELECT c.relname, a.attname, a.atttypid::bigint FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped"""):
            if table in found and not comes_as_binary(catalog, oid):
                found[table].append(column)
        return found
    finally:
        connection.close()


@pytest.mark.parametrize('form', ['text', 'binary'])
def test_every_value_arrives(sluice, folder, form):
    """Every type there is in text form, and in binary form every type that can come so."""
    import test_values

    made = conftest.create_database()
    try:
        made.load(conftest.FIXTURES / 'types.sql')
        tables = [name for name, in made.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                                                 " AND relkind IN ('r', 'p') AND NOT relispartition")]
        if form == 'binary':
            # Some types have no binary form at all.
            for table, column in made.execute("""
                    SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                    JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type e ON e.oid = t.typelem AND e.typarray = t.oid
                    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0
                      AND NOT a.attisdropped AND (t.typsend = 0 OR e.typsend = 0)"""):
                made.execute(f'ALTER TABLE "{table}" DROP COLUMN "{column}"')
        excluded = text_columns(made, tables) if form == 'binary' else {}
        representations = {table: options.representations for (_, table), options in test_values.OPTIONS.items()}
        config = {'tables': [
            {'table': f'"{table}"', 'exclude_columns': excluded.get(table, []),
             'columns': {name: {'as': kind} for name, kind in representations.get(table, {}).items()}}
            for table in tables]}
        made.execute('CREATE PUBLICATION sluice FOR ALL TABLES WITH (publish_via_partition_root = true)')
        for name in tables:
            made.execute(f'ALTER TABLE "{name}" REPLICA IDENTITY FULL')
        witness = Witness(made, slot=f'{made.name}_w')
        sluice.replicate(made, folder, config=config)
        for name in tables:
            made.execute(f'CREATE TEMP TABLE again AS SELECT * FROM "{name}"; DELETE FROM "{name}";'
                         f' INSERT INTO "{name}" SELECT * FROM again')
        run = sluice.replicate(made, folder, config=config)
        assert f'format={form}' in run.err
        assert 'goes on in text form' not in run.err
        assert changes.compare(made.url, folder, witness.changes(), {name: lake_name('public', name) for name in tables},
                               overrides=representations, excluded=excluded) == []
    finally:
        conftest.drop_database(made)


def test_a_type_without_binary_form_turns_the_stream_to_text(database, sluice, folder):
    """Also where the column is left out: the server would send it all the same."""
    database.execute('CREATE TABLE rights (id int PRIMARY KEY, acl aclitem[], note text);'
                     ' CREATE PUBLICATION sluice FOR TABLE rights')
    config = {'tables': [{'table': 'rights', 'exclude_columns': ['acl']}]}
    sluice.replicate(database, folder, config=config)
    witness = Witness(database, slot=f'{database.name}_w')
    database.execute("INSERT INTO rights VALUES (1, '{postgres=r/postgres}', 'x')")
    run = sluice.replicate(database, folder, config=config)
    assert 'goes on in text form' in run.err
    assert changes.compare(database.url, folder, witness.changes(), {'rights': 'rights'}, excluded={'rights': ['acl']}) == []


# MARK: changes of tables

SCHEMA_CHANGES = [
    "ALTER TABLE s ADD COLUMN plain int",
    "ALTER TABLE s ADD COLUMN with_default text DEFAULT 'seven'",
    "ALTER TABLE s DROP COLUMN note",
    "ALTER TABLE s RENAME COLUMN plain TO renamed",
    "ALTER TABLE s ALTER COLUMN count TYPE bigint",
    "ALTER TABLE s ALTER COLUMN amount TYPE numeric(14,2)",
    "ALTER TABLE s ALTER COLUMN code TYPE text",
    "ALTER TABLE s ALTER COLUMN amount TYPE text USING amount::text",
    "ALTER TABLE s ALTER COLUMN amount TYPE numeric(14,2) USING amount::numeric",
    "ALTER TABLE s ADD COLUMN _op text",
    "ALTER TABLE s RENAME TO s_moved",
    "ALTER TABLE s_moved RENAME TO s",
    "CREATE TYPE mood AS ENUM ('ok', 'bad'); ALTER TABLE s ADD COLUMN mood mood DEFAULT 'ok'; ALTER TYPE mood ADD VALUE 'new'",
    "ALTER TABLE s REPLICA IDENTITY FULL",
    "ALTER TABLE s DROP COLUMN id CASCADE; ALTER TABLE s ADD COLUMN id bigserial PRIMARY KEY",
]


def names_in_the_lake(seen):
    """The columns that have another name in the lake than in the table, by (table, column, type OID)."""
    text, numeric = 25, 1700
    return {(change.relation.name, column.name, column.type_oid): {'amount': 'amount__v2', '_op': '_op__v2'}[column.name]
            for change in seen for column in change.relation.columns
            if (column.name, column.type_oid) in (('amount', text), ('_op', text))}


@pytest.mark.parametrize('when', ['between flushes', 'in one flush', 'in one transaction', 'while it runs'])
def test_tables_change_while_they_stream(database, sluice, folder, when):
    database.execute('CREATE TABLE s (id serial PRIMARY KEY, note text, count int, amount numeric(12,2), code varchar(10));'
                     ' CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.replicate(database, folder)
    witness = Witness(database, slot=f'{database.name}_w')
    change = 'INSERT INTO {table} (count, amount) SELECT g, g FROM generate_series(1, 3) g; UPDATE {table} SET count = count + 1'
    if when == 'while it runs':
        process = sluice.start_replicating(database, folder, config={'flush': {'max_interval': '1s'}})
    table, script = 's', []
    for number, step in enumerate(SCHEMA_CHANGES):
        script.append(change.format(table=table) + f' WHERE count % 3 = {number % 3}')
        script.append(step)
        table = 's_moved' if step.endswith('s_moved') else 's'
        # A new value of an enum cannot be used in the transaction that adds it.
        if when == 'in one transaction' and 'ADD VALUE' not in step:
            continue
        database.execute('; '.join(script))
        script = []
        if when == 'between flushes':
            sluice.replicate(database, folder)
        elif when == 'while it runs':
            time.sleep(0.2)
    database.execute('; '.join([*script, change.format(table='s')]))
    if when == 'while it runs':
        process.send_signal(signal.SIGTERM)
        sluice.finish_as(process, 0)
    sluice.replicate(database, folder)
    seen = [change for change in witness.changes()]
    for number, change in enumerate(seen):
        if change.relation.name == 's_moved':
            seen[number] = dataclasses.replace(change, relation=dataclasses.replace(change.relation, name='s'))
    assert changes.compare(database.url, folder, seen, {'s': 's'}, names=names_in_the_lake(seen), keys={'s': ('id',)}) == []
    # All files can be read together, by name.
    rows, = duckdb.connect().execute(f"SELECT count(*) FROM read_parquet('{folder.path}/s_changes/**/*.parquet', union_by_name = true)").fetchone()
    assert rows == len(seen)


def test_a_table_is_made_again_under_its_name(database, sluice, folder):
    database.execute("CREATE TABLE d (id int PRIMARY KEY, note text); CREATE PUBLICATION sluice FOR ALL TABLES;"
                     " INSERT INTO d VALUES (1, 'old')")
    sluice.replicate(database, folder)
    witness = Witness(database, slot=f'{database.name}_w')
    database.execute("INSERT INTO d VALUES (2, 'old')")
    database.execute("DROP TABLE d; CREATE TABLE d (id int PRIMARY KEY, other date)")
    database.execute("INSERT INTO d VALUES (3, '2026-01-01')")
    run = sluice.replicate(database, folder)
    assert 'loaded table d' in run.err
    assert changes.compare(database.url, folder, witness.changes(), {'d': 'd'}) == []
    assert compare(database.url, folder.url, others=True) == []


def test_a_table_that_was_out_of_the_publication_is_loaded_again(database, sluice, folder):
    """Also when it is back before anybody looks: what was changed in between never arrives."""
    database.execute('CREATE TABLE p (id int PRIMARY KEY, note text); CREATE TABLE q (id int PRIMARY KEY);'
                     ' CREATE PUBLICATION sluice FOR TABLE p, q')
    sluice.replicate(database, folder)
    database.execute('ALTER PUBLICATION sluice DROP TABLE p')
    database.execute("INSERT INTO p VALUES (1, 'missed')")
    database.execute('ALTER PUBLICATION sluice ADD TABLE p')
    database.execute("INSERT INTO p VALUES (2, 'seen')")
    run = sluice.replicate(database, folder)
    assert 'loaded table p' in run.err and 'loaded table q' not in run.err
    assert compare(database.url, folder.url, others=True) == []
    assert 'loading' not in sluice.replicate(database, folder).err


def test_a_renamed_table_keeps_leaving_columns_out(database, sluice, folder):
    database.execute('CREATE TABLE t (id int PRIMARY KEY, secret text); CREATE PUBLICATION sluice FOR TABLE t')
    config = {'tables': [{'table': 'public.*'}, {'table': 't', 'exclude_columns': ['secret']}]}
    sluice.replicate(database, folder, config=config)
    for number in range(2):
        database.execute("ALTER TABLE IF EXISTS t RENAME TO renamed; INSERT INTO renamed VALUES (%s, 'hidden')", (number,))
        sluice.replicate(database, folder, config=config)
    found = changes.files(folder.path, 't')
    assert len(found) == 2 and all('secret' not in changes.columns_of(folder.path / path) for path in found)


def test_status_and_drop(database, sluice, folder):
    database.execute('CREATE TABLE p (id int PRIMARY KEY); CREATE PUBLICATION sluice FOR TABLE p')
    config = {'database': {'slot': database.name}}
    common = ['--database', database.url, *folder.arguments]
    sluice.secrets.add(database.password)
    assert 'sluice replicate' in sluice.run('status', *common, config=config).out
    sluice.replicate(database, folder)
    database.execute('INSERT INTO p SELECT generate_series(1, 1000)')
    status = json.loads(sluice.run('status', '--json', *common, config=config).out)
    assert status['lag']['bytes'] > 0
    assert status['tables'][0]['rewriting'] == {'position': '0/0', 'pending_files': 0, 'pending_bytes': 0, 'seconds': None, 'repairs': []}
    sluice.replicate(database, folder)
    status = json.loads(sluice.run('status', '--json', *common, config=config).out)
    pending = status['tables'][0]['rewriting']
    with lake.opened(folder.url, folder.store) as path:
        assert [pending['pending_bytes']] == [os.path.getsize(path / file) for file in changes.files(path, 'p')]
    assert pending['pending_files'] == 1 and 0 <= pending['seconds'] < 60, pending
    sluice.rewrite(database, folder)
    status = json.loads(sluice.run('status', '--json', *common, config=config).out)
    assert status['tables'][0]['rewriting']['pending_files'] == 0
    assert status['tables'][0]['rewriting']['position'] != '0/0'
    run = sluice.run('drop', *common, config=config, expect=64)
    assert '--yes' in run.err
    sluice.run('drop', '--yes', *common, config=config)
    assert database.execute('SELECT count(*) FROM pg_replication_slots WHERE slot_name = %s', (database.name,)) == [(0,)]
    # The lake stays, and the next start begins anew beside it.
    sluice.replicate(database, folder)
    database.execute('INSERT INTO p VALUES (5000)')
    sluice.replicate(database, folder)
    assert compare(database.url, folder.url, others=True, where='id <> 5000') == []
    with lake.opened(folder.url, folder.store) as path:
        assert len(changes.files(path, 'p')) == 2


# MARK: what is published


def test_row_filters_and_column_lists_hold_for_load_and_stream(database, sluice, folder):
    database.execute("""
        CREATE TABLE f (id int PRIMARY KEY, kind text, secret text);
        INSERT INTO f SELECT g, CASE WHEN g % 2 = 0 THEN 'even' ELSE 'odd' END, 'hidden' FROM generate_series(1, 100) g;
        ALTER TABLE f REPLICA IDENTITY FULL;
        CREATE TABLE l (id int PRIMARY KEY, kind text, secret text);
        INSERT INTO l SELECT g, 'x', 'hidden' FROM generate_series(1, 100) g;
        CREATE PUBLICATION sluice FOR TABLE f WHERE (kind = 'even'), l (id, kind)""")
    witness = Witness(database, slot=f'{database.name}_w')
    sluice.replicate(database, folder)
    assert compare(database.url, folder.url, [('public', 'f')], others=True, where="kind = 'even'") == []
    assert compare(database.url, folder.url, [('public', 'l')], {('public', 'l'): Options(exclude_columns=('secret',))},
                   others=True) == []
    # A row that comes into the filter is an insert, one that leaves it a delete.
    database.execute("UPDATE f SET kind = 'even' WHERE id = 1; UPDATE f SET kind = 'odd' WHERE id = 2; DELETE FROM f WHERE id = 4;"
                     " UPDATE l SET secret = 'changed', kind = 'y' WHERE id = 1")
    sluice.replicate(database, folder)
    assert changes.compare(database.url, folder, witness.changes(), {'f': 'f', 'l': 'l'}, keys={'f': ('id',)}) == []
    with lake.opened(folder.url, folder.store) as path:
        assert all('secret' not in changes.columns_of(path / file) for file in changes.files(path, 'l'))


def test_a_new_table_is_loaded_while_changes_stream(database, sluice, folder):
    """One that a wildcard of the configuration takes in: it is published and loaded with no restart."""
    database.execute("CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1)")
    config = {'tables': [{'table': 'public.*'}], 'flush': {'max_interval': '1s'}}
    process = sluice.start_replicating(database, folder, config=config)
    time.sleep(1)
    database.execute("CREATE TABLE b (id int PRIMARY KEY, note text); INSERT INTO b VALUES (1, 'before')")
    deadline = time.monotonic() + 60
    while not (folder.path / 'b').exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.2)
    database.execute("INSERT INTO b VALUES (2, 'after')")
    process.send_signal(signal.SIGTERM)
    sluice.finish_as(process, 0)
    sluice.replicate(database, folder, config=config)
    history = changes.History(database.url, folder, 'b')
    assert history.folded(folder, ('id',)) == history.truth


def test_one_of_several_hosts(database, sluice, folder):
    """A host that does not answer is passed over, as libpq does."""
    database.execute('CREATE TABLE a (id int PRIMARY KEY); CREATE PUBLICATION sluice FOR TABLE a; INSERT INTO a VALUES (1)')
    parts = urlsplit(database.url)
    url = f'postgresql://{parts.username}:{parts.password}@127.0.0.1:1,127.0.0.1:{parts.port}/{database.name}?target_session_attrs=read-write'
    sluice.secrets.add(parts.password)
    sluice.replicate(url, folder, config={'database': {'slot': database.name}})
    assert compare(database.url, folder.url, others=True) == []
