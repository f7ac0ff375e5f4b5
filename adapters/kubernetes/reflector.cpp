#include "adapters/kubernetes/reflector.hpp"

#include <algorithm>
#include <utility>

namespace helix::kubernetes {
namespace {

constexpr int kGone = 410;

bool is_whole_number(const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos &&
           (text.size() == 1 || text.front() != '0');
}

}  // namespace

std::optional<int> compare_versions(const std::string& a, const std::string& b) {
    if (!is_whole_number(a) || !is_whole_number(b)) return std::nullopt;
    if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
    return a.compare(b);
}

Reflector::Reflector(ReflectorOptions options, std::function<double()> random)
    : options_(options), backoff_(std::move(random)) {}

Reflector::Step Reflector::start(Instant now) {
    return list_from_start(now);
}

Reflector::Step Reflector::list_from_start(Instant now) {
    ++lists_;
    phase_ = Phase::Listing;
    must_list_ = true;
    continue_token_.clear();
    wake_at_ = now + options_.silence_max;
    Step step;
    step.what = Do::FetchPage;
    step.begin_list = true;
    return step;
}

Reflector::Step Reflector::watch(Instant now) {
    phase_ = Phase::Watching;
    opened_at_ = now;
    problem_.reset();
    fruitful_ = false;
    wake_at_ = now + options_.silence_max;
    Step step;
    step.what = Do::OpenWatch;
    return step;
}

Reflector::Step Reflector::pause(Instant now, const Error& failure) {
    problem_ = failure;
    phase_ = Phase::Pausing;
    wake_at_ = now + backoff_.next(std::chrono::seconds(failure.retry_after_s));
    return {};
}

/// The server no longer has the history: one list at once, but not again and again.
Reflector::Step Reflector::gone(Instant now, const Error& failure) {
    must_list_ = true;
    if (was_gone_) return pause(now, failure);
    was_gone_ = true;
    return list_from_start(now);
}

void Reflector::good(Instant now) {
    backoff_.reset();
    problem_.reset();
    absent_ = false;
    wake_at_ = now + options_.silence_max;
}

Reflector::Step Reflector::page(const kube_objects::ListPage& page, Instant now) {
    good(now);
    Step step;
    continue_token_ = page.continue_token;
    if (!continue_token_.empty()) {
        step.what = Do::FetchPage;
        return step;
    }
    resource_version_ = page.resource_version;  // even when it is lower: the store may have been restored
    must_list_ = false;
    listed_ = true;
    fruitless_watches_ = 0;
    step = watch(now);
    step.finish_list = true;
    return step;
}

Reflector::Step Reflector::event(const kube_objects::WatchEvent& event, Instant now) {
    using Type = kube_objects::WatchEvent::Type;
    Step step;
    if (phase_ != Phase::Watching) return step;
    if (event.type == Type::Error) {
        const Code code = event.error_code == kGone ? Code::PreconditionFailed : Code::Unavailable;
        problem_ = error(code, "the watch was refused: " + event.error_message);
        must_list_ = must_list_ || event.error_code == kGone;
        step.what = Do::Abandon;
        return step;
    }
    good(now);
    was_gone_ = false;
    fruitful_ = true;
    const auto order = compare_versions(event.resource_version, resource_version_);
    const bool older = order && *order <= 0;
    if (!older && !event.resource_version.empty()) resource_version_ = event.resource_version;
    step.apply = event.type != Type::Bookmark && !older;
    return step;
}

Reflector::Step Reflector::ended(const std::optional<Error>& failure, Instant now) {
    if (phase_ == Phase::Pausing) return {};
    const bool gone_now =
        (failure && failure->code == Code::PreconditionFailed) || (phase_ == Phase::Watching && must_list_);
    if (gone_now) return gone(now, failure.value_or(error(Code::PreconditionFailed, "the watch is too old")));
    if (phase_ == Phase::Watching) {
        const bool lived = fruitful_ || now - opened_at_ >= options_.short_watch;
        fruitless_watches_ = fruitful_ ? 0 : fruitless_watches_ + 1;
        const bool refused = failure.has_value() || problem_.has_value();
        if (!fruitful_ && refused && fruitless_watches_ >= options_.fruitless_watches_max) must_list_ = true;
        if (lived && !failure && !problem_) return watch(now);
        return pause(now, failure.value_or(problem_.value_or(error(Code::Unavailable, "the watch ended at once"))));
    }
    const Error why = failure.value_or(error(Code::Unavailable, "the list ended early"));
    absent_ = options_.may_be_absent && (why.code == Code::NotFound || why.code == Code::PermissionDenied);
    pause(now, why);
    if (absent_) wake_at_ = now + options_.absent_pause;
    return {};
}

Reflector::Step Reflector::tick(Instant now) {
    if (now < wake_at_) return {};
    if (phase_ == Phase::Pausing) return must_list_ ? list_from_start(now) : watch(now);
    Step step;
    step.what = Do::Abandon;
    problem_ = error(Code::Unavailable, "nothing came for too long");
    wake_at_ = now + options_.silence_max;
    return step;
}

}  // namespace helix::kubernetes
