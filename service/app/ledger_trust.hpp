#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "adapters/config/config.hpp"
#include "adapters/head_file/checkpoint_file.hpp"
#include "adapters/head_file/head_file.hpp"
#include "domain/core/result.hpp"
#include "service/ports/ledger_store.hpp"
#include "service/ports/signer.hpp"
#include "service/ports/tree_store.hpp"
#include "service/reconcile/loop.hpp"
#include "service/usecases/ledger_caretaker.hpp"
#include "service/usecases/merkle_log.hpp"
#include "service/usecases/notary.hpp"

namespace helix::app {

/// The folder of what belongs to a deployment's ledger but is not in it: the signing keys that `signing: auto` makes
/// (keys/), the remembered head (head), and the checkpoint that was signed last (checkpoint). Beside the ledger's file
/// unless the configuration names another.
std::string state_folder(const config::Config& config);

/// Whether it is known where keys are to be made. A database has no "beside": in the working directory each process,
/// and each start elsewhere, would make keys of its own, and the ledger would be signed by whoever came along. Errors:
/// InvalidArgument for `signing: auto` on a database without `state`.
Result<void> check_state(const config::Config& config);

/// What makes the ledger one that a stranger can trust, wired: keys, Merkle tree, remembered head.
///
/// Thread safety: open, start, stop and the destructor from one thread; the rest from any.
class LedgerTrust {
public:
    /// Loads or makes the keys, and holds the store against the remembered head and its newest records against each
    /// other. The stores outlive it.
    /// Errors: DataLoss when the store is not the one that was written to, or does not hold; those of
    /// openssl_signer::load.
    static Result<std::unique_ptr<LedgerTrust>> open(const config::Config& config, ports::LedgerStore& store,
                                                     ports::TreeStore& nodes);

    ~LedgerTrust() { stop(); }
    LedgerTrust(const LedgerTrust&) = delete;
    LedgerTrust& operator=(const LedgerTrust&) = delete;

    /// Null when the deployment does not sign.
    [[nodiscard]] const ports::Signer* signer() const { return signer_.get(); }
    [[nodiscard]] const usecases::Notary& notary() const { return notary_; }

    /// Begins to keep nodes and head up to date, in a thread of its own. In another one a ledger that is a file is read
    /// from its beginning once; `broken` is told when it does not hold. (Of a database each replica would read all.)
    void start(std::function<void(const Error&)> broken);
    /// Ends that, after remembering the head once more.
    void stop();

private:
    LedgerTrust(ports::LedgerStore& store, ports::TreeStore& nodes, const std::string& folder,
                std::unique_ptr<ports::Signer> signer, ledger::KeyRing keys, bool is_file);

    void keep_up(const usecases::MerkleLog::Stop& stop);

    const std::unique_ptr<ports::Signer> signer_;
    usecases::MerkleLog log_;
    head_file::HeadFile head_;
    head_file::CheckpointFile signed_last_;
    usecases::Notary notary_;
    usecases::LedgerCaretaker caretaker_;
    reconcile::Loop loop_;
    std::string problem_;  // told last, so that one that lasts is told once
    const bool is_file_;
    std::atomic<bool> stopping_{false};
    std::jthread examiner_;
};

}  // namespace helix::app
