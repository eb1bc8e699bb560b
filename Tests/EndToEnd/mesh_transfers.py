"""What goes from host to host while a build runs: much, odd, slowly, and broken off in the middle."""
import os, signal, subprocess, time
from mesh_faults import small_disk
from mesh_world import Mesh, built_by, holders
from services import wait_until
from world import SHELL, busybox, finish, image, long, werf

FILES = 2000
BIG_BYTES = 12_000_000


def many(world, files, count, dockerfile, name='shop'):
    """Images app-0…; `{n}` in the Dockerfile is the image's number."""
    return world.project({
        'busybox': busybox(), **files, **{f'Dockerfile.{n}': SHELL + dockerfile.replace('{n}', str(n)) for n in range(count)},
        'werf.yaml': werf(*[image(f'app-{n}', dockerfile=f'Dockerfile.{n}') for n in range(count)])}, folder=name)


def test_many_files(world):
    long()
    mesh = Mesh(world)
    files = {f'src/{n % 50}/{n}': f'{n}\n' for n in range(FILES)}
    ours = many(world, files, 3, 'ENV N={n}\nRUN sleep 0.{n}\nCOPY src /src\nRUN sleep 1; find /src -type f | wc -l > /count\n')
    run = mesh.build(ours)
    assert len(built_by(run)) >= 2, built_by(run)
    assert world.weft(ours, 'run', 'app-2', '--', 'cat', '/count').output.strip() == str(FILES)


def test_odd_output(world):
    """Bytes that are no text, a line without an end, and a line longer than any screen."""
    mesh = Mesh(world, 'ab')
    ours = many(world, {}, 1, 'RUN head -c 300000 /dev/urandom; echo; head -c 500000 /dev/zero | tr "\\0" x; echo; printf "no end $((6 * 7))"\n')
    run = mesh.build(ours)
    assert 'no end 42' in run.all, run


def moved(mesh, name, start, count):
    """Waits until a node's link has carried so many bytes more."""
    wait_until(lambda: sum(mesh.traffic(name)) - start > count, f'bytes over the link of {name}', 30)


def test_interrupted_while_much_is_sent(world):
    long()
    mesh = Mesh(world, 'a')
    ours = many(world, {'big': os.urandom(BIG_BYTES)}, 1, 'COPY big /big\nRUN sha256sum /big\n')
    mesh['a'].slow('8mbit')
    start = sum(mesh.traffic('a'))
    process = mesh.start_build(ours)
    moved(mesh, 'a', start, 3_000_000)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    run = finish(process, timeout=30)
    assert run.code == 1 and 'stopped' in run.errors, run
    assert time.monotonic() - started < 5, f'{time.monotonic() - started:.1f} s after Ctrl-C'
    wait_until(lambda: mesh.status()['a']['running'] == 0, 'nothing runs', 5)


def test_interrupted_while_much_is_fetched(world):
    long()
    mesh = Mesh(world, 'a')
    ours = many(world, {}, 1, f'RUN head -c {BIG_BYTES} /dev/urandom > /big\n')
    mesh['a'].slow('8mbit')
    process = mesh.start_build(ours)
    wait_until(lambda: 'a stage is made stage=app-0/RUN3' in mesh['a'].log, 'the big layer', 30)
    moved(mesh, 'a', sum(mesh.traffic('a')), 2_000_000)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    run = finish(process, timeout=30)
    assert run.code == 1 and 'stopped' in run.errors, run
    assert time.monotonic() - started < 5, f'{time.monotonic() - started:.1f} s after Ctrl-C'
    # What came before is not fetched again.
    start = sum(mesh.traffic('a'))
    mesh.build(ours)
    again = sum(mesh.traffic('a')) - start
    assert again < BIG_BYTES, f'{again} bytes of {BIG_BYTES} came after 2 MB had come before'


def broken(world, disturb):
    """Node b is disturbed while the client fetches a big layer from it; node a makes the layer again."""
    mesh = Mesh(world, 'b')
    ours = many(world, {}, 1, f'RUN head -c {BIG_BYTES} /dev/urandom > /big; echo {{n}} > /number\n')
    mesh['b'].slow('8mbit')
    process = mesh.start_build(ours)
    wait_until(lambda: 'a stage is made stage=app-0/RUN3' in mesh['b'].log, 'the big layer', 30)
    other = mesh.add('a')
    other.start(join=[mesh['b'].address])
    other.wait_up()
    moved(mesh, 'b', sum(mesh.traffic('b')), 2_000_000)
    started = time.monotonic()
    disturb(mesh['b'])
    run = finish(process, timeout=100)
    assert run.code == 0, run
    assert world.weft(ours, 'run', 'app-0', '--', 'sh', '-c', 'cat /number; wc -c < /big').output.split() == ['0', str(BIG_BYTES)]
    assert time.monotonic() - started < 60, f'{time.monotonic() - started:.1f} s'


def test_a_node_is_killed_while_it_sends(world):
    long()
    broken(world, lambda node: node.kill())


def test_a_node_is_paused_while_it_sends(world):
    long()
    broken(world, lambda node: node.pause())


def test_a_node_is_cut_off_while_it_sends(world):
    long()
    broken(world, lambda node: node.cut())


def test_a_node_is_killed_while_it_takes(world):
    mesh = Mesh(world, 'ab')
    # One file for each image: a node that has all that the steps need would rightly get them all.
    files = {f'big-{n}': os.urandom(BIG_BYTES // 2) for n in range(4)}
    ours = many(world, files, 4, 'COPY big-{n} /big\nRUN sha256sum /big > /sum; echo {n} > /number\n')
    for node in mesh.nodes.values():
        node.slow('16mbit')
    start = sum(mesh.traffic('b'))
    process = mesh.start_build(ours)
    moved(mesh, 'b', start, 3_000_000)
    mesh['b'].kill()
    run = finish(process)
    assert run.code == 0, run
    assert set(built_by(run)) <= {'a', 'b', ''} and 'a' in built_by(run), built_by(run)
    assert world.weft(ours, 'run', 'app-3', '--', 'cat', '/number').output.strip() == '3'


def test_a_big_layer_comes_from_several_nodes(world):
    """The third node gets it from both that have it, as much from each as it can give."""
    mesh = Mesh(world)
    size = 40_000_000
    lines = f'RUN head -c {size} /dev/urandom > /big\n'
    ours = world.project({'busybox': busybox(), **{f'Dockerfile.{n}': SHELL + lines + f'RUN echo {n} > /n\n' for n in range(3)},
                          'werf.yaml': werf(*[image(f'app-{n}', dockerfile=f'Dockerfile.{n}') for n in range(3)])})
    built = []
    for number in range(3):
        if number == 2:
            for name in built:
                mesh[name].slow('80mbit')
        before = {name: mesh.traffic(name)[1] for name in built}
        by = built_by(mesh.build(ours, f'app-{number}'))
        name, = by
        assert name not in built, f'a node that drains built: {by}'
        built.append(name)
        mesh.weft('mesh', 'drain', name)
        if number == 1:
            # The second tells of what it fetched.
            blobs = [each for each in os.listdir(mesh[name].store + '/blobs/sha256')
                     if os.path.getsize(f'{mesh[name].store}/blobs/sha256/{each}') > size]
            for each in blobs:
                for via in 'abc':
                    wait_until(lambda: name in holders(mesh, each, via), f'{via} heard that {name} has the layer')
    gave = {name: mesh.traffic(name)[1] - before[name] for name in before}
    assert all(bytes > size / 4 for bytes in gave.values()), f'of {size} bytes: {gave}'
    assert sum(gave.values()) < size * 1.4, f'of {size} bytes: {gave}'


def test_nodes_that_fetch_a_big_layer_give_it_to_each_other(world):
    """The node that made it, whose link is slow, sends it to three others about once."""
    long()
    # A node with one slot, which is taken, takes no stage from another that waits for its layer.
    mesh = Mesh(world, 'abcd', capacity={'slots': 1, 'memory': '1GiB', 'reserve': '1MiB'})
    size = 40_000_000
    made = f'RUN head -c {size} /dev/urandom > /big; sha256sum < /big > /sum\n'
    users = [f'app-{n}' for n in range(4)]
    ours = world.project({
        'busybox': busybox(), 'Dockerfile.base': SHELL + made,
        **{f'Dockerfile.{name}': SHELL + made + f'RUN sha256sum < /big | cmp - /sum && echo {name} > /name; sleep 20\n' for name in users},
        'werf.yaml': werf(image('base', dockerfile='Dockerfile.base'), *[image(name, dockerfile=f'Dockerfile.{name}') for name in users])})
    maker, = built_by(mesh.build(ours, 'base'))
    mesh[maker].slow('80mbit')
    before = {name: mesh.traffic(name)[1] for name in 'abcd'}
    by = built_by(mesh.build(ours, *users))
    assert len(by) == 4, f'users of the layer were built by {by}'
    gave = {name: mesh.traffic(name)[1] - before[name] for name in 'abcd'}
    assert size < gave[maker] < size * 2, f'of {size} bytes, from {maker}: {gave}'
    assert sum(gave.values()) > size * 3, f'of {size} bytes to three nodes: {gave}'
    sums = {world.weft(ours, 'run', name, '--', 'cat', '/sum').output for name in ('base', *users)}
    assert len(sums) == 1 and '-' in sums.pop(), sums


def test_a_disk_is_too_small_for_what_comes(world):
    """A node that has no space for files of a context is passed over."""
    long()
    mesh = Mesh(world, start=False)
    small_disk(world, mesh['b'], mib=16)
    mesh.start()
    ours = many(world, {'big': os.urandom(20_000_000)}, 4, 'COPY big /big\nRUN echo {n} > /number; sleep 1\n')
    run = mesh.build(ours)
    assert {'a', 'c'} <= set(built_by(run)), built_by(run)
    assert mesh['b'].is_running, mesh['b'].log[-1000:]
    assert world.weft(ours, 'run', 'app-3', '--', 'cat', '/number').output.strip() == '3'
