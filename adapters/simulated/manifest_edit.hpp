#pragma once

#include <string>

#include "adapters/simulated/world.hpp"
#include "domain/gate/action.hpp"

namespace helix::simulated {

inline constexpr const char* kMarkAnnotation = "helix.eose.ca/cycle";

/// What every write leaves on the object it touches.
struct Stamp {
    std::string mark;  ///< empty: no annotation
    Micros at = 0;     ///< of a restart
};

/// Where the action's object is stored.
Key key_of(const gate::Action& action);

/// The object's manifest after `action`; `present` is null when it is not there. Nothing is written.
///
/// For every verb but evict, drain and delete. Running it on its own outcome changes nothing: that is how a write whose
/// answer was lost is read back.
/// Errors: NotFound, AlreadyExists, InvalidArgument (the 400 and 422 of an API server).
Result<Json> manifest_after(const gate::Action& action, const Object* present, const Stamp& stamp);

/// "2027-01-01T00:00:00Z".
std::string rfc3339(Micros at);

/// JSON merge of a server-side apply: maps are merged, lists of named things by name, all else is replaced; what the
/// same manager applied before and leaves out now is removed.
Json apply_onto(const Json& present, const Json& applied, const Json& applied_before);

}  // namespace helix::simulated
