"""What a run shows of itself: metrics and log lines in CloudWatch, metrics and health over HTTP; and that none of it can hold
the run up or fail it."""

import datetime
import http.server
import json
import re
import secrets
import socket
import threading
import time
import urllib.error
import urllib.request

import boto3
import pytest

from cluster import Cluster
from test_errors import free_port
from test_stream_faults import end, until

TABLES = """
    CREATE TABLE events (id int PRIMARY KEY, name text, created_at timestamptz);
    INSERT INTO events SELECT g, 'event ' || g, '2025-01-10 10:00Z' FROM generate_series(1, 20) g;
    CREATE TABLE users (id int PRIMARY KEY, name text, created_at timestamptz)
"""


class Cloud:
    """CloudWatch as a test has it to itself: a namespace and a log group of its own."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        name = secrets.token_hex(4)
        self.namespace, self.group = f'Test/{name}', f'/test/{name}'
        self.secret = secrets.token_hex(20)
        self.environment = {'AWS_ACCESS_KEY_ID': 'monitor', 'AWS_SECRET_ACCESS_KEY': self.secret, 'AWS_REGION': 'us-east-1',
                            'AWS_ENDPOINT_URL': endpoint, 'AWS_EC2_METADATA_DISABLED': 'true', 'AWS_MAX_ATTEMPTS': '2'}

    def settings(self, **more):
        return {'monitoring': {'cloudwatch': {'namespace': self.namespace, 'log_group': self.group, **more}}}

    def client(self, service):
        return boto3.client(service, endpoint_url=self.endpoint, region_name='us-east-1', aws_access_key_id='reader',
                            aws_secret_access_key='reader')

    def sums(self, name, dimension):
        """What has come in of a metric, by the dimension's value."""
        client = self.client('cloudwatch')
        now = datetime.datetime.now(datetime.timezone.utc)
        found = {}
        for metric in client.list_metrics(Namespace=self.namespace, MetricName=name)['Metrics']:
            assert [each['Name'] for each in metric['Dimensions']] == [dimension], metric
            points = client.get_metric_statistics(
                Namespace=self.namespace, MetricName=name, Dimensions=metric['Dimensions'], Period=3600, Statistics=['Sum'],
                StartTime=now - datetime.timedelta(hours=1), EndTime=now + datetime.timedelta(hours=1))['Datapoints']
            found[metric['Dimensions'][0]['Value']] = sum(point['Sum'] for point in points)
        return found

    def streams(self):
        """The log lines of each stream, in their order."""
        client = self.client('logs')
        names = [each['logStreamName'] for each in client.describe_log_streams(logGroupName=self.group)['logStreams']]
        streams = {}
        for name in names:
            events = client.get_log_events(logGroupName=self.group, logStreamName=name, startFromHead=True, limit=10000)['events']
            assert [event['timestamp'] for event in events] == sorted(event['timestamp'] for event in events)
            streams[name] = [event['message'] for event in events]
        return streams

    def lines(self):
        """The lines of the only stream, and its name."""
        (name, lines), = self.streams().items()
        return name, lines


@pytest.fixture
def cloud(moto):
    return Cloud(moto)


def shown(run):
    """What a run has logged, without what it says of CloudWatch."""
    return [line for line in run.err.splitlines() if 'CloudWatch' not in line]


# MARK: CloudWatch


def test_a_backfill_is_seen_in_cloudwatch_with_its_last_line(database, sluice, folder, cloud):
    database.execute(TABLES)
    sluice.secrets.add(cloud.secret)
    run = sluice.backfill(database, folder, '--mode', 'full', '--table', 'events', '--table', 'nowhere', '--log-level', 'trace',
                          expect=1, config=cloud.settings(log_level='trace'), environment=cloud.environment)
    assert cloud.sums('DataExportSuccess', 'Table') == {'events': 1}
    assert cloud.sums('DataExportFailure', 'Table') == {'nowhere': 1}
    assert cloud.sums('ExportedRows', 'Table') == {'events': 20}
    assert cloud.sums('ExportedFiles', 'Table') == {'events': 1}
    assert cloud.sums('ExportedBytes', 'Table')['events'] > 100 and cloud.sums('ExportDuration', 'Table')['events'] > 0
    name, lines = cloud.lines()
    assert re.fullmatch(r'backfill/[^/]+/\d{8}T\d{6}Z-\d+', name), name
    assert lines == shown(run) and '1 of the tables failed: nowhere' in lines[-1]
    for secret in sluice.secrets | {database.password}:
        assert not any(secret in line for line in lines), 'a secret was sent'


def test_a_run_that_cannot_begin_fails_for_each_table_that_was_asked_for(sluice, folder, cloud):
    url = f'postgresql://alice:open-sesame@127.0.0.1:{free_port()}/billing'
    config = cloud.settings()
    config['tables'] = [{'table': 'invoices'}, {'table': 'billing.*'}]
    run = sluice.backfill(url, folder, expect=1, config=config, environment=cloud.environment)
    assert cloud.sums('DataExportFailure', 'Table') == {'invoices': 1, 'billing.*': 1}
    assert cloud.lines()[1] == shown(run)


def test_a_rewrite_is_seen_in_cloudwatch(database, sluice, folder, cloud):
    database.execute(TABLES)
    sluice.replicate(database, folder)
    database.execute("INSERT INTO users VALUES (1, 'a', '2025-01-10Z'); DELETE FROM events WHERE id < 4")
    sluice.replicate(database, folder)
    run = sluice.rewrite(database, folder, config=cloud.settings(), environment=cloud.environment)
    assert cloud.sums('RewrittenRows', 'Table') == {'users': 1, 'events': 3}
    assert cloud.sums('RewrittenChanges', 'Table') == {'users': 1, 'events': 3}
    assert cloud.sums('RewrittenDays', 'Table') == {'users': 1, 'events': 1}
    name, lines = cloud.lines()
    assert name.startswith('rewrite/') and lines == shown(run) and len(lines) >= 2


def test_a_validation_is_seen_in_cloudwatch(database, sluice, folder, cloud):
    database.execute(TABLES)
    sluice.replicate(database, folder, rewrite=True)
    (folder.path / 'events/year=2025/month=01/day=10/events_20250110.parquet').unlink()
    run = sluice.finish_as(sluice.start_on_slot('validate', database, folder, config=cloud.settings(),
                                                environment=cloud.environment), 1)
    assert cloud.sums('DataValidationFailure', 'Table') == {'events': 1}
    assert cloud.sums('DataValidationSuccess', 'Table') == {'users': 1}
    assert cloud.lines()[1] == shown(run)


class Refusal(http.server.BaseHTTPRequestHandler):
    """Answers as AWS does to a role that may do nothing."""

    def do_POST(self):
        self.rfile.read(int(self.headers['content-length']))
        if self.headers['x-amz-target']:
            status, body = 400, json.dumps({'__type': 'AccessDeniedException', 'message': 'not authorized'})
        else:
            status, body = 403, ('<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>'
                                 '<Message>not authorized</Message></Error></ErrorResponse>')
        self.server.requests.append(self.path)
        self.send_response(status)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *arguments):
        pass


@pytest.fixture
def refusing():
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Refusal)
    server.requests = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def silent():
    """A server that takes connections and says nothing."""
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        server.listen(16)
        yield server.getsockname()[1]


def test_a_role_that_may_not_is_told_once_which_actions_to_allow(database, sluice, folder, refusing):
    database.execute(TABLES)
    cloud = Cloud(f'http://127.0.0.1:{refusing.server_port}')
    run = sluice.backfill(database, folder, '--mode', 'full', config=cloud.settings(), environment=cloud.environment)
    assert refusing.requests
    warnings = [line for line in run.err.splitlines() if 'WARNING' in line and 'CloudWatch' in line]
    assert len(warnings) == 2, run.err
    assert any('allow cloudwatch:PutMetricData to the role' in line for line in warnings)
    assert any('allow logs:CreateLogGroup, logs:CreateLogStream, logs:PutLogEvents' in line for line in warnings)


@pytest.mark.parametrize('kind', ['nobody listens', 'nothing is said', 'no region'])
def test_cloudwatch_that_cannot_be_reached_neither_fails_nor_blocks(database, sluice, folder, silent, kind):
    database.execute(TABLES)
    cloud = Cloud(f'http://127.0.0.1:{free_port() if kind == "nobody listens" else silent}')
    if kind == 'no region':
        del cloud.environment['AWS_ENDPOINT_URL'], cloud.environment['AWS_REGION']
    run = sluice.replicate(database, folder, config=cloud.settings(), environment=cloud.environment)
    assert run.seconds < 60
    assert len([line for line in run.err.splitlines() if 'CloudWatch' in line]) <= 2, run.err
    if kind == 'nothing is said':
        for what in ('metrics', 'log lines'):
            assert f'its last {what} may be missing there' in run.err, run.err
    if kind == 'no region':
        assert 'nothing is sent to CloudWatch: no region is set' in run.err and 'Set AWS_REGION' in run.err


# MARK: HTTP


def get(port, path):
    """Status and body."""
    try:
        with urllib.request.urlopen(f'http://127.0.0.1:{port}{path}', timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


SAMPLE = re.compile(r'([a-z_]+)(?:\{([a-z]+)="((?:[^"\\\n]|\\[\\"n])*)"\})? (-?[0-9.e+-]+)')


def metrics(port):
    """The values by name and label, of a text in which each family is whole and comes once."""
    status, text = get(port, '/metrics')
    assert status == 200 and text.endswith('\n')
    values, types, current = {}, {}, None
    for line in text.splitlines():
        if line.startswith('# HELP '):
            current = line.split()[2]
            assert current not in types, line
        elif line.startswith('# TYPE '):
            _, _, name, kind = line.split()
            assert name == current and kind in ('counter', 'gauge'), line
            types[name] = kind
        else:
            name, _, label, value = SAMPLE.fullmatch(line).groups()
            assert name == current and name in types and (name, label) not in values, line
            values[name, label] = float(value)
    return values


def readiness(port):
    try:
        status, text = get(port, '/readyz')
    except OSError:
        return None, 'nobody answers'
    return status, json.loads(text).get('reason')


def test_replication_is_seen_over_http_and_in_cloudwatch_while_the_database_goes_and_comes(sluice, folder, cloud):
    cluster = Cluster()
    try:
        cluster.database.execute(TABLES)
        port = free_port()
        config = cloud.settings(interval='10s')
        config['monitoring']['http'] = port
        config['flush'] = {'max_interval': '1s'}
        config['rewrite'] = {'interval': '1s'}
        sluice.secrets.add(cloud.secret)
        process = sluice.start_replicating(cluster.database, folder, '--log-level', 'debug', rewrite=True, config=config,
                                           environment=cloud.environment)
        until(lambda: readiness(port) == (200, None), what='readiness')
        assert get(port, '/healthz') == (200, '{"status":"alive"}\n')
        assert get(port, '/nothing')[0] == 404
        # Rows that a first load sees are not rewritten.
        until(lambda: all(metrics(port).get(('sluice_export_success_total', table)) == 1 for table in ('events', 'users')),
              what='the first load')
        cluster.database.execute("INSERT INTO users VALUES (1, 'a', '2025-01-10Z'), (2, 'b', '2025-01-11Z')")
        until(lambda: metrics(port).get(('sluice_rewritten_rows_total', 'users')) == 2, what='the rows')
        # The first look at the slot, and at what is pending, comes after five seconds.
        until(lambda: ('sluice_pending_files', 'users') in metrics(port) and ('sluice_slot_active', None) in metrics(port))
        values = metrics(port)
        assert values['sluice_export_success_total', 'events'] == 1 and values['sluice_exported_rows_total', 'events'] == 20
        assert values['sluice_flushed_changes_total', 'users'] == 2 and values['sluice_flushed_files_total', 'users'] >= 1
        assert values['sluice_received_changes_total', None] == 2 and values['sluice_buffered_changes', None] == 0
        assert values['sluice_connected', None] == 1 and values['sluice_slot_active', None] == 1
        assert values['sluice_checkpoints_total', None] >= 1 and values['sluice_flush_seconds_total', None] > 0
        assert 0 <= time.time() - values['sluice_last_checkpoint_timestamp_seconds', None] < 3600
        assert values['sluice_replication_lag_bytes', None] >= 0 and values['sluice_replication_lag_seconds', None] >= 0
        assert values['sluice_retained_wal_bytes', None] >= 0 and ('sluice_wal_bytes_until_limit', None) not in values
        assert values['sluice_rewrite_passes_total', 'users'] >= 1 and values['sluice_rewritten_days_total', 'users'] == 2
        status, page = get(port, '/')
        assert status == 200 and '<p class="good">Ready</p>' in page and '<th>users</th>' in page
        assert values['process_resident_memory_bytes', None] > 1 << 20 and values['sluice_uptime_seconds', None] > 0

        cluster.stop()
        until(lambda: readiness(port)[0] == 503, what='unreadiness')
        assert readiness(port)[1].startswith('the connection to the database is lost: '), readiness(port)
        assert get(port, '/healthz')[0] == 200 and metrics(port)['sluice_connected', None] == 0
        # What was seen of the slot last is no present value.
        slot = ['sluice_slot_active', 'sluice_replication_lag_bytes', 'sluice_replication_lag_seconds', 'sluice_retained_wal_bytes']
        until(lambda: not any((name, None) in metrics(port) for name in slot), what='the end of what was seen of the slot')
        cluster.start()
        until(lambda: readiness(port) == (200, None), what='readiness')
        assert metrics(port)['sluice_reconnects_total', None] >= 1

        until(lambda: cloud.sums('SlotActive', 'Slot'), what='a gauge in CloudWatch')
        run = end(sluice, process)
        assert cloud.sums('FlushedChanges', 'Table') == {'users': 2}
        assert cloud.sums('DataExportSuccess', 'Table') == {'events': 1, 'users': 1}
        assert cloud.sums('ReplicationLagBytes', 'Slot').keys() == {cluster.database.name}
        assert cloud.sums('Reconnects', 'Slot')[cluster.database.name] >= 1
        name, lines = cloud.lines()
        assert name.startswith('replicate/') and 'stopped; everything that was received is in the lake' in lines[-1]
        # Lines below the level stay here.
        assert set(lines) <= set(run.err.splitlines()) and not any(' DEBUG ' in line for line in lines)
        for secret in sluice.secrets | {cluster.password}:
            assert not any(secret in line for line in lines), 'a secret was sent'
    finally:
        cluster.remove()


def test_a_port_that_another_process_has_is_a_warning_with_the_remedy(database, sluice, folder):
    database.execute(TABLES)
    with socket.socket() as other:
        other.bind(('127.0.0.1', 0))
        other.listen()
        address = f'127.0.0.1:{other.getsockname()[1]}'
        run = sluice.replicate(database, folder, config={'monitoring': {'http': address}})
    assert f'cannot serve metrics and health at {address}: Address already in use' in run.err
    assert 'give monitoring.http another port' in run.err
