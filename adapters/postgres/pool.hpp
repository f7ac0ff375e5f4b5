#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "adapters/postgres/conninfo.hpp"
#include "adapters/postgres/session.hpp"
#include "adapters/postgres/watchdog.hpp"
#include "domain/core/result.hpp"

namespace helix::postgres {

struct PoolOptions {
    std::size_t sessions_max = 6;
    Bounds bounds = {};
    /// How long to look for the outcome of a commit whose answer was lost.
    std::chrono::milliseconds find_out{10'000};
    /// How long to wait for a session while all are in use.
    std::chrono::milliseconds patience{10'000};
};

/// Connections to one server, made when they are needed and again when they broke. While the server is away, a try to
/// connect is made at most every 50 ms to 2 s (doubling), and calls in between fail at once.
///
/// Stores on it: adapters/ledger_postgres. Everything is bounded; nothing waits for ever.
/// Thread safety: any method from any thread. It outlives what was borrowed.
class Pool {
public:
    explicit Pool(Conninfo conninfo, const PoolOptions& options = {});
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    /// Runs `work(Session&)`, which returns a Result and only reads, outside a transaction. When the connection turns
    /// out to be gone it runs once more on a new one. Errors: what `work` returns; those of to_error (errors.hpp).
    template <class Work>
    auto read(std::string_view doing, Work&& work) -> std::invoke_result_t<Work&, Session&> {
        return keep<Work>([&](const Step& step) { return read_with(doing, step); }, work);
    }

    /// Runs `work(Session&)`, which returns a Result, in one transaction; committed when it succeeds, undone when not.
    /// A commit whose answer was lost is looked for on the server (transaction.hpp).
    /// Errors: what `work` returns; those of to_error; Unavailable when nothing was written; UnknownOutcome when the
    /// server stays away.
    template <class Work>
    auto write(std::string_view doing, Work&& work) -> std::invoke_result_t<Work&, Session&> {
        return keep<Work>([&](const Step& step) { return write_with(doing, step); }, work);
    }

    /// A session of one's own for a while. Errors: Unavailable.
    Result<std::unique_ptr<Session>> borrow();
    /// Gives back, or when it broke lets go, what was borrowed; each borrowed session is given back once.
    void give_back(std::unique_ptr<Session> session);

    /// Whether a failure came of the connection and not of a statement. Then all idle ones are let go too: the server
    /// went away from all of them alike.
    bool lost(const Session& session, const std::exception& failure);

    [[nodiscard]] const std::string& server() const { return conninfo_.display; }
    [[nodiscard]] const PoolOptions& options() const { return options_; }

private:
    using Step = std::function<Result<void>(Session&)>;

    /// Carries the value of `work` around functions that know only Result<void>.
    template <class Work, class Run>
    static auto keep(Run&& run, Work& work) -> std::invoke_result_t<Work&, Session&> {
        using Outcome = std::invoke_result_t<Work&, Session&>;
        std::optional<Outcome> outcome;
        const Result<void> done = run([&](Session& session) -> Result<void> {
            outcome.emplace(work(session));
            if (!*outcome) return outcome->error();
            return {};
        });
        if (!done) return done.error();
        return *std::move(outcome);
    }

    Result<void> read_with(std::string_view doing, const Step& step);
    Result<void> write_with(std::string_view doing, const Step& step);
    Result<std::unique_ptr<Session>> connect();
    Error still_away() const;

    const Conninfo conninfo_;
    const PoolOptions options_;
    Watchdog dog_;

    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::unique_ptr<Session>> idle_;
    std::size_t in_use_ = 0;
    std::chrono::steady_clock::time_point next_try_{};
    std::chrono::milliseconds delay_{0};  // 0: the last try to connect succeeded
    std::string last_failure_;
};

}  // namespace helix::postgres
