#include "service/usecases/ledger_caretaker.hpp"

#include <string>

#include "domain/ledger/digest.hpp"

namespace helix::usecases {
namespace {

std::string written(const ledger::Head& head) {
    return std::to_string(head.seq) + ":" + ledger::to_hex(head.hash);
}

Error refused(const std::string& what, const ledger::Head& remembered) {
    return error(Code::DataLoss, what + "; this process last saw the head " + written(remembered),
                 "bring back the store that holds it; only if that is lost for good, remove the remembered head",
                 "seq " + std::to_string(remembered.seq));
}

}  // namespace

Result<void> LedgerCaretaker::check() {
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
