#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "domain/core/result.hpp"
#include "service/ports/clock.hpp"
#include "service/ports/lease_store.hpp"
#include "service/ports/ledger_store.hpp"

namespace helix::usecases {

/// The right to turn the helix: of all processes on one ledger, one has it at a time.
///
/// It is a lease of the ledger's store. Whether it still holds is reckoned here from the moment before the store was
/// asked, so that this process stops believing in it before any other can take it; the fence in the store stops what
/// slept in between.
///
/// Thread safety: any method from any thread.
class Tenure {
public:
    static constexpr const char* kLease = "helix";

    /// @param holder  names this process to others; the same name after a restart takes the lease back at once
    Tenure(ports::LeaseStore& leases, const ports::Clock& clock, std::string holder, std::chrono::milliseconds ttl)
        : leases_(leases), clock_(clock), holder_(std::move(holder)), ttl_(ttl) {}

    /// Takes the lease or, when a third of its time has passed, holds on to it; call it often.
    /// @return true when it was newly taken: what a former holder left open has to be ended first, then `open` called
    /// Errors: Conflict while another process holds it; those of the store.
    Result<bool> hold();

    /// From here on `fence` gives the right to write.
    void open();

    /// Gives the lease back, so that another process need not wait for it to run out.
    void let_go();

    /// The fence to write under; nothing while this process may not write.
    [[nodiscard]] std::optional<ports::Fence> fence() const;

    /// The epoch that was taken, whether opened yet or not; nothing when the lease is not held.
    [[nodiscard]] std::optional<ports::Fence> taken() const;

    /// Whether `fence` is still the right one.
    [[nodiscard]] bool holds(const ports::Fence& fence) const { return this->fence() == fence; }

    /// Why this process may not write: Unavailable, naming who may.
    [[nodiscard]] Error refusal() const;

    [[nodiscard]] const std::string& holder() const { return holder_; }

private:
    [[nodiscard]] bool running() const { return lease_ && clock_.steady_us() < ends_at_us_; }

    ports::LeaseStore& leases_;
    const ports::Clock& clock_;
    const std::string holder_;
    const std::chrono::milliseconds ttl_;

    mutable std::mutex mutex_;
    std::optional<ports::Lease> lease_;
    std::int64_t ends_at_us_ = 0;   // by the steady clock
    std::int64_t renew_at_us_ = 0;  // likewise
    bool open_ = false;
    std::optional<Error> problem_;
};

}  // namespace helix::usecases
