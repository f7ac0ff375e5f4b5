#include "service/usecases/tenure.hpp"

#include <algorithm>
#include <utility>

#include "service/ports/fault_point.hpp"

namespace helix::usecases {

Result<bool> Tenure::hold() {
    std::optional<ports::Lease> held;
    const std::int64_t asked_at = clock_.steady_us();
    {
        const std::lock_guard lock(mutex_);
        if (running() && asked_at < renew_at_us_) return false;
        held = lease_;
    }
    Result<bool> newly = false;
    if (held) {
        ports::fault_point("lease.renew.before");
        const auto renewed = leases_.renew(*held, ttl_);
        ports::fault_point("lease.renew.after");
        if (!renewed) newly = renewed.error();
    }
    const bool lost = !newly && newly.error().code == Code::PreconditionFailed;
    if (!held || lost) {
        ports::fault_point("lease.take.before");
        auto taken = leases_.acquire(kLease, holder_, ttl_);
        ports::fault_point("lease.take.after");
        newly = taken ? Result<bool>(true) : Result<bool>(taken.error());
        if (taken) held = *std::move(taken);
    }
    const std::lock_guard lock(mutex_);
    if (newly) {
        if (*newly) open_ = false;
        lease_ = std::move(held);
        const std::int64_t ttl_us = std::chrono::microseconds(ttl_).count();
        ends_at_us_ = asked_at + ttl_us;
        renew_at_us_ = asked_at + ttl_us / 3;
        problem_.reset();
    } else {
        if (lost) lease_.reset();
        problem_ = newly.error();
    }
    return newly;
}

void Tenure::open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
}

void Tenure::let_go() {
    std::optional<ports::Lease> held;
    {
        const std::lock_guard lock(mutex_);
        held = std::exchange(lease_, std::nullopt);
        open_ = false;
    }
    // Not giving it back only makes the next one wait until it runs out.
    if (!held) return;
    ports::fault_point("lease.release.before");
    (void)leases_.release(*held);
    ports::fault_point("lease.release.after");
}

std::optional<ports::Fence> Tenure::taken() const {
    const std::lock_guard lock(mutex_);
    if (!running()) return std::nullopt;
    return ports::Fence{lease_->name, lease_->epoch};
}

std::optional<ports::Fence> Tenure::fence() const {
    const std::lock_guard lock(mutex_);
    if (!open_ || !running()) return std::nullopt;
    return ports::Fence{lease_->name, lease_->epoch};
}

Error Tenure::refusal() const {
    const std::lock_guard lock(mutex_);
    Error refusal = error(Code::Unavailable, "this process may not write now",
                          "ask the process that turns the helix, or try again; reads and verdicts are answered here");
    refusal.retry_after_s = 1;
    if (running()) {
        refusal.message += ": what was left open by a former process is being looked for";
    } else if (problem_) {
        refusal.message += ": " + problem_->message;
        refusal.retry_after_s = std::max(1, problem_->retry_after_s);
    } else {
        refusal.message += ": it has not taken the lease yet";
    }
    return refusal;
}

}  // namespace helix::usecases
