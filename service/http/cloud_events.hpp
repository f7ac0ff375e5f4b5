#pragma once

#include <string>
#include <vector>

#include <httplib.h>
#include <nlohmann/json.hpp>

#include "domain/core/result.hpp"

namespace helix::http {

/// The CloudEvents of a request, each as one JSON object in structured form, whatever mode it came in: structured,
/// batch, or binary (`ce-*` headers).
///
/// Errors: InvalidArgument (malformed JSON, a required attribute missing, an unknown member), Unimplemented for another
/// content type.
Result<std::vector<nlohmann::json>> cloud_events_of(const httplib::Request& request);

}  // namespace helix::http
