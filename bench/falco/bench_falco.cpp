// Falco alerts taken in by one core: read from JSON as Falco sends it, counted by kind, and durable in a SQLite ledger
// before they are acknowledged; and the same alerts read and counted, not kept, by Python.
//
//   bench_falco [alerts, default 300000]
//
// They come as falcosidekick sends them, one a request, of 1000 kinds (5 rules in 200 pods), in a seeded order. At the
// end every kind must be in the ledger with a count above half of its alerts: it is written at 1, 2, 4, 8 ...
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <time.h>

#include "adapters/falco/alerts.hpp"
#include "adapters/ledger_sqlite/sqlite_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/system/system_clock.hpp"
#include "adapters/system/ulid_source.hpp"
#include "service/usecases/court/alert_inbox.hpp"
#include "service/usecases/court/case_read.hpp"
#include "service/usecases/court/case_records.hpp"
#include "tests/ledger/temp_folder.hpp"

namespace {

using namespace helix;

constexpr int kRules = 5;
constexpr int kPods = 200;

void require(bool worked, const char* what) {
    if (worked) return;
    std::fprintf(stderr, "bench_falco: %s\n", what);
    std::exit(1);
}

double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::string alert_text(int rule, int pod, int number) {
    nlohmann::json alert = {
        {"uuid", "d1c9fd2f-7a2c-4b4e-8f0a-" + std::to_string(100'000'000'000 + number)},
        {"hostname", "falco-x7k2p"},
        {"output",
         "03:04:05.123456789: Notice A shell was spawned in a container with an attached terminal (user=root "
         "container=3f0a2b4c5d6e shell=sh parent=runc cmdline=sh terminal=34816)"},
        {"priority", "Notice"},
        {"source", "syscall"},
        {"rule", "rule " + std::to_string(rule)},
        {"tags", {"container", "shell", "mitre_execution"}},
        {"time", "2026-01-02T03:04:05.123456789Z"},
        {"output_fields",
         {{"container.id", "3f0a2b4c5d6e"},
          {"container.image.repository", "docker.io/library/nginx"},
          {"container.name", "web"},
          {"evt.time", 1'767'323'045'123'456'789},
          {"k8s.ns.name", "shop"},
          {"k8s.pod.name", "web-5df8b9455b-" + std::to_string(10'000 + pod)},
          {"k8s.pod.uid", "2eeb8620-c7d6-4b94-97cd-" + std::to_string(100'000'000'000 + pod)},
          {"proc.cmdline", "sh"},
          {"user.uid", 0}}}};
    return alert.dump();
}

/// The highest count of each kind that the ledger holds.
std::map<std::string, std::int64_t> kept_in(ports::LedgerStore& store) {
    std::map<std::string, std::int64_t> kept;
    for (std::uint64_t from = 0;;) {
        const auto page = store.list({from, ports::LedgerQuery::kLimitMax, court::kAlertKind, "dev", false});
        require(page.ok(), "the ledger cannot be read");
        if (page->empty()) return kept;
        for (const ledger::Record& record : *page) {
            from = record.seq + 1;
            const auto alert = court::alert_of(nlohmann::json::parse(record.body));
            require(alert.ok(), "an alert in the ledger is torn");
            std::int64_t& count = kept[court::kind_of(*alert)];
            count = std::max(count, alert->count);
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    const int total = argc > 1 ? std::atoi(argv[1]) : 300'000;
    std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same alerts every time
    std::vector<std::string> bodies;
    bodies.reserve(static_cast<std::size_t>(total));
    for (int i = 0; i < total; ++i)
        bodies.push_back(alert_text(static_cast<int>(random() % kRules), static_cast<int>(random() % kPods), i));

    const ledger::TempFolder folder;
    auto store = ledger_sqlite::SqliteLedgerStore::open(folder.file("ledger.db"));
    require(store.ok(), "no ledger");
    const system::SystemClock clock;
    system::UlidSource ids(clock);
    usecases::LedgerWriter writer(**store, clock, ids, &openssl_digest::sha256);
    court::AlertInbox inbox(writer, "dev", [] { return true; });
    inbox.follow({"shop"});

    std::map<std::string, std::int64_t> sent;
    std::int64_t recorded = 0;
    std::int64_t counted = 0;
    const double start = cpu_seconds();
    for (const std::string& body : bodies) {
        const auto batch = falco::read_alerts(body, clock.now_us());
        require(batch && batch->alerts.size() == 1, "an alert was not read");
        const auto taken = inbox.take(batch->alerts, "falco");
        require(taken.ok(), "an alert was not taken");
        recorded += taken->recorded;
        counted += taken->counted;
    }
    const double ours = cpu_seconds() - start;
    for (const std::string& body : bodies) ++sent[court::kind_of(falco::read_alerts(body, 0)->alerts.front())];
    const auto kept = kept_in(**store);
    std::int64_t lost = total - recorded - counted;
    for (const auto& [kind, count] : sent) {
        const auto found = kept.find(kind);
        if (found == kept.end() || found->second * 2 <= count || found->second > count) ++lost;
    }
    std::printf("%d alerts of %zu bytes, %zu kinds: %lld recorded, %lld counted, %lld lost\n", total,
                bodies.front().size(), sent.size(), static_cast<long long>(recorded), static_cast<long long>(counted),
                static_cast<long long>(lost));
    std::printf("ours, durable    %9.0f alerts a second of one core   %6.2f us each\n", total / ours,
                ours / total * 1e6);

    const std::string file = folder.file("alerts");
    {
        std::ofstream out(file);
        for (const std::string& body : bodies) out << body << '\n';
    }
    FILE* const pipe = popen(("python3 " HELIX_FALCO_REFERENCE " " + file).c_str(), "r");
    long long read = 0;
    long long kinds = 0;
    double theirs = 0;
    const bool told = pipe != nullptr && std::fscanf(pipe, "%lld %lld %lf", &read, &kinds, &theirs) == 3;
    if (pipe != nullptr) pclose(pipe);
    require(told && read == total && kinds == static_cast<long long>(sent.size()), "Python says otherwise");
    std::printf("Python, counted  %9.0f alerts a second of one core   %6.2f us each: %.1f times as much\n",
                total / theirs, theirs / total * 1e6, theirs / ours);
    return lost == 0 ? 0 : 1;
}
