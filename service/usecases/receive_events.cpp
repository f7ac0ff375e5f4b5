#include "service/usecases/receive_events.hpp"

#include <map>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "service/ports/fault_point.hpp"
#include "service/usecases/named_record.hpp"

namespace helix::usecases {
namespace {

using nlohmann::json;

constexpr const char* kReceived = "event.received";
constexpr std::size_t kEventBytesMax = 1024U * 1024U;  // as JSON; so that a page of the ledger holds several
constexpr std::string_view kNameBegin = "event:";
constexpr std::size_t kSourceAndIdBytesMax = ports::Entry::kNameBytesMax - kNameBegin.size() - 1;

/// One event on its way: its receipt once it has one, or the draft that is to become its record.
struct Pending {
    std::string name;
    std::string body;
    std::optional<ledger::Record> record = {};
    bool duplicate = false;
    std::size_t first = 0;  ///< the index of the first event of the batch with this name; its own when it is that
};

std::string name_of(const json& event) {
    return std::string(kNameBegin) + event.at("source").get_ref<const std::string&>() + "\n" +
           event.at("id").get_ref<const std::string&>();
}

Result<std::vector<Pending>> prepare(const std::vector<json>& events) {
    std::vector<Pending> pending;
    std::map<std::string, std::size_t, std::less<>> firsts;
    for (const json& event : events) {
        Pending one;
        one.name = name_of(event);
        one.body = event.dump();
        const std::string place = events.size() > 1 ? "/" + std::to_string(pending.size()) : "";
        if (one.body.size() > kEventBytesMax)
            return error(Code::ResourceExhausted, "an event is over 1 MiB", "send a reference to its data instead",
                         place);
        if (!ports::check_name(one.name))  // here, where it is known whose it is
            return error(Code::InvalidArgument,
                         "source and id are together over " + std::to_string(kSourceAndIdBytesMax) + " bytes",
                         "shorten them: an event is known by both", place + "/source");
        one.first = firsts.emplace(one.name, pending.size()).first->second;
        one.duplicate = one.first != pending.size();
        pending.push_back(std::move(one));
    }
    return pending;
}

/// The record of an event's first arrival; nothing when it has not come before. Errors: as find_record.
Result<std::optional<ledger::Record>> find(ports::LedgerStore& store, const Pending& one) {
    return find_record(store, one.name, [&](const ledger::Record& record, const json& body) {
        return record.kind == kReceived && body.contains("source") && body["source"].is_string() &&
               body.contains("id") && body["id"].is_string() && name_of(body) == one.name;
    });
}

/// Fills in the records of events that were recorded before. Errors: those of reading.
Result<void> find_known(ports::LedgerStore& store, std::vector<Pending>& pending) {
    for (Pending& one : pending) {
        if (one.duplicate) continue;
        auto known = find(store, one);
        if (!known) return std::move(known).error();
        one.duplicate = known->has_value();
        one.record = *std::move(known);
    }
    return {};
}

/// Appends what is new, together. The first failure, if any.
Result<std::optional<Error>> append_new(LedgerWriter& writer, ports::LedgerStore& store, const std::string& actor,
                                        std::vector<Pending>& pending) {
    std::vector<LedgerDraft> drafts;
    std::vector<Pending*> of;
    for (Pending& one : pending) {
        if (one.duplicate) continue;
        drafts.push_back({kReceived, "", actor, std::move(one.body), {one.name}});
        of.push_back(&one);
    }
    ports::fault_point("events.before");
    auto appended = writer.append_each(std::move(drafts));
    ports::fault_point("events.after");
    if (!appended) return std::move(appended).error();
    std::optional<Error> failure;
    for (std::size_t i = 0; i < of.size(); ++i) {
        Result<ledger::Record>& outcome = (*appended)[i];
        if (outcome) {
            of[i]->record = *std::move(outcome);
            continue;
        }
        Error why = std::move(outcome).error();
        if (why.code == Code::AlreadyExists) {  // somebody else sent it at the same time, and was first
            auto known = find(store, *of[i]);
            if (known && *known) {
                of[i]->record = *std::move(known);
                of[i]->duplicate = true;
                continue;
            }
            if (!known) why = std::move(known).error();
        }
        if (why.code == Code::Conflict) why.code = Code::Unavailable;  // lost every race for the head: no fault of it
        if (!failure) failure = std::move(why);
    }
    return failure;
}

}  // namespace

Result<ReceivedEvents> receive_events(LedgerWriter& writer, ports::LedgerStore& store, const std::string& actor,
                                      const std::vector<json>& events) {
    auto pending = prepare(events);
    if (!pending) return std::move(pending).error();
    ReceivedEvents received;
    if (auto known = find_known(store, *pending); !known) {
        received.failure = std::move(known).error();
    } else {
        auto failure = append_new(writer, store, actor, *pending);
        if (!failure) return std::move(failure).error();
        received.failure = *std::move(failure);
    }
    for (std::size_t i = 0; i < pending->size(); ++i) {
        const Pending& one = (*pending)[i];
        const std::optional<ledger::Record>& record = (*pending)[one.first].record;
        if (!record) continue;
        received.receipts.push_back(
            {events[i].at("source").get<std::string>(), events[i].at("id").get<std::string>(), *record, one.duplicate});
    }
    return received;
}

}  // namespace helix::usecases
