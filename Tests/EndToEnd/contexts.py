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


def rendered(world, project, *flags):
    command = [world.program, 'config', 'render', *flags]
    return subprocess.run(command, cwd=project.folder, check=True, capture_output=True, text=True,
                          env=world.environment()).stdout


def allowing(text):
    return 'giterminismConfigVersion: 1\nconfig:\n' + text


ADDED = allowing('  dockerfile:\n    allowContextAddFiles: ["**/*"]\n')


def test_added_files_are_not_written_through_links(world):
    outside = canary(world)
    ours = project(world, SHELL + 'COPY . /all\n', **{'werf-giterminism.yaml': ADDED, 'werf.yaml': werf(
        image('app', contextAddFiles=['dist']))})
    os.symlink(outside, ours.folder + '/dist')
    ours.commit()
    os.unlink(ours.folder + '/dist')
    ours.write({'dist/pwned': 'from the work tree', 'dist/deep/er': 'deep'})
    for staged in (False, True):
        ours.write({'werf.yaml': werf(image('app', contextAddFiles=['dist'], staged=staged))})
        ours.git('add', 'werf.yaml')
        ours.git('commit', '-q', '--allow-empty', '-m', 'Change')
        world.weft(ours, 'build')
        assert os.listdir(outside) == ['file'], os.listdir(outside)
        assert shell(world, ours, 'cd /all/dist; cat pwned deep/er; ls') == 'from the work treedeepdeep\npwned\n'


def test_added_files_take_the_place_of_committed_ones(world):
    ours = project(world, SHELL + 'COPY . /all\n', **{
        'werf-giterminism.yaml': ADDED, 'one': 'committed', 'folder/file': 'committed', 'was-file': 'committed',
        'werf.yaml': werf(image('app', contextAddFiles=['one', 'folder', 'was-file']))})
    os.unlink(ours.folder + '/folder/file')
    os.rmdir(ours.folder + '/folder')
    os.unlink(ours.folder + '/was-file')
    ours.write({'one': 'added', 'folder': 'now a file', 'was-file/x': 'now a folder'})
    world.weft(ours, 'build')
    assert shell(world, ours, 'cd /all; cat one folder was-file/x') == 'addednow a filenow a folder'


def test_added_files_are_not_found_through_links(world):
    outside = canary(world)
    ours = project(world, SHELL + 'COPY . /all\n', **{'werf-giterminism.yaml': ADDED})
    os.symlink(outside, ours.folder + '/link')
    os.makedirs(outside + '/sub')
    with open(outside + '/sub/file', 'w') as file:
        file.write(CANARY)
    for added in ('link/sub', 'link/file', 'link/sub/file'):
        ours.write({'werf.yaml': werf(image('app', contextAddFiles=[added]))})
        ours.commit()
        for mode in ([], ['--loose-giterminism']):
            run = world.fails(ours, 'build', *mode, says=['link', 'symbolic link'])
            assert CANARY not in run.all and 'sub/file' not in run.all.replace(added, ''), run


def test_added_files_must_exist_even_if_nothing_takes_them(world):
    ours = project(world, SHELL, **{'werf-giterminism.yaml': ADDED, 'werf.yaml': werf(
        image('app', contextAddFiles=['dist/app']))})
    world.fails(ours, 'build', says=['werf.yaml:4', 'dist/app', 'contextAddFiles'])
    ours.write({'dist/app': 'x'})
    world.weft(ours, 'build')


def test_an_uncommitted_ignore_file_is_not_passed_over(world):
    ours = project(world, SHELL + 'COPY folder /folder\n', **{'folder/file': 'x', 'folder/secret': CANARY})
    ours.write({'.dockerignore': 'folder/secret\n'})
    world.fails(ours, 'build', says=['.dockerignore', 'must be committed'])
    ours.write({'.gitignore': '.dockerignore\n'})
    ours.commit()
    world.fails(ours, 'build', says=['.dockerignore', 'must be committed'])
    ours.write({'werf-giterminism.yaml': allowing(
        '  dockerfile:\n    allowUncommittedDockerignoreFiles: [".dockerignore"]\n')})
    ours.commit()
    world.weft(ours, 'build')
    assert shell(world, ours, 'ls /folder') == 'file\n'


def test_exceptions_are_for_one_kind_of_file(world):
    ours = project(world, SHELL, **{'word': 'x', 'werf-giterminism.yaml': allowing(
        '  goTemplateRendering:\n    allowUncommittedFiles: ["**/*"]\n'),
        'werf.yaml': '# {{ .Files.Get "word" }}\n' + werf(image('app'))})
    ours.write({'word': 'y'})
    assert '# y' in rendered(world, ours)
    for path in ('Dockerfile', 'werf.yaml'):
        before = open(ours.folder + '/' + path).read()
        ours.write({path: before + '# changed\n'})
        world.fails(ours, 'build', says=[path, 'must be committed'])
        ours.write({path: before})
    ours.write({'werf-giterminism.yaml': allowing('  allowUncommitted: true\n')})
    ours.commit()
    ours.write({'werf.yaml': '# changed\n' + werf(image('app'))})
    for path in ('werf.yaml', './werf.yaml', ours.folder + '/werf.yaml'):
        assert '# changed' in rendered(world, ours, f'--config={path}')


def test_loose_giterminism_reads_configuration_from_the_disk(world):
    ours = project(world, SHELL + 'COPY folder /folder\n', **{'folder/file': 'committed', '.dockerignore': 'folder/not\n'})
    world.build(ours)
    ours.write({'folder/file': 'changed', 'folder/new': 'not committed'})
    run = world.build(ours, '--loose-giterminism')
    assert not run.report['Images']['app']['Rebuilt'], 'the context is the commit\'s'
    ours.write({'Dockerfile': SHELL + 'COPY folder /other\n'})
    run = world.build(ours, '--loose-giterminism')
    assert run.report['Images']['app']['Rebuilt'], 'the Dockerfile is read from the disk'
    said = world.weft(ours, 'run', 'app', '--loose-giterminism', '--', 'sh', '-c', 'cd /other; for f in *; do cat $f; done').output
    assert said == 'committed', said


def test_configuration_beside_the_project(world):
    ours = project(world, SHELL, **{
        'apps/Dockerfile': SHELL + 'RUN echo x > /x\n', 'apps/busybox': busybox(),
        'werf.yaml': '# {{ include "a/x.tmpl" . }}\n' + werf(image('app')), 'tpl/a/x.tmpl': 'from beside'})
    class Below:
        folder = ours.folder + '/apps'
    for place, config, templates in ((ours, 'werf.yaml', 'tpl'), (Below, '../werf.yaml', '../tpl')):
        flags = [f'--dir={ours.folder}/apps', f'--config={config}', f'--config-templates-dir={templates}']
        assert '# from beside' in rendered(world, place, *flags)
        world.weft(place, 'build', *flags)
    world.fails(ours, 'build', '--config=../werf.yaml', says='work tree')
    world.fails(ours, 'build', '--config-templates-dir=/etc', says='work tree')


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


def test_a_copied_link_does_not_take_the_whole_context(world):
    """A step is named by the files it can touch: what its links lead to is, what they do not is not."""
    # The image's own name, which is werf's, knows nothing of links: the last line makes each image another one.
    dockerfile = SHELL + 'COPY linked/file /copied\nRUN cat /copied && echo it-ran\nENV NUMBER={}\n'
    ours = project(world, dockerfile.format(1), **{'far/file': 'one', 'unused': 'x'})
    os.symlink('/far', ours.folder + '/mid')
    os.symlink('mid', ours.folder + '/linked')
    ours.commit()
    assert 'it-ran' in world.weft(ours, 'build').output
    ours.write({'unused': 'y', 'Dockerfile': dockerfile.format(2)})
    ours.commit()
    assert 'it-ran' not in world.weft(ours, 'build').output, 'a file beside the copied one was looked at'
    ours.write({'far/file': 'two', 'Dockerfile': dockerfile.format(3)})
    ours.commit()
    assert 'it-ran' in world.weft(ours, 'build').output, 'what the link leads to was not looked at'
    assert shell(world, ours, 'cat /copied') == 'two'
