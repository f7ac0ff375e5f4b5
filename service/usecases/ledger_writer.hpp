#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "domain/core/result.hpp"
#include "domain/ledger/digest.hpp"
#include "service/ports/clock.hpp"
#include "service/ports/id_source.hpp"
#include "service/ports/ledger_store.hpp"
#include "service/ports/signer.hpp"

namespace helix::usecases {

/// What a record says; the writer adds its place in the chain.
struct LedgerDraft {
    static constexpr std::size_t kKindBytesMax = 128;
    static constexpr std::size_t kTextBytesMax = 1024;
    /// A receipt repeats the verdicts of all its steps: what a request and its intents passed must find room here.
    static constexpr std::size_t kBodyBytesMax = 64 * 1024 * 1024;
    static constexpr int kBodyDepthMax = 256;

    std::string kind;                        ///< lower-case words joined by dots: [a-z0-9_.-]
    std::string target;                      ///< cluster or silo; may be empty
    std::string actor;                       ///< the authenticated identity of who asked
    std::string body = "{}";                 ///< JSON text of one object, in any spacing; it is stored canonically
    std::vector<std::string> names = {};     ///< under which the record is found again
    std::optional<ports::Fence> fence = {};  ///< see ports::Entry
};

/// Appends to the ledger: the one place where a record gets its seq, id, time and hashes.
///
/// Group commit: a caller that finds nobody committing seals its draft and appends it as one durable commit; those who
/// come meanwhile are the next one, which the first of them leads, sealing all in the order of their coming. There is
/// no timer: alone, an append costs one commit, and under load as many share one as arrived during the commit before.
///
/// Other processes may append to the same store. Who loses the race for a seq seals again on the new head.
///
/// The writer remembers the newest head it has seen. A store that no longer has it (a fail-over to a standby that lags
/// behind, is empty, or took another course) is refused until it has it again: what was acknowledged must not be
/// written over.
///
/// Thread safety: any method from any thread. The ports outlive the writer; the writer outlives its callers.
class LedgerWriter {
public:
    /// Records in one commit at most; bounds how long a commit can take.
    static constexpr std::size_t kBatchMax = 1000;
    /// Tries to win against other processes before giving up.
    static constexpr int kAttemptsMax = 100;

    /// With a `signer` every record's hash is signed.
    LedgerWriter(ports::LedgerStore& store, const ports::Clock& clock, ports::IdSource& ids, ledger::Sha256 sha256,
                 const ports::Signer* signer = nullptr)
        : store_(store), clock_(clock), ids_(ids), sha256_(sha256), signer_(signer) {}
    LedgerWriter(const LedgerWriter&) = delete;
    LedgerWriter& operator=(const LedgerWriter&) = delete;

    /// Appends one record; it is durable when this returns it.
    /// Errors: InvalidArgument when the draft is not well-formed (nothing was written); AlreadyExists when a name is
    /// taken; PreconditionFailed when the fence does not hold; Conflict when other processes won every try; DataLoss
    /// when the store lacks a record that was seen in it, or the writer was halted; else the store's: after Unavailable
    /// nothing was written, after UnknownOutcome look by the record's content before doing it again.
    Result<ledger::Record> append(LedgerDraft draft);

    /// Appends many, side by side with what others append: each has its own outcome, in the order of the drafts, and
    /// those that succeed have ascending seqs. They share commits of up to kBatchMax records; a commit that fails takes
    /// its own records with it and no others.
    /// Errors: InvalidArgument when a draft is not well-formed (nothing was written); of the outcomes as of `append`.
    Result<std::vector<Result<ledger::Record>>> append_each(std::vector<LedgerDraft> drafts);

    Result<ledger::Record> append(std::string kind, std::string target, std::string actor, std::string body_json) {
        return append(LedgerDraft{std::move(kind), std::move(target), std::move(actor), std::move(body_json)});
    }

    /// Has `told` called after each commit, on the thread of whoever led it; it must be short and not append. Set it
    /// before anybody appends.
    void on_commit(std::function<void()> told) { told_ = std::move(told); }

    /// From now on nothing is appended: every call is answered with `why`. For a ledger that was found not to hold.
    void halt(const Error& why);
    /// Why nothing is appended any more; nothing when it is.
    [[nodiscard]] std::optional<Error> halted() const;

    struct Counts {
        std::uint64_t records = 0;    ///< appended
        std::uint64_t commits = 0;    ///< durable commits that carried them
        std::uint64_t conflicts = 0;  ///< times another process was first
    };
    [[nodiscard]] Counts counts() const;

    /// The newest record that this writer knows to be in the store.
    [[nodiscard]] std::optional<ledger::Head> newest() const;
    /// Tells of a head that was seen before this writer was made; one that is older than `newest` is nothing new.
    void remember(const ledger::Head& head);

    /// Callers whose records wait for the next commit.
    [[nodiscard]] std::size_t waiting() const;

private:
    struct Waiting;
    struct Batch;
    struct Place {
        std::shared_ptr<Batch> batch;
        bool leads = false;
    };

    Place enqueue(Waiting& mine);
    void see_through(const Place& place, std::unique_lock<std::mutex>& lock);
    static bool drop_refused(std::vector<Waiting*>& batch, const Error& refusal);
    void commit(std::vector<Waiting*> batch);
    Result<void> try_commit(const std::vector<Waiting*>& batch);
    Result<void> sign(ledger::Record& record) const;
    Result<void> read_head();

    ports::LedgerStore& store_;
    const ports::Clock& clock_;
    ports::IdSource& ids_;
    const ledger::Sha256 sha256_;
    const ports::Signer* const signer_;
    std::function<void()> told_;

    mutable std::mutex mutex_;
    std::deque<std::shared_ptr<Batch>> line_;  // that wait for their commit
    bool leading_ = false;                     // somebody is committing
    Counts counts_;
    std::optional<ledger::Head> newest_;
    std::optional<Error> halted_;

    // Used by the leader alone, without the lock.
    bool head_known_ = false;
    std::optional<ledger::Head> head_;
};

}  // namespace helix::usecases
