"""A store on a file system that fills up: an error that says so, nothing half written, and the next build works."""
import os, subprocess
from images import push_shell
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
