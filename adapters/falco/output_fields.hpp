#pragma once

#include <initializer_list>
#include <string>

#include <simdjson.h>

#include "domain/core/result.hpp"
#include "domain/trial/reports.hpp"

namespace helix::falco {

/// Where and to whom an alert happened, by its output_fields: a null, a missing field and "<NA>" tell nothing.
class OutputFields {
public:
    explicit OutputFields(simdjson::dom::object fields) : fields_(fields) {}

    /// The first of these fields that tells something, as text.
    std::string text(std::initializer_list<const char*> names);
    /// evt.time, in nanoseconds since 1970 or as RFC 3339; 0 when it is neither.
    trial::Micros event_time();

    /// The first field asked for that is an object or array.
    [[nodiscard]] const Result<void>& verdict() const { return verdict_; }

private:
    std::string one(const char* name);

    simdjson::dom::object fields_;
    Result<void> verdict_;
};

/// Fills namespace, pod and container of `alert`, and `at` when it is 0.
/// Errors: InvalidArgument with the field's JSON pointer.
Result<void> attribute(trial::FalcoAlert& alert, simdjson::dom::object fields);

}  // namespace helix::falco
