#!/usr/bin/env python3
"""Makes a monorepo to measure with: a git repository of many images, each with ten instructions and its share of the files.

    benchmarks/peers/monorepo.py FOLDER [--images 1000] [--files 50000] [--staged]

Image N lives in services/NNNN: a Dockerfile (FROM scratch, four COPY, six changes of the configuration) and source files of 40 to
4,000 bytes in five folders. The same arguments give the same bytes, and so the same digests.
"""
import argparse, os, pathlib, random, subprocess, sys

STAGES = 10
FOLDERS = 5
WERF = '''configVersion: 1
project: monorepo
---
{{- range $number := until %d }}
{{- $name := printf "%%04d" $number }}
image: service-{{ $name }}
dockerfile: Dockerfile
context: services/{{ $name }}
staged: %s
---
{{- end }}
'''
DOCKERFILE = '''FROM scratch
COPY package.json /app/
COPY src/0 src/1 /app/
COPY src /app/src/
COPY Dockerfile /app/
ENV SERVICE={name}
LABEL service={name}
WORKDIR /app
EXPOSE 8080
USER 1000
CMD ["/app/{name}"]
'''


def git(folder, *arguments):
    identity = ['-c', 'user.name=weft', '-c', 'user.email=weft@example.com', '-c', 'gc.auto=0']
    environment = {**os.environ, 'GIT_AUTHOR_DATE': '1700000000 +0000', 'GIT_COMMITTER_DATE': '1700000000 +0000'}
    subprocess.run(['git', '-C', str(folder), *identity, *arguments], check=True, env=environment, stdout=subprocess.DEVNULL)


def write_image(folder, number, file_count):
    """Dockerfile and package.json count as files of the image."""
    source = random.Random(number)
    name = f'{number:04}'
    place = folder / 'services' / name
    for part in range(FOLDERS):
        (place / 'src' / str(part)).mkdir(parents=True, exist_ok=True)
    (place / 'Dockerfile').write_text(DOCKERFILE.format(name=name))
    (place / 'package.json').write_text(f'{{"name": "service-{name}"}}\n')
    for index in range(max(FOLDERS, file_count - 2)):
        text = f'{name} {index} ' + source.randbytes(source.randint(15, 2000)).hex() + '\n'
        (place / 'src' / str(index % FOLDERS) / f'file{index}.txt').write_text(text)


def make(folder, images=1000, files=50_000, staged=False):
    """Fills FOLDER, which must be absent or empty, and commits."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f'{folder} is not empty')
    for number in range(images):
        write_image(folder, number, files // images)
    (folder / 'werf.yaml').write_text(WERF % (images, 'true' if staged else 'false'))
    git(folder, 'init', '--quiet', '--initial-branch=main')
    git(folder, 'add', '--all')
    git(folder, 'commit', '--quiet', '--message', 'Everything')
    # As a repository that was cloned: in packs, with an index whose entries are older than itself.
    git(folder, 'repack', '-adq')
    os.sync()


def stage(folder, staged):
    """Commits the other way of building the same images."""
    folder = pathlib.Path(folder)
    images = sum(1 for _ in (folder / 'services').iterdir())
    (folder / 'werf.yaml').write_text(WERF % (images, 'true' if staged else 'false'))
    git(folder, 'commit', '--quiet', '--all', '--allow-empty', '--message', 'Staged' if staged else 'Not staged')


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder')
    parser.add_argument('--images', type=int, default=1000)
    parser.add_argument('--files', type=int, default=50_000)
    parser.add_argument('--staged', action='store_true')
    options = parser.parse_args()
    try:
        make(options.folder, options.images, options.files, options.staged)
    except (OSError, subprocess.CalledProcessError) as problem:
        sys.exit(f'monorepo.py: {problem}')
