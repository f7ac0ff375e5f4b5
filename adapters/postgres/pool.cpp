#include "adapters/postgres/pool.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "adapters/postgres/errors.hpp"
#include "adapters/postgres/transaction.hpp"

namespace helix::postgres {
namespace {

constexpr std::chrono::milliseconds kDelayMin{50};
constexpr std::chrono::milliseconds kDelayMax{2000};

using Clock = std::chrono::steady_clock;

}  // namespace

Pool::Pool(Conninfo conninfo, const PoolOptions& options) : conninfo_(std::move(conninfo)), options_(options) {
    idle_.reserve(options_.sessions_max);  // giving back needs no memory
}

Pool::~Pool() = default;

Error Pool::still_away() const {
    Error away =
        error(Code::Unavailable, last_failure_, "check that the server runs and can be reached", conninfo_.display);
    away.retry_after_s = 1;
    return away;
}

Result<std::unique_ptr<Session>> Pool::borrow() {
    std::unique_lock lock(mutex_);
    const bool free = returned_.wait_for(lock, options_.patience, [&] { return in_use_ < options_.sessions_max; });
    if (!free)
        return error(Code::Unavailable, "ledger " + conninfo_.display + ": all connections are in use", "try again",
                     conninfo_.display);
    if (!idle_.empty()) {
        auto session = std::move(idle_.back());
        idle_.pop_back();
        ++in_use_;
        return session;
    }
    if (Clock::now() < next_try_) return still_away();
    ++in_use_;
    lock.unlock();
    auto session = connect();
    if (!session) give_back(nullptr);
    return session;
}

Result<std::unique_ptr<Session>> Pool::connect() {
    std::optional<Error> failure;
    std::unique_ptr<Session> session;
    try {
        session = std::make_unique<Session>(conninfo_, options_.bounds, dog_);
    } catch (const std::exception& thrown) {
        failure = to_error(thrown, "connecting", conninfo_.display);
    }
    const std::lock_guard lock(mutex_);
    if (!failure) {
        delay_ = std::chrono::milliseconds(0);
        return session;
    }
    delay_ = std::clamp(delay_ * 2, kDelayMin, kDelayMax);
    next_try_ = Clock::now() + delay_;
    last_failure_ = failure->message;
    failure->retry_after_s = 1;
    return *failure;
}

void Pool::give_back(std::unique_ptr<Session> session) {
    {
        const std::lock_guard lock(mutex_);
        --in_use_;
        if (session && session->alive()) idle_.push_back(std::move(session));
    }
    returned_.notify_one();
}

bool Pool::lost(const Session& session, const std::exception& failure) {
    const std::string state = sqlstate_of(failure);
    const bool ended = state.starts_with("57P") || state == "25P03";  // the server said good-bye
    if (session.alive() && !ended && dynamic_cast<const pqxx::broken_connection*>(&failure) == nullptr) return false;
    const std::lock_guard lock(mutex_);
    idle_.clear();
    return true;
}

Result<void> Pool::read_with(std::string_view doing, const Step& step) {
    for (int attempt = 0;; ++attempt) {
        auto session = borrow();
        if (!session) return session.error();
        try {
            auto done = step(**session);
            give_back(*std::move(session));
            return done;
        } catch (const std::exception& failure) {
            const bool broken = lost(**session, failure);
            give_back(broken ? nullptr : *std::move(session));
            if (!broken || attempt > 0) return to_error(failure, doing, conninfo_.display);
        }
    }
}

Result<void> Pool::write_with(std::string_view doing, const Step& step) {
    auto transaction = Transaction::begin(*this, doing);
    if (!transaction) return transaction.error();
    auto done = transaction->run(step);
    if (!done) return done;
    return transaction->commit();
}

}  // namespace helix::postgres
