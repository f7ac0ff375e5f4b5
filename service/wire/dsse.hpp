#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "domain/ledger/keys.hpp"

namespace helix::wire {

/// DSSE (github.com/secure-systems-lab/dsse, version 1): a payload in an envelope with signatures over
///
///     "DSSEv1" SP LEN(type) SP type SP LEN(payload) SP payload
struct Envelope {
    std::string payload_type;
    std::string payload;
    ledger::Signature signature;
};

/// The bytes that are signed, the "pre-authentication encoding".
std::string dsse_message(std::string_view payload_type, std::string_view payload);

/// {"payload", "payloadType", "signatures": [{"keyid", "sig"}]}
nlohmann::json to_json(const Envelope& envelope);

}  // namespace helix::wire
