// bench_mirror NODES PODS [KUBECONFIG]
//
// Memory and processor time of a mirror's first sync. With a kubeconfig: against that cluster, through the whole
// adapter. Without: lists of NODES nodes and PODS pods, as large as a real server's, go page by page through the
// decoder into the mirror; then the same pages go through nlohmann's document tree in a process of their own, and the
// ratio of the two is printed.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include <malloc.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/kube_objects/decoder.hpp"
#include "adapters/kubernetes/kubernetes_target.hpp"
#include "adapters/kubernetes/mirror.hpp"

namespace {

using helix::kube_objects::Kind;

constexpr int kPage = 500;
constexpr int kPadding = 2'200;  // managedFields, volumes and conditions: a real pod is about 3.7 KB

/// A line of /proc/self/status in KiB.
long status_kib(const std::string& field) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(field + ":")) return std::stol(line.substr(field.size() + 1));
    return 0;
}

double cpu_s() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

std::string node_json(int number) {
    const std::string name = "node-" + std::to_string(number);
    return R"({"metadata":{"name":")" + name + R"(","uid":"n)" + std::to_string(number) +
           R"(","labels":{"kubernetes.io/hostname":")" + name + R"("},"managedFields":[{"pad":")" +
           std::string(kPadding, 'x') +
           R"("}]},"spec":{},"status":{"allocatable":{"cpu":"8","memory":"16Gi","pods":"110"},)"
           R"("conditions":[{"type":"Ready","status":"True"}]}})";
}

std::string pod_json(int number, int nodes) {
    const std::string owner = std::to_string(number / 50);
    return R"({"metadata":{"name":"web-)" + owner + "-5df8b9455b-" + std::to_string(number) +
           R"(","namespace":"load","uid":"3fd2100f-7ede-44c3-b363-)" + std::to_string(100'000'000'000 + number) +
           R"(","resourceVersion":"376","labels":{"app":"web-)" + owner +
           R"(","pod-template-hash":"5df8b9455b"},"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-)" +
           owner + R"(-5df8b9455b","uid":"r)" + owner + R"(","controller":true}],"managedFields":[{"pad":")" +
           std::string(kPadding, 'x') +
           R"("}]},"spec":{"containers":[{"name":"web","image":"nginx:latest","resources":)"
           R"({"limits":{"cpu":"100m","memory":"64Mi"},"requests":{"cpu":"50m","memory":"32Mi"}}}],"nodeName":"node-)" +
           std::to_string(number % nodes) +
           R"(","priority":0,"schedulerName":"default-scheduler","tolerations":[{"effect":"NoExecute","key":)"
           R"("node.kubernetes.io/not-ready","operator":"Exists","tolerationSeconds":300},{"effect":"NoExecute","key":)"
           R"("node.kubernetes.io/unreachable","operator":"Exists","tolerationSeconds":300}]},"status":{"conditions":)"
           R"([{"type":"Initialized","status":"True"},{"type":"Ready","status":"True"}],"phase":"Running"}})";
}

/// One page of a list, generated as it is asked for, so that the input itself is never all in memory.
std::string page_json(int first, int count, const std::function<std::string(int)>& item) {
    std::string page = R"({"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[)";
    for (int number = first; number < first + count; ++number) page += (number == first ? "" : ",") + item(number);
    return page + "]}";
}

/// Calls `take` with every page; generating it is not counted. Returns the processor time of the takes.
double each_page(int nodes, int pods, const std::function<void(std::string&, Kind)>& take) {
    double spent = 0;
    const auto run = [&](int total, Kind kind, const std::function<std::string(int)>& item) {
        for (int first = 0; first < total; first += kPage) {
            std::string page = page_json(first, std::min(kPage, total - first), item);
            const double before = cpu_s();
            take(page, kind);
            spent += cpu_s() - before;
        }
    };
    run(nodes, Kind::Node, node_json);
    run(pods, Kind::Pod, [nodes](int number) { return pod_json(number, nodes); });
    return spent;
}

struct Figures {
    double cpu = 0;
    long grown_kib = 0;
    long peak_kib = 0;
};

/// Runs `work` in a process of its own, so that one's memory is not the other's.
Figures apart(const std::function<double()>& work) {
    int pipe_ends[2];
    if (pipe(pipe_ends) != 0) return {};
    const pid_t child = fork();
    if (child == 0) {
        const long before = status_kib("VmRSS");
        Figures figures;
        figures.cpu = work();
        figures.grown_kib = status_kib("VmRSS") - before;
        figures.peak_kib = status_kib("VmHWM");
        const bool told = write(pipe_ends[1], &figures, sizeof figures) == sizeof figures;
        _exit(told ? 0 : 1);
    }
    Figures figures;
    const bool read_all = read(pipe_ends[0], &figures, sizeof figures) == sizeof figures;
    int status = 0;
    waitpid(child, &status, 0);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    return read_all ? figures : Figures{};
}

int bench_generated(int nodes, int pods) {
    const Figures ours = apart([&] {
        static helix::kubernetes::Mirror mirror;  // lives on while its memory is read
        helix::kube_objects::Decoder decoder;
        const double spent = each_page(nodes, pods, [&](std::string& page, Kind kind) {
            const auto read = decoder.decode_list(page, kind, [&](auto&& one) { mirror.put(kind, std::move(one)); });
            if (!read) std::fprintf(stderr, "%s\n", read.error().message.c_str());
        });
        decoder.shrink();
        malloc_trim(0);
        return spent;
    });
    const Figures tree = apart([&] {
        static std::vector<nlohmann::json> kept;
        return each_page(nodes, pods, [&](std::string& page, Kind) { kept.push_back(nlohmann::json::parse(page)); });
    });
    const auto line = [](const char* name, const Figures& figures) {
        std::printf("%-22s cpu %7.3f s  grown by %8.1f MiB  peak %8.1f MiB\n", name, figures.cpu,
                    static_cast<double>(figures.grown_kib) / 1024.0, static_cast<double>(figures.peak_kib) / 1024.0);
    };
    std::printf("%d nodes, %d pods, generated\n", nodes, pods);
    line("decoder and mirror", ours);
    line("nlohmann tree", tree);
    std::printf("ratio (tree / ours): cpu %.1f, memory %.1f\n", tree.cpu / ours.cpu,
                static_cast<double>(tree.grown_kib) / static_cast<double>(ours.grown_kib));
    return ours.cpu > 0 && ours.grown_kib > 0 ? 0 : 1;
}

int bench_cluster(const std::string& kubeconfig) {
    const double before = cpu_s();
    const auto begun = std::chrono::steady_clock::now();
    auto target = helix::kubernetes::make_kubernetes_target("bench", {kubeconfig}, "", {});
    if (!target) {
        std::fprintf(stderr, "%s\n", target.error().message.c_str());
        return 1;
    }
    while (!(*target)->freshness().synced && std::chrono::steady_clock::now() - begun < std::chrono::minutes(2))
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const double spent = cpu_s() - before;
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begun;
    const bool synced = (*target)->freshness().synced;
    std::size_t nodes = 0;
    std::size_t pods = 0;
    (*target)->read([&](const helix::cluster::State& state) {
        nodes = state.node_count();
        pods = state.pod_count();
    });
    std::printf("%zu nodes, %zu pods, real cluster, synced %d: cpu %.3f s, wall %.3f s\n", nodes, pods, synced, spent,
                wall.count());
    std::printf("VmRSS %.1f MiB, RssAnon %.1f MiB, peak %.1f MiB, connections opened %llu\n",
                static_cast<double>(status_kib("VmRSS")) / 1024.0, static_cast<double>(status_kib("RssAnon")) / 1024.0,
                static_cast<double>(status_kib("VmHWM")) / 1024.0,
                static_cast<unsigned long long>((*target)->connections().opened_total));
    return synced ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 4) return bench_cluster(argv[3]);
    const int nodes = argc > 1 ? std::stoi(argv[1]) : 1'000;
    const int pods = argc > 2 ? std::stoi(argv[2]) : 10'000;
    if (nodes < 1 || pods < 1) return 2;
    return bench_generated(nodes, pods);
}
