"""What the proof needs: databases of its own, places for lakes, the program, and servers that misbehave."""

import itertools
import os
import pathlib
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
import yaml

import lake

FIXTURES = pathlib.Path(__file__).parent / 'fixtures'
SQL = pathlib.Path(__file__).parent.parent / 'sql'


def needed(name):
    """What scripts/test has to set: without it nothing can be proven, and nothing may be passed over."""
    if not os.environ.get(name):
        pytest.exit(f'{name} is not set; run scripts/test --proof', returncode=2)
    return os.environ[name]


# MARK: the result, for scripts/test


def pytest_addoption(parser):
    parser.addoption('--counts', help='file for the numbers of passed and failed tests')


def pytest_terminal_summary(terminalreporter, config):
    stats = terminalreporter.stats
    passed = len(stats.get('passed', []))
    # A skipped test has shown nothing.
    failed = sum(len(stats.get(kind, [])) for kind in ('failed', 'error', 'skipped', 'xfailed', 'xpassed'))
    if config.getoption('counts'):
        pathlib.Path(config.getoption('counts')).write_text(f'{passed} {failed}\n')


# MARK: databases


class Database:
    """A database of a test's own."""

    def __init__(self, url, name):
        parts = urlsplit(url)
        self.name = name
        self.password = parts.password
        self.url = urlunsplit(parts._replace(path='/' + name))
        self.host, self.port, self.user = parts.hostname, parts.port, parts.username

    def as_role(self, role, password):
        """The URL by which another role connects."""
        return f'postgresql://{role}:{password}@{self.host}:{self.port}/{self.name}'

    def execute(self, sql, parameters=None):
        """Runs SQL in a transaction of its own and returns the rows, if there are any."""
        connection = psycopg2.connect(self.url)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    def load(self, path, **variables):
        """Runs a file of SQL through psql."""
        options = [option for name, value in variables.items() for option in ('-v', f'{name}={value}')]
        done = subprocess.run([needed('SLUICE_TEST_PSQL'), '-X', '-q', *options, '-f', path, self.url],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


_numbers = itertools.count(1)


def create_database(**settings):
    """Makes an empty database."""
    url = needed('SLUICE_TEST_POSTGRES')
    name = f'proof_{os.getpid()}_{next(_numbers)}'
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        options = ' '.join(f"{key} '{value}'" for key, value in settings.items())
        cursor.execute(f'CREATE DATABASE {name} TEMPLATE template0 {options}')
    connection.close()
    return Database(url, name)


def drop_database(database):
    # A slot keeps its database.
    for name, in database.execute('SELECT slot_name FROM pg_replication_slots WHERE database = %s', (database.name,)):
        for _ in range(100):
            try:
                database.execute('SELECT pg_drop_replication_slot(%s)', (name,))
                break
            except psycopg2.errors.ObjectInUse:
                time.sleep(0.1)
    connection = psycopg2.connect(needed('SLUICE_TEST_POSTGRES'))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE {database.name} WITH (FORCE)')
    connection.close()


@pytest.fixture
def database():
    """An empty database."""
    made = create_database()
    yield made
    drop_database(made)


@pytest.fixture(scope='module')
def billing():
    """A database with the billing tables, small; not to be changed."""
    made = create_database()
    made.load(SQL / 'billing.sql', invoices=10000, transactions=20000, users=5000, subscriptions=1000)
    yield made
    drop_database(made)


# MARK: the program


@dataclass
class Run:
    """How a run of the program ended."""

    code: int
    out: str
    err: str
    seconds: float
    peak_mib: float

    def __str__(self):
        return f'exit {self.code}\n--- standard output\n{self.out}\n--- standard error\n{self.err}'


def memory_peak(pid):
    """The most memory that a process had so far, in MiB; 0 when it has ended."""
    try:
        with open(f'/proc/{pid}/status') as file:
            return next((int(line.split()[1]) / 1024 for line in file if line.startswith('VmHWM:')), 0)
    except OSError:
        return 0


class Sluice:
    """The program, with an environment that has nothing but what a test gives it."""

    def __init__(self, folder):
        self.binary = needed('SLUICE_TEST_BINARY')
        self.folder = folder
        self.temporary = folder / 'tmp'
        self.temporary.mkdir()
        self.secrets = {needed('SLUICE_TEST_S3_SECRET_KEY'), needed('SLUICE_TEST_S3_READER_SECRET_KEY')}

    def start(self, *arguments, config=None, environment=None, wrapper=()):
        """Starts the program and returns at once."""
        home = {'PATH': '/usr/bin:/bin', 'HOME': str(self.folder), 'TMPDIR': str(self.temporary), 'LANG': 'C.UTF-8'}
        command = [*wrapper, self.binary, *map(str, arguments)]
        if config is not None:
            file = self.folder / f'sluice-{secrets.token_hex(4)}.yaml'
            file.write_text(config if isinstance(config, str) else yaml.safe_dump(config))
            command += ['--config', str(file)]
        self.output = [open(self.folder / f'{name}-{secrets.token_hex(4)}', 'w+') for name in ('out', 'err')]
        self.started = time.monotonic()
        return subprocess.Popen(command, stdout=self.output[0], stderr=self.output[1], stdin=subprocess.DEVNULL,
                                env={**home, **(environment or {})}, cwd=self.folder)

    def finish(self, process, seconds=300):
        """Waits for the end of a started program."""
        deadline = time.monotonic() + seconds
        peak = 0
        while process.poll() is None:
            # The usage that the kernel reports at the end would begin with the memory of this process.
            peak = max(peak, memory_peak(process.pid))
            if time.monotonic() > deadline:
                process.kill()
                process.wait()
                pytest.fail(f'sluice did not end within {seconds} seconds')
            time.sleep(0.005)
        texts = []
        for file in self.output:
            file.seek(0)
            texts.append(file.read())
            file.close()
        run = Run(process.returncode, *texts, time.monotonic() - self.started, peak)
        for secret in self.secrets:
            assert secret not in run.out + run.err, 'a secret was printed'
        return run

    def run(self, *arguments, expect=0, **options):
        """Runs the program to its end and looks at its exit code."""
        run = self.finish(self.start(*arguments, **options))
        assert run.code == expect, str(run)
        return run

    def backfill(self, database, place, *arguments, expect=0, config=None, environment=None, **options):
        """Runs `sluice backfill` from a database, or a URL, into a place."""
        url = database if isinstance(database, str) else database.url
        if urlsplit(url).password:
            self.secrets.add(urlsplit(url).password)
        return self.run('backfill', '--database', url, *place.arguments, *arguments, expect=expect,
                        config=place.configured(config), environment={**place.environment, **(environment or {})}, **options)

    def replicate(self, database, place, *arguments, expect=0, rewrite=False, config=None, environment=None, **options):
        """Runs `sluice replicate` until everything that was committed is in the lake; in the day files only if told to."""
        arguments = arguments or ('--until-caught-up',)
        return self.finish_as(self.start_replicating(database, place, *arguments, rewrite=rewrite, config=config,
                                                     environment=environment, **options), expect)

    def start_replicating(self, database, place, *arguments, rewrite=False, config=None, environment=None, **options):
        """Starts `sluice replicate` and returns at once. Day files stay as they were exported unless `rewrite` is set."""
        if not rewrite:
            arguments = (*arguments, '--no-rewrite')
        return self.start_on_slot('replicate', database, place, *arguments, config=config, environment=environment, **options)

    def rewrite(self, database, place, *arguments, expect=0, config=None, environment=None, **options):
        """Runs `sluice rewrite` to its end: one pass over what the files of changes have."""
        return self.finish_as(self.start_on_slot('rewrite', database, place, *arguments, config=config,
                                                 environment=environment, **options), expect)

    def start_on_slot(self, command, database, place, *arguments, config=None, environment=None, **options):
        """Starts a command that works on the slot that is named after its database, and returns at once."""
        url = database if isinstance(database, str) else database.url
        if urlsplit(url).password:
            self.secrets.add(urlsplit(url).password)
        config = dict(config or {})
        if not isinstance(database, str):
            config['database'] = {'slot': database.name, **config.get('database', {})}
        return self.start(*command.split(), '--database', url, *place.arguments, *arguments, config=place.configured(config),
                          environment={**place.environment, **(environment or {})}, **options)

    def finish_as(self, process, expect, seconds=300):
        run = self.finish(process, seconds)
        assert run.code == expect, str(run)
        return run


@pytest.fixture
def sluice(tmp_path):
    folder = tmp_path / 'sluice'
    folder.mkdir()
    program = Sluice(folder)
    yield program
    assert list(program.temporary.iterdir()) == [], 'the program left temporary files'


@pytest.fixture(scope='module')
def module_sluice(tmp_path_factory):
    """The program, for what several tests look at."""
    return Sluice(tmp_path_factory.mktemp('sluice'))


# MARK: lakes


class Folder:
    """A lake in a folder."""

    environment = {}
    store = lake.Store()

    def __init__(self, path):
        self.path = path
        self.url = str(path)
        self.arguments = ['--lake', self.url]

    def configured(self, config):
        return config


class Bucket:
    """A lake in the S3 server."""

    def __init__(self, prefix, bucket=None, role='', endpoint=None, secret=None):
        self.url = f's3://{bucket or needed("SLUICE_TEST_S3_BUCKET")}/{prefix}'
        self.arguments = ['--lake', self.url]
        self.environment = {
            'AWS_ACCESS_KEY_ID': needed(f'SLUICE_TEST_S3_{role}ACCESS_KEY'),
            'AWS_SECRET_ACCESS_KEY': secret or needed(f'SLUICE_TEST_S3_{role}SECRET_KEY'),
            # Nobody asks the network who this machine is.
            'AWS_EC2_METADATA_DISABLED': 'true',
        }
        self.endpoint = endpoint or needed('SLUICE_TEST_S3_ENDPOINT')
        self.store = lake.Store(self.endpoint, *list(self.environment.values())[:2])

    def through(self, endpoint):
        """Has the program go to the server by another address."""
        self.endpoint = endpoint

    def configured(self, config):
        assert not isinstance(config, str)
        config = dict(config or {})
        return {**config, 'lake': {'endpoint': self.endpoint, 'region': 'us-east-1', **config.get('lake', {})}}


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / 'lake')


@pytest.fixture
def bucket():
    return Bucket(f'proof/{secrets.token_hex(6)}')


@pytest.fixture(params=['folder', 's3'])
def place(request):
    """Each kind of lake."""
    return request.getfixturevalue('folder' if request.param == 'folder' else 'bucket')


@contextmanager
def moto_server(folder):
    """A server of its own that speaks for AWS: S3, Glue, Athena and others; yields its endpoint."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        port = probe.getsockname()[1]
    with open(folder / 'log', 'w') as log:
        server = subprocess.Popen([sys.executable, '-m', 'moto.server', '-H', '127.0.0.1', '-p', str(port)],
                                  stdout=log, stderr=log, start_new_session=True)
    endpoint = f'http://127.0.0.1:{port}'
    try:
        for _ in range(150):
            try:
                urllib.request.urlopen(endpoint + '/moto-api/data.json', timeout=2).read()
                break
            except OSError:
                assert server.poll() is None, 'moto ended'
                time.sleep(0.2)
        yield endpoint
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(20)


@pytest.fixture(scope='session')
def moto(tmp_path_factory):
    """An S3 server that, unlike SeaweedFS, knows that a bucket can be missing; yields its endpoint."""
    with moto_server(tmp_path_factory.mktemp('moto')) as endpoint:
        yield endpoint
