#include "service/http/handler.hpp"
#include "service/http/routes.hpp"
#include "service/usecases/verify_ledger.hpp"
#include "service/wire/record_json.hpp"

namespace helix::http {
namespace {

using nlohmann::json;

constexpr std::uint64_t kSeqMax = 9'007'199'254'740'992;
constexpr TextRule kTarget{"target", is_target_name, "a target's name"};
constexpr TextRule kKind{"kind", [](const std::string& text) { return text.size() <= 128; }, "a kind: it is too long"};
constexpr TextRule kOrder{"order", [](const std::string& text) { return text == "asc" || text == "desc"; },
                          "asc or desc"};

/// The page as text, made of the records' own: parsed values of as many bytes would take several times the memory.
Result<std::string> to_page(const std::vector<ledger::Record>& records, const ports::LedgerQuery& query) {
    std::string page = R"({"items":[)";
    for (const ledger::Record& record : records) {
        const auto item = wire::record_text(record);
        if (!item) return ports::not_as_written(record.seq, item.error().message);
        if (!page.ends_with('[')) page += ',';
        page += *item;
    }
    std::string next = "null";
    if (ports::is_full(records, query)) {
        const std::uint64_t last = records.back().seq;
        if (!query.newest_first) next = std::to_string(last + 1);
        if (query.newest_first && last > 0) next = std::to_string(last - 1);
    }
    return page + R"(],"next":)" + next + "}";
}

void get_ledger(Context& context, const httplib::Request& req, httplib::Response& res) {
    if (const auto known = only_params(req, {"from", "limit", "kind", "target", "order"}); !known)
        return write_bad_parameter(known.error(), res);
    if (const auto texts = check_texts(req, {kKind, kTarget, kOrder}); !texts)
        return write_bad_parameter(texts.error(), res);
    const auto from = number_of(req, "from", 0, kSeqMax);
    if (!from) return write_bad_parameter(from.error(), res);
    const auto limit = number_of(req, "limit", 1, ports::LedgerQuery::kLimitMax);
    if (!limit) return write_bad_parameter(limit.error(), res);
    const std::string order = text_of(req, "order");
    const ports::LedgerQuery query{*from, static_cast<std::size_t>(limit->value_or(100)), text_of(req, "kind"),
                                   text_of(req, "target"), order == "desc"};
    const auto records = context.ledger.list(query);
    if (!records) return write_problem(records.error(), res);
    const auto page = to_page(*records, query);
    if (!page) return write_problem(page.error(), res);
    res.set_content(*page, "application/json");
}

void get_attestation(const Context& context, std::uint64_t seq, const std::string& format, httplib::Response& res) {
    if (format != "dsse" && format != "dsse-test-result")
        return write_bad_parameter(
            error(Code::InvalidArgument, "format is json, dsse or dsse-test-result", "leave it out for json", "format"),
            res);
    const auto predicate = format == "dsse" ? usecases::Predicate::Own : usecases::Predicate::TestResult;
    const auto envelope = context.notary.attestation(seq, predicate);
    if (!envelope && envelope.error().code == Code::InvalidArgument) return write_bad_parameter(envelope.error(), res);
    if (!envelope) return write_problem(envelope.error(), res);
    write_json(*envelope, res);
}

void get_record(Context& context, const httplib::Request& req, httplib::Response& res) {
    if (const auto known = only_params(req, {"format"}); !known) return write_bad_parameter(known.error(), res);
    const std::string digits = req.matches[1];
    if (digits.size() > 16 || digits.find_first_not_of("0123456789") != std::string::npos ||
        std::stoull(digits) > kSeqMax)
        return write_bad_parameter(error(Code::InvalidArgument, "not a seq", "seq is 0, 1, 2 ...", "seq"), res);
    const std::string format = text_of(req, "format");
    if (!format.empty() && format != "json") return get_attestation(context, std::stoull(digits), format, res);
    const auto record = context.ledger.read(std::stoull(digits));
    if (!record) return write_problem(record.error(), res);
    const auto text = wire::record_text(*record);
    if (!text) return write_problem(ports::not_as_written(record->seq, text.error().message), res);
    res.set_content(*text, "application/json");
}

void get_verify(Context& context, const httplib::Request& req, httplib::Response& res) {
    if (const auto known = only_params(req, {"remembered_seq", "remembered_hash"}); !known)
        return write_bad_parameter(known.error(), res);
    const auto seq = number_of(req, "remembered_seq", 0, kSeqMax);
    if (!seq) return write_bad_parameter(seq.error(), res);
    const std::string hash = text_of(req, "remembered_hash");
    std::optional<ledger::Head> remembered;
    if (seq->has_value() || !hash.empty()) {
        ledger::Head head{};
        if (!seq->has_value() || !ledger::from_hex(hash, head.hash))
            return write_bad_parameter(error(Code::InvalidArgument, "a remembered head is a seq and a hash",
                                             "give both remembered_seq and remembered_hash", "remembered_hash"),
                                       res);
        head.seq = **seq;
        remembered = head;
    }
    const ledger::KeyRing& keys = context.notary.keys();
    const auto report = usecases::verify_ledger(context.ledger, context.sha256, {}, remembered,
                                                {.keys = keys.empty() ? nullptr : &keys}, context.kept_nodes);
    if (!report) return write_problem(report.error(), res);
    write_json(usecases::to_json(*report), res);
}

}  // namespace

void route_ledger(http_engine::Server& server, Context& context) {
    const auto read = [&](Handle handle) { return guarded(context.authorizer, Role::Read, std::move(handle)); };
    server.Get("/v1/ledger/verify",
               read([&context](const auto& req, auto& res, const Caller&) { get_verify(context, req, res); }));
    server.Get(R"(/v1/ledger/([^/]+))",
               read([&context](const auto& req, auto& res, const Caller&) { get_record(context, req, res); }));
    server.Get("/v1/ledger",
               read([&context](const auto& req, auto& res, const Caller&) { get_ledger(context, req, res); }));
}

}  // namespace helix::http
