"""Builds over three nodes in network namespaces: work is shared, images are the same as on one host, nothing is sent twice."""
import base64, glob, importlib, json, os, shutil, signal, subprocess, sys, time
from images import push_shell
from mesh_world import Mesh, built_by, holders
from services import wait_until
from world import SHELL, busybox, finish, image, long, werf

SECRET = 'tell-no-node-4711'
BLOB_BYTES = 3_000_000
# Of a build that has nothing to send: calls, news of the mesh, TLS.
CHATTER_BYTES_MAX = 1_000_000
CONFORMANCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../Conformance')

GITERMINISM = '''giterminismConfigVersion: 1
config:
  secrets:
    allowEnvVariables: [TOKEN]
'''
# What an image's RUN writes says nothing of the time or of the host.
KINDS = {
    'copy': 'COPY --chmod=640 src /srv/src\nRUN cat /srv/src/a > /srv/a; sleep 0.5\nWORKDIR /srv/work\nENV KIND=copy\n',
    'bind': 'RUN --mount=type=bind,source=src,target=/in cat /in/a /in/deep/b > /both; sleep 0.5\nLABEL kind=bind\n',
    'cache': 'RUN --mount=type=cache,target=/cache echo x >> /cache/x; sleep 0.5; head -n 1 /cache/x > /x\nCMD ["/x"]\n',
    'secret': 'RUN --mount=type=secret,id=token wc -c < /run/secrets/token > /size; sleep 0.5\nUSER 1000:1000\n',
    'heredoc': 'RUN <<END\nset -e\necho one > /one\nsleep 0.5\necho two > /two\nEND\nCOPY <<END /three\nthree\nEND\n',
    'many': 'RUN mkdir /many; for n in $(seq 300); do echo $n > /many/$n; done\nRUN rm /many/1*; ln -s 2 /many/1; sleep 0.5\n',
    'big': 'COPY big /big\nRUN sha256sum /big > /sum; sleep 0.5\nRUN cp /big /copy\nENTRYPOINT ["/bin/sh"]\n',
}
FROM_STAGES = '''FROM scratch AS tools
COPY --chmod=755 busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
FROM tools AS left
RUN sleep 0.5; mkdir /out; echo left > /out/left
FROM tools AS right
RUN sleep 0.5; mkdir /out; echo right > /out/right
FROM scratch
COPY --from=left /out /
COPY --from=right /out/right /right
COPY src/a /
'''


def project(world):
    files = {'busybox': busybox(), 'src/a': 'a\n', 'src/deep/b': 'b\n', 'big': os.urandom(BLOB_BYTES),
             'werf-giterminism.yaml': GITERMINISM, 'Dockerfile.stages': FROM_STAGES}
    images = [image('stages', dockerfile='Dockerfile.stages'), image('staged', dockerfile='Dockerfile.copy', staged=True),
              image('on-top', dockerfile='Dockerfile.on-top', dependencies=[
                  {'image': 'copy', 'imports': [{'type': 'ImageName', 'targetBuildArg': 'BELOW'}]}])]
    files['Dockerfile.on-top'] = 'ARG BELOW\nFROM $BELOW\nRUN sleep 0.5; cat /srv/a > top\n'
    for kind, text in KINDS.items():
        files[f'Dockerfile.{kind}'] = SHELL + text
        more = {'secrets': [{'id': 'token', 'env': 'TOKEN'}]} if kind == 'secret' else {}
        images.append(image(kind, dockerfile=f'Dockerfile.{kind}', **more))
    files['werf.yaml'] = werf(*images)
    world.variables = {'TOKEN': SECRET}
    files.update({'src/empty': '', 'src/odd name \u00fc': 'odd\n', 'src/deep/er/still/c': 'c\n', 'src/run.sh': '#!/bin/sh\n'})
    made = world.project(files)
    os.symlink('deep/b', made.folder + '/src/link')
    os.symlink('/nowhere', made.folder + '/src/dangling')
    os.chmod(made.folder + '/src/run.sh', 0o755)
    made.commit()
    return made


def module(name):
    """One of the modules that compare images with BuildKit's."""
    if CONFORMANCE not in sys.path:
        sys.path.append(CONFORMANCE)
    return importlib.import_module(name)


def described(world, ours, *flags, **options):
    """What every image holds, by its name."""
    place = world.path(f'export-{world.random.randrange(1 << 30):x}')
    os.makedirs(place)
    names = [*KINDS, 'stages', 'staged', 'on-top']
    runs = [world.start(ours, 'export', name, f'--output=oci:{place}/{name}', *flags, **options) for name in names]
    for run in map(finish, runs):
        assert run.code == 0, run
    return {name: module('image').describe(f'{place}/{name}') for name in names}

def assert_same_images(left, right):
    assert left.keys() == right.keys(), (left.keys(), right.keys())
    for name in left:
        found = list(module('compare').differences(left[name], right[name]))
        assert not found, f'{name} differs: {found[:10]}'


def steps_run(run):
    """How many stages were built by anybody."""
    return sum(built_by(run).values())


def test_a_build_is_spread_and_the_same(world):
    """And a second build runs nothing; without its store the client gets layers and steps from the nodes."""
    mesh = Mesh(world)
    ours = project(world)
    first = mesh.build(ours)
    by = built_by(first)
    assert set(by) == set('abc'), f'not spread over all nodes: {by} {first}'
    over_mesh = described(world, ours, *mesh.flags())
    alone = world.path('store-alone')
    world.build(ours, store=alone)
    assert_same_images(over_mesh, described(world, ours, store=alone))
    assert SECRET not in first.all and not any(SECRET in node.log for node in mesh.nodes.values()), 'the secret is logged'
    found = subprocess.run(
        ['grep', '-rlE', SECRET, *[node.store for node in mesh.nodes.values()]], capture_output=True, text=True).stdout
    assert not found, f'the secret is on a node\'s disk: {found}'
    second = mesh.build(ours)
    assert steps_run(second) == 0, f'a second build ran stages: {second}'
    before = {name: len(node.log) for name, node in mesh.nodes.items()}
    mesh.build(ours, store=world.path('store-new'))
    # Stages of a staged image are the repo's, and `on-top` has the new tag of what is below in an argument.
    ran = [title for name, node in mesh.nodes.items() for title in node.titles(before[name])
           if not title.startswith(('staged/', 'on-top/'))]
    assert not ran, f'nodes remember steps, and ran them again: {ran}'
    assert_same_images(over_mesh, described(world, ours, *mesh.flags(), store=world.path('store-new')))


def test_nothing_is_sent_twice(world):
    """The client sends a file once; other nodes get it, and layers, from each other."""
    mesh = Mesh(world)
    big = os.urandom(20_000_000)
    dockerfile = 'COPY big /big\nRUN sleep 1; cp /big /twice; rm /twice; echo made > /made\n'
    files = {'busybox': busybox(), 'big': big}
    images = []
    for number in range(6):
        files[f'Dockerfile.{number}'] = SHELL + f'ENV N={number}\nRUN sleep 0.{number}\n' + dockerfile
        images.append(image(f'app-{number}', dockerfile=f'Dockerfile.{number}'))
    ours = world.project({**files, 'werf.yaml': werf(*images)})
    _, start = mesh.traffic()
    run = mesh.build(ours)
    by = built_by(run)
    assert len(by) >= 2, f'all on one node: {by}'
    _, end = mesh.traffic()
    sent = end - start
    assert sent < len(big) * 1.5 + CHATTER_BYTES_MAX, f'the client sent {sent} bytes of a file of {len(big)}: {run}'
    # Another image needs the same file: nobody asks the client for it.
    ours.write({'Dockerfile.0': SHELL + 'ENV N=new\n' + dockerfile})
    ours.commit()
    _, start = mesh.traffic()
    mesh.build(ours, 'app-0')
    _, end = mesh.traffic()
    assert end - start < CHATTER_BYTES_MAX, f'the client sent {end - start} bytes of what nodes have'


def test_a_second_node_gets_files_from_the_first(world):
    mesh = Mesh(world)
    big = os.urandom(20_000_000)
    ours = world.project({'busybox': busybox(), 'big': big, 'Dockerfile': SHELL + 'COPY big /big\nRUN echo a > /a\n',
                          'werf.yaml': werf(image('app'))})
    run = mesh.build(ours)
    first = next(iter(built_by(run)))
    for name in mesh.nodes:
        if name in built_by(run):
            mesh.weft('mesh', 'drain', name)
    ours.write({'Dockerfile': SHELL + 'ENV A=b\nCOPY big /big\nRUN echo b > /b\n'})
    ours.commit()
    (_, client), (_, node) = mesh.traffic(), mesh.traffic(first)
    run = mesh.build(ours, store=world.path('store-new'))
    assert first not in built_by(run), f'a node that drains built: {run}'
    sent, gave = mesh.traffic()[1] - client, mesh.traffic(first)[1] - node
    assert sent < CHATTER_BYTES_MAX, f'the client sent {sent} bytes of what node {first} has; that gave {gave}'
    assert gave > len(big), f'node {first} gave {gave} bytes'


def test_nodes_hear_what_others_hold(world):
    """By gossip: what was made, what was there before a node began anew, and what was taken away."""
    mesh = Mesh(world)
    mesh.wait_for_members({name: 'alive' for name in 'abc'})
    ours = world.project({'busybox': busybox(), 'Dockerfile': SHELL + 'RUN echo made > /made\n', 'werf.yaml': werf(image('app'))})
    builder, = built_by(mesh.build(ours))
    made = os.listdir(mesh.nodes[builder].store + '/layers')
    layers = [name for name in made if len(name) == 64]
    step = os.listdir(mesh.nodes[builder].store + '/steps')[0]
    assert layers, made
    for via in 'abc':
        for digest in (*layers, step, 'sha256:' + layers[0]):
            wait_until(lambda: builder in holders(mesh, digest, via), f'{via} heard that {builder} holds {digest}')
        rows = {row['name']: row['holds'] for row in json.loads(
            mesh.weft('mesh', 'availability', '--json', mesh=mesh.config(via=[via])).output)}
        assert set(rows) == set('abc') and rows[builder] >= len(layers) + 1, rows
    other = next(name for name in 'abc' if name != builder)
    shutil.rmtree(f'{mesh.nodes[builder].store}/layers/{layers[0]}')
    wait_until(lambda: builder not in holders(mesh, layers[0], other), f'{other} heard that the layer is gone')
    mesh.nodes[builder].kill()
    mesh.nodes[builder].start()
    mesh.nodes[builder].wait_up()
    for digest in (layers[-1], step):
        wait_until(lambda: builder in holders(mesh, digest, other), f'{other} heard it of the node that came back')
    for name in mesh.nodes:
        assert 'is asked last' not in mesh.nodes[name].log and 'wrong signature' not in mesh.nodes[name].log
    wrong = mesh.weft('mesh', 'availability', 'nonsense')
    assert wrong.code == 1 and 'is no digest' in wrong.all, wrong


def test_logs_stream_while_a_stage_runs(world):
    mesh = Mesh(world, 'ab')
    ours = world.project({
        'busybox': busybox(), 'werf.yaml': werf(image('app')),
        'Dockerfile': SHELL + 'RUN echo $((6 * 7)) is said; sleep 4; echo $((6 * 9)) is said\n'})
    process = mesh.start_build(ours)
    seen = {}
    for line in process.stdout:
        for text in ('42 is said', '54 is said'):
            if text in line:
                seen[text] = time.monotonic()
    run = finish(process)
    assert run.code == 0, run
    assert set(seen) == {'42 is said', '54 is said'}, f'lines are missing: {seen} {run}'
    between = seen['54 is said'] - seen['42 is said']
    assert between > 3, f'the first line came only {between:.1f} s before the last'


def test_a_failing_stage_is_explained(world):
    mesh = Mesh(world, 'ab')
    ours = world.project({
        'busybox': busybox(), 'werf.yaml': werf(image('app')), 'Dockerfile': SHELL + 'RUN echo before; cat /nothing-here; exit 3\n'})
    world.fails(ours, 'build', *mesh.flags(), says=['Dockerfile:4', 'nothing-here', '3'])
    assert not mesh.stages(), mesh.stages()
    ours.write({'Dockerfile': SHELL + 'RUN echo good\n'})
    ours.commit()
    mesh.build(ours)


def test_a_build_into_a_registry(world):
    mesh = Mesh(world)
    registry = mesh.registry()
    ours = project(world)
    flags = [f'--repo={registry.host}/shop', '--insecure-registry']
    run = mesh.build(ours, *flags)
    assert len(built_by(run)) == 3, built_by(run)
    again = mesh.build(ours, *flags, store=world.path('store-new'))
    assert steps_run(again) == 0, f'what the registry has was built again: {again}'
    # A stage on top of what the registry has.
    ours.write({'Dockerfile.many': SHELL + KINDS['many'] + 'RUN cat /many/2 > /two\n'})
    ours.commit()
    more = mesh.build(ours, *flags, store=world.path('store-other'))
    assert steps_run(more) == 1, f'one stage is new: {more}'


def test_two_clients_at_once(world):
    long()
    mesh = Mesh(world)
    ours = project(world)
    runs = [mesh.start_build(ours, store=world.path(f'store-{n}'), home=world.path(f'home-{n}')) for n in range(2)]
    runs = [finish(process) for process in runs]
    assert all(run.code == 0 for run in runs), runs
    left, right = (described(world, ours, store=world.path(f'store-{n}')) for n in range(2))
    assert_same_images(left, right)


def echoes(world, name, count=4, seconds=2):
    """Images that say who they are."""
    files = {f'Dockerfile.{n}': SHELL + f'RUN echo {name} says $(({n} + 100)); sleep {seconds}; echo {name} said $(({n} + 100))\n'
             for n in range(count)}
    images = [image(f'app-{n}', dockerfile=f'Dockerfile.{n}') for n in range(count)]
    return world.project({**files, 'busybox': busybox(), 'werf.yaml': werf(*images, project=name)}, name=name)


def test_two_builds_with_one_certificate(world):
    """Each hears its own stages; one that is stopped does not stop the other."""
    long()
    mesh = Mesh(world)
    mesh.build(echoes(world, 'first', seconds=0))
    left, right = echoes(world, 'left', seconds=4), echoes(world, 'right', seconds=4)
    runs = [mesh.start_build(ours, store=world.path(f'store-{ours.name}'), home=world.path(f'home-{ours.name}')) for ours in (left, right)]
    wait_until(lambda: len([1 for node in mesh.nodes.values() for title in node.titles() if title.endswith('/RUN3')]) >= 4 + 4, 'stages run')
    time.sleep(1)
    runs[0].send_signal(signal.SIGINT)
    stopped, run = finish(runs[0]), finish(runs[1])
    assert stopped.code == 1, stopped
    assert run.code == 0, run
    for number in range(4):
        for word in ('says', 'said'):
            assert f'right {word} {number + 100}' in run.all, f'a line is missing: {run}'
    assert 'left says' not in run.all and 'right says' not in stopped.all, f'lines of another build: {run}'


def test_many_lines(world):
    """A stage that says a lot is heard, or waits; nothing is lost."""
    mesh = Mesh(world, 'ab')
    ours = world.project({'busybox': busybox(), 'werf.yaml': werf(image('app')), 'Dockerfile': SHELL + 'RUN seq 100000; echo all of $((6 * 7)) is said\n'})
    run = mesh.build(ours)
    lines = [line.split()[-1] for line in run.all.splitlines() if line.strip()]
    heard = [int(word) for word in lines if word.isdigit()]
    assert 'all of 42 is said' in run.all
    assert heard == sorted(heard), 'lines are out of order'
    assert len(heard) >= 100_000, f'{len(heard)} of 100000 lines are heard'


def test_a_base_that_only_the_client_can_pull(world):
    """Its registry wants a password, which stays with the client; its layers travel."""
    mesh = Mesh(world)
    registry = mesh.registry(locked=True)
    base = push_shell(registry, busybox())
    os.makedirs(world.path('docker'))
    word = base64.b64encode(f'{registry.USER}:{registry.PASSWORD}'.encode()).decode()
    with open(world.path('docker/config.json'), 'w') as file:
        json.dump({'auths': {registry.host: {'auth': word}}}, file)
    files = {f'Dockerfile.{n}': f'FROM {base}\nRUN sleep 1; echo {n} > /number\n' for n in range(4)}
    ours = world.project({**files, 'word': 'x', 'werf.yaml': werf(*[image(f'app-{n}', dockerfile=f'Dockerfile.{n}') for n in range(4)])})
    flags = ['--insecure-registry', f'--docker-config={world.path("docker")}']
    run = mesh.build(ours, *flags)
    assert len(built_by(run)) >= 2 and '' not in built_by(run), built_by(run)
    assert world.weft(ours, 'run', 'app-3', *flags, '--', 'cat', '/number').output == '3\n'
    into = [*flags, f'--repo={registry.host}/shop']
    run = mesh.build(ours, *into, store=world.path('store-new'))
    for node in mesh.nodes.values():
        assert registry.PASSWORD not in node.log and word not in node.log, 'the password is logged'
    found = subprocess.run(['grep', '-rlE', f'{registry.PASSWORD}|{word}', *[node.store for node in mesh.nodes.values()]],
                           capture_output=True, text=True).stdout
    assert not found, f'the password is on a node: {found}'


def test_damaged_layers_are_noticed(world):
    """Bytes of a node's blobs changed on its disk: nobody takes them for what they were."""
    long()
    mesh = Mesh(world)
    ours = project(world)
    mesh.build(ours)
    good = described(world, ours)
    damaged = 0
    for node in mesh.nodes.values():
        for path in glob.glob(node.store + '/blobs/sha256/*'):
            if os.path.getsize(path) > 1000:
                with open(path, 'r+b') as file:
                    file.seek(500)
                    file.write(b'damaged here')
                damaged += 1
    assert damaged
    mesh.build(ours, store=world.path('store-new'))
    assert_same_images(good, described(world, ours, store=world.path('store-new')))


def test_five_nodes(world):
    long()
    mesh = Mesh(world, 'abcde')
    ours = echoes(world, 'wide', count=30, seconds=1)
    run = mesh.build(ours)
    assert set(built_by(run)) == set('abcde'), built_by(run)
