#include "service/usecases/targets.hpp"

#include <algorithm>

namespace helix::usecases {

void TargetRuntime::reserve(gate::Reservation reservation) {
    const std::lock_guard lock(reservations_mutex_);
    reservations_.push_back(std::move(reservation));
}

void TargetRuntime::mark_shown(const std::string& id) {
    const std::lock_guard lock(reservations_mutex_);
    for (gate::Reservation& one : reservations_)
        if (one.id == id) one.shown = true;
}

void TargetRuntime::release(const std::string& id) {
    const std::lock_guard lock(reservations_mutex_);
    std::erase_if(reservations_, [&](const gate::Reservation& one) { return one.id == id; });
}

std::vector<gate::Reservation> TargetRuntime::sweep(cluster::Micros now) {
    std::vector<gate::Reservation> expired;
    const std::lock_guard lock(reservations_mutex_);
    if (reservations_.empty()) return expired;
    target_->read([&](const cluster::State& state) {
        std::erase_if(reservations_, [&](gate::Reservation& one) {
            if (one.shown && !one.effect.lasting && gate::visible(one.effect, state)) return true;
            if (now < one.expires_at) return false;
            expired.push_back(std::move(one));
            return true;
        });
    });
    return expired;
}

std::size_t TargetRuntime::reserved() const {
    const std::lock_guard lock(reservations_mutex_);
    return reservations_.size();
}

void Targets::add(std::unique_ptr<ports::Target> target) {
    targets_.push_back(std::make_unique<TargetRuntime>(std::move(target)));
}

TargetRuntime* Targets::find(std::string_view name) const {
    const auto found =
        std::find_if(targets_.begin(), targets_.end(), [&](const auto& one) { return one->target().name() == name; });
    return found == targets_.end() ? nullptr : found->get();
}

Result<TargetRuntime*> Targets::resolve(std::string_view name) const {
    std::string known;
    for (const auto& one : targets_) known += (known.empty() ? "" : ", ") + one->target().name();
    if (name.empty()) {
        if (targets_.size() == 1) return targets_.front().get();
        return error(Code::InvalidArgument, "the request names no target", "name one of: " + known, "target");
    }
    if (TargetRuntime* found = find(name); found != nullptr) return found;
    return error(Code::NotFound, "no target \"" + std::string(name.substr(0, 80)) + "\"", "known targets: " + known,
                 "target");
}

}  // namespace helix::usecases
