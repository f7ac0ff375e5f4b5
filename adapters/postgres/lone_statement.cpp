#include "adapters/postgres/lone_statement.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "adapters/postgres/errors.hpp"
#include "adapters/postgres/transaction.hpp"

namespace helix::postgres {
namespace {

constexpr std::chrono::milliseconds kAskAgain{20};
// A pool between us and the server may have given that process to this very session: then it is done with the
// statement.
constexpr Statement kState{"backend_state",
                           "SELECT state FROM pg_stat_activity WHERE pid = $1::integer"
                           " AND extract(epoch FROM backend_start)::text = $2 AND pid <> pg_backend_pid()"};
constexpr Statement kEnd{"backend_end",
                         "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE pid = $1::integer"
                         " AND extract(epoch FROM backend_start)::text = $2 AND pid <> pg_backend_pid()"
                         " AND state = 'idle'"};

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
        if (is_there_(session)) {
            await_standby(session);
            return Outcome::Done;
        }
        if (gone) return Outcome::NotDone;
        session.run(kEnd, backend_.pid, backend_.started);
        return Outcome::Unknown;
    }

private:
    const Session::Backend backend_;
    const std::function<bool(Session&)>& is_there_;
};

/// A borrowed session, given back or let go of whatever happens.
class Borrowed {
public:
    Borrowed(Pool& pool, std::unique_ptr<Session> session) : pool_(pool), session_(std::move(session)) {}
    ~Borrowed() { pool_.give_back(std::move(session_)); }
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;

    [[nodiscard]] Session& operator*() const { return *session_; }
    void let_go() { session_.reset(); }

private:
    Pool& pool_;
    std::unique_ptr<Session> session_;
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
        auto found = pool.borrow();
        if (!found) return found.error();
        std::optional<Error> failed;
        std::optional<Inquiry> inquiry;
        {
            Borrowed session(pool, *std::move(found));
            inquiry.emplace((*session).backend(), is_there);
            try {
                statement(*session);
                return {};
            } catch (const std::exception& failure) {
                const bool broken = pool.lost(*session, failure);
                if (broken || sqlstate_of(failure).empty()) session.let_go();
                failed = to_error(failure, doing, pool.server());
                if (!broken && !sqlstate_of(failure).empty()) return *failed;  // the server has refused it
            }
        }
        const auto outcome = find_out(pool, *std::move(inquiry));
        if (!outcome) return outcome.error();
        if (*outcome == Outcome::Done) return {};
        if (*outcome == Outcome::Unknown) {
            failed->code = Code::UnknownOutcome;
            failed->mend = "the server stayed away: when it is back, read whether the write is there";
            return *failed;
        }
        // An idle connection that turns out to be gone says nothing of the server; a new one does.
        if (attempt > 0) {
            failed->code = Code::Unavailable;
            failed->mend = "nothing was written: try again";
            return *failed;
        }
    }
}

}  // namespace helix::postgres
