#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "domain/core/result.hpp"
#include "domain/gate/certificate.hpp"
#include "domain/ledger/digest.hpp"

namespace helix::wire {

/// The certificate as the JSON object that docs/certificate.md describes, with `model_hash` and `digest`.
/// Errors: InvalidArgument when a name in it is not valid UTF-8.
Result<nlohmann::json> certificate_json(const gate::Certificate& certificate, ledger::Sha256 sha256);

/// Reads a certificate; every member must be there, in its one form, and no other. Digests are read by
/// verify_certificate, not here. Errors: InvalidArgument, with a JSON pointer in `where`.
Result<gate::Certificate> certificate_from_json(const nlohmann::json& value);

/// What a certificate that holds says.
struct CertificateSummary {
    bool passed = false;
    std::string why;
    std::string after_pct;  ///< six decimals
    std::string worst;      ///< the deciding unit; empty when none was touched
    std::size_t units = 0;
    std::string model_hash;
    std::string digest;
};

/// Re-checks a certificate offline: its form, both digests, and every figure (gate::check).
/// Errors: DataLoss when a digest differs, and those of parse_json, certificate_from_json and gate::check.
Result<CertificateSummary> verify_certificate(const nlohmann::json& value, ledger::Sha256 sha256);

}  // namespace helix::wire
