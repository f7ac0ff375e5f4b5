#include <algorithm>

#include "adapters/kube_objects/projections.hpp"

namespace helix::kube_objects {
namespace {

std::int64_t read_memory(Value& usage) {
    std::int64_t bytes = 0;
    each_field(usage, [&](std::string_view key, Value& field) {
        if (key == "memory") bytes = quantity_of(field);
    });
    return bytes;
}

}  // namespace

UsageSample read_usage(Value& value) {
    UsageSample sample;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "metadata") {
            Metadata metadata = read_metadata(field);
            sample.ns = std::move(metadata.ns);
            sample.name = std::move(metadata.name);
        }
        if (key == "timestamp") sample.at = micros_of(field);
        if (key == "usage") sample.bytes += read_memory(field);
        if (key == "containers")
            each_item(field, [&](Value& container) {
                each_field(container, [&](std::string_view part, Value& inner) {
                    if (part == "usage") sample.bytes += read_memory(inner);
                });
            });
    });
    return sample;
}

}  // namespace helix::kube_objects
