"""A PostgreSQL of a test's own, to be stopped, killed and started again."""

import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import tempfile

import psycopg2

import conftest


class Cluster:
    def __init__(self, *settings):
        self.programs = pathlib.Path(conftest.needed('SLUICE_TEST_POSTGRES_PROGRAMS'))
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='sluice-cluster-'))
        if os.geteuid() == 0:
            shutil.chown(self.folder, 'postgres')
        self.password = secrets.token_hex(12)
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            self.port = probe.getsockname()[1]
        self.data = self.folder / 'data'
        secret = self.folder / 'password'
        secret.write_text(self.password)
        secret.chmod(0o644)
        self.run('initdb', '-D', self.data, '-U', 'postgres', '--auth=scram-sha-256', f'--pwfile={secret}', '-E', 'UTF8', '--locale=C.UTF-8')
        lines = ["listen_addresses = '127.0.0.1'", f'port = {self.port}', "unix_socket_directories = ''", 'wal_level = logical',
                 "timezone = 'UTC'", 'fsync = off', *settings]
        text = '\n'.join(lines) + '\n'
        subprocess.run([*self.as_owner(), 'tee', self.data / 'postgresql.auto.conf'], input=text, text=True, check=True,
                       stdout=subprocess.DEVNULL, cwd='/')
        self.start()
        self.name = 'postgres'
        self.url = f'postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{self.name}'
        self.database = conftest.Database(self.url, self.name)
        # Slots belong to the cluster, so that the database's name will do for the slot's.
        self.database.execute('SELECT 1')

    @staticmethod
    def as_owner():
        return ['runuser', '-u', 'postgres', '--'] if os.geteuid() == 0 else []

    def run(self, program, *arguments, check=True):
        return subprocess.run([*self.as_owner(), self.programs / program, *map(str, arguments)], check=check, cwd='/',
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def start(self):
        self.run('pg_ctl', '-D', self.data, '-l', self.folder / 'data/server.log', '-w', 'start')

    def stop(self, mode='fast', seconds=60):
        self.run('pg_ctl', '-D', self.data, '-m', mode, '-w', '-t', seconds, 'stop')

    def remove(self):
        self.run('pg_ctl', '-D', self.data, '-m', 'immediate', '-w', 'stop', check=False)
        shutil.rmtree(self.folder)


class Standby(Cluster):
    """A standby that follows a cluster."""

    def __init__(self, primary):
        self.programs, self.password, self.name = primary.programs, primary.password, primary.name
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='sluice-standby-'))
        if os.geteuid() == 0:
            shutil.chown(self.folder, 'postgres')
        self.data = self.folder / 'data'
        source = f'host=127.0.0.1 port={primary.port} user=postgres'
        subprocess.run([*self.as_owner(), self.programs / 'pg_basebackup', '-D', self.data, '-R', '-c', 'fast', '-d', source],
                       check=True, cwd='/', env={**os.environ, 'PGPASSWORD': self.password}, stderr=subprocess.DEVNULL)
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            self.port = probe.getsockname()[1]
        subprocess.run([*self.as_owner(), 'tee', '-a', self.data / 'postgresql.auto.conf'], input=f'port = {self.port}\n',
                       text=True, check=True, stdout=subprocess.DEVNULL, cwd='/')
        self.start()
        self.url = f'postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{self.name}'
