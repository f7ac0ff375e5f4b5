#include "service/usecases/named_record.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "service/usecases/cycle.hpp"

namespace helix::usecases {
namespace {

using ledger::Record;
using nlohmann::json;
using Found = Result<std::optional<Record>>;

/// Whether the member is there and is this text.
bool says(const json& body, const char* member, const std::string& text) {
    const auto found = body.find(member);
    return found != body.end() && found->is_string() && found->get_ref<const std::string&>() == text;
}

/// `name` on one line: its parts are set apart by line feeds.
Error misleading(std::string name, std::uint64_t seq, const char* how) {
    std::replace_if(
        name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    return error(
        Code::DataLoss, "the ledger's name \"" + name + "\" leads to record " + std::to_string(seq) + ", " + how,
        "somebody changed the table record_keys by hand: see docs/ledger.md, Names", "seq " + std::to_string(seq));
}

/// Whether the record is of this kind, and of the actor's request with this key.
Carries keyed(const char* kind, const std::string& actor, const std::string& key) {
    return [=](const Record& record, const json& body) {
        return record.kind == kind && record.actor == actor && says(body, "idempotency_key", key);
    };
}

}  // namespace

Found find_record(ports::LedgerStore& store, const std::string& name, const Carries& carries) {
    const auto seq = store.find(name);
    if (!seq) return seq.error();
    if (!*seq) return std::optional<Record>();
    auto record = store.read(**seq);
    if (!record && record.error().code == Code::NotFound) return misleading(name, **seq, "which is not there");
    if (!record) return std::move(record).error();
    json body = json::parse(record->body, nullptr, false);
    if (!body.is_object()) body = json::object();
    if (!carries(*record, body)) return misleading(name, **seq, "which is not the one of that name");
    return std::optional(*std::move(record));
}

Found find_cycle_receipt(ports::LedgerStore& store, const std::string& cycle_id) {
    return find_record(store, cycle_name(cycle_id), [&](const Record& record, const json& body) {
        return record.kind == "helix.cycle" && says(body, "id", cycle_id);
    });
}

Found find_keyed_receipt(ports::LedgerStore& store, const std::string& actor, const std::string& key) {
    return find_record(store, idempotency_name(actor, key), keyed("helix.cycle", actor, key));
}

Found find_keyed_intent(ports::LedgerStore& store, const std::string& actor, const std::string& key) {
    return find_record(store, asked_name(actor, key), keyed("helix.intent", actor, key));
}

}  // namespace helix::usecases
