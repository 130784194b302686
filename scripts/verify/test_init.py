"""`sluice init` proposes settings that the strict reader takes, whatever tables are called, and that export every table."""

import re

import pytest
import yaml

import lake
from compare import compare

TABLES = '''
    CREATE TABLE invoices (id bigint PRIMARY KEY, email text, card_number text, amount numeric, total numeric(10,2),
                           due_on date, created_at timestamptz NOT NULL);
    CREATE INDEX ON invoices (created_at);
    INSERT INTO invoices SELECT n, 'a@b', '4111', n / 3.0, 1, '2026-01-01', '2025-01-01'::timestamptz + n * interval '1 hour'
        FROM generate_series(1, 100) n;
    CREATE TABLE keyless (a int, updated_at timestamptz);
    INSERT INTO keyless VALUES (1, now()), (1, now());
    CREATE TABLE "Odd ""Name"" ${HOME} * # null" (id int PRIMARY KEY, "Password: x" text, "ordered: on" date NOT NULL);
    INSERT INTO "Odd ""Name"" ${HOME} * # null" VALUES (1, 'p', '2025-02-03');
    CREATE TABLE "odd ""name"" ${home} * # null" (id int PRIMARY KEY);
    CREATE TABLE "line
feed" (id int PRIMARY KEY, "a
b" numeric);
    CREATE TABLE "null" (id int PRIMARY KEY); CREATE TABLE "1" (id int PRIMARY KEY); CREATE TABLE "$${x}" (id int PRIMARY KEY);
    CREATE TABLE " - a: [b, 'c" (id int PRIMARY KEY); CREATE TABLE "_x" (id int PRIMARY KEY);
    CREATE TABLE "ääääääääääääääääääääääääääääää" (id int PRIMARY KEY);
    CREATE TABLE taken (id int PRIMARY KEY, _lsn text, created_at text);
    CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE a_changes (id int PRIMARY KEY);
    CREATE TABLE empty (); CREATE UNLOGGED TABLE light (id int PRIMARY KEY);
    CREATE SCHEMA billing; CREATE TABLE billing.odd (id int PRIMARY KEY); CREATE TABLE billing_odd (id int PRIMARY KEY);
    CREATE TABLE parted (id int, created_at date NOT NULL, PRIMARY KEY (id, created_at)) PARTITION BY RANGE (created_at);
    CREATE TABLE parted_1 PARTITION OF parted DEFAULT; INSERT INTO parted VALUES (1, '2025-01-01');
'''


def test_what_is_proposed_works(database, sluice, folder, tmp_path):
    """init | backfill, with the password where libpq finds it."""
    database.execute(TABLES)
    run = sluice.run('init', '--database', database.url, *folder.arguments, '--schema', 'public', '--schema', 'billing')
    assert database.password not in run.out + run.err
    environment = {'PGPASSWORD': database.password}
    done = sluice.run('backfill', '--mode', 'full', config=run.out, environment=environment)
    assert 'WARN' not in done.err and 'ERROR' not in done.err, done.err
    tables = yaml.safe_load(run.out)['tables']
    # All but the one without columns, and no partition by itself.
    assert len(tables) == database.execute("""SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
        AND relnamespace IN ('public'::regnamespace, 'billing'::regnamespace) AND relname <> 'empty'""")[0][0]
    some = ['invoices', 'keyless', 'parted']
    other = tmp_path / 'other'
    sluice.run('backfill', '--mode', 'full', '--lake', other, *(word for name in some for word in ('--table', name)),
               config=run.out, environment=environment)
    assert compare(database.url, str(other), [('public', name) for name in some]) == []
    with lake.opened(folder.url) as place:
        assert any(path.startswith('invoices/year=2025/month=01/day=02/') for path in lake.objects(place))
    # The first run that reads it is refused nothing, and says what is to be looked at.
    check = sluice.finish(sluice.start('check', config=run.out, environment=environment))
    assert check.code in (0, 1) and 'keyless' in check.out, str(check)


def test_the_reasons(database, sluice):
    database.execute(TABLES)
    run = sluice.run('init', '--database', database.url, '--table', 'invoices', '--table', 'keyless', '--lake', 's3://company-lake/x')
    text = run.out
    assert 's3://company-lake/x' in text and yaml.safe_load(text)['lake']['url'] == 's3://company-lake/x'
    assert re.search(r'# created_at is NOT NULL and has an index. Others: due_on.\n +partition_by: created_at\n', text), text
    assert '#  amount: { as: "decimal(38,9)" }' in text and 'total' not in text
    assert '#  email: sha256' in text and '#  card_number: sha256' in text
    assert 'ALTER TABLE "public"."keyless" REPLICA IDENTITY FULL;' in text
    assert [entry['table'] for entry in yaml.safe_load(text)['tables']] == ['invoices', 'keyless']
    # What is only suggested is as good as what is set, once its # is taken away.
    lines = [re.sub(r'^(    )#(?! )', r'\1', line).replace('    #  ', '      ') for line in text.splitlines()]
    assert yaml.safe_load('\n'.join(lines))['tables'][0]['mask'] == {'email': 'sha256', 'card_number': 'sha256'}


def test_what_the_role_may_not_read_is_left_out(database, sluice, folder):
    database.execute("""
        CREATE TABLE open (id int PRIMARY KEY); CREATE TABLE closed (id int PRIMARY KEY);
        CREATE ROLE sluice_proposer LOGIN PASSWORD 'proposed'; GRANT SELECT ON open TO sluice_proposer
    """)
    try:
        role = database.as_role('sluice_proposer', 'proposed')
        run = sluice.run('init', '--database', role, *folder.arguments)
        assert [entry['table'] for entry in yaml.safe_load(run.out)['tables']] == ['open']
        assert 'GRANT SELECT' in run.out and '#- table: closed' in run.out
        sluice.run('backfill', '--mode', 'full', config=run.out, environment={'PGPASSWORD': 'proposed'})
    finally:
        database.execute('DROP OWNED BY sluice_proposer; DROP ROLE sluice_proposer')


def test_nothing_to_propose(database, sluice):
    run = sluice.run('init', '--database', database.url, expect=78)
    assert 'no table' in run.err and '--schema' in run.err and run.out == ''
    run = sluice.run('init', expect=78)
    assert 'SLUICE_DATABASE' in run.err


@pytest.mark.parametrize('arguments', [['--table', '"unclosed'], ['--schema'], ['stray']], ids=' '.join)
def test_wrong_usage(sluice, arguments):
    sluice.run('init', '--database', 'postgresql://x@127.0.0.1/y', *arguments, expect=64)
