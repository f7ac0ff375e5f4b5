#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "domain/core/result.hpp"

namespace helix::http {

/// A stored answer.
struct Answer {
    int status = 0;
    std::string content_type;
    std::string body;
};

/// Remembers the answers to acting requests by their Idempotency-Key, per caller: a request sent again is answered
/// again, not carried out again.
///
/// Holds the latest `keys_max` keys. Thread safety: any method from any thread.
class IdempotencyKeys {
public:
    explicit IdempotencyKeys(std::size_t keys_max = 10'000) : keys_max_(keys_max) {}

    /// Claims `key` for a request with this `fingerprint`. The stored answer when it was answered before; nothing when
    /// the caller is to carry it out and call `finish` or `abandon`.
    /// Errors: Conflict while the first request with the key runs, InvalidArgument when its fingerprint was another.
    Result<std::optional<Answer>> claim(const std::string& key, std::uint64_t fingerprint);

    void finish(const std::string& key, Answer answer);
    /// The request was refused before anything happened: the key may be used again.
    void abandon(const std::string& key);

private:
    struct Entry {
        std::uint64_t fingerprint = 0;
        std::optional<Answer> answer;
    };
    const std::size_t keys_max_;
    std::mutex mutex_;
    std::unordered_map<std::string, Entry> entries_;
    std::deque<std::string> finished_;  // oldest first
};

}  // namespace helix::http
