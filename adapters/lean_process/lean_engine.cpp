#include "adapters/lean_process/lean_engine.hpp"

#include <nlohmann/json.hpp>

#include "adapters/child_process/child_process.hpp"
#include "domain/proof/lean_text.hpp"

namespace helix::lean_process {
namespace {

using gate::Finding;
using nlohmann::json;

constexpr std::size_t kVerdictBytesMax = 4096;

/// What the program's verdict says; no answer unless it is exactly of the form that is documented.
Finding read_verdict(const std::string& text, const std::string& version, const proof::Obligation& obligation) {
    Finding finding;
    finding.detail = "helix-gate did not answer with a verdict";
    const json verdict = json::parse(text, nullptr, false);
    if (!verdict.is_object() || !verdict.contains("passed") || !verdict["passed"].is_boolean()) return finding;
    if (!verdict.contains("after_pct_est") || !verdict["after_pct_est"].is_number()) return finding;
    for (const char* member : {"reason", "engine", "engine_version"})
        if (!verdict.contains(member) || !verdict[member].is_string()) return finding;
    if (verdict["engine"] != "lean" || verdict["engine_version"] != version) {
        finding.detail = "it is another program than " + version;
        return finding;
    }
    const json unit = verdict.value("unit", json());
    const bool named = unit.is_number_unsigned() && unit.get<std::size_t>() < obligation.units.size();
    finding.outcome = verdict["passed"].get<bool>() ? Finding::Outcome::Holds : Finding::Outcome::Breaks;
    finding.detail = named ? obligation.units[unit.get<std::size_t>()].name + " can be below its floor"
                           : verdict["reason"].get<std::string>();
    return finding;
}

}  // namespace

Finding LeanEngine::judge(const ports::Judged& write) {
    return decide(write.obligation);
}

Finding LeanEngine::decide(const proof::Obligation& obligation) const {
    const auto start = std::chrono::steady_clock::now();
    Finding finding;
    if (auto line = proof::lean_line(obligation); !line) {
        finding.detail = line.error().message;
    } else {
        child_process::Child child;
        child.program = program_;
        child.input = *std::move(line);
        child.timeout = timeout_;
        child.output_bytes_max = kVerdictBytesMax;
        const auto answer = child_process::run(child, {});
        if (answer)
            finding = read_verdict(*answer, version(), obligation);
        else
            finding.detail = answer.error().message;
    }
    finding.engine = name();
    finding.version = version();
    finding.took_us =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start).count();
    return finding;
}

}  // namespace helix::lean_process
