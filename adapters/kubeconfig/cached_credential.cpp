#include "adapters/kubeconfig/cached_credential.hpp"

#include <utility>

namespace helix::kubeconfig {

CachedCredential::CachedCredential(Obtain obtain, std::function<WallClock::time_point()> now)
    : obtain_(std::move(obtain)), now_(std::move(now)) {}

bool CachedCredential::good() const {
    return held_ && now_() < held_->good_until;
}

std::optional<endpoint::Credential> CachedCredential::ready() {
    const std::lock_guard lock(mutex_);
    if (!good()) return std::nullopt;
    return held_->credential;
}

Result<endpoint::Credential> CachedCredential::fetch(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    if (!idle_.wait(lock, stop, [&] { return !busy_; })) return error(Code::Unavailable, "stopped");
    if (good()) return held_->credential;
    busy_ = true;
    lock.unlock();
    auto obtained = obtain_(std::move(stop));
    lock.lock();
    busy_ = false;
    idle_.notify_all();
    if (!obtained) return std::move(obtained).error();
    held_ = *std::move(obtained);
    return held_->credential;
}

void CachedCredential::rejected(const endpoint::Credential& used) {
    const std::lock_guard lock(mutex_);
    if (held_ && held_->credential == used) held_.reset();
}

}  // namespace helix::kubeconfig
