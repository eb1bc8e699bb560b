"""Base images made to do harm: refused with a sentence, or held inside; nothing outside the store changes."""
import gzip, io, json, os, subprocess, tarfile, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from images import (CONFIG_TYPE, LAYER_TYPE, MANIFEST_TYPE, HandMade, entry, folder, hard_link, link, sha256, shell_layer, tar)
from traces import assert_clean
from world import busybox, image, werf

CANARY = 'untouched'
SECRET = 'a secret of this host'
INDEX_TYPE = 'application/vnd.oci.image.index.v1+json'


class Server:
    """A registry that answers what it is told: path → (status, type, body); a body may be (promised length, bytes).

    It gives parts of whole bodies, as registries do."""

    def __init__(self):
        answers = self.answers = {}
        self.seen = []
        seen = self.seen

        class Handler(BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_GET(self):
                seen.append(self.path)
                status, kind, body = answers.get(self.path, (404, 'application/json', b'{}'))
                part = self.headers.get('Range', '')
                if status == 200 and part and isinstance(body, bytes):
                    start, count = int(part[6:].rstrip('-')), len(body)
                    status, body = 206, body[start:]
                self.send_response(status)
                if status == 206:
                    self.send_header('Content-Range', f'bytes {start}-{count - 1}/{count}')
                self.send_header('Content-Type', kind)
                length = len(body) if isinstance(body, bytes) else body[0]
                self.send_header('Content-Length', str(length))
                if '/manifests/' in self.path and isinstance(body, bytes):
                    self.send_header('Docker-Content-Digest', sha256(body))
                self.end_headers()
                if self.command == 'HEAD':
                    return
                try:
                    self.wfile.write(body if isinstance(body, bytes) else body[1])
                except OSError:
                    pass
                # Fewer bytes than promised: the connection ends, as when a line is cut.
                self.close_connection = not isinstance(body, bytes)

            do_HEAD = do_GET

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.handle_error = lambda *arguments: None  # weft hangs up on what it refuses
        self.server.daemon_threads = True
        self.host = f'localhost:{self.server.server_address[1]}'
        self.answers['/v2/'] = (200, 'application/json', b'{}')
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def serve(self, made, manifest=None, manifest_type=None):
        """Serves an image as `bad:1`; its name."""
        body = manifest if isinstance(manifest, bytes) else json.dumps(manifest or made.manifest).encode()
        for reference in ('1', sha256(body)):
            self.answers['/v2/bad/manifests/' + reference] = (200, manifest_type or made.manifest_type, body)
        for blob in [*made.blobs, made.config_bytes]:
            self.answers['/v2/bad/blobs/' + sha256(blob)] = (200, 'application/octet-stream', blob)
        return f'{self.host}/bad:1'


def server(world):
    made = Server()
    world.services.append(made)
    return made


def trap(world):
    """Files beside the store that a layer may want to reach; a function that checks them."""
    place = world.path('outside')
    os.makedirs(place)
    for name, text in (('canary', CANARY), ('secret', SECRET)):
        with open(f'{place}/{name}', 'w') as file:
            file.write(text)
    before = sorted(os.listdir('/etc')), os.stat('/etc/passwd').st_mtime_ns, sorted(os.listdir(world.folder))

    def check():
        assert open(place + '/canary').read() == CANARY and open(place + '/secret').read() == SECRET
        assert sorted(os.listdir(place)) == ['canary', 'secret'], os.listdir(place)
        assert sorted(os.listdir('/etc')) == before[0] and os.stat('/etc/passwd').st_mtime_ns == before[1]
        assert not os.path.exists('/weft-was-here') and not os.path.exists('/tmp/weft-was-here')
        kept = subprocess.run(['grep', '-rl', SECRET, world.store], capture_output=True, text=True).stdout
        assert not kept, f'a file of the host is in the store: {kept}'
    return place, check


def project(world, base, run='RUN cat /etc/secret /evil/secret /out/secret 2>/dev/null; echo ran > /ran'):
    return world.project({'Dockerfile': f'FROM {base}\n{run}\nCOPY word /word\n', 'word': 'x', 'werf.yaml': werf(image('app'))},
                         folder=f'project-{world.random.randrange(1 << 40)}')


def hostile(world, layers, refused=None):
    """Builds on an image of a shell and `layers`; `refused` True and False are demands, None leaves both."""
    outside, check = trap(world)
    made = HandMade([shell_layer(busybox()), *[layer(outside) if callable(layer) else layer for layer in layers]])
    ours = project(world, server(world).serve(made))
    run = world.run(ours, 'build')
    check()
    assert SECRET not in run.all, run
    if refused is not None:
        assert (run.code != 0) == refused, run
    if run.code != 0:
        assert run.code == 1 and 'Error' in run.errors, run
    else:
        said = world.weft(ours, 'run', 'app', '--', 'sh', '-c', 'cat /evil* /out/secret 2>/dev/null; cat /ran').output
        assert SECRET not in said, said
        check()
    assert_clean(world)
    return run


def up(outside, name):
    return '../' * 30 + outside[1:] + '/' + name


def test_entries_that_climb_out(world):
    hostile(world, [lambda outside: tar([entry(up(outside, 'canary'), b'changed')])])


def test_entries_that_climb_out_in_the_middle(world):
    hostile(world, [lambda outside: tar([folder('a'), entry('a/' + up(outside, 'new'), b'x'), entry('../../../weft-was-here', b'x')])])


def test_absolute_entries(world):
    hostile(world, [lambda outside: tar([entry('/tmp/weft-was-here', b'x'), entry(outside + '/canary', b'changed')])])


def test_a_link_written_through(world):
    hostile(world, [lambda outside: tar([link('evil', outside), entry('evil/canary', b'changed'), entry('evil/new', b'x')])])


def test_a_link_written_through_in_the_next_layer(world):
    hostile(world, [lambda outside: tar([link('evil', outside)]), tar([entry('evil/canary', b'changed')])])


def test_a_climbing_link_written_through(world):
    hostile(world, [lambda outside: tar([folder('a'), link('a/evil', up(outside, '')), entry('a/evil/canary', b'changed')])])


def test_a_link_over_a_folder_with_files_after_it(world):
    hostile(world, [lambda outside: tar([folder('d'), link('d/x', outside), folder('d/x/y'), entry('d/x/canary', b'changed')])])


def test_hard_links_to_files_outside(world):
    hostile(world, [lambda outside: tar([hard_link('evil', outside + '/secret'), hard_link('evil2', up(outside, 'secret'))])])


def test_a_hard_link_through_a_link(world):
    hostile(world, [lambda outside: tar([link('out', outside), hard_link('evil', 'out/secret')])])


def test_a_hard_link_to_a_link_written_through(world):
    hostile(world, [lambda outside: tar([link('a', outside + '/canary'), hard_link('b', 'a'), entry('b', b'changed')])])


def test_device_nodes_are_no_devices(world):
    place, check = trap(world)
    made = HandMade([shell_layer(busybox()), tar([
        entry('evil', kind=tarfile.BLKTYPE, device=(8, 0), mode=0o666), entry('null', kind=tarfile.CHRTYPE, device=(1, 3), mode=0o666),
        entry('gone', kind=tarfile.CHRTYPE, device=(0, 0), mode=0o666), entry('pipe', kind=tarfile.FIFOTYPE)])])
    ours = project(world, server(world).serve(made), 'RUN (echo x > /null) 2>/dev/null && touch /opened-null; (head -c 1 /evil > /dev/null) 2>/dev/null && touch /opened; true')
    run = world.run(ours, 'build', timeout=60)
    if run.code == 0:
        said = world.weft(ours, 'run', 'app', '--', 'ls', '/').output
        assert 'opened' not in said.split(), 'a step could open a device of the host'
    else:
        assert 'Error' in run.errors, run
    check()
    assert_clean(world)


def test_whiteout_tricks(world):
    names = ['.wh.', '.wh...', '.wh..', '.wh.../canary', 'a/.wh..wh..opq', '.wh..wh..opq', '.wh..wh.plnk', '.wh.bin/../../x', '.wh.etc']
    for name in names:
        world.store = world.path('store-' + str(names.index(name)))
        outside, check = (world.path('outside'), lambda: None) if os.path.exists(world.path('outside')) else trap(world)
        made = HandMade([shell_layer(busybox()), tar([folder('a'), entry(name)])])
        run = world.run(project(world, server(world).serve(made)), 'build')
        # An opaque root or a whiteout of /bin takes the shell away: any sentence will do.
        assert run.code in (0, 1) and (run.code == 0 or 'Error' in run.errors), (name, run)
        assert open(outside + '/canary').read() == CANARY
        check()
        assert_clean(world)


def test_whiteouts_through_links(world):
    hostile(world, [lambda outside: tar([link('evil', outside)]), tar([entry('evil/.wh.canary')]), tar([entry('evil/.wh..wh..opq')])])


def test_a_file_where_a_folder_was(world):
    hostile(world, [tar([entry('etc', b'no folder')]), tar([entry('etc/passwd', b'x')]), tar([folder('ran')])])


def test_sticky_and_overlay_attributes(world):
    info, data = entry('evil', b'x')
    info.pax_headers = {'SCHILY.xattr.trusted.overlay.redirect': '/../../outside', 'SCHILY.xattr.trusted.overlay.opaque': 'y',
                        'SCHILY.xattr.user.overlay.whiteout': 'y', 'SCHILY.xattr.security.selinux': 'x' * 100}
    other, _ = folder('folder')
    other.pax_headers = {'SCHILY.xattr.trusted.overlay.redirect': '/bin', 'SCHILY.xattr.trusted.overlay.opaque': 'y'}
    hostile(world, [tar([folder('folder'), entry('folder/below', b'x')]), tar([(info, data), (other, b'')])])


def refused(world, made, says=(), timeout=120, **options):
    outside, check = trap(world)
    ours = project(world, (options.pop('from_server', None) or server(world)).serve(made, **options))
    run = world.fails(ours, 'build', timeout=timeout, says=says)
    check()
    assert_clean(world)
    return run


def zeros(mib):
    """A gzip member of so many MiB of zeros, cheaply."""
    memory = io.BytesIO()
    with gzip.GzipFile(fileobj=memory, mode='wb', mtime=0) as file:
        for _ in range(mib):
            file.write(bytes(1 << 20))
    return memory.getvalue()


def test_a_bomb(world):
    """512 bytes of header that promise 512 GiB, then 3 GiB of zeros in 3 MB."""
    info, _ = entry('bomb')
    info.size = 512 << 30
    head = info.tobuf(tarfile.GNU_FORMAT)
    made = HandMade([tar([entry('x')])])
    bomb = gzip.compress(head, mtime=0) + zeros(3 << 10)
    made.blobs, made.layers = [bomb], [{'mediaType': LAYER_TYPE, 'size': len(bomb), 'digest': sha256(bomb)}]
    refused(world, made, timeout=300)
    used = int(subprocess.run(['du', '-sk', world.store], capture_output=True, text=True).stdout.split()[0])
    assert used < 1 << 20, f'{used} KiB are left in the store'


def test_a_truncated_blob(world):
    made = HandMade([shell_layer(busybox())])
    ours = server(world)
    name = made.layers[0]['digest']
    serve = ours.serve
    whole = made.blobs[0]

    def cut(made, **options):
        reference = serve(made, **options)
        ours.answers['/v2/bad/blobs/' + name] = (200, 'application/octet-stream', (len(whole), whole[:-100]))
        return reference
    ours.serve = cut
    refused(world, made, from_server=ours, says=name, timeout=300)


def test_a_blob_that_is_another(world):
    made = HandMade([shell_layer(busybox())])
    ours = server(world)
    name, whole = made.layers[0]['digest'], made.blobs[0]
    reference = ours.serve(made)
    ours.answers['/v2/bad/blobs/' + name] = (200, 'application/octet-stream', whole[:-1] + b'x')
    outside, check = trap(world)
    world.fails(project(world, reference), 'build', says=name, timeout=300)
    check()
    assert_clean(world)


def test_wrong_bytes_are_forgotten(world):
    """Once the registry is repaired the next build works, whether it sent all of the wrong bytes or a part."""
    made = HandMade([shell_layer(busybox())])
    name, whole = made.layers[0]['digest'], made.blobs[0]
    wrong = bytes(len(whole))
    for number, body in enumerate((wrong, (len(whole), wrong[:200_000]))):
        world.store = world.path(f'store-{number}')
        ours = server(world)
        path, good = '/v2/bad/blobs/' + name, (200, 'application/octet-stream', whole)
        reference = ours.serve(made)
        ours.answers[path] = (200, 'application/octet-stream', body)
        base = project(world, reference)
        world.fails(base, 'build', says=name)
        ours.answers[path] = good
        world.weft(base, 'build')
        assert_clean(world)


def test_a_truncated_blob_fails_soon(world):
    made, ours = HandMade([shell_layer(busybox())]), server(world)
    whole = made.blobs[0]
    reference = ours.serve(made)
    ours.answers['/v2/bad/blobs/' + made.layers[0]['digest']] = (200, 'application/octet-stream', (len(whole), whole[:1000]))
    run = world.fails(project(world, reference), 'build')
    assert run.seconds < 15, run


def test_another_blob_under_the_name_of_a_known_layer(world):
    """An image may name any blob and say that it is a layer that is here: it must not be published as that."""
    known = tar([folder('data'), entry('data/word', b'good')])
    evil = HandMade([shell_layer(busybox()), tar([folder('data'), entry('data/word', b'evil')])])
    good = HandMade([shell_layer(busybox()), known])
    evil.config['rootfs']['diff_ids'] = good.config['rootfs']['diff_ids']
    registry = world.registry()
    world.build(project(world, server(world).serve(good), 'RUN cat /data/word > /copy'))
    # One with a step, one that needs no layer to be built.
    for number, step in enumerate(('RUN cat /data/word > /copy', 'LABEL a=b')):
        ours = project(world, server(world).serve(evil), step)
        for flags in ([], [f'--repo={registry.host}/shop{number}']):
            run = world.fails(ours, 'build', *flags, says=sha256(known))
            assert not flags or not [tag for tag in registry.tags(f'shop{number}') if len(tag) > 60], run
    # Another blob of the same layer is taken.
    same = HandMade([shell_layer(busybox()), known])
    same.blobs[1] = gzip.compress(known, compresslevel=1, mtime=7)
    same.layers[1].update({'digest': sha256(same.blobs[1]), 'size': len(same.blobs[1])})
    world.build(project(world, server(world).serve(same), 'RUN cat /data/word > /copy'), f'--repo={registry.host}/shop')
    assert_clean(world)


def changed(world, change, says=()):
    made = HandMade([shell_layer(busybox())])
    manifest = made.manifest
    manifest = change(made, manifest) or manifest
    return refused(world, made, says, manifest=manifest)


def test_wrong_sizes(world):
    for number, size in enumerate((1, 10_000_000, -1, 0, 1 << 62, 1e99, '12')):
        world.store = world.path(f'store-{number}')
        made = HandMade([shell_layer(busybox())])
        made.layers[0]['size'] = size
        run = world.run(project(world, server(world).serve(made)), 'build')
        assert run.code == 1 and 'Error' in run.errors, (size, run)
        assert_clean(world)


def test_a_wrong_diff_id(world):
    made = HandMade([shell_layer(busybox())])
    made.config['rootfs']['diff_ids'] = ['sha256:' + '1' * 64]
    refused(world, made, says='1' * 64)


def test_layers_and_diff_ids_that_do_not_match(world):
    made = HandMade([shell_layer(busybox())])
    made.config['rootfs']['diff_ids'] *= 2
    refused(world, made)


def test_odd_digests(world):
    for digest in ('sha256:../../../../../tmp/weft-was-here', 'sha256:' + 'A' * 64, 'md5:' + '0' * 32, '', 'sha256:' + '0' * 63):
        made = HandMade([shell_layer(busybox())])
        made.layers[0]['digest'] = digest
        run = world.run(project(world, server(world).serve(made)), 'build')
        assert run.code == 1 and 'Error' in run.errors, (digest, run)
    assert not os.path.exists('/tmp/weft-was-here')


def test_foreign_addresses_are_not_visited(world):
    """CVE-2020-15157: credentials or requests to an address that the manifest names."""
    made, other = HandMade([shell_layer(busybox())]), server(world)
    made.layers[0].update({'urls': [f'http://{other.host}/stolen'], 'mediaType': 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'})
    run = world.run(project(world, server(world).serve(made)), 'build')
    assert run.code == 0 or 'Error' in run.errors, run
    assert other.seen == [], f'a foreign address was visited: {other.seen}'


def test_ambiguous_documents(world):
    """CVE-2021-41190: a document that is both a manifest and an index."""
    changed(world, lambda made, manifest: {**manifest, 'manifests': []})
    world.store = world.path('store-b')
    made = HandMade([shell_layer(busybox())])
    run = world.run(project(world, server(world).serve(made, manifest={**made.manifest, 'mediaType': INDEX_TYPE})), 'build')
    assert run.code == 1 and 'Error' in run.errors, run


def test_members_that_are_there_twice(world):
    """Go's decoder takes the last one, in any case of letters; others the first."""
    for number, name in enumerate(('layers', 'Layers', 'config', 'mediaType')):
        world.store = world.path(f'store-{number}')
        made = HandMade([shell_layer(busybox())])
        body = json.dumps(made.manifest)[:-1] + f', "{name}": {json.dumps(made.manifest.get(name, []))}}}'
        world.fails(project(world, server(world).serve(made, manifest=body.encode())), 'build', says=['two members', name])


def test_an_index_of_itself(world):
    made, ours = HandMade([shell_layer(busybox())]), server(world)
    one = {'schemaVersion': 2, 'mediaType': INDEX_TYPE, 'manifests': []}
    inner = json.dumps(one).encode()
    for _ in range(50):
        one['manifests'] = [{'mediaType': INDEX_TYPE, 'size': len(inner), 'digest': sha256(inner),
                             'platform': {'os': 'linux', 'architecture': 'amd64'}}]
        ours.answers['/v2/bad/manifests/' + sha256(inner)] = (200, INDEX_TYPE, inner)
        inner = json.dumps(one).encode()
    run = world.run(project(world, ours.serve(made, manifest=inner, manifest_type=INDEX_TYPE)), 'build')
    assert run.code == 1 and 'Error' in run.errors, run


def test_huge_documents(world):
    memory_kib = 600 << 10
    made = HandMade([shell_layer(busybox())])
    deep = b'{"schemaVersion":2,"mediaType":"' + MANIFEST_TYPE.encode() + b'","config":' + b'[' * 3_000_000
    for body in (b'{' + b' ' * (100 << 20), deep, b'[' * 1_000_000, b'"' + b'\\u0041' * 300_000):
        ours = project(world, server(world).serve(made, manifest=body))
        process = world.start(ours, 'build')
        peak = 0
        while process.poll() is None:
            try:
                for line in open(f'/proc/{process.pid}/status'):
                    peak = max(peak, int(line.split()[1]) if line.startswith('VmHWM') else 0)
            except OSError:
                pass
            time.sleep(0.02)
        output, errors = process.communicate()
        assert process.returncode == 1 and 'Error' in errors, (process.returncode, errors[-500:], output[-500:])
        assert peak < memory_kib, f'{peak} KiB of memory for a manifest'


def test_a_config_that_is_no_config(world):
    for number, config in enumerate((b'', b'null', b'[]', b'{', b'{"rootfs": 7}', b'[' * 200_000, b'\xff' * 1000, bytes(9 << 20))):
        made = HandMade([shell_layer(busybox())])
        manifest = made.manifest
        manifest['config'] = {'mediaType': CONFIG_TYPE, 'size': len(config), 'digest': sha256(config)}
        ours = server(world)
        reference = ours.serve(made, manifest=manifest)
        ours.answers['/v2/bad/blobs/' + sha256(config)] = (200, 'application/octet-stream', config)
        run = world.run(project(world, reference), 'build')
        assert run.code == 1 and 'Error' in run.errors, (number, run)


def test_strange_settings_of_a_config(world):
    settings = ({'Env': ['X' * 200_000]}, {'Env': ['=a', '', 'A', 'B=\n\x1b[2J']}, {'User': '../../../etc/passwd'}, {'User': '99999999999999'},
                {'WorkingDir': '../../../../tmp/weft-was-here'}, {'WorkingDir': 'x' * 5000}, {'Cmd': []}, {'Entrypoint': ['']})
    for number, setting in enumerate(settings):
        world.store = world.path(f'store-{number}')
        made = HandMade([shell_layer(busybox())], setting)
        run = world.run(project(world, server(world).serve(made)), 'build')
        assert run.code == 0 or (run.code == 1 and 'Error' in run.errors), (setting, run)
        assert '\x1b[2J' not in run.all, 'a base image writes to the terminal'
        assert not os.path.exists('/tmp/weft-was-here')
        assert_clean(world)
