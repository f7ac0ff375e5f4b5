#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "adapters/config/config.hpp"
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
/// (keys/), and the remembered head (head).
std::string state_folder(const config::Config& config);

/// What makes the ledger one that a stranger can trust, wired: keys, Merkle tree, remembered head.
///
/// Thread safety: open, start, stop and the destructor from one thread; the rest from any.
class LedgerTrust {
public:
    /// Loads or makes the keys, and holds the store against the remembered head. The stores outlive it.
    /// Errors: DataLoss when the store is not the one that was written to; those of openssl_signer::load.
    static Result<std::unique_ptr<LedgerTrust>> open(const config::Config& config, ports::LedgerStore& store,
                                                     ports::TreeStore& nodes);

    ~LedgerTrust() { stop(); }
    LedgerTrust(const LedgerTrust&) = delete;
    LedgerTrust& operator=(const LedgerTrust&) = delete;

    /// Null when the deployment does not sign.
    [[nodiscard]] const ports::Signer* signer() const { return signer_.get(); }
    [[nodiscard]] const usecases::Notary& notary() const { return notary_; }

    /// Begins to keep nodes and head up to date, in a thread of its own.
    void start() { loop_.start(); }
    /// Ends that, after remembering the head once more.
    void stop();

private:
    LedgerTrust(ports::LedgerStore& store, ports::TreeStore& nodes, const std::string& head_file,
                std::unique_ptr<ports::Signer> signer, ledger::KeyRing keys);

    void keep_up(const usecases::MerkleLog::Stop& stop);

    const std::unique_ptr<ports::Signer> signer_;
    usecases::MerkleLog log_;
    usecases::Notary notary_;
    head_file::HeadFile head_;
    usecases::LedgerCaretaker caretaker_;
    reconcile::Loop loop_;
    std::string problem_;  // told last, so that one that lasts is told once
    std::atomic<bool> stopping_{false};
};

}  // namespace helix::app
