#include "service/http/idempotency.hpp"

namespace helix::http {

Result<std::optional<Answer>> IdempotencyKeys::claim(const std::string& key, std::uint64_t fingerprint) {
    const std::lock_guard lock(mutex_);
    const auto [found, fresh] = entries_.try_emplace(key, Entry{fingerprint, std::nullopt});
    if (fresh) return std::optional<Answer>{};
    if (found->second.fingerprint != fingerprint)
        return error(Code::InvalidArgument, "the Idempotency-Key was used before with another request",
                     "use a fresh key for a new request", "Idempotency-Key");
    if (!found->second.answer)
        return error(Code::Conflict, "the first request with this Idempotency-Key is still running",
                     "ask again with the same key in a moment", "Idempotency-Key");
    return std::optional(*found->second.answer);
}

void IdempotencyKeys::finish(const std::string& key, Answer answer) {
    const std::lock_guard lock(mutex_);
    entries_[key].answer = std::move(answer);
    finished_.push_back(key);
    while (finished_.size() > keys_max_) {
        entries_.erase(finished_.front());
        finished_.pop_front();
    }
}

void IdempotencyKeys::abandon(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    if (found != entries_.end() && !found->second.answer) entries_.erase(found);
}

}  // namespace helix::http
