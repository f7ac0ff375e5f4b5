#include "service/usecases/answer_once.hpp"

#include "domain/ledger/digest.hpp"
#include "service/usecases/cycle_json.hpp"
#include "service/usecases/named_record.hpp"
#include "service/wire/canonical_json.hpp"

namespace helix::usecases {

using nlohmann::json;

json receipt_of(const ledger::Record& record) {
    json receipt = json::parse(record.body, nullptr, false);
    if (!receipt.is_object()) return json::object();
    json place = {{"receipt_seq", record.seq}, {"id", record.id}, {"hash", ledger::to_hex(record.hash)}};
    for (const json& action : receipt.value("actions", json::array()))
        if (action.contains("intent_seq") && !place.contains("intent_seq"))
            place["intent_seq"] = action.at("intent_seq");
    receipt["ledger"] = std::move(place);
    return receipt;
}

/// The receipt of an earlier request with the same key; nothing when there is none.
Result<std::optional<json>> AnswerOnce::known(const CycleRequest& request) {
    const auto record = find_keyed_receipt(store_, request.actor, request.idempotency_key);
    if (!record) return record.error();
    if (!*record) return std::optional<json>();
    json receipt = receipt_of(**record);
    if (receipt.value("request_sha256", "") != request.request_sha256)
        return error(Code::AlreadyExists, "the Idempotency-Key was used before with another request",
                     "use a fresh key for a new request", "Idempotency-Key");
    return std::optional(std::move(receipt));
}

Result<AnswerOnce::Answer> AnswerOnce::run(const CycleRequest& request) {
    const std::string name = idempotency_name(request.actor, request.idempotency_key);
    const auto forget = [&] {
        const std::lock_guard lock(mutex_);
        under_way_.erase(name);
    };
    // Twice: before the name is taken, because it may be taken by a request whose receipt came late; and after, because
    // the first request may have ended in between.
    for (const bool taken : {false, true}) {
        auto earlier = known(request);
        if (!earlier || *earlier) {
            if (taken || earlier) forget();
            if (!earlier) return std::move(earlier).error();
            return Answer{**std::move(earlier), true};
        }
        if (taken) break;
        const std::lock_guard lock(mutex_);
        if (!under_way_.insert(name).second)
            return error(Code::Conflict, "the first request with this Idempotency-Key is still under way",
                         "ask again with the same key in a moment", "Idempotency-Key");
    }
    auto cycle = helix_.run(request);
    // Without a receipt yet, though something may have been written: the name stays until the receipt is found.
    const bool open = !cycle && cycle.error().code == Code::UnknownOutcome;
    if (!open) forget();
    if (!cycle && !open) {
        // What a former process had begun with this key may have been ended after we looked: a refusal of what is done
        // already (its object is gone ...) is no answer.
        auto ended = known(request);
        if (ended && *ended) return Answer{**std::move(ended), true};
        if (cycle.error().code == Code::Conflict) {
            const auto begun = find_keyed_intent(store_, request.actor, request.idempotency_key);
            if (!begun && begun.error().code == Code::DataLoss) return begun.error();  // no wait would end it
        }
    }
    if (!cycle) return std::move(cycle).error();
    // In the ledger's spelling of numbers, so that the same receipt is answered for ever, byte for byte.
    const auto text = wire::canonical_json(to_json(*cycle, sha256_));
    if (!text) return text.error();
    return Answer{json::parse(*text), false};
}

}  // namespace helix::usecases
