#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>

#include "domain/cluster/pod_shape.hpp"

namespace helix::cluster {

/// Keeps one copy of each distinct pod shape, counted by its users: thousands of pods share one.
///
/// Not thread-safe.
class ShapeTable {
public:
    /// The shared copy equal to `shape`, with one more user. The address is stable until the last user leaves.
    const PodShape* acquire(const PodShape& shape);

    /// One user fewer; `shape` may be null. The copy is freed with its last user.
    void release(const PodShape* shape);

    [[nodiscard]] std::size_t size() const { return shapes_.size(); }

    /// The lowest pod priority in use; none when the table is empty.
    [[nodiscard]] std::optional<std::int32_t> lowest_priority() const;

private:
    struct Entry {
        std::unique_ptr<const PodShape> shape;
        std::size_t users = 0;
    };
    std::unordered_multimap<std::size_t, Entry> shapes_;
    std::multiset<std::int32_t> priorities_;  // one per shape
};

}  // namespace helix::cluster
