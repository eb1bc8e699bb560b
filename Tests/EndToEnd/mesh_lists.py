"""Lists of nodes' registries: tags, catalogs and referrers are the same on every node, whoever built or was pushed to."""
import json, re, subprocess, time
from images import HandMade, entry, push_shell, sha256, tar
from mesh_world import Mesh
from services import wait_until
from world import SHELL, busybox, image, need, werf

LISTEN = '127.0.0.1:5080'
USER = 'ann'
MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'
EMPTY = b'{}'


class Listed:
    """A mesh where ann pushes, and nobody else sees `secret/**`."""

    def __init__(self, world, names='abc', upstream=False):
        self.world, self.mesh = world, Mesh(world, names, start=False)
        self.hub = self.mesh.registry()
        users = world.path('users')
        self.token = re.search(r'weft_\S+', self.weft_ca_token(users))[0]
        for node in self.mesh.nodes.values():
            node.settings = {'registry': {
                'listen': LISTEN, 'auth': {'users': users}, 'push': [{'repos': ['**'], 'who': [f'user:{USER}']}],
                'pull': [{'repos': ['shop', 'open/**', 'base.example/**'], 'who': ['anyone']}],
                'upstreams': [{'name': 'base.example', 'url': f'http://{self.hub.host}', 'allow': ['team/**']}] if upstream else []}}
        self.mesh.start()

    def weft_ca_token(self, users):
        answer = subprocess.run([self.world.program, 'ca', 'token', USER, '--file', users], capture_output=True, text=True)
        assert answer.returncode == 0, answer
        return answer.stdout + answer.stderr

    def skopeo(self, name, *words):
        answer = subprocess.run([*self.mesh.inside(name), need('skopeo'), *words], capture_output=True, text=True, timeout=60)
        assert answer.returncode == 0, f'{words}: {answer.stdout}{answer.stderr}'
        return answer.stdout

    def push(self, name, *images, content=None):
        """Images of one layer; no two have one in common unless they have the same `content`."""
        for each in images:
            layer = tar([entry('from', (content or f'{name} {each}').encode())])
            source = HandMade([layer]).push(self.hub, 'x', sha256(layer)[-8:])
            self.skopeo(name, 'copy', '--insecure-policy', '--src-tls-verify=false', '--dest-tls-verify=false',
                        f'--dest-creds={USER}:{self.token}', f'docker://{source}', f'docker://{LISTEN}/{each}')

    def tags(self, name, repo):
        said = self.skopeo(name, 'list-tags', '--tls-verify=false', f'docker://{LISTEN}/{repo}')
        return json.loads(said)['Tags']

    def curl(self, name, path, *words, user=None):
        """Status, head and body of an answer to ann, or to nobody."""
        login = [f'-u{USER}:{self.token}'] if user else ['-HAuthorization: Bearer anonymous']
        answer = subprocess.run(
            [*self.mesh.inside(name), need('curl'), '-sS', '-i', '-m', '30', *login, *words, f'http://{LISTEN}{path}'],
            capture_output=True, text=True)
        head, _, body = answer.stdout.partition('\n\n')
        assert head, answer
        return int(head.split()[1]), head, body

    def pages(self, name, path, member, user=None):
        """By the links, as curl has them."""
        found = []
        while path:
            status, head, body = self.curl(name, path, user=user)
            assert status == 200, f'{path}: {head} {body}'
            found.append(json.loads(body)[member])
            link = re.search(r'(?im)^link: <([^>]*)>; rel="next"', head)
            path = link[1] if link else None
        return found


def test_all_nodes_list_the_same(world):
    """One was pushed to, another one built, the third neither."""
    listed = Listed(world)
    listed.push('a', 'open/app:v1', 'open/app:v2', 'secret/app:v1')
    listed.push('b', 'open/app:v2', 'open/app:v10', 'open/other:x')
    project = world.project({'busybox': busybox(), 'Dockerfile': SHELL, 'werf.yaml': werf(image('app'))})
    world.build(project, store=listed.mesh['b'].store)
    built = listed.tags('b', 'shop')
    assert built, 'nothing was built'
    for name in 'abc':
        assert listed.tags(name, 'open/app') == ['v1', 'v10', 'v2'], name
        assert listed.tags(name, 'shop') == built, name
        for count in (1, 2, 3, 4):
            pages = listed.pages(name, f'/v2/open/app/tags/list?n={count}', 'tags')
            assert sum(pages, []) == ['v1', 'v10', 'v2'] and all(pages), (name, pages)
            pages = listed.pages(name, f'/v2/_catalog?n={count}', 'repositories')
            assert sum(pages, []) == ['open/app', 'open/other', 'shop'] and all(pages), (name, pages)
        full = listed.pages(name, '/v2/_catalog?n=2', 'repositories', user=USER)
        assert sum(full, []) == ['open/app', 'open/other', 'secret/app', 'shop'], (name, full)
        status, _, body = listed.curl(name, '/v2/open/none/tags/list')
        assert status == 404 and 'NAME_UNKNOWN' in body, body
    # What is listed can be pulled.
    listed.skopeo('c', 'inspect', '--tls-verify=false', f'docker://{LISTEN}/open/app:v10')


def test_a_push_leaves_away_what_another_node_has(world):
    """skopeo asks for each blob, and sends none that the repo has anywhere; the node has all of it in the end."""
    listed = Listed(world, 'ab')
    listed.push('a', 'open/app:v1', content='same')
    listed.push('b', 'open/app:v2', content='same')
    listed.mesh['a'].kill()
    listed.skopeo('b', 'copy', '--insecure-policy', '--src-tls-verify=false', f'docker://{LISTEN}/open/app:v2',
                  f'oci:{world.path("pulled")}:x')


def test_referrers_are_those_of_all_nodes(world):
    listed = Listed(world)
    listed.push('a', 'open/app:v1')
    found = json.loads(listed.skopeo('a', 'inspect', '--tls-verify=false', f'docker://{LISTEN}/open/app:v1'))
    subject, pushed = found['Digest'], {}
    for name in 'ab':
        status, _, body = listed.curl(
            name, f'/v2/open/app/blobs/uploads/?digest={sha256(EMPTY)}', '-XPOST', f'-d{EMPTY.decode()}',
            '-HContent-Type: application/octet-stream', user=USER)
        assert status == 201, body
        part = {'mediaType': 'application/vnd.oci.empty.v1+json', 'digest': sha256(EMPTY), 'size': len(EMPTY)}
        text = json.dumps({
            'schemaVersion': 2, 'mediaType': MANIFEST_TYPE, 'artifactType': f'application/x.of-{name}', 'config': part,
            'layers': [part], 'subject': {'mediaType': MANIFEST_TYPE, 'digest': subject, 'size': 1}})
        pushed[sha256(text.encode())] = f'application/x.of-{name}'
        status, _, body = listed.curl(
            name, f'/v2/open/app/manifests/{sha256(text.encode())}', '-XPUT', f'-HContent-Type: {MANIFEST_TYPE}',
            '--data-binary', text, user=USER)
        assert status == 201, body
    for name in 'abc':
        for query in ('', '?n=1'):
            pages = listed.pages(name, f'/v2/open/app/referrers/{subject}{query}', 'manifests')
            assert {each['digest']: each['artifactType'] for each in sum(pages, [])} == pushed, (name, pages)


def test_a_dead_node_holds_no_list_up(world):
    listed = Listed(world)
    listed.push('a', 'open/app:v1')
    listed.push('b', 'open/app:v2')
    assert listed.tags('c', 'open/app') == ['v1', 'v2']
    # Its connections stay open, and nobody answers.
    listed.mesh['b'].pause()
    start = time.monotonic()
    assert listed.tags('c', 'open/app') == ['v1']
    assert time.monotonic() - start < 10, f'{time.monotonic() - start:.1f} s'
    again = time.monotonic()
    assert listed.tags('c', 'open/app') == ['v1']
    assert time.monotonic() - again < 2, f'{time.monotonic() - again:.1f} s'
    assert listed.mesh['c'].log.count('peer b is left out of lists') == 1, listed.mesh['c'].log[-2000:]
    listed.mesh['b'].resume()
    wait_until(lambda: listed.tags('c', 'open/app') == ['v1', 'v2'], 'b is listed again', 30)


def test_tags_of_an_upstream_are_its_own(world):
    listed = Listed(world, upstream=True)
    for tag in ('1', '2', '3'):
        push_shell(listed.hub, busybox(), 'team/base', tag)
    for name in 'ab':
        assert listed.tags(name, 'base.example/team/base') == ['1', '2', '3'], name
    listed.skopeo('a', 'inspect', '--tls-verify=false', f'docker://{LISTEN}/base.example/team/base:2')
    listed.hub.stop()
    for name in 'abc':
        assert listed.tags(name, 'base.example/team/base') == ['2'], 'what somebody pulled is known'
    status, head, _ = listed.curl('c', '/v2/base.example/team/base/tags/list')
    assert status == 200 and 'warning: 110' in head.lower(), head


def test_referrers_of_an_upstream_are_listed(world):
    """The upstream has no lists of them: clients keep one at a tag there."""
    listed = Listed(world, upstream=True)
    push_shell(listed.hub, busybox(), 'team/base', '1')
    manifest, subject = listed.hub.manifest('team/base', '1')
    part = {'mediaType': 'application/vnd.oci.empty.v1+json', 'digest': sha256(EMPTY), 'size': len(EMPTY)}
    listed.hub.push_blob('team/base', EMPTY, sha256(EMPTY))
    entries = {}
    for kind in ('one', 'two'):
        text = json.dumps({
            'schemaVersion': 2, 'mediaType': MANIFEST_TYPE, 'artifactType': f'application/x.{kind}', 'config': part, 'layers': [part],
            'subject': {'mediaType': manifest['mediaType'], 'digest': subject, 'size': 1}}).encode()
        listed.hub.push_manifest('team/base', sha256(text), text, MANIFEST_TYPE)
        entries[sha256(text)] = {'mediaType': MANIFEST_TYPE, 'digest': sha256(text), 'size': len(text),
                                 'artifactType': f'application/x.{kind}'}
    index_type = 'application/vnd.oci.image.index.v1+json'
    index = {'schemaVersion': 2, 'mediaType': index_type, 'manifests': list(entries.values())}
    listed.hub.push_manifest('team/base', subject.replace(':', '-'), json.dumps(index).encode(), index_type)
    path = f'/v2/base.example/team/base/referrers/{subject}'
    for name in 'abc':
        for query in ('', '?n=1'):
            found = sum(listed.pages(name, path + query, 'manifests'), [])
            assert {each['digest']: each for each in found} == entries, (name, found)
        found = sum(listed.pages(name, path + '?artifactType=application/x.two', 'manifests'), [])
        assert [each['artifactType'] for each in found] == ['application/x.two'], found
    listed.skopeo('a', 'inspect', '--raw', '--tls-verify=false', f'docker://{LISTEN}/base.example/team/base@{next(iter(entries))}')
    listed.hub.stop()
    status, head, body = listed.curl('b', path)
    assert status == 200 and 'warning: 110' in head.lower(), head
    assert [each['digest'] for each in json.loads(body)['manifests']] == [next(iter(entries))], 'what a node pulled is still there'


def test_a_node_that_takes_no_connection_holds_no_list_up(world):
    """c has no connection to b yet: it has to dial."""
    listed = Listed(world)
    listed.push('a', 'open/app:v1')
    listed.mesh['b'].cut()
    start = time.monotonic()
    assert listed.tags('c', 'open/app') == ['v1']
    assert time.monotonic() - start < 10, f'{time.monotonic() - start:.1f} s'
