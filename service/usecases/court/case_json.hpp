#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "domain/core/result.hpp"
#include "domain/trial/journal.hpp"
#include "service/usecases/court/case_file.hpp"

/// The court's things as JSON (schemas Trial..., openapi/helix.yaml). Warmth has two decimals, times are RFC 3339.
namespace helix::court {

/// Whole seconds: "2026-05-11T21:57:09Z".
std::string to_seconds(Micros at);

/// "1.00" as the JSON number 1.0: exact to the hundredth in every reader.
double to_number(trial::Hundredths value);

nlohmann::json to_json(const trial::Ref& ref);
nlohmann::json to_json(const trial::Defect& defect);

nlohmann::json to_json(const trial::FalcoAlert& alert);

/// The gate's state, counts, and what it rests on. With `defects` every one is listed.
nlohmann::json to_json(const trial::Testimony& testimony, bool defects);

/// "PASS", "FAIL", "WARN", "PENDING" or "NOT_INSTALLED": the state in the seed's words.
std::string_view short_state(const trial::Testimony& testimony);

/// What would raise the warmth, and by how much.
nlohmann::json sorries_json(const trial::Score& score);
nlohmann::json terms_json(const std::vector<trial::Term>& terms);

/// The MECIPOL record of a trial that ends at `at`.
nlohmann::json mecipol_json(const CaseFile& file, Micros at);

/// Everything that is known of a case and fits a screen: what `explain` shows.
nlohmann::json explanation_json(const CaseFile& file, Micros now);

}  // namespace helix::court
