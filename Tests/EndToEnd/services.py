"""Services on free loopback ports: docker-registry, and a client for what is in it."""
import base64, json, os, socket, subprocess, time, urllib.error, urllib.request

START_SECONDS_MAX = 20
MANIFEST_TYPES = ', '.join([
    'application/vnd.docker.distribution.manifest.v2+json', 'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.docker.distribution.manifest.list.v2+json', 'application/vnd.oci.image.index.v1+json'])


def free_port():
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        return listener.getsockname()[1]


def wait_until(condition, what, seconds=START_SECONDS_MAX, pause=0.05):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(pause)
    raise AssertionError(f'{what}: not after {seconds} s')


class Registry:
    """A docker-registry with its files in `folder`, on the same port after every start."""

    USER, PASSWORD = 'porter', 'correct-horse'
    # bcrypt of the password, cost 5.
    HTPASSWD = USER + ':$2b$05$abcdefghijklmnopqrstuuZ0Fx87Pb/Aqb0E90lfvCwzXnaFKUHpS\n'

    def __init__(self, folder, locked=False):
        self.folder, self.locked, self.process = folder, locked, None
        self.port = free_port()
        self.host = f'localhost:{self.port}'
        os.makedirs(folder)
        config = {
            'version': 0.1, 'log': {'level': 'warn', 'accesslog': {'disabled': True}},
            'storage': {'filesystem': {'rootdirectory': folder + '/data'}, 'delete': {'enabled': True}},
            'http': {'addr': f'127.0.0.1:{self.port}'}}
        if locked:
            config['auth'] = {'htpasswd': {'realm': 'test', 'path': folder + '/htpasswd'}}
            with open(folder + '/htpasswd', 'w') as file:
                file.write(self.HTPASSWD)
        with open(folder + '/config.yml', 'w') as file:
            json.dump(config, file)

    def start(self):
        log = open(self.folder + '/log', 'ab')
        self.process = subprocess.Popen(
            ['docker-registry', 'serve', self.folder + '/config.yml'], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        wait_until(self.answers, f'docker-registry at {self.host}')

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def answers(self):
        try:
            return self.request('GET', '/v2/')[0] == 200
        except OSError:
            return False

    def request(self, method, path, body=None, **headers):
        """Status, headers and body of an answer."""
        headers = {name.replace('_', '-'): value for name, value in headers.items()}
        if self.locked:
            headers['Authorization'] = 'Basic ' + base64.b64encode(f'{self.USER}:{self.PASSWORD}'.encode()).decode()
        request = urllib.request.Request(
            path if path.startswith('http') else f'http://127.0.0.1:{self.port}{path}', body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def tags(self, repository):
        status, _, body = self.request('GET', f'/v2/{repository}/tags/list')
        return sorted(json.loads(body).get('tags') or []) if status == 200 else []

    def manifest(self, repository, reference):
        """A manifest as a value, and its digest."""
        status, headers, body = self.request('GET', f'/v2/{repository}/manifests/{reference}', Accept=MANIFEST_TYPES)
        assert status == 200, f'{repository}:{reference}: {status} {body[:300]}'
        return json.loads(body), headers['Docker-Content-Digest']

    def digests(self, repository):
        """What every tag holds."""
        return {tag: self.manifest(repository, tag)[1] for tag in self.tags(repository)}

    def blob(self, repository, digest):
        status, _, body = self.request('GET', f'/v2/{repository}/blobs/{digest}')
        assert status == 200, f'{repository}@{digest}: {status}'
        return body

    def config(self, repository, reference):
        manifest, _ = self.manifest(repository, reference)
        return json.loads(self.blob(repository, manifest['config']['digest']))

    def push_blob(self, repository, data, digest):
        status, headers, body = self.request('POST', f'/v2/{repository}/blobs/uploads/', b'')
        assert status == 202, f'{status} {body[:300]}'
        location = headers['Location']
        mark = '&' if '?' in location else '?'
        status, _, body = self.request(
            'PUT', f'{location}{mark}digest={digest}', data, Content_Type='application/octet-stream')
        assert status == 201, f'{status} {body[:300]}'

    def push_manifest(self, repository, reference, data, media_type):
        status, _, body = self.request('PUT', f'/v2/{repository}/manifests/{reference}', data, Content_Type=media_type)
        assert status == 201, f'{status} {body[:300]}'

    def delete_manifest(self, repository, digest):
        status, _, body = self.request('DELETE', f'/v2/{repository}/manifests/{digest}')
        assert status == 202, f'{status} {body[:300]}'

    def lose_blob(self, digest):
        """Removes a blob's bytes behind the registry's back."""
        hexadecimal = digest.split(':')[1]
        os.unlink(f'{self.folder}/data/docker/registry/v2/blobs/sha256/{hexadecimal[:2]}/{hexadecimal}/data')

    def stages(self, repository):
        """The stages' digests of a repository, with their tags."""
        found = {}
        for tag in self.tags(repository):
            digest, dash, timestamp = tag.rpartition('-')
            if dash and len(digest) == 56 and timestamp.isdigit():
                found.setdefault(digest, []).append(tag)
        return found
