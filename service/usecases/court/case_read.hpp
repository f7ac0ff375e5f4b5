#pragma once

#include <nlohmann/json_fwd.hpp>

#include "domain/core/result.hpp"
#include "service/usecases/court/case_file.hpp"

/// Reads back what case_json.hpp wrote into the ledger. Errors: DataLoss for what it cannot have written.
namespace helix::court {

Result<trial::Defect> defect_of(const nlohmann::json& value);
Result<trial::FalcoAlert> alert_of(const nlohmann::json& value);

/// With its defects and their places.
Result<trial::Testimony> testimony_of(const nlohmann::json& value);

/// What the record `seq` says of how the case ended: its closing, its testimonies and its score.
Result<void> read_mecipol(CaseFile& file, const nlohmann::json& record, std::string text, std::uint64_t seq);

}  // namespace helix::court
