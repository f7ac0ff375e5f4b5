#pragma once

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "service/usecases/court/court.hpp"

namespace helix::http {

/// A trial as it stands: what the cluster holds of it, and the case as the court last saw it. A trial that the court
/// has not seen yet in its present form (generation, rerun mark) has a case of which nothing is known.
struct TrialView {
    const court::Court* court = nullptr;
    std::shared_ptr<const trial::Trial> trial;
    court::CaseView file;

    [[nodiscard]] trial::Verdict verdict() const;
    [[nodiscard]] std::string phase(court::Micros now) const;
};

/// Every trial of the court's cluster, by namespace and name.
std::vector<TrialView> trials_of(const court::Court& court);

/// Schemas Trial, TrialVerdict, TrialEvidence and TrialExplanation of openapi/helix.yaml.
nlohmann::json trial_json(const TrialView& view, court::Micros now, bool with_status);
nlohmann::json verdict_json(const TrialView& view, court::Micros now);
nlohmann::json evidence_json(const TrialView& view);
nlohmann::json explanation_json(const TrialView& view, court::Micros now);

}  // namespace helix::http
