#include "service/usecases/verify_ledger.hpp"

#include <string>

#include <nlohmann/json.hpp>

#include "service/usecases/store_source.hpp"
#include "service/wire/record_json.hpp"

namespace helix::usecases {
namespace {

constexpr std::uint64_t kProgressEvery = 4096;

/// The one of the lower seq; of two at one seq what the chain says.
std::optional<ledger::BadRecord> first_of(const std::optional<ledger::BadRecord>& chain,
                                          const std::optional<ledger::BadRecord>& beside) {
    if (!chain || !beside) return chain ? chain : beside;
    return beside->seq < chain->seq ? beside : chain;
}

}  // namespace

Result<LedgerReport> verify_records(ports::RecordSource& source, ledger::Sha256 sha256, const VerifyProgress& progress,
                                    const std::optional<ledger::Head>& remembered, const LedgerEvidence& evidence) {
    LedgerReport report;
    ledger::ChainChecker checker(remembered);
    EvidenceChecker beside(evidence, sha256);
    KeptTreeChecker tree(source, sha256);
    Result<void> tree_read;
    std::string scratch, complaint;
    bool stopped = false;
    const auto scanned = source.scan(0, [&](const ports::FoundRecord& found) {
        if (checker.broken()) {
            if (found.complaint.empty()) checker.next(found.record, std::nullopt);
        } else if (found.cut) {
            checker.cut();
            complaint = found.complaint;
        } else if (!found.complaint.empty()) {
            complaint = found.complaint;
            checker.unreadable();
        } else {
            const auto computed = wire::recompute(found.record, sha256, scratch);
            checker.next(found.record, computed ? std::optional(*computed) : std::nullopt);
        }
        if (!checker.broken()) {
            beside.next(found.record);
            if (tree_read) tree_read = tree.next(found.record.hash);
        }
        ++report.records;
        stopped = report.records % kProgressEvery == 0 && progress && !progress(report.records);
        return !stopped;
    });
    // What was found before the reading failed stays true, and comes first.
    if (!scanned && !checker.broken()) return scanned.error();
    if (stopped)
        return error(Code::DeadlineExceeded, "verify was stopped after " + std::to_string(report.records) + " records");
    report.head = checker.head();
    report.bad = first_of(checker.finish(), beside.finish());
    report.signed_records = beside.signed_records();
    if (report.bad) {
        const ledger::Fault fault = report.bad->fault;
        const bool told = fault == ledger::Fault::Unreadable || fault == ledger::Fault::Cut;
        report.why =
            "seq " + std::to_string(report.bad->seq) + ": " + (told ? complaint : std::string(to_string(fault)));
    } else if (!tree_read) {
        return tree_read.error();
    } else if (tree.bad()) {
        report.bad_node = tree.bad();
        report.why = "the kept node of the Merkle tree over records " + std::to_string(tree.bad()->first_seq()) +
                     " to " + std::to_string(tree.bad()->last_seq()) + " (tree_nodes: level " +
                     std::to_string(tree.bad()->level) + ", index " + std::to_string(tree.bad()->index) +
                     ") is not what they give; the records hold";
    }
    return report;
}

Result<LedgerReport> verify_ledger(ports::LedgerStore& store, ledger::Sha256 sha256, const VerifyProgress& progress,
                                   const std::optional<ledger::Head>& remembered, const LedgerEvidence& evidence,
                                   ports::TreeStore* nodes) {
    StoreSource source(store, nodes);
    return verify_records(source, sha256, progress, remembered, evidence);
}

nlohmann::json to_json(const LedgerReport& report) {
    nlohmann::json answer = {{"ok", report.whole()}, {"records", report.records}, {"signed", report.signed_records}};
    if (report.head) answer["head"] = {{"seq", report.head->seq}, {"hash", ledger::to_hex(report.head->hash)}};
    if (report.whole()) return answer;
    answer["first_bad_seq"] = *report.first_bad_seq();
    answer["fault"] = report.why;
    answer["fault_kind"] = report.bad ? name_of(report.bad->fault) : "tree-node";
    return answer;
}

}  // namespace helix::usecases
