"""config/iam-policy.json allows what the program does in an account where nothing is, and little else."""

import json
import pathlib
import secrets

import boto3
import pytest

import conftest
from policy import ACCOUNT, Gateway, Policy
from rewriting import Kept, compare_days
from scenarios import large
from test_athena import post
from test_rewrites import SMALL, run

POLICY = pathlib.Path(__file__).parent.parent.parent / 'config' / 'iam-policy.json'

# What the program does not ask for itself, or not here.
UNSEEN = {
    # By S3, for objects that a key of the account encrypts.
    'kms:GenerateDataKey', 'kms:Decrypt',
    # By Athena in the name of whoever asks.
    's3:GetBucketLocation', 's3:ListMultipartUploadParts',
    # When a large upload or a statement is given up, and where a day's columns have become others.
    's3:AbortMultipartUpload', 'athena:StopQueryExecution', 'glue:BatchUpdatePartition',
}


@pytest.fixture
def prefix():
    return f'proof/{secrets.token_hex(6)}'


@pytest.fixture
def document(prefix):
    """The policy, with this test's places in the place of its examples."""
    bucket = conftest.needed('SLUICE_TEST_S3_BUCKET')
    return json.loads(POLICY.read_text().replace('company-lake/billing-data', f'{bucket}/{prefix}')
                      .replace('billing-data/*', f'{prefix}/*').replace('company-lake', bucket))


@pytest.fixture
def account(document, tmp_path):
    """A server of AWS's services that keeps to the policy's actions, and the keys of a user who has them."""
    with conftest.moto_server(tmp_path) as endpoint:
        iam = boto3.client('iam', endpoint_url=endpoint, region_name='us-east-1', aws_access_key_id='k', aws_secret_access_key='s')
        iam.create_user(UserName='sluice')
        # Which resources are meant is the gateway's part: this server knows them of S3 only, and calls CloudWatch monitoring.
        actions = {'Effect': 'Allow', 'Action': [*sorted(Policy(document).actions()), 'monitoring:PutMetricData'], 'Resource': '*'}
        iam.put_user_policy(UserName='sluice', PolicyName='sluice', PolicyDocument=json.dumps({'Version': document['Version'], 'Statement': [actions]}))
        key = iam.create_access_key(UserName='sluice')['AccessKey']
        # From now on signatures and policies count.
        post(endpoint, '/moto-api/reset-auth', b'0')
        yield endpoint, key


@pytest.fixture
def gateway(document, account):
    made = Gateway(Policy(document), conftest.Bucket('').store, account[0])
    yield made
    made.close()


@pytest.fixture
def place(gateway, account, prefix):
    """The lake, and all services, through the gateway."""
    made = conftest.Bucket(prefix)
    made.through(gateway.endpoint)
    made.environment = {
        **made.environment, 'AWS_ACCESS_KEY_ID': account[1]['AccessKeyId'], 'AWS_SECRET_ACCESS_KEY': account[1]['SecretAccessKey'],
        **{f'AWS_ENDPOINT_URL_{name}': gateway.endpoint for name in ('GLUE', 'ATHENA', 'CLOUDWATCH', 'CLOUDWATCH_LOGS', 'STS')}}
    return made


CONFIG = {**SMALL, 'athena': {'database': 'billing', 'output': 's3://company-lake/athena-results/', 'partitions': 'registered'},
          'monitoring': {'cloudwatch': True}}


def test_all_commands_in_a_new_account(database, sluice, place, gateway, account):
    database.execute(large('t') + '; CREATE PUBLICATION sluice FOR ALL TABLES')
    sluice.secrets.add(account[1]['SecretAccessKey'])

    def command(text, *arguments, expect=0):
        return sluice.finish_as(sluice.start_on_slot(text, database, place, *arguments, config=CONFIG), expect)

    runs = [command('athena setup', expect=1), sluice.replicate(database, place, rewrite=True, config=CONFIG), command('athena setup')]
    run(database, ["UPDATE t SET note = 'x' WHERE id % 2 = 0", "DELETE FROM t WHERE id = 7", "INSERT INTO t (id, created_at) VALUES (100, '2026-03-01')"])
    runs += [sluice.replicate(database, place, config=CONFIG), command('rewrite'), command('validate', '--deep'), command('athena repair'),
             command('backfill', '--date', '2026-01-01'), command('check'), command('status'), command('history')]
    answers = [{'rows': [{'Data': [{'VarCharValue': '_col0'}]}, {'Data': [{'VarCharValue': count}]}], 'column_info': []} for count in ('12', '8')]
    post(account[0], '/moto-api/static/athena/query-results', json.dumps(
        {'account_id': ACCOUNT, 'region': 'us-east-1', 'results': answers}).encode())
    runs.append(command('athena validate'))
    assert gateway.refused == []
    for done in runs[1:]:
        assert 'denied' not in (done.out + done.err).lower() and 'not authorized' not in done.out + done.err, str(done)
    assert compare_days(database, place, {'t': Kept(exported=True)}) == []
    allowed = Policy(json.loads(POLICY.read_text())).actions()
    assert gateway.used <= allowed | {'sts:GetCallerIdentity'}
    assert allowed - gateway.used == UNSEEN


def test_what_the_policy_does_not_allow_is_named(database, sluice, place, gateway):
    """The gateway refuses: a policy that it does not know would show nothing."""
    database.execute('CREATE TABLE t (id int PRIMARY KEY)')
    gateway.policy.statements = [one for one in gateway.policy.statements if one['Sid'] != 'LakeObjects']
    done = sluice.backfill(database, place, '--mode', 'full', expect=1)
    assert gateway.refused and 's3:PutObject' in done.err
