#include "domain/gate/action.hpp"

#include <algorithm>
#include <array>

namespace helix::gate {
namespace {

constexpr std::array<std::string_view, 16> kVerbNames = {
    "create", "apply",  "scale",    "label", "annotate", "restart", "set-image", "set-resources",
    "patch",  "cordon", "uncordon", "evict", "drain",    "delete",  "start",     "stop"};

}  // namespace

std::string_view to_string(Verb verb) {
    return kVerbNames[static_cast<std::size_t>(verb)];
}

std::optional<Verb> parse_verb(std::string_view text) {
    const auto found = std::find(kVerbNames.begin(), kVerbNames.end(), text);
    if (found == kVerbNames.end()) return std::nullopt;
    return static_cast<Verb>(found - kVerbNames.begin());
}

std::string_view to_string(Link link) {
    constexpr std::array<std::string_view, 6> kNames = {"G", "Rδ", "C", "R", "U", "D"};
    return kNames[static_cast<std::size_t>(link)];
}

Link link_of(Verb verb) {
    switch (verb) {
        case Verb::Create:
        case Verb::Apply:
            return Link::Create;
        case Verb::Evict:
        case Verb::Drain:
        case Verb::Delete:
        case Verb::Stop:
            return Link::Delete;
        default:
            return Link::Update;
    }
}

std::string describe(const ObjectRef& object) {
    return object.kind + " " + (object.ns.empty() ? object.name : object.ns + "/" + object.name);
}

}  // namespace helix::gate
