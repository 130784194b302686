"""What an IAM policy allows, and a gateway that lets pass nothing else."""

import fnmatch
import json
import re
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

import botocore.auth
import botocore.awsrequest
import botocore.credentials


class Policy:
    """The statements of a policy document, of which all allow something."""

    def __init__(self, document):
        assert document['Version'] == '2012-10-17'
        self.statements = document['Statement']
        for statement in self.statements:
            assert set(statement) <= {'Sid', 'Effect', 'Action', 'Resource', 'Condition'} and statement['Effect'] == 'Allow', statement

    def actions(self):
        return {action for statement in self.statements for action in many(statement['Action'])}

    def allows(self, action, resource, **context):
        """Whether an action on a resource, given by its ARN, is allowed; `context` has condition keys with _ for : and -."""
        return any(action in many(statement['Action'])
                   and any(fnmatch.fnmatchcase(resource, pattern) for pattern in many(statement['Resource']))
                   and holds(statement.get('Condition', {}), context)
                   for statement in self.statements)


def many(value):
    return value if isinstance(value, list) else [value]


def holds(conditions, context):
    for operator, keys in conditions.items():
        compare = {'StringEquals': str.__eq__, 'StringLike': fnmatch.fnmatchcase}[operator]
        for key, wanted in keys.items():
            found = context.get(re.sub('[:-]', '_', key))
            if found is None or not any(compare(found, each) for each in many(wanted)):
                return False
    return True


def s3_needs(method, path, query, headers):
    """The (action, ARN, condition keys) that a request of path style asks for, as the service's authorization reference
    says; parameters that are not known here are an error, not nothing."""
    bucket, _, key = unquote(path).lstrip('/').partition('/')
    names = set(query)
    arn = f'arn:aws:s3:::{bucket}'
    if not key:
        prefix = {'s3_prefix': query.get('prefix', '')}
        if method == 'GET' and query.get('list-type') == '2':
            return [('s3:ListBucket', arn, prefix)]
        if method == 'GET' and names <= {'location'} and names:
            return [('s3:GetBucketLocation', arn, {})]
        if method == 'GET' and 'uploads' in names:
            return [('s3:ListBucketMultipartUploads', arn, prefix)]
        if method == 'HEAD' and not names:
            return [('s3:ListBucket', arn, {})]
        if method == 'POST' and names == {'delete'}:
            return [('s3:DeleteObject', arn + '/*', {})]
        raise AssertionError(f'an unknown request: {method} {path} {query}')
    arn += f'/{key}'
    assert names <= {'uploads', 'uploadId', 'partNumber', 'x-id'}, f'an unknown request: {method} {path} {query}'
    needs = []
    if method in ('PUT', 'POST'):
        needs.append(('s3:PutObject', arn, {}))
        if headers.get('x-amz-tagging'):
            needs.append(('s3:PutObjectTagging', arn, {}))
        source = headers.get('x-amz-copy-source')
        if source:
            needs.append(('s3:GetObject', 'arn:aws:s3:::' + unquote(source).lstrip('/'), {}))
    elif method in ('GET', 'HEAD'):
        needs.append(('s3:ListMultipartUploadParts' if 'uploadId' in names else 's3:GetObject', arn, {}))
    elif method == 'DELETE':
        needs.append(('s3:AbortMultipartUpload' if 'uploadId' in names else 's3:DeleteObject', arn, {}))
    return needs


ACCOUNT = '123456789012'
PLACE = f'us-east-1:{ACCOUNT}'


def service_needs(service, headers, body):
    """The same of a request to another service; one that is not known here is an error."""
    operation = headers.get('X-Amz-Target', '').rpartition('.')[2]
    if not operation:
        form = dict(parse_qsl(body.decode()))
        operation = form['Action']
        if service == 'monitoring':
            return [(f'cloudwatch:{operation}', '*', {'cloudwatch_namespace': form['Namespace']})]
        assert service == 'sts', service
        return [(f'sts:{operation}', '*', {})]
    action, asked = f'{service}:{operation}', json.loads(body)
    if service == 'glue':
        database = asked.get('DatabaseName') or asked.get('Name') or asked['DatabaseInput']['Name']
        arns = ['catalog', f'database/{database}']
        if 'Database' not in operation:
            table = asked.get('TableName') or asked.get('Name') or asked['TableInput']['Name']
            arns.append(f'table/{database}/{table}')
        return [(action, f'arn:aws:glue:{PLACE}:{arn}', {}) for arn in arns]
    if service == 'athena':
        # Of a statement that runs the service knows the work group.
        return [(action, f'arn:aws:athena:{PLACE}:workgroup/{asked.get("WorkGroup", "primary")}', {})]
    assert service == 'logs', service
    group = f'arn:aws:logs:{PLACE}:log-group:{asked["logGroupName"]}'
    stream = asked.get('logStreamName')
    return [(action, f'{group}:log-stream:{stream}' if stream else group, {})]


class Gateway:
    """Stands between the program and the servers: S3 requests are held against a policy, then signed anew, as the S3
    server and the server of the other services know different keys; other requests go on as they are. What was asked for
    is in `used`, what was refused in `refused`."""

    def __init__(self, policy, store, services):
        self.policy, self.store, self.services = policy, urlsplit(store.endpoint).netloc, urlsplit(services).netloc
        self.credentials = botocore.credentials.Credentials(store.access_key, store.secret_key)
        self.used, self.refused = set(), []
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def log_message(self, *arguments):
                pass

            def answer(self):
                body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
                status, headers, content = gateway.handle(self.command, self.path, self.headers, body)
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in ('connection', 'transfer-encoding', 'content-length', 'date', 'server'):
                        self.send_header(name, value)
                length = dict((name.lower(), value) for name, value in headers).get('content-length', '0')
                self.send_header('Content-Length', length if self.command == 'HEAD' else str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                """A client that goes away is none of ours."""

        self.server = Server(('127.0.0.1', 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.endpoint = f'http://127.0.0.1:{self.server.server_port}'

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def handle(self, method, target, headers, body):
        service = re.search(r'/\d{8}/[^/]+/([^/]+)/aws4_request', headers.get('Authorization', ''))
        if service and service.group(1) != 's3':
            denied = self.denied(service_needs(service.group(1), headers, body))
            if denied:
                answer = {'__type': 'AccessDeniedException', 'Message': f'not authorized to perform: {denied[0][0]}'}
                return 400, [('Content-Type', 'application/x-amz-json-1.1')], json.dumps(answer).encode()
            return forward(self.services, method, target, dict(headers.items()), body)
        address = urlsplit(target)
        query = dict(parse_qsl(address.query, keep_blank_values=True))
        denied = self.denied(s3_needs(method, address.path, query, headers))
        if denied:
            text = f'<Error><Code>AccessDenied</Code><Message>not authorized to perform: {denied[0][0]}</Message></Error>'
            return 403, [('Content-Type', 'application/xml')], b'' if method == 'HEAD' else text.encode()
        kept = {name: value for name, value in headers.items()
                if name.lower() not in ('host', 'authorization', 'x-amz-date', 'connection', 'expect', 'x-amz-security-token')}
        request = botocore.awsrequest.AWSRequest(method=method, url=f'http://{self.store}{target}', data=body, headers=kept)
        botocore.auth.S3SigV4Auth(self.credentials, 's3', 'us-east-1').add_auth(request)
        signed = dict(request.headers.items())
        return forward(self.store, method, target, signed, body)

    def denied(self, needs):
        """What of it the policy does not allow."""
        self.used.update(action for action, *_ in needs)
        found = [(action, arn) for action, arn, context in needs
                 if action != 'sts:GetCallerIdentity' and not self.policy.allows(action, arn, **context)]
        self.refused += found
        return found


def forward(server, method, target, headers, body):
    connection = HTTPConnection(server, timeout=120)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        headers = {name: value for name, value in headers.items() if name.lower() not in ('content-length', 'connection', 'expect')}
        if 'host' not in {name.lower() for name in headers}:
            headers['Host'] = server
        for name, value in headers.items():
            connection.putheader(name, value)
        if method in ('PUT', 'POST'):
            connection.putheader('Content-Length', str(len(body)))
        connection.putheader('Connection', 'close')
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()
