"""Who has no business with a node, and what lies: refused, logged, and the node goes on building."""
import hashlib, os, signal, socket, ssl, struct, subprocess, threading, time
from mesh_faults import waits
from mesh_world import CLIENT, PORT, Mesh, built_by, within
from services import wait_until
from world import SHELL, busybox, image, long, werf

# The deny list is read again every 15 s.
RELOAD_SECONDS_MAX = 20
REFUSED = (0, 400, 401, 403, 404, 405, 413, 414, 416, 431)
PREFACE = b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
DATA, HEADERS, RESET, SETTINGS, PING, CONTINUATION = 0, 1, 3, 4, 6, 9
# Of a node, after whatever was sent to it.
MEMORY_KIB_MAX = 400_000
CONNECTIONS = 700  # a node takes 500 from one address


def digest(data):
    return 'sha256:' + hashlib.sha256(data).hexdigest()


def assert_good(mesh, name='good', nodes='ab'):
    """All nodes live, say nothing of a crash, and build."""
    for node in mesh.nodes.values():
        assert node.is_running, f'{node.name} died: {node.log[-2000:]}'
        for text in ('Fatal error', 'Swift runtime', 'SIGSEGV'):
            assert text not in node.log, node.log[-2000:]
        assert memory(node) < MEMORY_KIB_MAX, f'{node.name} takes {memory(node)} KiB'
    run = mesh.build(waits(mesh.world, 4, 0.5, name=name))
    assert set(built_by(run)) >= set(nodes), built_by(run)


def memory(node):
    """KiB that the node has in memory."""
    return int(next(line for line in open(f'/proc/{node.process.pid}/status') if line.startswith('VmRSS')).split()[1])


def leftovers(node):
    """Files of bodies that were never whole."""
    found = []
    for folder, _, files in os.walk(node.store):
        if os.path.basename(folder) in ('partial', 'incoming', 'tmp'):
            found += [os.path.join(folder, name) for name in files if name not in ('lock', '.gate')]
    return found


def test_who_may_come_in(world):
    mesh = Mesh(world, 'ab')
    other = world.path('mesh/other')
    mesh.ca('init', '--node=x=10.89.0.77', '--client=evil', folder=other)
    mesh.ca('issue', 'client', 'old', '--hours', '1', **mesh.clock(-7200))
    mesh.ca('issue', 'client', 'left')
    ours = waits(world, 1, 0)
    never = {'work': {'here': 'never'}}
    mesh.build(ours, mesh=mesh.flags(client='left', **never))
    mesh.ca('deny', 'left', '--reason', 'left the team')
    # Without a certificate.
    assert mesh.curl(mesh.url('a', '/weft/blobs/x'), client=None)[0] in (0, 403), 'a stranger was answered'
    # Whose time is over.
    world.fails(ours, 'build', *mesh.flags(client='old', **never))
    assert mesh.curl(mesh.url('a', '/weft/blobs/x'), client='old')[0] in (0, 403), 'an expired certificate was answered'
    # Of another authority.
    world.fails(ours, 'build', *mesh.flags(client='evil', folder=other, **never), says='no node of the mesh answers')
    place = f'{other}/clients/evil/evil'
    status, said = mesh.curl('--cert', place + '.pem', '--key', place + '.key', mesh.url('a', '/weft/blobs/x'), client=None)
    assert status in (0, 403), f'another mesh was answered: {said}'
    wait_until(lambda: mesh['a'].log.count('a handshake failed') >= 2, 'the node logs what it refused', 5)
    # Denied, without a restart.
    wait_until(lambda: mesh.curl(mesh.url('a', '/weft/blobs/x'), client='left')[0] in (0, 403), 'who is denied is refused',
               RELOAD_SECONDS_MAX, pause=1)
    wait_until(lambda: mesh.curl(mesh.url('b', '/weft/blobs/x'), client='left')[0] in (0, 403), 'and by the other node',
               RELOAD_SECONDS_MAX, pause=1)
    world.fails(ours, 'build', *mesh.flags(client='left', **never))
    assert 'left the team' in mesh['a'].log, 'the reason is not logged'
    assert_good(mesh)


def test_a_refusal_is_explained(world):
    mesh = Mesh(world, 'ab', start=False)
    mesh.ca('issue', 'client', 'old', '--hours', '1', **mesh.clock(-7200))
    mesh.ca('issue', 'client', 'left')
    mesh.ca('deny', 'left', '--reason', 'left the team')
    ours = waits(world, 1, 0)
    never = {'work': {'here': 'never'}}
    world.fails(ours, 'build', *mesh.flags(**never), says=['no node of the mesh answers', mesh['a'].address, mesh['b'].address, 'refused'])
    mesh.start()
    world.fails(ours, 'build', *mesh.flags(client='left', **never), says=['denied', 'left the team'])
    world.fails(ours, 'build', *mesh.flags(client='old', **never), says='expired')
    run = world.build(ours, *mesh.flags(client='left'))
    assert 'left the team' in run.all, f'the client builds alone, and nobody says why: {run}'


def test_a_node_of_another_mesh(world):
    """It has a certificate of a node, from an authority that nobody here knows."""
    long()
    mesh = Mesh(world, 'ab')
    mesh.add('x')
    for name in os.listdir(f'{mesh.tls}/nodes/x'):
        os.unlink(f'{mesh.tls}/nodes/x/{name}')
    other = world.path('mesh/other')
    mesh.ca('init', f'--node=x={mesh["x"].address}', folder=other)
    for name in os.listdir(f'{other}/nodes/x'):
        os.rename(f'{other}/nodes/x/{name}', f'{mesh.tls}/nodes/x/{name}')
    mesh['x'].start()
    mesh['x'].wait_up()
    time.sleep(3)
    assert set(mesh.members('a')) == set('ab'), mesh.members('a')
    assert built_by(mesh.build(waits(world, 4, 0.5))).keys() == set('ab')


def test_a_client_is_no_node(world):
    mesh = Mesh(world, 'ab')
    node = mesh.add('me2')
    mesh.ca('issue', 'client', 'me3')
    for ending in ('pem', 'key'):
        path = f'{mesh.tls}/nodes/me2/me2.{ending}'
        os.unlink(path)
        os.link(f'{mesh.tls}/clients/me3/me3.{ending}', path)
    node.start()
    assert node.process.wait(10) != 0
    assert 'is for the client' in node.log, node.log


def test_paths(world):
    mesh = Mesh(world, 'ab')
    up = '../' * 12
    names = [
        '/', '/weft', '/weft/', '/etc/passwd', '//etc/passwd', '/weft/blobs/', '/weft/blobs//etc/passwd', '/weft/nothing',
        f'/weft/blobs/{up}etc/passwd', f'/weft/blobs/sha256:{up}etc/passwd', f'/weft/blobs/sha256/{up}etc/passwd',
        '/weft/blobs/' + '%2e%2e%2f' * 12 + 'etc%2fpasswd', '/weft/blobs/sha256:' + '..%2f' * 12 + 'etc/passwd',
        '/weft/blobs/sha256:' + '%252e%252e%252f' * 12 + 'etc/passwd', '/weft/blobs/sha256:' + '0' * 63, '/weft/blobs/sha256:' + '0' * 65,
        '/weft/blobs/sha256:' + '0' * 64, '/weft/blobs/sha256:' + 'A' * 64, '/weft/blobs/sha256:' + '%00' * 64,
        '/weft/blobs/sha512:' + '0' * 128, '/weft/blobs/' + 'x' * 5000, '/weft/calls', '/weft/files', '/weft/files/wanted', '/metrics']
    for name in names:
        status, body = mesh.curl(mesh.url('a', name))
        assert status in REFUSED and 'root:' not in body, f'GET {name}: {status} {body[:300]}'
    for method in ('DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'BREW'):
        status, body = mesh.curl('-X', method, mesh.url('a', '/weft/blobs/sha256:' + '0' * 64))
        assert status in REFUSED, f'{method}: {status} {body[:300]}'
    status, body = mesh.curl('-X', 'PUT', '-H', 'weft-size: 4', '--data-binary', 'evil', mesh.url('a', f'/weft/blobs/{up}tmp/evil'))
    assert status in REFUSED, (status, body)
    for number in ('-5', '99999999999999999999', '9223372036854775807', 'x', '5-2', '0-,0-'):
        status, body = mesh.curl('-H', f'Range: bytes={number}-', mesh.url('a', '/weft/blobs/sha256:' + '0' * 64))
        assert status in REFUSED, f'range {number}: {status} {body[:300]}'
    assert_good(mesh)


def send_blob(mesh, name, data, size, *more):
    path = mesh.world.path('mesh/body')
    with open(path, 'wb') as file:
        file.write(data)
    header = [] if size is None else ['-H', f'weft-size: {size}']
    return mesh.curl('-X', 'PUT', *header, '-H', 'Expect:', '--data-binary', '@' + path, *more, mesh.url('a', '/weft/blobs/' + name))


def blobs(node):
    place = node.store + '/blobs/sha256'
    return set(os.listdir(place)) if os.path.isdir(place) else set()


def test_blobs_that_lie(world):
    mesh = Mesh(world, 'ab')
    good, evil = os.urandom(100_000), os.urandom(100_000)
    before = blobs(mesh['a'])
    cases = {
        'other bytes': (digest(good), evil, len(evil)), 'fewer bytes': (digest(good), good, len(good) + 1),
        'more bytes': (digest(good), good, len(good) - 1), 'no bytes': (digest(good), b'', len(good)),
        'no size': (digest(good), good, None), 'a negative size': (digest(good), good, -1),
        'a size that no disk has': (digest(good), good, 1 << 62), 'a size beyond numbers': (digest(good), good, 1 << 64),
        'a size that is no number': (digest(good), good, 'many'), 'size 0': (digest(good), good, 0)}
    for what, (name, data, size) in cases.items():
        status, said = send_blob(mesh, name, data, size)
        assert 400 <= status < 500 or status == 0, f'{what}: {status} {said}'
        assert blobs(mesh['a']) == before, f'{what}: kept'
    status, said = send_blob(mesh, digest(good), good, len(good))
    assert status in (200, 201), (status, said)
    assert blobs(mesh['a']) == before | {digest(good)[7:]}
    # Cut short: the sender goes while it sends.
    big = os.urandom(3_000_000)
    assert send_blob(mesh, digest(big), big, len(big), '--limit-rate', '1M', '-m', '1')[0] == 0
    assert digest(big)[7:] not in blobs(mesh['a'])
    wait_until(lambda: not leftovers(mesh['a']), f'halves of bodies go: {leftovers(mesh["a"])}', 10)
    status, said = send_blob(mesh, digest(big), big, len(big))
    assert status in (200, 201), f'after half of it: {status} {said}'
    assert_good(mesh)


def send_files(mesh, body, path='/weft/files'):
    place = mesh.world.path('mesh/body')
    with open(place, 'wb') as file:
        file.write(body)
    return mesh.curl('-X', 'POST', '-H', 'Expect:', '--data-binary', '@' + place, mesh.url('a', path))


def file_of(data, length=None, name=None):
    return hashlib.sha256(name or data).digest() + struct.pack('>Q', len(data) if length is None else length) + data


def test_files_that_lie(world):
    mesh = Mesh(world, 'ab')
    good = os.urandom(5000)
    before = blobs(mesh['a'])
    cases = {
        'longer than it says': file_of(good, 4999), 'shorter than it says': file_of(good, 5001), 'other bytes': file_of(good, name=b'x'),
        'of 8 GiB': file_of(good, 8 << 30), 'of 2^62 bytes': file_of(good, 1 << 62), 'of 2^63 bytes': file_of(good, 1 << 63),
        'of 2^64 - 1 bytes': file_of(good, (1 << 64) - 1), 'an end in a head': file_of(good)[:39], 'half a head': b'x' * 20}
    for what, body in cases.items():
        status, said = send_files(mesh, body)
        assert 400 <= status < 500 or status == 507, f'{what}: {status} {said}'
        assert blobs(mesh['a']) == before, f'{what}: kept'
    wait_until(lambda: not leftovers(mesh['a']), f'halves of files go: {leftovers(mesh["a"])}', 5)
    # What came before a lie is whole, and stays.
    status, said = send_files(mesh, file_of(good) + b'garbage')
    assert 400 <= status < 500, (status, said)
    status, said = send_files(mesh, file_of(good) + file_of(b''))
    assert status in (200, 201), (status, said)
    # Wishes that are none.
    status, said = send_files(mesh, b'../../etc/passwd\nsha256:zz\n\x00\n' * 1000, '/weft/files/wanted')
    assert status in (200, *REFUSED) and 'root:' not in said, (status, said[:300])
    status, said = send_files(mesh, b'x' * (9 << 20), '/weft/files/wanted')
    assert status in (0, 413), (status, said[:300])
    # Calls that are none.
    for body in (b'', b'x' * 100_000, b'\xff' * 100_000, b'\0' * 100_000, struct.pack('>I', 0xffffffff) + b'x'):
        status, said = send_files(mesh, body, '/weft/calls')
        assert status < 500, (status, said)
    assert_good(mesh)


# HTTP/2 by hand


def frame(kind, flags, stream, body=b''):
    return struct.pack('>I', len(body))[1:] + bytes([kind, flags]) + struct.pack('>I', stream) + body


def field(name, value):
    return b'\0' + bytes([len(name)]) + name + bytes([len(value)]) + value


REQUEST = field(b':method', b'GET') + field(b':scheme', b'https') + field(b':authority', b'a') + \
    field(b':path', b'/weft/blobs/sha256:' + b'0' * 64)


def connection(mesh, name='a'):
    """A TLS connection with the client's certificate; HTTP/2 is begun."""
    context = ssl.create_default_context(cafile=f'{mesh.tls}/authority.pem')
    context.load_cert_chain(f'{mesh.tls}/clients/{CLIENT}/{CLIENT}.pem', f'{mesh.tls}/clients/{CLIENT}/{CLIENT}.key')
    context.check_hostname = False
    context.set_alpn_protocols(['h2'])
    raw = socket.create_connection((mesh[name].address, PORT), timeout=20)
    made = context.wrap_socket(raw)
    assert made.selected_alpn_protocol() == 'h2'
    made.sendall(PREFACE + frame(SETTINGS, 0, 0))
    return made


def endures(made, pieces):
    """Whether the node takes all of this and still answers a ping."""
    try:
        for piece in pieces:
            made.sendall(piece)
        made.sendall(frame(PING, 0, 0, b'are you?'))
        received = b''
        while b'are you?' not in received:
            piece = made.recv(65536)
            if not piece:
                return False
            received += piece
        return True
    except OSError:
        return False
    finally:
        made.close()


def flood(mesh, pieces):
    return within(mesh.space(CLIENT), lambda: endures(connection(mesh), pieces))


def test_floods_of_frames(world):
    mesh = Mesh(world, 'ab')
    assert flood(mesh, [frame(HEADERS, 5, 1, REQUEST)]), 'an ordinary request is answered'
    cases = {
        'rapid resets': [frame(HEADERS, 5, n, REQUEST) + frame(RESET, 0, n, struct.pack('>I', 8)) for n in range(1, 60_001, 2)],
        'a head without an end': [frame(HEADERS, 1, 1, REQUEST)] + [frame(CONTINUATION, 0, 1, field(b'x', b'y' * 100)) for _ in range(30_000)],
        'empty continuations': [frame(HEADERS, 1, 1, REQUEST)] + [frame(CONTINUATION, 0, 1) for _ in range(100_000)],
        'settings': [frame(SETTINGS, 0, 0, struct.pack('>HI', 3, 100)) for _ in range(100_000)],
        'nonsense': [os.urandom(100_000)]}
    for what, pieces in cases.items():
        assert not flood(mesh, pieces), f'{what}: the node bore it'
        assert mesh['a'].is_running, f'{what}: {mesh["a"].log[-2000:]}'
    assert 'a connection was broken off' in mesh['a'].log, 'floods are not logged'
    assert_good(mesh)


def test_floods_of_connections(world):
    """Hundreds of connections that say nothing, from one address, while a client builds."""
    long()
    mesh = Mesh(world, 'ab')
    mesh.plug('stranger')
    held = []
    def connect():
        for _ in range(CONNECTIONS):
            try:
                held.append(socket.create_connection((mesh['a'].address, PORT), timeout=5))
            except OSError:
                pass
    within(mesh.space('stranger'), connect)
    assert len(held) > 100, f'only {len(held)} connections were made'
    try:
        assert_good(mesh)
        def is_closed(each):
            each.settimeout(0)
            try:
                return each.recv(1) == b''
            except BlockingIOError:
                return False
            except OSError:
                return True
        wait_until(lambda: all(map(is_closed, held)), 'who says nothing is sent away', 20, pause=1)
    finally:
        for each in held:
            each.close()


def test_floods_of_requests(world):
    long()
    mesh = Mesh(world, 'ab')
    process = mesh.start_build(waits(world, 4, 3, name='meanwhile'))
    started = time.monotonic()
    url = f'https://{mesh["a"].address}:{PORT}/weft/blobs/sha256:[1000-4999]'
    answer = subprocess.run(
        [*mesh.inside(CLIENT), 'curl', '-sS', '-Z', '--parallel-max', '100', '--http2', '-o', '/dev/null', '-w', '%{http_code}\n', '--cacert',
         f'{mesh.tls}/authority.pem', '--cert', f'{mesh.tls}/clients/{CLIENT}/{CLIENT}.pem', '--key',
         f'{mesh.tls}/clients/{CLIENT}/{CLIENT}.key', url], capture_output=True, text=True, timeout=60)
    codes = answer.stdout.split()
    assert codes and set(codes) <= {'400', '404', '000', '429', '503'}, {code: codes.count(code) for code in set(codes)}
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, output + errors
    assert_good(mesh)


def test_a_stage_is_a_stranger(world):
    """It does not reach what listens on its node."""
    mesh = Mesh(world, 'a')
    files = {'busybox': busybox()}
    tries = ' '.join(f'if nc -w 2 {host} {port} < /dev/null > /dev/null 2>&1; then echo reached {host}:{port}; fi;'
                     for host, port in (('127.0.0.1', 7777), (mesh['a'].address, PORT), (mesh['a'].address, 7777)))
    files['Dockerfile'] = SHELL + f'RUN {tries} echo tried\n'
    ours = world.project({**files, 'werf.yaml': werf(image('app'))})
    listeners = [subprocess.Popen([*mesh.inside(name), '/bin/busybox', 'nc', '-ll', '-p', '7777', '-e', '/bin/true'], env=mesh.environment())
                 for name in 'a']
    run = mesh.build(ours)
    for listener in listeners:
        listener.kill()
        listener.wait()
    assert 'reached' not in run.all.replace('echo reached', ''), f'a stage reached a port of a node: {run}'


def test_limits_of_a_class(world):
    long()
    mesh = Mesh(world, 'ab', classes=[{'name': 'default', 'publish': ['**'], 'time': '4s', 'processes': 60, 'memory': '64MiB'}])
    cases = {
        'time': 'RUN sleep 60', 'processes': 'RUN for n in $(seq 200); do sleep 3 & done; wait',
        'memory': 'RUN head -c 200000000 /dev/zero | tail -c 190000000 | wc -c'}
    for what, line in cases.items():
        ours = world.project({'busybox': busybox(), 'Dockerfile': SHELL + line + '\n', 'werf.yaml': werf(image('app'))}, folder=what)
        started = time.monotonic()
        run = world.run(ours, 'build', *mesh.flags(work={'here': 'never'}), timeout=50)
        assert run.code != 0, f'{what}: there is no limit: {run}'
        assert time.monotonic() - started < 30, f'{what}: {time.monotonic() - started:.0f} s'
    assert_good(mesh)


def test_a_class_that_the_certificate_does_not_have(world):
    mesh = Mesh(world, 'ab', classes=[{'name': name, 'publish': ['**']} for name in ('default', 'tests', 'release')])
    mesh.ca('issue', 'client', 'ann=tests')
    path = mesh.config(client='ann', work={'here': 'never'}, **{'class': 'release'})
    run = world.run(waits(world, 1, 0), 'build', f'--mesh={path}')
    assert run.code != 0 and 'release' in run.all, f'a class of somebody else: {run}'


def test_classes_share_nothing_unless_trusted(world):
    """Neither results of steps nor cache mounts; a class that the config trusts may be reused."""
    names = {'tests': {}, 'release': {'reuse': ['tests']}, 'default': {}}
    mesh = Mesh(world, 'a', classes=[{'name': name, 'publish': ['**'], **more} for name, more in names.items()])
    for name in ('tests', 'release'):
        mesh.ca('issue', 'client', f'{name}-user={name}')
    line = 'RUN --mount=type=cache,target=/cache echo x >> /cache/x; echo "entries: $(wc -l < /cache/x)"\n'
    ours = world.project({'busybox': busybox(), 'Dockerfile': SHELL + line, 'werf.yaml': werf(image('app'))})
    def build(name):
        build.count += 1
        more = {'client': f'{name}-user', 'class': name} if name != 'default' else {}
        return mesh.build(ours, mesh=mesh.flags(work={'here': 'never'}, **more), store=world.path(f'store-{build.count}'))
    build.count = 0
    first = build('tests')
    assert built_by(first) and 'entries: 1' in first.all, f'nothing was built: {first}'
    again = build('tests')
    assert not built_by(again), f'a step of the same class was built again: {again}'
    trusting = build('release')
    assert not built_by(trusting), f'a step of a class that is trusted was built again: {trusting}'
    stranger = build('default')
    assert built_by(stranger), f'a step of another class was taken: {stranger}'
    assert 'entries: 1' in stranger.all, f'a cache of another class was mounted: {stranger}'


def test_results_fall_with_their_maker(world):
    """Who has a result of another node gives it on with the maker's signature; once that is denied it is made again."""
    mesh = Mesh(world, 'ab')
    ours = waits(world, 1, 0)
    def build(number):
        return mesh.build(ours, mesh=mesh.flags(work={'here': 'never'}), store=world.path(f'store-{number}'))
    first = build(1)
    assert len(built_by(first)) == 1, first
    maker, = (mesh[name] for name in built_by(first))
    giver, = (mesh[name] for name in 'ab' if name != maker.name)
    for node in (maker, giver):
        node.kill()
    subprocess.run(['rm', '-rf', giver.store], check=True)
    subprocess.run(['cp', '-a', maker.store, giver.store], check=True)
    giver.start()
    giver.wait_up()
    second = build(2)
    assert not built_by(second), f'what another node had made was not given on: {second}'
    mesh.ca('deny', maker.name, '--reason', 'broken into')
    wait_until(lambda: 'certificates were read again' in giver.log, 'the deny list is read', RELOAD_SECONDS_MAX)
    third = build(3)
    assert set(built_by(third)) == {giver.name}, f'a result of a node that is denied was taken: {third}'
    assert not built_by(build(4)), 'what was made again is not remembered'


def test_certificates_are_renewed(world):
    """While nodes run: they read them, and go on."""
    long()
    mesh = Mesh(world)
    mesh.ca('renew', '--all')
    for node in mesh.nodes.values():
        wait_until(lambda: 'certificates were read again' in node.log, f'{node.name} reads its certificate', RELOAD_SECONDS_MAX)
    mesh['c'].kill()
    mesh.wait_for_members({'a': 'alive', 'b': 'alive', 'c': 'dead'})
    mesh['c'].start()
    mesh.wait_for_members({name: 'alive' for name in 'abc'})
    time.sleep(3)
    assert set(mesh.members('a').values()) == {'alive'}, mesh.members('a')
    for node in mesh.nodes.values():
        assert 'wrong signature' not in node.log, f'{node.name} believes somebody no more: {node.log[-2000:]}'
    assert_good(mesh, nodes='abc')


def test_certificates_renew_themselves(world):
    """Node b's is due; a has the authority's key and gives it the next one, with a key of its own, while b goes on."""
    mesh = Mesh(world, start=False)
    place = f'{mesh.tls}/nodes'
    mesh['a'].settings = {'tls': {
        'certificate': f'{place}/a/a.pem', 'key': f'{place}/a/a.key', 'authority': f'{mesh.tls}/authority.pem',
        'denied': f'{mesh.tls}/denied', 'authorityKey': f'{mesh.tls}/authority.key'}}
    mesh.ca('renew', 'b', '--hours', '1')
    old = open(f'{place}/b/b.key').read()
    for name in 'ac':
        mesh[name].start()
    # Two thirds of the hour are over.
    mesh['b'].start(**mesh.clock(2400))
    for node in mesh.nodes.values():
        node.wait_up()
    wait_until(lambda: 'the certificate was renewed' in mesh['b'].log, 'b has a new certificate', 30)
    days = subprocess.run(['openssl', 'x509', '-checkend', str(29 * 86_400), '-in', f'{place}/b/b.pem'], stdout=subprocess.DEVNULL)
    assert days.returncode == 0, 'the new certificate does not last for a month'
    assert open(f'{place}/b/b.key').read() != old and os.listdir(f'{place}/b').count('b.key.next') == 0
    wait_until(lambda: 'certificates were read again' in mesh['b'].log, 'b uses it', RELOAD_SECONDS_MAX)
    mesh['c'].kill()
    mesh['c'].start()
    mesh.wait_for_members({name: 'alive' for name in 'abc'}, via='c')
    # Killed between the two files: the pair is mended at the next start.
    mesh['b'].kill()
    os.rename(f'{place}/b/b.key', f'{place}/b/b.key.next')
    open(f'{place}/b/b.key', 'w').write(old)
    os.chmod(f'{place}/b/b.key', 0o600)
    mesh['b'].start()
    mesh['b'].wait_up()
    mesh.wait_for_members({name: 'alive' for name in 'abc'}, via='c')
    for node in mesh.nodes.values():
        assert 'wrong signature' not in node.log, f'{node.name} believes somebody no more: {node.log[-2000:]}'
    assert 'was renewed' not in mesh['a'].log + mesh['c'].log, 'one that was not due'
