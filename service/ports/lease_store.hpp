#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "domain/core/result.hpp"

namespace helix::ports {

/// The right to do something alone, for a time.
struct Lease {
    std::string name;
    std::string holder;
    std::uint64_t epoch = 0;  ///< grows with each taking, never shrinks: what fences off those who held it before
};

/// Gives leases to the processes that share a ledger. Time is the store's own, not the callers'.
///
/// A lease that ran out may be taken by anybody; until somebody does, its epoch stays the newest.
/// Every implementation passes tests/contract/lease_store_contract.hpp. Thread safety: any method from any thread.
class LeaseStore {
public:
    virtual ~LeaseStore() = default;

    /// Takes the lease when nobody holds it, it ran out, or `holder` itself held it before (as a process that was
    /// restarted does); with a new epoch in each case.
    /// Errors: Conflict while another holds it: the message names the holder, retry_after_s the time left; those of
    /// writing to the store.
    virtual Result<Lease> acquire(const std::string& name, const std::string& holder,
                                  std::chrono::milliseconds ttl) = 0;

    /// Holds on for `ttl` from now. Errors: PreconditionFailed when somebody else has taken it; those of writing.
    virtual Result<void> renew(const Lease& lease, std::chrono::milliseconds ttl) = 0;

    /// Lets go at once; nothing when somebody else has taken it. Errors: those of writing.
    virtual Result<void> release(const Lease& lease) = 0;
};

/// The refusal while another holds it, in the words of every store.
inline Error held_by(const std::string& holder, std::chrono::milliseconds left) {
    Error refusal = error(Code::Conflict, "the lease is held by " + holder, "ask there, or wait until it lets go");
    refusal.retry_after_s = static_cast<int>(std::chrono::ceil<std::chrono::seconds>(left).count());
    return refusal;
}

}  // namespace helix::ports
