"""What single steps do: files of the web, caches, mounts, owners, as BuildKit does them."""
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from world import SHELL, busybox, image, werf

HANG_SECONDS_MAX = 30


class Web:
    """A web server that answers what it is told, and counts."""

    def __init__(self, world):
        answers, seen = {}, []
        self.answers, self.seen = answers, seen

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                seen.append(self.path)
                body = answers.get(self.path)
                self.send_response(200 if body is not None else 404)
                self.end_headers()
                self.wfile.write(body or b'')

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        self.address = f'http://127.0.0.1:{self.server.server_address[1]}'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        world.services.append(self)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def project(world, dockerfile, files={}, **more):
    return world.project({
        'Dockerfile': SHELL + dockerfile, 'busybox': busybox(), 'werf.yaml': werf(image('app', **more)), **files})


def expect(run, *lines):
    for line in lines:
        assert any(line in said for said in run.all.splitlines()), f'{line!r} is not said: {run}'


def test_a_changed_address_is_added_again(world):
    web = Web(world)
    web.answers['/latest'] = b'version one\n'
    text = SHELL + f'ADD {web.address}/latest /latest\nRUN cat /latest\n'
    made = project(world, f'ADD {web.address}/latest /latest\nRUN cat /latest\n')
    expect(world.build(made), 'version one')
    assert len(web.seen) == 1, f'fetched once for the name and the step: {web.seen}'
    # The same bytes are the same step.
    made.write({'Dockerfile': text + 'RUN echo more\n'})
    made.commit()
    run = world.build(made)
    assert 'version one' not in run.all, f'a remembered step ran: {run}'
    web.answers['/latest'] = b'version two\n'
    made.write({'Dockerfile': text + 'RUN echo other\n'})
    made.commit()
    expect(world.build(made), 'version two')
    web.answers.clear()
    made.write({'Dockerfile': text + 'RUN echo gone\n'})
    made.commit()
    world.fails(made, 'build', says=['Dockerfile:4:1', '404'])


def test_an_address_of_a_staged_image(world):
    web = Web(world)
    web.answers['/f'] = b'content\n'
    made = project(world, f'ADD {web.address}/f /f\nRUN cat /f\n', staged=True)
    expect(world.build(made), 'content')


def test_names_of_addresses_are_no_patterns(world):
    web = Web(world)
    for name in ('/a%5B1%5D.txt', '/b%2A', '/c%5C'):
        web.answers[name] = name.encode()
    lines = ''.join(f'ADD {web.address}{name} /d/\n' for name in web.answers)
    run = world.build(project(world, lines + f'ADD {web.address}/a%5B1%5D.txt /e\nRUN find /d /e -type f\n'))
    expect(run, '/d/a[1].txt', '/d/b*', '/d/c\\', '/e')


def test_a_cache_with_an_owner_is_another_one(world):
    run = world.build(project(world, '''
RUN --mount=type=cache,id=c,target=/c touch /c/a
USER 1000
RUN --mount=type=cache,id=c,target=/c,uid=1000,gid=1000 touch /c/b && stat -c 'owner %u:%g %a' /c && echo has $(ls /c)
USER 0
RUN --mount=type=cache,id=c,target=/c,mode=0755 echo third $(ls /c)end
RUN --mount=type=cache,id=c,target=/c echo first $(ls /c)
'''))
    expect(run, 'owner 1000:1000 755', 'has b', 'third end', 'first a')


def test_a_step_never_waits_for_itself(world):
    for first, second in (('locked', 'locked'), ('locked', 'shared'), ('shared', 'locked'), ('private', 'private')):
        made = world.project({'Dockerfile': SHELL + f'''
RUN --mount=type=cache,id=l,target=/a,sharing={first} --mount=type=cache,id=l,target=/b,sharing={second} \\
    touch /a/{first}-{second} && ls /b
''', 'busybox': busybox(), 'werf.yaml': werf(image('app'))}, folder=f'{first}-{second}')
        run = world.weft(made, 'build', timeout=HANG_SECONDS_MAX)
        expect(run, f'{first}-{second}')


def test_steps_that_lock_the_same_caches(world):
    def steps(*ids):
        mounts = ' '.join(f'--mount=type=cache,id={name},target=/{name},sharing=locked' for name in ids)
        return SHELL + ''.join(f'RUN {mounts} echo {number}-{ids[0]}\n' for number in range(12))
    project = world.project({'busybox': busybox(), 'one': steps('x', 'y'), 'other': steps('y', 'x'), 'werf.yaml': werf(
        image('one', dockerfile='one'), image('other', dockerfile='other'))})
    world.weft(project, 'build', timeout=60)


def test_a_file_that_is_mounted_may_be_written(world):
    run = world.build(project(world, '''
RUN --mount=type=bind,source=word,target=/g,rw echo two >> /g && echo got $(cat /g)
RUN --mount=type=bind,source=word,target=/g echo again $(cat /g)
''', {'word': 'one\n'}))
    expect(run, 'got one two', 'again one')


def test_a_linked_copy_with_a_mode_keeps_what_is_there(world):
    run = world.build(project(world, '''
RUN mkdir -p /etc/kept /usr/lib && mkdir -m 700 /private && ln -s usr/lib /lib && echo keep > /usr/lib/keep
COPY --link --chmod=644 word /etc/app.conf
COPY --link --chmod=644 word /private/a
ADD --link --chmod=755 word /lib/foo
RUN stat -c '%n %a %F' /etc /private /lib /usr/lib/foo /usr/lib/keep
''', {'word': 'x'}))
    expect(run, '/etc 755 directory', '/private 700 directory', '/lib 777 symbolic link', '/usr/lib/foo 755',
           '/usr/lib/keep')


def test_a_folder_that_is_left_out_keeps_its_exceptions(world):
    run = world.build(project(world, '''
COPY . /dst
RUN find /dst -type f | sort | tr '\\n' ' '
''', {'.dockerignore': '**/*.md\n!docs\nnm\n!nm/foo\nnm\nbusybo\n', 'docs/a.md': 'x', 'docs/b.txt': 'x',
         'nm/foo/a': 'x', 'nm/b': 'x'}))
    expect(run, '/dst/docs/b.txt /dst/nm/foo/a')
    assert 'a.md' not in run.all and 'nm/b' not in run.all, f'{run}'


def test_parents_take_any_depth(world):
    run = world.build(project(world, '''
COPY --parents **.go /dst/
COPY --parents pkgs/*/./go.mod /pivot/
COPY --exclude=/s --exclude=**/*.md s /excluded/
RUN echo $(find /dst /pivot /excluded -type f | sort)
''', {'s/t/y.go': '2', 's/x.go': '1', 'top.go': '3', 'pkgs/a/go.mod': 'a', 'pkgs/b/other': 'b', 'pkgs/README': 'r'}))
    expect(run, '/dst/s/t/y.go /dst/s/x.go /dst/top.go /excluded/t/y.go /excluded/x.go /pivot/README /pivot/go.mod')


def test_a_pattern_that_is_none_bears_its_place(world):
    world.fails(project(world, 'COPY ["a[", "/x/"]\n'), 'build', says='Dockerfile:4:1')


def test_secrets_may_be_programs(world):
    made = project(world, 'RUN --mount=type=secret,id=run,target=/t.sh,mode=0755 /t.sh\n', {
        'werf-giterminism.yaml': 'giterminismConfigVersion: 1\nconfig:\n  secrets:\n    allowValueIds: [run]\n'},
        secrets=[{'id': 'run', 'value': '#!/bin/sh\necho secret ran\n'}])
    expect(world.build(made), 'secret ran')
