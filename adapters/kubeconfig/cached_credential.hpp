#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>

#include "adapters/endpoint/credential_source.hpp"

namespace helix::kubeconfig {

using WallClock = std::chrono::system_clock;

/// A credential and how long it may be handed out without looking again.
struct Held {
    endpoint::Credential credential;
    WallClock::time_point good_until = WallClock::time_point::max();
};

/// Keeps what `obtain` gave until it ends or the server refuses it; obtains at most once at a time, however many
/// channels ask. A failure is not kept: the next fetch tries again.
class CachedCredential final : public endpoint::CredentialSource {
public:
    using Obtain = std::function<Result<Held>(std::stop_token)>;

    /// @param now  the wall clock, which an expiry is compared with
    CachedCredential(Obtain obtain, std::function<WallClock::time_point()> now);

    std::optional<endpoint::Credential> ready() override;
    Result<endpoint::Credential> fetch(std::stop_token stop) override;
    void rejected(const endpoint::Credential& used) override;

private:
    [[nodiscard]] bool good() const;  // under mutex_

    const Obtain obtain_;
    const std::function<WallClock::time_point()> now_;
    std::mutex mutex_;
    std::condition_variable_any idle_;
    bool busy_ = false;
    std::optional<Held> held_;
};

}  // namespace helix::kubeconfig
