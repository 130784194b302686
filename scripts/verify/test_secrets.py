"""No secret gets out, in no form, at any log level: not into output, errors, the lake's control objects or proposals."""

import base64
import itertools
import pathlib
import secrets
from urllib.parse import quote, quote_plus

import boto3
import pytest

import lake
from conftest import Bucket

TABLE = """
    CREATE TABLE people (id int PRIMARY KEY, email text, created_at timestamptz NOT NULL);
    INSERT INTO people SELECT n, 'a@b.example', '2025-01-10' FROM generate_series(1, 10) n
"""


def forms(secret):
    """The secret as it is, and as programs are wont to write it."""
    raw = secret.encode()
    found = {raw, quote(secret, safe='').encode(), quote_plus(secret).encode(), quote(secret, safe='').lower().encode(),
             raw.hex().encode(), raw.hex().upper().encode()}
    # Within a longer text, base64 begins at one of three bits, and differs at both ends.
    for start in range(3):
        encoded = base64.b64encode(b'\0' * start + raw).rstrip(b'=')[-(-start * 8 // 6):-1]
        found |= {encoded, encoded.replace(b'+', b'-').replace(b'/', b'_')}
    assert all(len(form) > 10 for form in found)
    return found


@pytest.mark.parametrize('before', [b'', b'x', b'xy', b'AWS4'])
def test_the_forms_are_found(before):
    """The search would find what it searches for."""
    secret = 'pw/+ä =' + secrets.token_urlsafe(12)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        assert any(form in encode(before + secret.encode() + b'after') for form in forms(secret))
    assert quote(secret, safe='').encode() in forms(secret) and secret.encode() in forms(secret)


@pytest.fixture
def role(database):
    """A role whose password is nobody else's, and has characters that are written in more ways than one."""
    name, password = f'sluice_secret_{database.name}', 'pw/+ä ' + secrets.token_urlsafe(12)
    database.execute(f'CREATE ROLE {name} SUPERUSER LOGIN PASSWORD %s', (password,))
    yield f'postgresql://{name}:{quote(password, safe="")}@{database.host}:{database.port}/{database.name}', password
    database.execute(f'DROP OWNED BY {name}; DROP ROLE {name}')


def place_of(kind, sluice, moto):
    """A lake, its environment and settings, and the secrets by which it is reached."""
    prefix = f'proof/{secrets.token_hex(6)}'
    if kind == 'session token':
        name = f'secret-{secrets.token_hex(6)}'
        boto3.client('s3', endpoint_url=moto, aws_access_key_id='a', aws_secret_access_key='b',
                     region_name='us-east-1').create_bucket(Bucket=name)
        place = Bucket(prefix, bucket=name, endpoint=moto)
        hidden = ['wJalr+bPx/' + secrets.token_urlsafe(20), 'IQoJ+/=' + secrets.token_urlsafe(40)]
        place.environment = {'AWS_ACCESS_KEY_ID': 'AKIDEXAMPLE', 'AWS_SECRET_ACCESS_KEY': hidden[0], 'AWS_SESSION_TOKEN': hidden[1],
                             'AWS_EC2_METADATA_DISABLED': 'true'}
        return place, {}, hidden
    place = Bucket(prefix)
    hidden = [place.environment['AWS_SECRET_ACCESS_KEY']]
    if kind == 'environment':
        return place, {}, hidden
    folder = pathlib.Path(sluice.folder, '.aws')
    folder.mkdir()
    key = place.environment['AWS_ACCESS_KEY_ID']
    (folder / 'credentials').write_text(f'[lake-writer]\naws_access_key_id = {key}\naws_secret_access_key = {hidden[0]}\n')
    (folder / 'config').write_text('[profile lake-writer]\nregion = us-east-1\n')
    place.environment = {'AWS_EC2_METADATA_DISABLED': 'true'}
    return place, {'profile': 'lake-writer', 'tags': {'team': 'data'}, 'addressing_style': 'path'}, hidden


@pytest.mark.parametrize('kind', ['environment', 'profile', 'session token'])
def test_no_secret_gets_out(database, role, sluice, moto, kind):
    database.execute(TABLE)
    url, password = role
    place, settings, hidden = place_of(kind, sluice, moto)
    salt = 'grain+/ü ' + secrets.token_urlsafe(12)
    hidden += [password, salt]
    config = place.configured({
        'lake': {'url': place.url, **settings}, 'mask_salt': '${MASK_SALT}',
        'database': {'url': url.replace(quote(password, safe=''), '${DB_PASSWORD}'), 'slot': database.name},
        'tables': [{'table': 'people', 'mask': {'email': 'sha256'}}],
    })
    environment = {**place.environment, 'DB_PASSWORD': quote(password, safe=''), 'MASK_SALT': salt}
    sources = []

    def run(*arguments, **changes):
        done = sluice.finish(sluice.start(*arguments, '--log-level', 'trace', config=config, environment={**environment, **changes}))
        sources.append((' '.join(arguments), (done.out + done.err).encode()))
        return done

    assert run('backfill', '--mode', 'full').code == 0
    # One server knows no conditions, which is an error to look at as well.
    streamed = run('replicate', '--until-caught-up')
    assert streamed.code == 0 or kind == 'session token', str(streamed)
    for arguments in (['check'], ['check', '--json'], ['init'], ['history'], ['status'], ['athena', 'sql'], ['rewrite'], ['validate'],
                      ['validate', '--deep', '--json'], ['validate', '--deep', '--repair']):
        run(*arguments)
    # What is refused is told, and the server may repeat what it was sent.
    wrong = 'wrong+/' + secrets.token_urlsafe(20)
    hidden.append(wrong)
    run('backfill', '--mode', 'full', DB_PASSWORD=quote(wrong, safe=''))
    run('replicate', '--until-caught-up', AWS_SECRET_ACCESS_KEY=wrong)
    run('check', AWS_SESSION_TOKEN=wrong)
    run('drop', '--yes')
    with lake.opened(place.url, place.store) as folder:
        sources += [(str(path.relative_to(folder)), path.read_bytes()) for path in folder.rglob('*') if path.is_file()]
    assert any('_sluice/runs/' in name for name, _ in sources), 'no control object was looked at'
    found = [(name, form) for (name, data), secret in itertools.product(sources, hidden) for form in forms(secret) if form in data]
    assert found == []
