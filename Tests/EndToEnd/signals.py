"""Ctrl-C and SIGTERM at random moments: a message, an exit code, nothing left behind, and the next build works."""
import re, signal, time
from images import push_shell
from kills import project
from traces import areas, assert_clean
from world import busybox, finish, image, werf

MOMENTS = 6


def stopped(world, ours, repo, moment, number, states):
    """Stops a build after `moment` seconds; False when it was done before."""
    process = world.start(ours, 'build', f'--repo={repo}')
    time.sleep(moment)
    states |= set(areas(world.store))
    process.send_signal(number)
    run = finish(process)
    assert_clean(world, states=states, seconds=1)
    if run.code == 0:
        return False
    # Before it has begun to work the signal ends weft as it ends any program.
    if run.code != -number:
        assert run.code == 1 and 'stopped' in run.errors, f'signal {number} after {moment:.3f} s: {run}'
    return True


def check(world, number):
    registry = world.registry()
    ours = project(world, push_shell(registry, busybox()))
    reference = world.build(ours, f'--repo={registry.host}/reference', store=world.path('reference'))
    count, states = 0, set()
    for attempt in range(MOMENTS):
        ours.write({'version': str(attempt // 3)})
        ours.commit()
        count += stopped(world, ours, f'{registry.host}/shop', world.random.uniform(0, reference.seconds), number, states)
    assert count > 0, 'every build was done before its signal'
    world.build(ours, f'--repo={registry.host}/shop')
    assert_clean(world, states=states, seconds=1)


def test_interrupted(world):
    check(world, signal.SIGINT)


def test_terminated(world):
    check(world, signal.SIGTERM)


def test_a_step_that_ignores_signals_is_ended(world):
    registry = world.registry()
    base = push_shell(registry, busybox())
    ours = world.project({
        'Dockerfile': f"FROM {base}\nRUN trap '' INT TERM; echo $((6 * 7)) is said; sleep 1000 & wait; sleep 1000\n",
        'werf.yaml': werf(image('app'))})
    process = world.start(ours, 'build')
    while '42 is said' not in (line := process.stdout.readline()):
        assert line, process.communicate()
    process.send_signal(signal.SIGINT)
    run = finish(process, timeout=30)
    assert run.code == 1 and 'stopped' in run.errors, run
    assert_clean(world, seconds=1)


def test_steps_do_not_inherit_ignored_signals(world):
    registry = world.registry()
    base = push_shell(registry, busybox())
    ours = world.project({
        'Dockerfile': f'FROM {base}\nRUN ["grep", "-E", "Sig(Ign|Blk)", "/proc/self/status"]\n', 'werf.yaml': werf(image('app'))})
    said = re.findall(r'Sig(?:Ign|Blk):\s*([0-9a-f]+)', world.build(ours).output)
    # Above 31 are those that the C library keeps for itself.
    assert [int(word, 16) & 0x7fffffff for word in said] == [0, 0], said


def test_a_container_of_weft_run_is_ended(world):
    registry = world.registry()
    base = push_shell(registry, busybox())
    ours = world.project({'Dockerfile': f'FROM {base}\nENV A=b\n', 'werf.yaml': werf(image('app'))})
    world.build(ours)
    process = world.start(ours, 'run', 'app', '--', 'sh', '-c', 'echo begun; sleep 1000')
    while 'begun' not in (line := process.stdout.readline()):
        assert line, process.communicate()
    process.send_signal(signal.SIGINT)
    run = finish(process, timeout=30)
    assert run.code == 1 and 'stopped' in run.errors, run
    assert_clean(world, seconds=1)
