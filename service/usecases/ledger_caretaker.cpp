#include "service/usecases/ledger_caretaker.hpp"

#include <chrono>
#include <string>
#include <thread>

#include "domain/ledger/chain.hpp"
#include "domain/ledger/digest.hpp"
#include "service/usecases/verify_ledger.hpp"
#include "service/wire/record_json.hpp"

namespace helix::usecases {
namespace {

/// After every few thousand records, which take as long to read: half of one core at most.
constexpr std::chrono::milliseconds kRest{10};

std::string written(const ledger::Head& head) {
    return std::to_string(head.seq) + ":" + ledger::to_hex(head.hash);
}

Error refused(const std::string& what, const ledger::Head& remembered) {
    return error(Code::DataLoss, what + "; this process last saw the head " + written(remembered),
                 "bring back the store that holds it; only if that is lost for good, remove the remembered head",
                 "seq " + std::to_string(remembered.seq));
}

Error does_not_hold(const std::string& why) {
    return error(Code::DataLoss, "the ledger does not hold: " + why,
                 "see `helix ledger verify` on it; restore a backup, and keep the damaged one for examination");
}

}  // namespace

Result<void> LedgerCaretaker::check() {
    const auto remembered = check_remembered();
    return remembered ? check_newest() : remembered;
}

Result<void> LedgerCaretaker::check_newest() const {
    const auto head = store_.head();
    if (!head) return head.error();
    if (!*head || (*head)->seq == 0) return {};
    const std::uint64_t first = (*head)->seq < kNewest ? 0 : (*head)->seq + 1 - kNewest;
    std::optional<ledger::Head> before;
    if (first > 0) {
        const auto hash = store_.hashes(first - 1, 1);
        if (!hash) return hash.error();
        if (hash->empty()) return does_not_hold("record " + std::to_string(first - 1) + " is missing");
        before = ledger::Head{first - 1, hash->front()};
    }
    ledger::ChainChecker checker(*head, before);
    std::string scratch;
    const auto scanned = store_.scan(first, [&](const ledger::Record& record) {
        const auto digest = wire::recompute(record, sha256_, scratch);
        checker.next(record, digest ? std::optional(*digest) : std::nullopt);
        return !checker.broken();
    });
    if (const auto bad = checker.finish())
        return does_not_hold("seq " + std::to_string(bad->seq) + ": " + std::string(to_string(bad->fault)));
    return scanned;
}

Result<void> LedgerCaretaker::check_all(const MerkleLog::Stop& stop) const {
    const auto rest = [&](std::uint64_t) {
        std::this_thread::sleep_for(kRest);
        return !stop || !stop();
    };
    const auto report = verify_ledger(store_, sha256_, rest, std::nullopt, {}, &nodes_);
    if (!report && report.error().code == Code::DeadlineExceeded) return {};
    if (!report) return report.error();
    if (report->bad) return does_not_hold(report->why);
    if (report->bad_node)  // the records hold: what is kept beside them can be made again
        return error(Code::PreconditionFailed, report->why, "empty the table tree_nodes");
    return {};
}

Result<void> LedgerCaretaker::check_remembered() {
    const auto remembered = memory_.recall();
    if (!remembered) return remembered.error();
    if (!*remembered) return {};
    const auto head = store_.head();
    if (!head) return head.error();
    if (!*head) return refused("the ledger's store is empty", **remembered);
    if ((*head)->seq < (*remembered)->seq)
        return refused("the ledger's store is shorter than it was: its head is " + written(**head), **remembered);
    const auto there = store_.hashes((*remembered)->seq, 1);
    if (!there) return there.error();
    if (there->empty() || there->front() != (*remembered)->hash)
        return refused("the ledger's store holds another history", **remembered);
    remembered_ = *remembered;
    return {};
}

Result<void> LedgerCaretaker::keep_up(const MerkleLog::Stop& stop) {
    const auto head = store_.head();
    if (!head) return head.error();
    if (!*head || *head == remembered_) return {};
    if (auto kept = log_.keep_nodes((*head)->seq + 1, stop); !kept) return kept;
    if (auto done = memory_.remember(**head); !done) return done;
    remembered_ = *head;
    return {};
}

}  // namespace helix::usecases
