#include "adapters/postgres/transaction.hpp"

#include <chrono>
#include <thread>
#include <utility>

#include "adapters/postgres/errors.hpp"

namespace helix::postgres {
namespace {

constexpr std::chrono::milliseconds kAskAgain{20};
constexpr Statement kStatus{"transaction_status", "SELECT pg_xact_status($1::xid8)"};

constexpr Statement kBehind{"behind_what_is_seen", "SELECT pg_logical_emit_message(true, 'helix', '')"};

}  // namespace

void await_standby(Session& session) {
    session.run(kBehind);
}

Result<Transaction> Transaction::begin(Pool& pool, std::string_view doing, const std::string& first) {
    for (int attempt = 0;; ++attempt) {
        auto session = pool.borrow();
        if (!session) return session.error();
        try {
            const auto rows = (*session)->execute("BEGIN; " + first + " SELECT pg_current_xact_id()");
            return Transaction(pool, *std::move(session), std::string(doing), rows[0][0].c_str());
        } catch (const std::exception& failure) {
            const bool broken = pool.lost(**session, failure);
            Transaction failed(pool, *std::move(session), std::string(doing), {});
            failed.undo();
            // An idle connection that turns out to be gone says nothing of the server; a new one does.
            if (!broken || attempt > 0) return to_error(failure, doing, pool.server());
        }
    }
}

Transaction::Transaction(Transaction&& other) noexcept
    : pool_(other.pool_),
      session_(std::move(other.session_)),
      doing_(std::move(other.doing_)),
      id_(std::move(other.id_)) {}

Result<void> Transaction::run(const std::function<Result<void>(Session&)>& step) {
    try {
        auto done = step(*session_);
        if (!done) undo();
        return done;
    } catch (const std::exception& failure) {
        Error told = to_error(failure, doing_, pool_->server());
        if (pool_->lost(*session_, failure)) {
            told.code = Code::Unavailable;  // without its COMMIT the server undoes it
            pool_->give_back(nullptr);
            session_.reset();
        }
        undo();
        return told;
    }
}

void Transaction::undo() noexcept {
    if (!session_) return;
    try {
        if (session_->alive()) session_->execute("ROLLBACK");
    } catch (const std::exception& failure) {
        // Then the server does it: the connection is let go.
        session_.reset();
        pool_->give_back(nullptr);
        return;
    }
    pool_->give_back(std::move(session_));
    session_.reset();
}

Result<void> Transaction::commit(const std::function<bool(Session&)>& is_there) {
    try {
        session_->execute("COMMIT");
        pool_->give_back(std::move(session_));
        session_.reset();
        return {};
    } catch (const std::exception& failure) {
        Error told = to_error(failure, doing_ + ": committing", pool_->server());
        pool_->lost(*session_, failure);
        pool_->give_back(nullptr);  // whatever state it is in
        session_.reset();
        switch (find_out(is_there)) {
            case Outcome::Committed:
                return {};
            case Outcome::Aborted:
                told.code = told.code == Code::Internal ? Code::Internal : Code::Unavailable;
                told.mend = "nothing was written: try again";
                return told;
            case Outcome::Unknown:
                break;
        }
        told.code = Code::UnknownOutcome;
        told.mend = "the server stayed away: when it is back, read whether the write is there";
        return told;
    }
}

Transaction::Outcome Transaction::find_out(const std::function<bool(Session&)>& is_there) const {
    const auto deadline = std::chrono::steady_clock::now() + pool_->options().find_out;
    while (std::chrono::steady_clock::now() < deadline) {
        Outcome outcome = Outcome::Unknown;
        const auto asked = pool_->read("finding out what became of a commit", [&](Session& session) -> Result<void> {
            outcome = ask(session, is_there);
            return {};
        });
        if (asked && outcome != Outcome::Unknown) return outcome;
        std::this_thread::sleep_for(kAskAgain);
    }
    return Outcome::Unknown;
}

/// Unknown while the server still works on it: a commit whose client is gone may yet succeed.
Transaction::Outcome Transaction::ask(Session& session, const std::function<bool(Session&)>& is_there) const {
    std::string status;
    try {
        const auto rows = session.run(kStatus, id_);
        if (!rows[0][0].is_null()) status = rows[0][0].c_str();
    } catch (const pqxx::sql_error& failure) {
        // An id that this server has not reached yet: the one that knew it is gone, and this one took its place.
        if (failure.sqlstate() != kInvalidParameter) throw;
        status = "aborted";
    }
    if (status == "in progress") return Outcome::Unknown;
    if (is_there && !is_there(session)) return Outcome::Aborted;
    if (is_there || status == "committed") {
        await_standby(session);
        return Outcome::Committed;
    }
    return status == "aborted" ? Outcome::Aborted : Outcome::Unknown;
}

}  // namespace helix::postgres
