"""weft digest beside the programs that people use today, over trees with everything in them."""
import base64, hashlib, json, os, subprocess, time
from world import SHELL, busybox, image, werf


def digest(world, *arguments, **options):
    """A run of `weft digest`: outputs as bytes."""
    os.makedirs(world.path('user'), exist_ok=True)
    done = subprocess.run([world.program, 'digest', *arguments], capture_output=True, env=world.environment(), timeout=120, **options)
    assert b'Fatal error' not in done.stderr, done.stderr
    return done


def tree(world, count=300):
    """Files of many sizes under names of every kind."""
    folder = os.fsencode(world.path('tree'))
    names = [b'plain', b'two words', b'line\nbreak', b'back\\slash', b're\rturn', b'not utf-8 \xff\xfe', b'-dash', b'quote\'"', '\u00e9t\u00e9'.encode()]
    names += [b'%d/%d/file' % (number % 7, number) for number in range(count)]
    for name in names:
        place = os.path.join(folder, name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, 'wb') as file:
            file.write(world.random.randbytes(world.random.choice((0, 1, 100, 4096, 70_000, 300_000))))
    return folder


def reference(folder):
    return subprocess.run('find tree -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum', shell=True, check=True, capture_output=True,
                          cwd=os.path.dirname(folder)).stdout


def directory_hash(folder):
    """Go's dirhash, over a tree without links and line breaks."""
    lines = []
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            lines.append((b'/' + os.path.relpath(path, folder), hashlib.sha256(open(path, 'rb').read()).hexdigest().encode()))
    text = b''.join(digest + b'  ' + name + b'\n' for name, digest in sorted(lines))
    return b'h1:' + base64.b64encode(hashlib.sha256(text).digest())


def test_lines_are_those_of_sha256sum(world):
    folder = tree(world)
    lines = reference(folder)
    for flags in ([], ['--threads', '1'], ['--threads', '5'], ['--no-index'], []):
        done = digest(world, '--files', *flags, 'tree', cwd=world.folder)
        assert done.stdout == lines and done.returncode == 0, (flags, done.stderr)
    with open(world.path('SUMS'), 'wb') as file:
        file.write(lines)
    subprocess.run(['sha256sum', '--check', '--strict', '--quiet', 'SUMS'], check=True, cwd=world.folder)
    names = [os.path.join(place, name) for place, _, files in os.walk(folder) for name in files]
    done = digest(world, *names)
    assert done.stdout == subprocess.run(['sha256sum', *names], check=True, capture_output=True).stdout, done.stderr


def test_a_folder_has_the_hash_of_go(world):
    folder = tree(world)
    os.remove(folder + b'/line\nbreak')
    expected = directory_hash(folder)
    for flags in ([], ['--threads', '1'], []):
        assert digest(world, *flags, folder).stdout == expected + b'  ' + folder + b'\n'
    found = json.loads(digest(world, '--json', folder, folder + b'/plain').stdout)
    assert [entry['digest'] for entry in found][0] == expected.decode(), found
    assert found[1]['digest'] == 'sha256:' + hashlib.sha256(open(folder + b'/plain', 'rb').read()).hexdigest()
    listed = json.loads(digest(world, '--json', '--files', folder).stdout)[0]['files']
    assert len(listed) == found[0]['fileCount'], listed


def test_the_index_believes_no_change(world):
    """Rounds of changes, many of which keep size and mtime: each time the lines are sha256sum's."""
    folder = tree(world, 60)
    files = [os.path.join(place, name) for place, _, names in os.walk(folder) for name in names]
    for round in range(12):
        if round % 4 == 3:
            time.sleep(2.2)  # so that something is remembered
        for path in world.random.sample(files, 20):
            status = os.stat(path)
            if round % 2:
                with open(path, 'r+b') as file:
                    file.write(world.random.randbytes(min(status.st_size, 10)))
            else:
                other = path + b'.new'
                with open(other, 'wb') as file:
                    file.write(world.random.randbytes(status.st_size))
                os.rename(other, path)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert digest(world, '--files', 'tree', cwd=world.folder).stdout == reference(folder), f'round {round}'


def test_faults_are_said_and_the_rest_is_hashed(world):
    folder = world.path('odd')
    os.makedirs(folder + '/inner')
    os.mkfifo(folder + '/inner/pipe')
    with open(world.path('good'), 'w') as file:
        file.write('good')
    done = digest(world, world.path('nothing'), world.path('good'), folder, world.path('good'))
    assert done.returncode == 1
    assert done.stdout.decode().split() == [hashlib.sha256(b'good').hexdigest(), world.path('good')] * 2
    errors = done.stderr.decode().splitlines()
    assert len(errors) == 2 and all(line.startswith('Error: ') for line in errors), errors
    assert 'nothing' in errors[0] and 'inner/pipe' in errors[1] and 'fifo' in errors[1], errors
    for arguments in ([], ['--threads', '0', 'x'], ['--wrong', 'x']):
        done = digest(world, *arguments)
        assert done.returncode not in (0, 1) and done.stderr and not done.stdout, done
    full = open('/dev/full', 'w')
    assert subprocess.run([world.program, 'digest', world.path('good')], stdout=full, stderr=subprocess.DEVNULL).returncode == 1


def test_added_files_that_change_are_built_anew(world):
    """contextAddFiles are hashed through the index: a change that keeps size and mtime is built all the same."""
    ours = world.project({'busybox': busybox(), 'Dockerfile': SHELL + 'COPY made /made\n', '.gitignore': '/made\n',
                          'werf-giterminism.yaml': 'giterminismConfigVersion: 1\nconfig:\n  dockerfile:\n    allowContextAddFiles: [made]\n',
                          'werf.yaml': werf(image('app', contextAddFiles=['made']))})
    os.makedirs(ours.folder + '/made')
    for number in range(20):
        with open(f'{ours.folder}/made/{number}', 'w') as file:
            file.write(f'first {number:5}')
    def said():
        return world.weft(ours, 'run', 'app', '--', 'sh', '-c', 'cat /made/*').output
    time.sleep(2.2)
    assert 'first     7' in said() and 'first     7' in said()
    path = ours.folder + '/made/7'
    status = os.stat(path)
    with open(path, 'r+') as file:
        file.write('other')
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert 'other     7' in said()
