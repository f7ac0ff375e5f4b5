#include "service/usecases/outbox_policy.hpp"

#include <algorithm>

namespace helix::usecases {
namespace {

bool is_permanent(int status) {
    if (status < 400 || status > 499) return false;
    constexpr int kLater[] = {401, 403, 404, 408, 421, 425, 429};
    return std::find(std::begin(kLater), std::end(kLater), status) == std::end(kLater);
}

}  // namespace

std::int64_t backoff_us(int attempts, double random, const OutboxRules& rules) {
    std::int64_t step = rules.first_us;
    for (int i = 1; i < attempts && step < rules.cap_us; ++i) step *= 2;
    step = std::min(step, rules.cap_us);
    const double share = 0.75 + 0.25 * std::clamp(random, 0.0, 1.0);
    return std::max(rules.first_us, static_cast<std::int64_t>(static_cast<double>(step) * share));
}

Judgement judge(const ports::SendReply& reply, int attempts, double random, const OutboxRules& rules) {
    if (reply.status >= 200 && reply.status <= 299) return {Fate::Delivered, 0, {}};
    Judgement judgement;
    judgement.why = !reply.detail.empty() ? reply.detail : "HTTP " + std::to_string(reply.status);
    if (is_permanent(reply.status)) {
        judgement.fate = Fate::GiveUp;
        return judgement;
    }
    const std::int64_t asked = std::min(std::int64_t{reply.retry_after_s} * 1'000'000, rules.asked_max_us);
    judgement.wait_us = std::max(backoff_us(attempts, random, rules), asked);
    if (attempts >= rules.attempts_max) judgement.fate = Fate::GiveUp;
    return judgement;
}

bool is_wanted(const std::vector<std::string>& types, std::string_view kind) {
    return std::any_of(types.begin(), types.end(), [&](std::string_view type) {
        if (!type.ends_with('*')) return type == kind;
        type.remove_suffix(1);
        return kind.starts_with(type);
    });
}

}  // namespace helix::usecases
