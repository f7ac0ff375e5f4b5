#include "service/reconcile/publisher.hpp"

#include <set>

namespace helix::reconcile {
namespace {

using nlohmann::json;

std::string key_of(const ports::Event& event, const std::string& subject) {
    return event.type + "\n" + event.target + "\n" + subject;
}

}  // namespace

void Publisher::publish_changes() {
    publish(false);
}

void Publisher::publish_all() {
    publish(true);
}

void Publisher::publish(bool everything) {
    const std::lock_guard lock(mutex_);
    std::set<std::string> present;
    const auto tell = [&](ports::Event event, const std::string& subject) {
        std::string key = key_of(event, subject);
        present.insert(key);
        const auto told = told_.find(key);
        if (!everything && told != told_.end() && told->second.data == event.data) return;
        told_.insert_or_assign(std::move(key), event);
        bus_.publish(std::move(event));
    };
    for (const auto& runtime : targets_.all()) {
        const std::string& target = runtime->target().name();
        for (json& unit : views_.units(*runtime)) tell({"node.floor", target, unit.dump(), {}}, unit["unit"]);
        tell({"pod.count", target, views_.pod_count(*runtime).dump(), {}}, "");
        if (const json stats = views_.silo_stats(*runtime); !stats.is_null())
            tell({"silo.stats", target, stats.dump(), {}}, "");
        for (const ports::WpaScore& score : runtime->target().wpa_scores()) {
            const json data = {{"target", target},     {"namespace", score.ns},
                               {"kind", score.kind},   {"name", score.name},
                               {"proxy", score.proxy}, {"score", static_cast<double>(score.score_ppm) / 1e6}};
            tell({"wpa.score", target, data.dump(), {}}, score.kind + "/" + score.ns + "/" + score.name);
        }
    }
    std::erase_if(told_, [&](const auto& one) { return !present.contains(one.first); });
}

void Publisher::snapshot(const std::function<void(const std::vector<ports::Event>&)>& take) {
    const std::lock_guard lock(mutex_);
    std::vector<ports::Event> events;
    events.reserve(told_.size());
    for (const auto& [key, event] : told_) events.push_back(event);
    take(events);
}

}  // namespace helix::reconcile
