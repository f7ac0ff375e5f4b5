#include "adapters/postgres/lone_statement.hpp"

#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "adapters/postgres/errors.hpp"

namespace helix::postgres {
namespace {

constexpr std::chrono::milliseconds kAskAgain{20};
constexpr Statement kState{"backend_state",
                           "SELECT state FROM pg_stat_activity WHERE pid = $1::integer AND backend_start::text = $2"};
constexpr Statement kEnd{"backend_end",
                         "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity"
                         " WHERE pid = $1::integer AND backend_start::text = $2 AND state = 'idle'"};

enum class Outcome { Done, NotDone, Unknown };

/// What became of the statement that the server's process `backend` was sent.
class Inquiry {
public:
    Inquiry(Session::Backend backend, const std::function<bool(Session&)>& is_there)
        : backend_(std::move(backend)), is_there_(is_there) {}

    /// Unknown: not yet.
    Outcome ask(Session& session) {
        const auto rows = session.run(kState, backend_.pid, backend_.started);
        const bool gone = rows.empty();
        // Idle: it is done with the statement, or has not read it yet and must not.
        const bool idle = !gone && std::string_view(rows[0][0].c_str()) == "idle";
        if (!gone && !idle) return Outcome::Unknown;
        const bool there = is_there_(session);
        if (there && !ended_) return Outcome::Done;
        // It read the statement just when it was told to end, and may not have waited for its standby.
        if (there) return Outcome::Unknown;
        if (gone) return Outcome::NotDone;
        session.run(kEnd, backend_.pid, backend_.started);
        ended_ = true;
        return Outcome::Unknown;
    }

private:
    const Session::Backend backend_;
    const std::function<bool(Session&)>& is_there_;
    bool ended_ = false;
};

/// Errors: DataLoss when the server that answers now is without the tables.
Result<Outcome> find_out(Pool& pool, Inquiry inquiry) {
    const auto deadline = std::chrono::steady_clock::now() + pool.options().find_out;
    while (std::chrono::steady_clock::now() < deadline) {
        Outcome outcome = Outcome::Unknown;
        const auto asked = pool.read("finding out what became of a commit", [&](Session& session) -> Result<void> {
            outcome = inquiry.ask(session);
            return {};
        });
        if (!asked && asked.error().code == Code::DataLoss) return asked.error();
        if (asked && outcome != Outcome::Unknown) return outcome;
        std::this_thread::sleep_for(kAskAgain);
    }
    return Outcome::Unknown;
}

}  // namespace

Result<void> run_lone_statement(Pool& pool, std::string_view doing, const std::function<void(Session&)>& statement,
                                const std::function<bool(Session&)>& is_there) {
    for (int attempt = 0;; ++attempt) {
        auto session = pool.borrow();
        if (!session) return session.error();
        try {
            statement(**session);
            pool.give_back(*std::move(session));
            return {};
        } catch (const std::exception& failure) {
            Error told = to_error(failure, doing, pool.server());
            const bool broken = pool.lost(**session, failure);
            Inquiry inquiry((*session)->backend(), is_there);
            pool.give_back(broken ? nullptr : *std::move(session));
            if (!broken) return told;
            *session = nullptr;
            const auto outcome = find_out(pool, std::move(inquiry));
            if (!outcome) return outcome.error();
            if (*outcome == Outcome::Done) return {};
            if (*outcome == Outcome::Unknown) {
                told.code = Code::UnknownOutcome;
                told.mend = "the server stayed away: when it is back, read whether the write is there";
                return told;
            }
            // An idle connection that turns out to be gone says nothing of the server; a new one does.
            if (attempt > 0) {
                told.code = Code::Unavailable;
                told.mend = "nothing was written: try again";
                return told;
            }
        }
    }
}

}  // namespace helix::postgres
