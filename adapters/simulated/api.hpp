#pragma once

#include <string>

#include "adapters/simulated/manifest_edit.hpp"
#include "adapters/simulated/world.hpp"
#include "domain/gate/action.hpp"

namespace helix::simulated {

/// What a write did.
struct Written {
    std::string detail;
    std::string resource_version_before;
    std::string resource_version_after;  ///< empty when the object is gone
    std::string uid;
};

/// Carries out `action` as an API server would; the controllers have not acted on it yet.
/// Errors: as a real API server's, in its words.
Result<Written> perform(World& world, const gate::Action& action, const Stamp& stamp);

/// What the object would be after `action`; nothing is written.
Result<gate::Preview> preview_of(const World& world, const gate::Action& action);

/// Whether `verb` takes the object away.
bool removes(gate::Verb verb);

/// The mark of the last write of ours; empty when there was none.
std::string mark_of(const Object& object);

/// Whether the world is as a write of `action` with this very stamp leaves it. `uid` is the object's before.
bool is_done(const World& world, const gate::Action& action, const Stamp& stamp, const std::string& uid);

}  // namespace helix::simulated
