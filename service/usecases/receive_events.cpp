#include "service/usecases/receive_events.hpp"

#include <map>
#include <utility>

#include <nlohmann/json.hpp>

namespace helix::usecases {
namespace {

using nlohmann::json;

/// One event on its way: its receipt once it has one, or the draft that is to become its record.
struct Pending {
    std::string name;
    std::string body;
    std::optional<ledger::Record> record = {};
    bool duplicate = false;
    std::size_t first = 0;  ///< the index of the first event of the batch with this name; its own when it is that
};

Result<std::vector<Pending>> prepare(const std::vector<json>& events) {
    std::vector<Pending> pending;
    std::map<std::string, std::size_t, std::less<>> firsts;
    for (const json& event : events) {
        Pending one;
        one.name = "event:" + event.at("source").get_ref<const std::string&>() + "\n" +
                   event.at("id").get_ref<const std::string&>();
        one.body = event.dump();
        if (one.body.size() > LedgerDraft::kBodyBytesMax)
            return error(Code::ResourceExhausted, "an event is over 1 MiB", "send a reference to its data instead",
                         events.size() > 1 ? "/" + std::to_string(pending.size()) : "");
        one.first = firsts.emplace(one.name, pending.size()).first->second;
        one.duplicate = one.first != pending.size();
        pending.push_back(std::move(one));
    }
    return pending;
}

/// The record that has this name; nothing when none has.
Result<std::optional<ledger::Record>> find(ports::LedgerStore& store, const std::string& name) {
    const auto seq = store.find(name);
    if (!seq) return seq.error();
    if (!*seq) return std::optional<ledger::Record>{};
    auto record = store.read(**seq);
    if (!record) return std::move(record).error();
    return std::optional(*std::move(record));
}

/// Fills in the records of events that were recorded before. Errors: those of reading.
Result<void> find_known(ports::LedgerStore& store, std::vector<Pending>& pending) {
    for (Pending& one : pending) {
        if (one.duplicate) continue;
        auto known = find(store, one.name);
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
        drafts.push_back({"event.received", "", actor, std::move(one.body), {one.name}});
        of.push_back(&one);
    }
    auto appended = writer.append_each(std::move(drafts));
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
            auto known = find(store, of[i]->name);
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
