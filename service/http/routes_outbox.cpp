#include "service/http/handler.hpp"
#include "service/http/routes.hpp"
#include "service/usecases/outbox.hpp"
#include "service/wire/timestamps.hpp"

namespace helix::http {
namespace {

using nlohmann::json;
using usecases::Outbox;

constexpr std::uint64_t kSeqMax = 9'007'199'254'740'992;

json to_json(const usecases::Destination& destination, const Outbox::Status& status) {
    json one = {{"name", destination.name},
                {"address", destination.address},
                {"types", destination.types},
                {"state", to_string(status.state)},
                {"next_seq", status.cursor.next_seq},
                {"lag_records", status.lag_records},
                {"attempts", status.cursor.attempts},
                {"dead_letters", status.dead_letters},
                {"delivered_total", status.delivered_total}};
    if (status.state == Outbox::State::Waiting) one["next_try_at"] = wire::to_rfc3339(status.cursor.not_before_us);
    if (!status.cursor.last_error.empty()) one["last_error"] = status.cursor.last_error;
    return one;
}

json to_json(const ports::DeadLetter& letter) {
    return {{"seq", letter.seq},
            {"attempts", letter.attempts},
            {"at", wire::to_rfc3339(letter.at_us)},
            {"last_error", letter.last_error},
            {"resend_pending", letter.attempts == 0}};
}

/// The destination that the path names; nullptr, with the problem written, when there is none.
Outbox* outbox_of(const Context& context, const httplib::Request& req, httplib::Response& res) {
    const std::string name = req.matches[1];
    Outbox* outbox = context.outboxes == nullptr ? nullptr : usecases::find(*context.outboxes, name);
    if (outbox == nullptr)
        write_problem(
            error(Code::NotFound, "no destination \"" + name.substr(0, 80) + "\"", "see GET /v1/outbox", "name"), res);
    return outbox;
}

void get_outbox(const Context& context, const httplib::Request& req, httplib::Response& res) {
    if (const auto known = only_params(req, {}); !known) return write_bad_parameter(known.error(), res);
    json items = json::array();
    if (context.outboxes != nullptr)
        for (const auto& outbox : *context.outboxes) {
            const auto status = outbox->status();
            if (!status) return write_problem(status.error(), res);
            items.push_back(to_json(outbox->destination(), *status));
        }
    write_json({{"items", std::move(items)}}, res);
}

void get_dead_letters(const Context& context, const httplib::Request& req, httplib::Response& res) {
    if (const auto known = only_params(req, {"from", "limit"}); !known) return write_bad_parameter(known.error(), res);
    Outbox* outbox = outbox_of(context, req, res);
    if (outbox == nullptr) return;
    const auto from = number_of(req, "from", 0, kSeqMax);
    if (!from) return write_bad_parameter(from.error(), res);
    const auto limit = number_of(req, "limit", 1, 1000);
    if (!limit) return write_bad_parameter(limit.error(), res);
    const auto most = static_cast<std::size_t>(limit->value_or(100));
    const auto letters = outbox->dead_letters(from->value_or(0), most);
    if (!letters) return write_problem(letters.error(), res);
    json items = json::array();
    for (const ports::DeadLetter& letter : *letters) items.push_back(to_json(letter));
    const json next = letters->size() == most ? json(letters->back().seq + 1) : json();
    write_json({{"items", std::move(items)}, {"next", next}}, res);
}

/// Asking leaves a record: whoever gets an event late can see on whose wish.
void post_resend(Context& context, const httplib::Request& req, httplib::Response& res, const Caller& caller) {
    if (const auto known = only_params(req, {}); !known) return write_bad_parameter(known.error(), res);
    Outbox* outbox = outbox_of(context, req, res);
    if (outbox == nullptr) return;
    const std::string digits = req.matches[2];
    if (digits.size() > 16 || digits.find_first_not_of("0123456789") != std::string::npos)
        return write_bad_parameter(error(Code::InvalidArgument, "not a seq", "seq is 0, 1, 2 ...", "seq"), res);
    const std::uint64_t seq = std::stoull(digits);
    const auto before = outbox->dead_letter(seq);
    if (!before) return write_problem(before.error(), res);
    if (before->attempts > 0) {
        const json body = {{"destination", outbox->destination().name}, {"seq", seq}};
        const auto record = context.writer.append("outbox.resend", "", caller.name, body.dump());
        if (!record) return write_problem(record.error(), res);
        if (const auto asked = outbox->resend(seq); !asked) return write_problem(asked.error(), res);
        if (context.poke_outboxes) context.poke_outboxes();
    }
    ports::DeadLetter letter = *before;
    letter.attempts = 0;
    write_json(to_json(letter), res, 202);
}

}  // namespace

void route_outbox(http_engine::Server& server, Context& context) {
    server.Get("/v1/outbox",
               guarded(context.authorizer, Role::Read,
                       [&context](const auto& req, auto& res, const Caller&) { get_outbox(context, req, res); }));
    server.Get("/v1/outbox/([^/]+)/dead-letters",
               guarded(context.authorizer, Role::Read,
                       [&context](const auto& req, auto& res, const Caller&) { get_dead_letters(context, req, res); }));
    server.Post(R"(/v1/outbox/([^/]+)/dead-letters/([^/]+)/resend)",
                guarded(context.authorizer, Role::Act, [&context](const auto& req, auto& res, const Caller& caller) {
                    post_resend(context, req, res, caller);
                }));
}

}  // namespace helix::http
