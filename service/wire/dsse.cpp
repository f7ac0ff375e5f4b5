#include "service/wire/dsse.hpp"

#include <nlohmann/json.hpp>

#include "service/wire/base64.hpp"

namespace helix::wire {

std::string dsse_message(std::string_view payload_type, std::string_view payload) {
    std::string message = "DSSEv1 " + std::to_string(payload_type.size()) + " ";
    message += payload_type;
    message += " " + std::to_string(payload.size()) + " ";
    message += payload;
    return message;
}

nlohmann::json to_json(const Envelope& envelope) {
    const std::string bytes(envelope.signature.bytes.begin(), envelope.signature.bytes.end());
    return {{"payload", to_base64(envelope.payload)},
            {"payloadType", envelope.payload_type},
            {"signatures", {{{"keyid", envelope.signature.key_id}, {"sig", to_base64(bytes)}}}}};
}

}  // namespace helix::wire
