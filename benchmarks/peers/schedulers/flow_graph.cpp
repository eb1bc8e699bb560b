// A graph of stages on oneTBB's flow graph: flow_graph FILE THREADS [ROUNDS]. FILE is what SchedulerDrain --write makes.
// Each stage is a continue_node whose body marks that it ran. Prints a line of JSON for each round, as SchedulerDrain does.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <vector>

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>

namespace flow = oneapi::tbb::flow;
using Node = flow::continue_node<flow::continue_msg>;

struct StageGraph {
    std::vector<int32_t> ends, parents;

    explicit StageGraph(const char *path) {
        std::ifstream file(path, std::ios::binary);
        int32_t counts[2] = {0, 0};
        file.read(reinterpret_cast<char *>(counts), sizeof counts);
        ends.resize(counts[0]);
        parents.resize(counts[1]);
        file.read(reinterpret_cast<char *>(ends.data()), ends.size() * sizeof(int32_t));
        file.read(reinterpret_cast<char *>(parents.data()), parents.size() * sizeof(int32_t));
        if (!file) {
            std::fprintf(stderr, "%s is no graph\n", path);
            std::exit(2);
        }
    }
};

static double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// The nodes are made and joined ("describe"), then the roots are started and the rest waited for ("drain").
static bool round(const StageGraph &stages) {
    auto start = std::chrono::steady_clock::now();
    flow::graph graph;
    std::vector<char> ran(stages.ends.size(), 0);
    std::deque<Node> nodes;
    std::vector<Node *> roots;
    for (size_t stage = 0, edge = 0; stage < stages.ends.size(); stage++) {
        char *mark = &ran[stage];
        nodes.emplace_back(graph, [mark](const flow::continue_msg &) { *mark = 1; });
        if (int32_t(edge) == stages.ends[stage]) roots.push_back(&nodes.back());
        for (; int32_t(edge) < stages.ends[stage]; edge++) flow::make_edge(nodes[stages.parents[edge]], nodes.back());
    }
    double described = seconds_since(start);
    start = std::chrono::steady_clock::now();
    for (Node *root : roots) root->try_put(flow::continue_msg());
    graph.wait_for_all();
    double drained = seconds_since(start);
    size_t done = 0;
    for (char mark : ran) done += mark;
    std::printf("{\"stages\": %zu, \"edges\": %zu, \"describe\": %f, \"drain\": %f}\n", done, stages.parents.size(), described,
                drained);
    return done == ran.size();
}

int main(int count, char **words) {
    if (count < 3) {
        std::fprintf(stderr, "flow_graph FILE THREADS [ROUNDS]\n");
        return 2;
    }
    oneapi::tbb::global_control threads(oneapi::tbb::global_control::max_allowed_parallelism, std::atoi(words[2]));
    StageGraph stages(words[1]);
    for (int number = count > 3 ? std::atoi(words[3]) : 1; number > 0; number--)
        if (!round(stages)) return 1;
}
