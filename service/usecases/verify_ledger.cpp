#include "service/usecases/verify_ledger.hpp"

#include <string>

#include <nlohmann/json.hpp>

#include "service/wire/record_json.hpp"

namespace helix::usecases {
namespace {

constexpr std::uint64_t kProgressEvery = 4096;

}  // namespace

Result<LedgerReport> verify_ledger(ports::LedgerStore& store, ledger::Sha256 sha256, const VerifyProgress& progress,
                                   const std::optional<ledger::Head>& remembered) {
    LedgerReport report;
    ledger::ChainChecker checker(remembered);
    std::string scratch;
    bool stopped = false;
    const auto scanned = store.scan(0, [&](const ledger::Record& record) {
        std::optional<ledger::Digest> digest;
        if (!checker.broken()) {
            if (auto computed = wire::recompute(record, sha256, scratch)) digest = *computed;
        }
        checker.next(record, digest);
        ++report.records;
        stopped = report.records % kProgressEvery == 0 && progress && !progress(report.records);
        return !stopped;
    });
    if (!scanned) return scanned.error();
    if (stopped)
        return error(Code::DeadlineExceeded, "verify was stopped after " + std::to_string(report.records) + " records");
    report.head = checker.head();
    report.bad = checker.finish();
    if (report.bad)
        report.why = "seq " + std::to_string(report.bad->seq) + ": " + std::string(to_string(report.bad->fault));
    return report;
}

nlohmann::json to_json(const LedgerReport& report) {
    nlohmann::json answer = {{"ok", report.whole()}, {"records", report.records}};
    if (report.head) answer["head"] = {{"seq", report.head->seq}, {"hash", ledger::to_hex(report.head->hash)}};
    if (report.whole()) return answer;
    answer["first_bad_seq"] = *report.first_bad_seq();
    answer["fault"] = report.why;
    return answer;
}

}  // namespace helix::usecases
