"""What happens to nodes, links and clients while a build runs; the build ends well, or says why not."""
import os, signal, subprocess, time
from mesh import project, steps_run
from mesh_world import SLOTS, Mesh, built_by
from services import wait_until
from world import SHELL, Skipped, busybox, finish, image, long, werf

# What a node that does not answer may cost: it is noticed within 10 s.
NOTICE_SECONDS_MAX = 12
MARK = 'mark-of-a-stage'
DISK_MIB = 24


def waits(world, count, seconds, after='', name='waits'):
    """Images whose stages wait; each writes its number."""
    files = {'busybox': busybox()}
    images = []
    for number in range(count):
        files[f'Dockerfile.{number}'] = SHELL + f'RUN : {MARK} {number}; sleep {seconds}; echo {number} > /number\n{after}'
        images.append(image(f'app-{number}', dockerfile=f'Dockerfile.{number}'))
    return world.project({**files, 'werf.yaml': werf(*images)}, folder=name)


def assert_made(world, ours, count):
    for number in (0, count - 1):
        said = world.weft(ours, 'run', f'app-{number}', '--', 'cat', '/number').output
        assert said.strip() == str(number), said


def wait_for_stage(node, part='/RUN3', seconds=20):
    wait_until(lambda: any(part in title for title in node.titles()), f'a stage on {node.name}', seconds)


def busy_nodes(mesh, process, seconds=20):
    """Waits until a waiting stage runs on every node."""
    for node in mesh.nodes.values():
        if node.is_running:
            wait_for_stage(node, seconds=seconds)
    assert process.poll() is None, finish(process)


def disturbed(world, disturb, count=6, seconds=3, names='abc', noticed=NOTICE_SECONDS_MAX, before=lambda mesh: None):
    """A build during which `disturb(mesh)` happens to node b; the mesh and the run."""
    mesh = Mesh(world, names)
    before(mesh)
    ours = waits(world, count, seconds)
    process = mesh.start_build(ours)
    busy_nodes(mesh, process)
    at = time.monotonic()
    disturb(mesh)
    run = finish(process)
    run.after = time.monotonic() - at
    assert run.code == 0, run
    assert_made(world, ours, count)
    # Stages that were lost wait for their node to be missed, for a slot, and for their time.
    bound = noticed + 3 * seconds + 3
    assert run.after < bound, f'{run.after:.1f} s after the disturbance, not {bound}: {run}'
    return mesh, ours, run


def test_a_node_is_killed(world):
    mesh, ours, run = disturbed(world, lambda mesh: mesh['b'].kill(), noticed=2)
    assert set(built_by(run)) >= {'a', 'c'}, built_by(run)
    mesh.wait_for_members({'a': 'alive', 'b': 'dead', 'c': 'alive'})
    # It comes back: what it left is ended first, and it works again.
    mesh['b'].start()
    mesh.wait_for_members({name: 'alive' for name in 'abc'})
    assert not [words for words in mesh.stages() if MARK in words], mesh.stages()
    more = waits(world, 6, 1, 'RUN echo more > /more\n', name='more')
    assert set(built_by(mesh.build(more))) == set('abc')


def test_a_node_is_paused(world):
    mesh, ours, run = disturbed(world, lambda mesh: mesh['b'].pause())
    assert set(built_by(run)) >= {'a', 'c'}, built_by(run)
    mesh['b'].resume()
    mesh.wait_for_members({name: 'alive' for name in 'abc'})
    wait_until(lambda: not [words for words in mesh.stages() if MARK in words], 'the stages of the paused node end', 10)
    more = waits(world, 6, 1, 'RUN echo more > /more\n', name='more')
    assert set(built_by(mesh.build(more))) == set('abc')


def test_a_node_is_paused_for_a_moment(world):
    """Nothing is given up for two seconds of silence."""
    long()
    def blink(mesh):
        mesh['b'].pause()
        time.sleep(2)
        mesh['b'].resume()
    mesh, ours, run = disturbed(world, blink, noticed=4)
    assert set(built_by(run)) == set('abc'), built_by(run)
    assert 'lost' not in run.all, run


def test_a_node_is_cut_off(world):
    long()
    mesh, ours, run = disturbed(world, lambda mesh: mesh['b'].cut())
    mesh.wait_for_members({'a': 'alive', 'b': 'dead', 'c': 'alive'}, via='a')
    wait_until(lambda: not [words for words in mesh.stages() if MARK in words], 'the stages of the lonely node end', 40)
    mesh['b'].join_again()
    mesh.wait_for_members({name: 'alive' for name in 'abc'}, seconds=40)


def test_a_node_that_nobody_hears(world):
    long()
    mesh, ours, run = disturbed(world, lambda mesh: mesh['b'].mute())
    mesh['b'].unmute()
    mesh.wait_for_members({name: 'alive' for name in 'abc'}, seconds=40)


def test_the_client_is_cut_off_for_a_moment(world):
    """Two seconds without a network are not the end of a build."""
    long()
    mesh = Mesh(world, 'ab')
    ours = waits(world, 4, 5)
    process = mesh.start_build(ours)
    busy_nodes(mesh, process)
    space = mesh.space('me')
    subprocess.run(['ip', '-n', space, 'link', 'set', 'eth0', 'down'], check=True)
    time.sleep(2)
    subprocess.run(['ip', '-n', space, 'link', 'set', 'eth0', 'up'], check=True)
    run = finish(process)
    assert run.code == 0, run
    assert_made(world, ours, 4)


def test_all_nodes_die(world):
    long()
    def all_die(mesh):
        for node in mesh.nodes.values():
            node.kill()
    mesh, ours, run = disturbed(world, all_die, count=4, seconds=2, names='ab', noticed=4)
    assert '' in built_by(run), f'the client had to build alone: {run}'


def test_nobody_is_there(world):
    mesh = Mesh(world, 'ab', start=False)
    ours = waits(world, 2, 0)
    run = mesh.build(ours)
    assert 'no node' in run.all, f'it is not said that the client builds alone: {run}'
    assert_made(world, ours, 2)
    ours.write({'Dockerfile.0': SHELL + 'RUN echo never\n'})
    ours.commit()
    world.fails(ours, 'build', *mesh.flags(work={'here': 'never'}), says='no node of the mesh answers')


def test_a_node_drains(world):
    long()
    mesh = Mesh(world)
    ours = waits(world, 12, 2)
    process = mesh.start_build(ours)
    busy_nodes(mesh, process)
    run = mesh.weft('mesh', 'drain', 'b')
    assert run.code == 0, run
    taken = len(mesh['b'].titles())
    assert mesh.status()['b']['draining'], mesh.status()
    run = finish(process)
    assert run.code == 0, run
    assert len(mesh['b'].titles()) <= taken, f'a node that drains took more: {mesh["b"].titles()}'
    # What ran there was not lost.
    titles = [title for node in mesh.nodes.values() for title in node.titles() if '/RUN3' in title]
    assert len(titles) == len(set(titles)) == 12, f'a stage ran twice: {sorted(titles)}'


def test_a_node_is_asked_to_end(world):
    long()
    mesh = Mesh(world)
    ours = waits(world, 12, 3)
    process = mesh.start_build(ours)
    busy_nodes(mesh, process)
    started = time.monotonic()
    code = mesh['b'].stop()
    took = time.monotonic() - started
    run = finish(process)
    assert run.code == 0, run
    assert code == 0 and 'has ended' in mesh['b'].log, (code, mesh['b'].log[-1000:])
    assert took > 1, f'it did not wait for its stages: {took:.1f} s'
    titles = [title for node in mesh.nodes.values() for title in node.titles() if '/RUN3' in title]
    assert len(titles) == len(set(titles)) == 12, f'a stage ran twice: {sorted(titles)}'
    mesh.wait_for_members({'a': 'alive', 'b': 'left', 'c': 'alive'}, seconds=5)


def test_a_node_joins_in_the_middle(world):
    long()
    mesh = Mesh(world, 'a')
    late = mesh.add('late')
    ours = waits(world, 12, 3)
    process = mesh.start_build(ours)
    busy_nodes_of = [mesh['a']]
    wait_for_stage(busy_nodes_of[0])
    late.start()
    late.wait_up()
    run = finish(process)
    assert run.code == 0, run
    assert built_by(run).get('late', 0) >= 3, f'the new node got no work: {built_by(run)}'
    mesh.wait_for_members({'a': 'alive', 'late': 'alive'})


def stopped(world, number):
    mesh = Mesh(world)
    ours = waits(world, 6, 60)
    process = mesh.start_build(ours)
    busy_nodes(mesh, process)
    wait_until(lambda: len([words for words in mesh.stages() if MARK in words]) >= 6, 'all stages run')
    process.send_signal(number)
    started = time.monotonic()
    run = finish(process, timeout=20)
    return mesh, ours, run, started


def assert_stages_end(mesh, started, seconds):
    wait_until(lambda: not mesh.stages(), f'the stages end on the nodes; left: {mesh.stages()}', seconds)
    for node in mesh.nodes.values():
        assert node.is_running, f'{node.name} died: {node.log[-1000:]}'
    rows = mesh.status()
    assert all(row['running'] == 0 for row in rows.values()), f'slots are not free: {rows}'


def test_interrupted(world):
    mesh, ours, run, started = stopped(world, signal.SIGINT)
    assert run.code == 1 and 'stopped' in run.errors, run
    assert_stages_end(mesh, started, 3)
    mesh.build(waits(world, 3, 0, name='next'))


def test_the_client_is_killed(world):
    mesh, ours, run, started = stopped(world, signal.SIGKILL)
    assert_stages_end(mesh, started, 15)
    mesh.build(waits(world, 3, 0, name='next'))


def test_the_client_vanishes(world):
    """Its network is cut: nobody tells the nodes that it is gone."""
    long()
    mesh = Mesh(world)
    ours = waits(world, 6, 100)
    process = mesh.start_build(ours)
    busy_nodes(mesh, process)
    assert mesh.stages(on_nodes=True)
    subprocess.run(['ip', '-n', mesh.space('me'), 'link', 'set', 'eth0', 'down'], check=True)
    wait_until(lambda: not mesh.stages(on_nodes=True), 'stages end', 60)
    process.kill()
    finish(process)


def test_a_slow_link(world):
    """A node that is hard to reach costs time, and nothing else."""
    long()
    mesh = Mesh(world)
    mesh['b'].slow('4mbit')
    ours = world.project({
        'busybox': busybox(), 'big': os.urandom(3_000_000), 'werf.yaml': werf(*[image(f'app-{n}', dockerfile=f'Dockerfile.{n}') for n in range(6)]),
        **{f'Dockerfile.{n}': SHELL + f'RUN sleep 0.{n}\nCOPY big /big\nRUN sha256sum /big; sleep 1; echo {n} > /number\n' for n in range(6)}})
    run = mesh.build(ours)
    assert_made(world, ours, 6)
    mesh.wait_for_members({name: 'alive' for name in 'abc'})
    assert run.seconds < 60, f'{run.seconds:.0f} s'


def small_disk(world, node, mib):
    os.makedirs(node.store)
    mount = subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={mib}m', 'tmpfs', node.store], capture_output=True, text=True)
    if mount.returncode:
        raise Skipped(f'no tmpfs can be mounted: {mount.stderr.strip()}')
    world.mounts.add(node.store)


def test_a_full_disk(world):
    """A node without space refuses, or fails a stage: the others take it."""
    mesh = Mesh(world, start=False)
    small_disk(world, mesh['b'], DISK_MIB)
    mesh.start()
    ours = waits(world, 6, 1, 'RUN dd if=/dev/urandom of=/big bs=1000000 count=20; sleep 1\n')
    run = mesh.build(ours)
    assert_made(world, ours, 6)
    assert mesh['b'].is_running, mesh['b'].log[-1000:]
    assert 'o space' in mesh['b'].log + run.all or built_by(run).get('b', 0) == 0, f'nothing is said of the full disk: {run}'
    mesh.build(waits(world, 6, 0.5, name='next'))


def test_a_wrong_clock(world):
    """A node an hour ahead builds as the others do."""
    long()
    mesh = Mesh(world, start=False)
    mesh['a'].start()
    mesh['b'].start(**mesh.clock(3600))
    mesh['c'].start(**mesh.clock(-120))
    for node in mesh.nodes.values():
        node.wait_up()
    mesh.wait_for_members({name: 'alive' for name in 'abc'})
    ours = project(world)
    run = mesh.build(ours)
    assert set(built_by(run)) == set('abc'), built_by(run)
    again = mesh.build(ours)
    assert steps_run(again) == 0, again
    mesh['b'].kill()
    mesh.wait_for_members({'a': 'alive', 'b': 'dead', 'c': 'alive'})
    mesh['b'].start()
    mesh.wait_for_members({name: 'alive' for name in 'abc'})


def chains(world, count, steps, seconds, name='chains'):
    """Images of several steps that nobody else makes; each writes what the one before wrote, and more."""
    files = {'busybox': busybox()}
    for number in range(count):
        lines = [f'RUN : {MARK}; sleep {seconds}; cat /said > /more 2> /dev/null; echo {number}.{step} >> /more; mv /more /said'
                 for step in range(steps)]
        files[f'Dockerfile.{number}'] = SHELL + '\n'.join(lines) + f'\nRUN echo {number} > /number\n'
    images = [image(f'app-{number}', dockerfile=f'Dockerfile.{number}') for number in range(count)]
    return world.project({**files, 'werf.yaml': werf(*images)}, folder=name)


def assert_chains(world, ours, count, steps):
    for number in range(count):
        said = world.weft(ours, 'run', f'app-{number}', '--', 'cat', '/said').output
        assert said.split() == [f'{number}.{step}' for step in range(steps)], said


def test_layers_die_with_their_node(world):
    """What only the dead node had is made again."""
    long()
    mesh = Mesh(world)
    ours = chains(world, 6, 4, 1)
    process = mesh.start_build(ours)
    wait_until(lambda: any('/RUN5' in title for title in mesh['b'].titles()), 'the third step on b')
    mesh['b'].kill()
    run = finish(process)
    assert run.code == 0, run
    assert_chains(world, ours, 6, 4)


def test_nodes_die_one_after_the_other(world):
    long()
    mesh = Mesh(world)
    ours = chains(world, 6, 4, 1)
    process = mesh.start_build(ours)
    for name in 'ba':
        wait_for_stage(mesh[name])
        time.sleep(1.5)
        mesh[name].kill()
    run = finish(process)
    assert run.code == 0, run
    assert_chains(world, ours, 6, 4)
    assert built_by(run).get('c', 0) > 0, built_by(run)


def test_a_node_starts_again_at_once(world):
    long()
    mesh = Mesh(world)
    ours = chains(world, 6, 4, 1)
    process = mesh.start_build(ours)
    busy_nodes(mesh, process)
    for _ in range(2):
        mesh['b'].kill()
        mesh['b'].start()
        time.sleep(2)
    run = finish(process)
    assert run.code == 0, run
    assert_chains(world, ours, 6, 4)
    mesh.wait_for_members({name: 'alive' for name in 'abc'})


def test_a_link_that_comes_and_goes(world):
    long()
    mesh = Mesh(world)
    ours = chains(world, 6, 4, 1)
    process = mesh.start_build(ours)
    busy_nodes(mesh, process)
    for _ in range(5):
        mesh['b'].cut()
        time.sleep(1)
        mesh['b'].join_again()
        time.sleep(0.7)
    run = finish(process)
    assert run.code == 0, run
    assert_chains(world, ours, 6, 4)
    mesh.wait_for_members({name: 'alive' for name in 'abc'}, seconds=40)


def test_all_nodes_drain(world):
    """Then the client builds what is left."""
    long()
    mesh = Mesh(world, 'ab')
    ours = waits(world, 8, 2)
    process = mesh.start_build(ours)
    busy_nodes(mesh, process)
    for name in 'ab':
        run = mesh.weft('mesh', 'drain', name)
        assert run.code == 0, run
    run = finish(process, timeout=60)
    assert run.code == 0, run
    assert_made(world, ours, 8)
    assert '' in built_by(run), built_by(run)
    # And the next build begins with nobody.
    mesh.build(waits(world, 2, 0, name='next'))


def test_the_client_is_paused(world):
    """Nodes give its stages up, and it begins them again."""
    long()
    mesh = Mesh(world, 'ab')
    ours = waits(world, 4, 5)
    process = mesh.start_build(ours)
    busy_nodes(mesh, process)
    process.send_signal(signal.SIGSTOP)
    time.sleep(20)
    process.send_signal(signal.SIGCONT)
    run = finish(process)
    assert run.code == 0, run
    assert_made(world, ours, 4)


def test_a_drain_has_an_end(world):
    """Stages that run longer than a node may take to end are made elsewhere."""
    long()
    mesh = Mesh(world, 'ab', drainTimeout='2s')
    ours = waits(world, 4, 8)
    process = mesh.start_build(ours)
    busy_nodes(mesh, process)
    started = time.monotonic()
    code = mesh['b'].stop()
    assert code == 0 and time.monotonic() - started < 8, f'{code} after {time.monotonic() - started:.1f} s'
    wait_until(lambda: len([1 for words in mesh.stages() if MARK in words and words.startswith('/bin/sh')]) <= SLOTS,
               'what ran on it is gone', 3)
    run = finish(process)
    assert run.code == 0, run
    assert_made(world, ours, 4)
