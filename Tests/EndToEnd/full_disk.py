"""A store on a file system that fills up: an error that says so, nothing half written, and the next build works."""
import os, subprocess
from hostile_bases import Server
from images import HandMade, entry, push_shell, shell_layer, tar
from traces import assert_clean
from world import Skipped, busybox, image, werf

DISK_MIB = 48
BALLAST = 'ballast'


def small_disk(world):
    place = world.path('small')
    os.makedirs(place)
    mount = subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={DISK_MIB}m', 'tmpfs', place], capture_output=True, text=True)
    if mount.returncode:
        raise Skipped(f'no tmpfs can be mounted: {mount.stderr.strip()}')
    world.mounts.add(place)
    return place, place + '/store'


def fill(place, left_kib):
    """Leaves so much free space."""
    free = os.statvfs(place)
    count = free.f_bavail * free.f_bsize - left_kib * 1024
    with open(f'{place}/{BALLAST}', 'wb') as file:
        file.write(bytes(max(0, count)))


def check(world, files, flags, left_kib):
    place, store = small_disk(world)
    project = world.project({**files, 'werf.yaml': werf(image('app'))})
    for left in left_kib:
        fill(place, left)
        run = world.fails(project, 'build', *flags, store=store)
        said = run.all.lower()
        assert 'no space' in said, f'{left} KiB left: {run}'
        os.unlink(f'{place}/{BALLAST}')
        assert_clean(world, stores=[store])
    world.build(project, *flags, store=store)
    said = world.weft(project, 'run', 'app', *flags, '--', 'sh', '-c', 'cat /small; wc -c < /big', store=store).output
    assert said == 'small\n8000000\n', said
    assert_clean(world, stores=[store])


def test_a_step_fills_the_disk(world):
    registry = world.registry()
    base = push_shell(registry, busybox())
    check(world, {'Dockerfile': f'FROM {base}\nRUN echo small > /small\nRUN dd if=/dev/zero of=/big bs=1000000 count=8\n'},
          [], (64, 1024, 3000, 6000))


def test_a_copy_fills_the_disk(world):
    registry = world.registry()
    base = push_shell(registry, busybox())
    check(world, {'Dockerfile': f'FROM {base}\nCOPY small /\nCOPY big /\n', 'small': 'small\n', 'big': os.urandom(8000000)},
          [f'--repo={registry.host}/shop'], (500, 6000, 12000))


def test_a_base_image_fills_the_disk(world):
    registry = world.registry()
    base = push_shell(registry, busybox())
    check(world, {'Dockerfile': f'FROM {base}\nCOPY small /\nCOPY big /\n', 'small': 'small\n', 'big': bytes(8000000)},
          [], (0, 16, 300, 1200, 2200))


def test_a_download_fills_the_disk(world):
    """What was received of it goes: the next build has its space."""
    place, store = small_disk(world)
    registry = world.registry()
    made = HandMade([shell_layer(busybox()), tar([entry('noise', os.urandom(8_000_000))])])
    base = made.push(registry, 'base', 'noise')
    big = world.project({'Dockerfile': f'FROM {base}\nRUN echo x > /x\n', 'werf.yaml': werf(image('app'))}, folder='big')
    fill(place, 5000)
    world.fails(big, 'build', store=store, says='no space')
    assert os.listdir(store + '/partial') == [], os.listdir(store + '/partial')
    small = world.project({'Dockerfile': 'FROM scratch\nCOPY word /\n', 'word': 'x', 'werf.yaml': werf(image('app'))}, folder='little')
    world.build(small, store=store)
    assert_clean(world, stores=[store])


def test_a_file_from_the_web_fills_the_disk(world):
    place, store = small_disk(world)
    web = Server()
    world.services.append(web)
    web.answers['/file'] = (200, 'application/octet-stream', bytes(30_000_000))
    project = world.project({'Dockerfile': f'FROM scratch\nADD http://{web.host}/file /f\n', 'werf.yaml': werf(image('app'))})
    fill(place, 6000)
    world.fails(project, 'build', store=store, says=['no space', 'cannot write'])
    assert_clean(world, stores=[store])
