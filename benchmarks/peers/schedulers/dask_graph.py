"""A graph of stages on Dask: dask_graph.py FILE threaded|distributed WORKERS. FILE is what SchedulerDrain --write makes.

Each stage is a call of a Python function with the results of its parents. Prints a line of JSON, as SchedulerDrain does.
"""
import array, json, sys, time


def read(path):
    with open(path, 'rb') as file:
        numbers = array.array('i', file.read())
    stages = numbers[0]
    return numbers[2:2 + stages], numbers[2 + stages:]


def stage(parents):
    """What a task does: nothing."""


def describe(ends, parents):
    graph, start, has_child = {}, 0, bytearray(len(ends))
    for number, end in enumerate(ends):
        above = list(parents[start:end])
        graph[number] = (stage, above)
        for parent in above:
            has_child[parent] = 1
        start = end
    return graph, [number for number in range(len(ends)) if not has_child[number]]


def main():
    import dask
    path, kind, workers = sys.argv[1], sys.argv[2], int(sys.argv[3])
    ends, parents = read(path)
    if kind == 'threaded':
        from dask.threaded import get
        start = time.perf_counter()
        graph, last = describe(ends, parents)
        described = time.perf_counter() - start
        start = time.perf_counter()
        get(graph, last, num_workers=workers)
        drained = time.perf_counter() - start
    else:
        from dask.distributed import Client
        with dask.config.set({'distributed.admin.large-graph-warning-threshold': '1GB'}), \
                Client(n_workers=1, threads_per_worker=workers, processes=False, dashboard_address=None) as client:
            start = time.perf_counter()
            graph, last = describe(ends, parents)
            described = time.perf_counter() - start
            start = time.perf_counter()
            client.get(graph, last)
            drained = time.perf_counter() - start
    print(json.dumps({'stages': len(ends), 'edges': len(parents), 'describe': described, 'drain': drained}))


if __name__ == '__main__':
    main()
