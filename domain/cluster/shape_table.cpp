#include "domain/cluster/shape_table.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

namespace helix::cluster {
namespace {

/// A digest of what usually differs between shapes; equality decides.
std::size_t digest(const PodShape& shape) {
    std::size_t value = std::hash<std::int64_t>{}(shape.request.memory);
    const auto mix = [&value](std::size_t more) { value = value * 1099511628211ULL ^ more; };
    mix(std::hash<std::int64_t>{}(shape.request.cpu_milli));
    mix(std::hash<std::int64_t>{}(shape.memory_limit.value_or(-1)));
    mix(std::hash<std::string>{}(shape.node_name));
    mix(shape.tolerations.size());
    for (const auto& [key, text] : shape.labels) mix(std::hash<std::string>{}(key) ^ std::hash<std::string>{}(text));
    for (const auto& [key, text] : shape.node_selector) mix(std::hash<std::string>{}(text));
    return value;
}

}  // namespace

const PodShape* ShapeTable::acquire(const PodShape& shape) {
    const std::size_t key = digest(shape);
    const auto [first, last] = shapes_.equal_range(key);
    for (auto at = first; at != last; ++at) {
        if (*at->second.shape == shape) {
            ++at->second.users;
            return at->second.shape.get();
        }
    }
    priorities_.insert(shape.priority);
    return shapes_.emplace(key, Entry{std::make_unique<const PodShape>(shape), 1})->second.shape.get();
}

void ShapeTable::release(const PodShape* shape) {
    if (shape == nullptr) return;
    const auto [first, last] = shapes_.equal_range(digest(*shape));
    for (auto at = first; at != last; ++at) {
        if (at->second.shape.get() != shape) continue;
        if (--at->second.users > 0) return;
        priorities_.erase(priorities_.find(shape->priority));
        shapes_.erase(at);
        return;
    }
}

std::optional<std::int32_t> ShapeTable::lowest_priority() const {
    if (priorities_.empty()) return std::nullopt;
    return *priorities_.begin();
}

}  // namespace helix::cluster
