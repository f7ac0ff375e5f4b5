#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/postgres/pool.hpp"
#include "adapters/postgres/session.hpp"
#include "domain/core/result.hpp"

namespace helix::postgres {

/// Returns once all that this session can see is where commits have to be: a commit whose server ended while it waited
/// for a synchronous standby is seen by others without having got there. (Our own commit lies behind it.) Throws what
/// the library throws.
void await_standby(Session& session);

/// One transaction (READ COMMITTED) on a borrowed session; undone unless it is committed.
///
/// It asks for its id when it begins. When the connection breaks while it is being committed, the server is asked
/// afterwards what became of that id: the outcome is found out, not guessed.
/// Not thread-safe: one thread at a time. The pool outlives it.
class Transaction {
public:
    /// Begins; `first` is SQL that runs in the same round trip, before any other statement ("" for none).
    /// Errors: Unavailable; those of to_error.
    static Result<Transaction> begin(Pool& pool, std::string_view doing, const std::string& first = {});

    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction() { undo(); }

    /// Runs a step, which may throw what the library throws. After a failure the transaction is over.
    Result<void> run(const std::function<Result<void>(Session&)>& step);

    /// Commits. `is_there`, when given, reads back whether the commit's work is in the database; it is asked besides
    /// the id when the answer was lost, since after a fail-over another transaction may have that id.
    /// Errors: Unavailable when nothing was written; UnknownOutcome when the server stays away for too long.
    Result<void> commit(const std::function<bool(Session&)>& is_there = {});

    /// Undoes what was done; nothing once it is over.
    void undo() noexcept;

    [[nodiscard]] bool open() const { return session_ != nullptr; }

private:
    enum class Outcome { Committed, Aborted, Unknown };

    Transaction(Pool& pool, std::unique_ptr<Session> session, std::string doing, std::string id)
        : pool_(&pool), session_(std::move(session)), doing_(std::move(doing)), id_(std::move(id)) {}

    Outcome find_out(const std::function<bool(Session&)>& is_there) const;
    Outcome ask(Session& session, const std::function<bool(Session&)>& is_there) const;

    Pool* pool_;
    std::unique_ptr<Session> session_;  // null once it is over
    std::string doing_;
    std::string id_;
};

}  // namespace helix::postgres
