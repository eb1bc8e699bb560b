"""`weft host cleanup`: what builds and images need stays, whatever else goes comes again."""
import json, os, subprocess, time
from services import wait_until
from world import SHELL, busybox, finish, image, werf

STEPS = SHELL + 'RUN echo one > /one\nRUN echo two > /two\n'
HOURS = 3600


def project(world, dockerfile=STEPS):
    return world.project({'busybox': busybox(), 'Dockerfile': dockerfile, 'werf.yaml': werf(image('app'))})


def clean(world, *arguments):
    """What the cleaning says of itself."""
    run = subprocess.run(
        [world.program, 'host', 'cleanup', f'--backend-storage-path={world.store}', '--reserve=0B', '--json', *arguments],
        capture_output=True, text=True, env=world.environment(), timeout=60)
    assert run.returncode == 0, run
    return json.loads(run.stdout)


def age(world):
    """As if nobody had used anything for a day."""
    then = time.time() - 24 * HOURS
    for kind in ('blobs/sha256', 'layers', 'steps', 'partial', 'repos'):
        for folder, _, files in os.walk(os.path.join(world.store, kind)):
            for name in files if '/fs' not in folder else ():
                os.utime(os.path.join(folder, name), (then, then))


def layers(world):
    return {name for name in os.listdir(world.path('store/layers')) if len(name) == 64}


def test_images_stay_and_steps_of_older_ones_go(world):
    ours = project(world)
    world.build(ours)
    first = layers(world)
    ours.write({'Dockerfile': STEPS.replace('two', 'three')})
    ours.commit()
    world.build(ours)
    age(world)
    said = clean(world, '--budget=0B')
    assert said['shortfall'] > 0 and said['kept']['root'] > 0, said
    assert first <= layers(world), 'the older image is an image, too'
    assert 'three' in world.weft(ours, 'run', 'app', '--', 'cat', '/three').output
    assert 'layer' not in said['freed'], said
    age(world)
    everything = clean(world, '--budget=0B', '--images', '--dry-run')
    before = layers(world)
    assert everything['freed']['layer']['count'] == len(before), everything
    assert layers(world) == before
    clean(world, '--budget=0B', '--images')
    assert layers(world) == set()
    world.build(ours)
    assert 'three' in world.weft(ours, 'run', 'app', '--', 'cat', '/three').output


def test_what_a_running_build_needs_stays(world):
    ours = project(world, STEPS + 'RUN --mount=type=cache,target=/c echo > /c/started; sleep 4; cat /one /two > /all\n')
    build = world.start(ours, 'build')
    caches = world.path('store/caches')
    wait_until(lambda: os.path.isdir(caches) and any(
        os.path.exists(f'{caches}/{name}/started') for name in os.listdir(caches)), 'the last step runs')
    age(world)
    said = clean(world, '--budget=0B', '--images', '--caches')
    assert said['kept'].get('pinned', 0) > 0, said
    run = finish(build)
    assert run.code == 0, run
    assert world.weft(ours, 'run', 'app', '--', 'cat', '/all').output.split() == ['one', 'two']


def test_a_folder_that_is_no_store_is_left_alone(world):
    os.makedirs(world.path('other'))
    run = subprocess.run(
        [world.program, 'host', 'cleanup', f'--backend-storage-path={world.path("other")}'], capture_output=True,
        text=True, env=world.environment())
    assert run.returncode == 1 and 'is no store' in run.stderr, run
    assert os.listdir(world.path('other')) == []
