"""Odd build contexts: links that lead out, pipes, strange names."""
import os, stat, subprocess
from world import SHELL, busybox, image, werf

CANARY = 'only on this host'


def project(world, dockerfile, **files):
    return world.project({'busybox': busybox(), 'Dockerfile': dockerfile, 'werf.yaml': werf(image('app')), **files})


def shell(world, project, command):
    return world.weft(project, 'run', 'app', '--', 'sh', '-c', command).output


def canary(world):
    os.makedirs(world.path('outside'))
    with open(world.path('outside/file'), 'w') as file:
        file.write(CANARY)
    return world.path('outside')


def test_links_out_of_the_tree_reach_nothing(world):
    outside = canary(world)
    ours = project(world, SHELL + 'COPY folder /folder\n', **{'folder/file': 'x'})
    for name, target in (('absolute', outside + '/file'), ('climbing', '../' * 20 + outside[1:] + '/file'), ('dangling', 'nowhere')):
        os.symlink(target, f'{ours.folder}/folder/{name}')
    os.symlink(outside, ours.folder + '/out')
    ours.commit()
    for mode in ([], ['--loose-giterminism']):
        world.weft(ours, 'build', *mode)
        said = shell(world, ours, 'cd /folder; for f in *; do echo "$f $(readlink $f)"; done')
        assert said.splitlines() == [f'absolute {outside}/file', 'climbing ' + '../' * 20 + outside[1:] + '/file',
                                     'dangling nowhere', 'file '], said
    for source in ('out/file', 'folder/absolute', 'folder/climbing', 'out'):
        ours.write({'Dockerfile': SHELL + f'COPY {source} /taken\n'})
        ours.commit()
        for mode in ([], ['--loose-giterminism']):
            run = world.run(ours, 'build', *mode)
            if run.code == 0:
                assert CANARY not in shell(world, ours, 'cat /taken /taken/* 2>/dev/null; true'), f'{source} left the context'
            else:
                assert 'Error' in run.errors and CANARY not in run.all, run
    found = subprocess.run(['grep', '-rl', CANARY, world.store], capture_output=True, text=True).stdout
    assert not found, f'a file from outside is in the store: {found}'


def test_a_context_that_is_a_link_out(world):
    outside = canary(world)
    ours = project(world, SHELL)
    os.symlink(outside, ours.folder + '/out')
    ours.write({'werf.yaml': werf(image('app', context='out', dockerfile='Dockerfile')), 'x': ''})
    ours.commit()
    for mode in ([], ['--loose-giterminism']):
        world.fails(ours, 'build', *mode)


def test_pipes_and_sockets_in_the_work_tree(world):
    ours = project(world, SHELL + 'COPY . /all\n', **{'folder/file': 'x'})
    os.mkfifo(ours.folder + '/folder/pipe')
    world.weft(ours, 'build', timeout=60)
    for mode in ('--dev', '--loose-giterminism'):
        run = world.run(ours, 'build', mode, timeout=60)
        assert run.code == 0 or 'folder/pipe' in run.errors, run


def test_strange_names(world):
    names = ['two\nlines', 'tab\there', 'ü' * 127 + 'x', 'n' * 255, '-dash', '*', '?', '[a]', '{b}', '\\back', '"quote"', "'",
             ' space ', '$HOME', '#hash', '!not', 'a,b', '~', '%41', '\x01', '.wh.x'[1:]]
    ours = project(world, SHELL + 'COPY names /names\n', **{'names/' + name: name for name in names})
    world.weft(ours, 'build')
    said = world.weft(ours, 'run', 'app', '--', 'sh', '-c', 'cd /names; for f in * .*; do [ -f "$f" ] && cat -- "$f" && printf "\\377"; done; true')
    count = len(os.listdir(ours.folder + '/names'))
    assert said.output.count('\ufffd') == count == len(names), (said.output, count)
    for mode in ('--dev', '--loose-giterminism'):
        run = world.build(ours, mode)
        assert not run.report['Images']['app']['Rebuilt'], f'{mode} names the same files otherwise: {run}'


def test_names_that_are_not_unicode(world):
    ours = project(world, SHELL + 'COPY names /names\n', **{'names/plain': 'x'})
    with open(os.fsencode(ours.folder) + b'/names/\xff\xfe', 'wb') as file:
        file.write(b'odd')
    ours.commit()
    world.weft(ours, 'build')
    said = shell(world, ours, 'cd /names; cat $(printf "\\377\\376")')
    assert said == 'odd', said


def test_a_name_that_would_be_a_whiteout_is_refused(world):
    ours = project(world, SHELL + 'COPY names /names\n', **{'names/.wh.x': 'x'})
    world.fails(ours, 'build', says='.wh.x')


def test_many_files(world):
    files = {f'many/{n // 100}/{n}': str(n) for n in range(5000)}
    ours = project(world, SHELL + 'COPY many /many\nRUN find /many -type f | wc -l > /count\n', **files)
    world.weft(ours, 'build')
    assert shell(world, ours, 'cat /count').strip() == '5000'


def test_modes_and_links_of_git(world):
    ours = project(world, SHELL + 'COPY folder /folder\n', **{'folder/plain': 'x', 'folder/program': '#!/bin/sh\necho runs\n'})
    os.chmod(ours.folder + '/folder/program', 0o755)
    os.symlink('plain', ours.folder + '/folder/link')
    ours.commit()
    world.weft(ours, 'build')
    said = shell(world, ours, 'cd /folder; stat -c "%A %n" link plain program; ./program')
    assert said.splitlines() == ['lrwxrwxrwx link', '-rw-r--r-- plain', '-rwxr-xr-x program', 'runs'], said
