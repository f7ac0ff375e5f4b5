#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "domain/core/result.hpp"
#include "domain/trial/reports.hpp"

/// Reads alerts as Falco's http_output and falcosidekick's webhook send them.
namespace helix::falco {

inline constexpr std::size_t kBodyBytesMax = 1U << 20U;
inline constexpr std::size_t kAlertsMax = 5'000;  ///< of one body

/// What a body held. One alert that cannot be read takes nothing from the others.
struct Batch {
    std::vector<trial::FalcoAlert> alerts;
    std::vector<Error> refused;  ///< one for each alert that could not be read; `where`: the field's JSON pointer
};

/// One alert, a JSON array of alerts, or one alert per line. In each, `rule` and `priority` must be there; the rest may
/// be absent or null. Values of output_fields may be text, numbers or booleans; "<NA>" is none. Without `time` the
/// event's own (evt.time) is taken, else 0. Texts are cut to trial::Defect::kMessageBytesMax.
///
/// Errors: InvalidArgument when the body is none of these; ResourceExhausted when it or their number is over its bound.
/// A line that is no JSON is one refused alert.
Result<Batch> read_alerts(std::string_view body, trial::Micros received_at);

}  // namespace helix::falco
