// Verdicts a second on one core, and the same evidence sets through the formula in Python:
//
//   bench_trial [evidence sets, default 200000]
//
// Three depths are timed: the integer formula on counts, a verdict from the evidence set itself (testimonies with
// their defects, counted and weighed), and the whole score with every term, reason and explanation in words. Every
// answer is compared with Python's, which scores in whole hundredths too; what floating point would have made of it is
// told beside. Times are CPU times of the process.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <time.h>

#include "domain/trial/words.hpp"
#include "tests/ledger/temp_folder.hpp"
#include "tests/trial/random_case.hpp"

namespace {

using namespace helix::trial;  // NOLINT(google-build-using-namespace): the subject of the bench

void require(bool worked, const char* what) {
    if (worked) return;
    std::fprintf(stderr, "bench_trial: %s failed\n", what);
    std::exit(1);
}

std::string json_of(const Case& input) {
    std::string text = "[" + std::to_string(static_cast<int>(input.layer)) + "," + std::to_string(input.floor) + ",[";
    const char* comma = "";
    const auto quoted = [](std::string_view word) { return "\"" + std::string(word) + "\""; };
    for (const Gate gate : kGates) {
        if (!input.gates.has(gate)) continue;
        text += comma + quoted(to_string(gate));
        comma = ",";
    }
    text += "]";
    for (const bool flag : {input.tolerate, !input.unlimited.empty(), !input.without_digest.empty(), input.approved,
                            input.served, input.subject_found})
        text += flag ? ",true" : ",false";
    text += ",[";
    comma = "";
    for (const Testimony& testimony : input.testimonies) {
        text += comma + ("[" + quoted(to_string(testimony.gate))) + "," + quoted(to_string(testimony.state)) + ",[";
        const char* inner = "";
        for (const Defect& defect : testimony.defects) {
            text += inner + quoted(to_string(defect.grade));
            inner = ",";
        }
        text += "]]";
        comma = ",";
    }
    return text + "]]\n";
}

std::string answer_of(const Weighed& weighed) {
    return std::to_string(weighed.raw) + " " + std::to_string(weighed.warmth) + " " + std::to_string(weighed.floor) +
           " " + std::string(to_string(weighed.verdict)) + (weighed.final ? " 1" : " 0");
}

/// Of this process: another one at work on the machine does not count.
double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// CPU seconds a verdict. Blocks of cases are gone through `rounds` times each, so that the formula is measured and not
/// the memory that 200000 evidence sets lie in.
template <class T, class F>
double measure(const std::vector<T>& cases, int rounds, F&& one) {
    constexpr std::size_t kBlock = 500;
    std::int64_t sum = 0;  // used below, so that nothing is left out
    const double start = cpu_seconds();
    for (std::size_t block = 0; block < cases.size(); block += kBlock)
        for (int round = 0; round < rounds; ++round)
            for (std::size_t i = block; i < std::min(block + kBlock, cases.size()); ++i) sum += one(cases[i]);
    const double seconds = cpu_seconds() - start;
    require(sum != 0, "summing up");
    return seconds / (static_cast<double>(cases.size()) * rounds);
}

void print(const char* name, double seconds, double peer_seconds) {
    std::printf("%-52s %8.3f M/s  %8.0f ns  %6.0fx Python\n", name, 1e-6 / seconds, seconds * 1e9,
                peer_seconds / seconds);
}

struct Peer {
    double seconds = 0;
    std::uint64_t drifted = 0;
    std::uint64_t misjudged = 0;
};

/// Has Python score the cases; ends the program when one answer is another than ours.
Peer compare_with_python(const std::vector<Case>& cases, const helix::ledger::TempFolder& folder) {
    const std::string questions = folder.file("cases");
    const std::string answers = folder.file("answers");
    std::ofstream out(questions);
    for (const Case& input : cases) out << json_of(input);
    out.close();
    const std::string command = "python3 '" HELIX_TRIAL_REFERENCE "' '" + questions + "' '" + answers + "'";
    FILE* pipe = popen(command.c_str(), "r");
    require(pipe != nullptr, "starting python3");
    Peer peer;
    unsigned long long drifted = 0;
    unsigned long long misjudged = 0;
    const bool read = std::fscanf(pipe, "%lf %llu %llu", &peer.seconds, &drifted, &misjudged) == 3;
    require(pclose(pipe) == 0 && read, "python3");
    peer.seconds /= static_cast<double>(cases.size());
    peer.drifted = drifted;
    peer.misjudged = misjudged;
    std::ifstream in(answers);
    std::string line;
    for (const Case& input : cases) {
        require(static_cast<bool>(std::getline(in, line)), "reading Python's answers");
        if (line == answer_of(weigh(count(input)))) continue;
        std::fprintf(stderr, "python: %s\nours:   %s\ncase:   %s", line.c_str(), answer_of(weigh(count(input))).c_str(),
                     json_of(input).c_str());
        require(false, "giving Python's answer");
    }
    return peer;
}

}  // namespace

int main(int argc, char** argv) {
    const std::uint64_t sets = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 200'000;
    require(sets > 0, "reading the number of evidence sets");
    std::vector<Case> cases;
    std::vector<Counted> counts;
    std::uint64_t defects = 0;
    for (std::uint64_t seed = 0; seed < sets; ++seed) {
        cases.push_back(testing::random_case(seed));
        counts.push_back(count(cases.back()));
        for (const Testimony& testimony : cases.back().testimonies) defects += testimony.defects.size();
    }
    const helix::ledger::TempFolder folder;
    const Peer peer = compare_with_python(cases, folder);
    const double weighing = measure(counts, 20, [](const Counted& one) { return weigh(one).warmth + 1; });
    const double judging = measure(cases, 20, [](const Case& one) { return weigh(count(one)).warmth + 1; });
    const double wording = measure(cases, 1, [](const Case& one) { return score(one).warmth + 1; });

    std::printf("%llu evidence sets, %.1f defects each; every answer equals Python's\n",
                static_cast<unsigned long long>(sets), static_cast<double>(defects) / static_cast<double>(sets));
    print("the formula on counts", weighing, peer.seconds);
    print("a verdict from its evidence set", judging, peer.seconds);
    print("the score with all its words and explanations", wording, peer.seconds);
    print("Python: the verdict alone, in whole hundredths", peer.seconds, peer.seconds);
    std::printf("floating point: the raw sum is not the exact one in %llu cases, the verdict another in %llu\n",
                static_cast<unsigned long long>(peer.drifted), static_cast<unsigned long long>(peer.misjudged));
    return 0;
}
