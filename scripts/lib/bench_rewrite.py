"""Measures how changes are taken up into days on an S3 server, and prints tables; started by scripts/bench.

For each size of day there is a database with a table `days`, and a lake of its own, filled by `sluice replicate`. Each
round changes rows, brings the changes into the lake by `sluice replicate --until-caught-up --no-rewrite`, and measures
`sluice rewrite`. The next round goes on from there. The environment says where things are: BENCH_SLUICE, BENCH_FOLDER,
BENCH_SERVER (a URL without a database), BENCH_ENDPOINT, BENCH_MASTER, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY; the
database's password is where libpq finds it.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.request

import psycopg2

BUCKET = 'sluice-test'
KINDS = ('update', 'delete', 'insert')
NAMES = {'update': 'updated', 'delete': 'deleted by key', 'insert': 'inserted late'}
UNITS = {'B': 1, 'KiB': 1 << 10, 'MiB': 1 << 20, 'GiB': 1 << 30}
PENDING_TRANSACTION = 10_000
FLUSH_SECONDS = 60
# What one page of a listing has.
LISTED = 1_000
FLUSHES = 60

# Places are spread evenly over the ids of some days; the row at a place or the next one is taken, so that rows which are
# gone do not matter.
CHOSEN = """
    SELECT DISTINCT found.id FROM generate_series(0, %(days)s - 1) AS day
    CROSS JOIN generate_series(0, %(places)s - 1) AS place
    CROSS JOIN LATERAL (
        SELECT id FROM days WHERE id > day * %(day_rows)s::bigint * %(day_step)s + place * %(row_step)s::bigint + %(offset)s
        ORDER BY id LIMIT 1) AS found
"""
STATEMENTS = {
    'update': f"""UPDATE days SET status = 'paid', paid = NOT paid, attempt_count = attempt_count + 1,
        updated_at = updated_at + interval '1 day' WHERE id IN ({CHOSEN})""",
    'delete': f'DELETE FROM days WHERE id IN ({CHOSEN})',
    'insert': f"""INSERT INTO days OVERRIDING SYSTEM VALUE
        SELECT (SELECT max(id) FROM days) + row_number() OVER (ORDER BY id), invoice_uuid, user_id, subscription_id, amount,
            tax_amount, currency, status, due_date, paid, attempt_count, metadata, notes, tags, created_at, now()
        FROM days WHERE id IN ({CHOSEN})""",
}

# In processes of their own: what is loaded here would count in the peak memory of whatever is started afterwards.
OBJECTS = """
import json, os, sys, pyarrow.fs, pyarrow.parquet
store = pyarrow.fs.S3FileSystem(endpoint_override=os.environ['BENCH_ENDPOINT'].removeprefix('http://'), scheme='http',
                                region='us-east-1')
sizes, groups = [], []
for entry in store.get_file_info(pyarrow.fs.FileSelector(sys.argv[1] + '/days', recursive=True)):
    if entry.path.endswith('.parquet'):
        metadata = pyarrow.parquet.read_metadata(entry.path, filesystem=store)
        sizes.append(entry.size)
        for index in range(metadata.num_row_groups):
            group = metadata.row_group(index)
            groups.append(sum(group.column(leaf).total_compressed_size for leaf in range(group.num_columns)))
print(json.dumps({'days': len(sizes), 'bytes': sum(sizes), 'groups': len(groups), 'largest': max(groups)}))
"""

# Changes that were committed on another day: their files are moved to its folder. Prints how many there are.
MOVE = """
import os, sys, pyarrow.fs
store = pyarrow.fs.S3FileSystem(endpoint_override=os.environ['BENCH_ENDPOINT'].removeprefix('http://'), scheme='http',
                                region='us-east-1')
root = sys.argv[1] + '/days_changes'
found = [entry.path for entry in store.get_file_info(pyarrow.fs.FileSelector(root, recursive=True))
         if entry.path.endswith('.parquet')]
for path in found if sys.argv[2] else []:
    year, month, day = sys.argv[2].split('-')
    name = path.rsplit('/', 1)[1].split('_')
    name[2] = year + month + day
    store.move(path, f'{root}/year={year}/month={month}/day={day}/' + '_'.join(name))
print(len(found))
"""


@dataclasses.dataclass
class Run:
    """What one `sluice rewrite` took and said."""

    wall: float
    cpu: float
    peak: float
    changes: int
    days: int
    rows: tuple
    groups: str
    merged: str
    requests: int
    read: float
    written: float
    copied: float


class Lake:
    """A lake of days of one size, and the database that it follows."""

    def __init__(self, mib, days, day_rows):
        self.mib, self.days, self.day_rows = mib, days, day_rows
        self.database = f'{os.environ["BENCH_SERVER"]}/rewrite_{mib}x{days}'
        self.prefix = f'{BUCKET}/rewrite_{mib}x{days}'
        self.slot = f'bench_rewrite_{mib}'
        self.folder = os.environ['BENCH_FOLDER']
        self.name = f'{mib} MiB' if mib < 1024 else f'{mib // 1024} GiB'
        self.config = f'{self.folder}/rewrite_{mib}.yaml'
        self.round = 0
        pathlib.Path(self.config).write_text(
            f'database: {{slot: {self.slot}, publication: {self.slot}}}\n'
            f'lake: {{endpoint: "{os.environ["BENCH_ENDPOINT"]}", region: us-east-1}}\n'
            'tables: [{table: days}]\n')

    def query(self, sql, values=None):
        connection = psycopg2.connect(self.database)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, values)
                return cursor.fetchone() if cursor.description else cursor.rowcount
        finally:
            connection.close()

    def forget(self):
        """Ends what a run before has left behind."""
        self.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s', (self.slot,))
        self.query(f'DROP PUBLICATION IF EXISTS {self.slot}')

    def load(self):
        """Fills the lake, and looks at what is in it."""
        self.forget()
        started = time.monotonic()
        self.catch_up()
        found = subprocess.run([sys.executable, '-c', OBJECTS, self.prefix], capture_output=True, text=True)
        if found.returncode != 0:
            sys.exit(f'the lake cannot be read:\n{found.stderr[-2000:]}')
        self.objects = json.loads(found.stdout)
        if self.objects['days'] != self.days:
            sys.exit(f'the lake has {self.objects["days"]} days instead of {self.days}')
        say(f'{self.days} days of {size(self.objects["bytes"] / self.days)} loaded in {time.monotonic() - started:.0f} s')

    def catch_up(self):
        self.sluice('replicate', '--until-caught-up', '--no-rewrite')

    def change(self, kind, rows, days, transactions=1):
        """Changes rows in some days, spread evenly; returns how many."""
        self.round += 1
        places = rows // days // transactions
        spacing = self.day_rows // (places * transactions)
        return sum(
            self.query(STATEMENTS[kind], {
                'days': days, 'day_step': self.days // days, 'day_rows': self.day_rows, 'places': places,
                'row_step': spacing * transactions, 'offset': self.round % spacing + number * spacing})
            for number in range(transactions))

    def rewrite(self):
        """Takes up what is pending."""
        text, wall, cpu, peak = self.sluice('rewrite')
        lines = [re.split(r' {2,}', line.strip()) for line in text.splitlines() if line]
        told = re.fullmatch(r'(\d+) requests, (\S+ \w+) read, (\S+ \w+) written, (\S+ \w+) copied by the store', lines[-1][0])
        if len(lines) != 3 or len(lines[0]) != len(lines[1]) or not told:
            sys.exit(f'sluice rewrite says something else:\n{text}')
        cells = dict(zip(lines[0], lines[1]))
        return Run(wall, cpu, peak, int(cells['changes']), int(cells['days']),
                   tuple(int(cells[name]) for name in ('inserted', 'updated', 'deleted')), cells['row groups'],
                   cells.get('merged files', '0'), int(told[1]), *(byte_count(told[index]) for index in (2, 3, 4)))

    def change_files(self, moved_to=''):
        """How many files of changes there are."""
        counted = subprocess.run([sys.executable, '-c', MOVE, self.prefix, moved_to], capture_output=True, text=True)
        if counted.returncode != 0:
            sys.exit(f'the files of changes cannot be moved:\n{counted.stderr[-2000:]}')
        return int(counted.stdout)

    def sluice(self, command, *arguments):
        """What it prints, wall seconds, own CPU seconds, peak MiB."""
        line = [os.environ['BENCH_SLUICE'], command, '--config', self.config, '--database', self.database,
                '--lake', f's3://{self.prefix}', *arguments]
        if command == 'rewrite' and 'BENCH_WRAPPER' in os.environ:
            line = os.environ['BENCH_WRAPPER'].split() + line
        with open(f'{self.folder}/output.log', 'w+b') as output, open(f'{self.folder}/errors.log', 'w+b') as errors:
            started = time.monotonic()
            process = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.monotonic() - started
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                errors.seek(0)
                sys.exit(f'sluice {command} ended with {process.returncode}:\n{errors.read().decode()[-2000:]}')
            output.seek(0)
            return output.read().decode(), wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def say(text):
    print(text, file=sys.stderr)


def byte_count(text):
    number, unit = text.split()
    return float(number) * UNITS[unit]


def size(count):
    for unit in ('GiB', 'MiB', 'KiB'):
        if count >= UNITS[unit]:
            return f'{count / UNITS[unit]:.1f} {unit}'
    return f'{count:.0f} B'


def vacuum():
    """Has the server give back the room of objects that were replaced."""
    with urllib.request.urlopen(f'{os.environ["BENCH_MASTER"]}/vol/vacuum?garbageThreshold=0.2') as answer:
        answer.read()


def print_table(rows, left):
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    for row in rows:
        print('  '.join(cell.ljust(width) if index in left else cell.rjust(width)
                        for index, (cell, width) in enumerate(zip(row, widths))).rstrip())


FIGURES = ['s', 'own CPU s', 'peak MiB', 'row groups', 'read', 'written', 'copied', 'requests']


def figures(run):
    return [f'{run.wall:.2f}', f'{run.cpu:.2f}', f'{run.peak:.0f}', run.groups, size(run.read), size(run.written),
            size(run.copied), str(run.requests)]


def measure_sizes(lake):
    """Few rows in many days, many rows in few: a row of the table for each."""
    rows = []
    for kind in KINDS:
        for days in (1, 10, 90):
            for count in (1, 100, 10_000):
                if days > lake.days or count < days:
                    continue
                count -= count % days
                changed = lake.change(kind, count, days)
                lake.catch_up()
                run = lake.rewrite()
                if changed != count or run.changes != count or run.days != days or sum(run.rows) != count:
                    sys.exit(f'{count} rows in {days} days {NAMES[kind]}: {changed} were, and rewriting says {run}')
                rows.append([lake.name, f'{count:,}', NAMES[kind], str(days), *figures(run), target(lake, count, run)])
                say('  '.join(rows[-1]))
                vacuum()
    return rows


def target(lake, count, run):
    if count != 1 or lake.mib < 1024:
        return '-'
    allowed = 2 * lake.objects['largest']
    return f'read and written <= {size(allowed)} (2 row groups): {"met" if max(run.read, run.written) <= allowed else "MISSED"}'


def measure_pending(lake, changes):
    """Very many changes over all days: eight tenths updates, a tenth deletes, a tenth inserts."""
    made = 0
    for kind, count in (('update', changes // 10 * 8), ('delete', changes // 10), ('insert', changes // 10)):
        transactions = max(1, count // PENDING_TRANSACTION)
        made += lake.change(kind, count, lake.days, transactions)
    lake.catch_up()
    run = lake.rewrite()
    if run.changes != made:
        sys.exit(f'{made} changes were made, and rewriting says {run}')
    return [lake.name, f'{made:,}', str(run.days), f'{run.changes / run.wall:,.0f}', *figures(run)]


def measure_compaction(lake):
    """Files of changes before and after those of a finished day are merged; and the run that merges them."""
    for _ in range(FLUSHES):
        lake.change('update', 1, 1)
        lake.catch_up()
    lake.rewrite()
    before = lake.change_files(moved_to='2025-04-01')
    run = lake.rewrite()
    return before, lake.change_files(), run


def print_change_files(before, after, run):
    """What a table that changes all the time makes."""
    a_day = 24 * 3600 // FLUSH_SECONDS
    a_month = 30 * a_day
    print(f'\nfiles of changes of a table that changes all the time, one every {FLUSH_SECONDS} s, merged up to 1 GiB\n')
    print_table([
        ['', 'a day', 'a month', 'pages of a listing'],
        ['as they are written', f'{a_day:,}', f'{a_month:,}', str(-(-a_month // LISTED))],
        ['after compaction', '1', '30', '1'],
    ], left=(0,))
    print(f'\nmeasured: {before} files of a finished day became {after}\n')
    print_table([FIGURES, figures(run)], left=())


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument('--lake', action='append', required=True, metavar='MIBxDAYSxROWS')
    arguments.add_argument('--changes', type=int, required=True)
    given = arguments.parse_args()
    sizes, pending, loaded, compaction = [], [], [], None
    for text in given.lake:
        lake = Lake(*map(int, text.split('x')))
        lake.load()
        loaded.append(lake)
        sizes += measure_sizes(lake)
        if lake.days == 90:
            pending.append(measure_pending(lake, given.changes))
            compaction = measure_compaction(lake)
        lake.forget()
        vacuum()

    print(f'\nrewriting days on an S3 server on the same {os.cpu_count()} cores, which copies by reading and writing\n')
    print_table([['', 'objects', 'bytes', 'row groups', 'largest row group']] + [
        [lake.name, str(lake.objects['days']), size(lake.objects['bytes']), str(lake.objects['groups']),
         size(lake.objects['largest'])] for lake in loaded], left=(0,))
    print()
    print_table([['day', 'rows', 'change', 'days', *FIGURES, 'target'], *sizes], left=(2, 12))
    print('\n1 row updated in 1 day; the time shall not grow with the day, but for the copy that this server makes of it\n')
    print_table([['day', *FIGURES]] + [
        [row[0], *row[4:12]] for row in sizes if row[1] == '1' and row[2] == NAMES['update']], left=())
    print('\nvery many pending changes, 80 % updates, 10 % deletes, 10 % late inserts; memory shall stay near memory_limit, 512 MiB\n')
    print_table([['day', 'changes', 'days', 'changes/s', *FIGURES], *pending], left=())
    if compaction:
        print_change_files(*compaction)
    left_out = [f'{lake.name} in {lake.days} of 90' for lake in loaded if lake.days < 90]
    print(f'\nleft out, for they need more room: all days but {", ".join(left_out)}' if left_out else '')


if __name__ == '__main__':
    main()
