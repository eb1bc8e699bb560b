"""Builds what benchmarks need in a folder of its own, .build/benchmarks, so that ordinary builds keep their products and their pins.

The package is seen there through links: with WEFT_BENCHMARKS set it has one dependency more, which its Package.resolved would name.
"""
import os, shutil, subprocess, sys
HERE = os.path.dirname(os.path.abspath(__file__))
PROJECT = os.path.dirname(HERE)
SCRATCH = f'{PROJECT}/.build/benchmarks'
PACKAGE = f'{SCRATCH}/weft'
RELEASE = f'{SCRATCH}/build/release'
ENVIRONMENT = {**os.environ, 'WEFT_BENCHMARKS': '1'}


def stage():
    """The links, and the manifest as it is now."""
    os.makedirs(PACKAGE, exist_ok=True)
    for name in ('Sources', 'Tests', 'benchmarks'):
        if not os.path.islink(f'{PACKAGE}/{name}'):
            os.symlink(f'{PROJECT}/{name}', f'{PACKAGE}/{name}')
    with open(f'{PROJECT}/Package.swift') as file:
        manifest = file.read()
    path = f'{PACKAGE}/Package.swift'
    if not os.path.exists(path) or open(path).read() != manifest:
        with open(path, 'w') as file:
            file.write(manifest)


def command(subject, *words):
    """`swift build` or `swift package` for the staged package; to be run in ENVIRONMENT."""
    return ['swift', subject, '--package-path', PACKAGE, '--scratch-path', f'{SCRATCH}/build', *words]


def build(product):
    """The path of a release program; ends this one when it can't be built."""
    if not shutil.which('swift'):
        raise SystemExit('swift is not installed (https://swift.org/install)')
    stage()
    print(f'building {product}', file=sys.stderr, flush=True)
    done = subprocess.run(command('build', '--configuration', 'release', '--product', product), env=ENVIRONMENT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise SystemExit(f'{product} could not be built:\n{done.stdout[-4000:]}')
    return f'{RELEASE}/{product}'


def names(measure, which='list'):
    """The benchmarks that the program knows; ends this one when there is none."""
    found = subprocess.run([measure, which], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    if not found:
        raise SystemExit('there is no benchmark')
    return found
