#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "domain/core/result.hpp"
#include "domain/ledger/record.hpp"
#include "service/ports/signer.hpp"

namespace helix::usecases {

inline constexpr std::string_view kCyclePredicate = "https://eose.ca/helix/cycle/v1";
inline constexpr std::string_view kRecordPredicate = "https://eose.ca/helix/record/v1";
inline constexpr std::string_view kTestResultPredicate = "https://in-toto.io/attestation/test-result/v0.1";

/// What an attestation of a record says about it.
enum class Predicate {
    Own,         ///< the record as it is: kCyclePredicate of a receipt, kRecordPredicate of any other record
    TestResult,  ///< which actions passed the gate, and which did not or were never judged; of receipts and intents
};

/// The in-toto Statement (v1) of `record`; `origin` names its log. Subjects are the record, by its hash, and each
/// object that was judged, by the digest of the certificate of its verdict. docs/ledger.md, "Attestations", has an
/// example. Errors: InvalidArgument when TestResult is asked of a record without verdicts, or the body is not JSON.
Result<nlohmann::json> statement_of(const ledger::Record& record, const std::string& origin, Predicate predicate);

/// The statement in a DSSE envelope, signed. Errors: as statement_of; those of Signer::sign.
Result<nlohmann::json> attest(const ledger::Record& record, const ports::Signer& signer, Predicate predicate);

}  // namespace helix::usecases
