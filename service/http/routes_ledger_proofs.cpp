#include <nlohmann/json.hpp>

#include "service/http/handler.hpp"
#include "service/http/routes.hpp"

namespace helix::http {
namespace {

using nlohmann::json;

constexpr std::uint64_t kSeqMax = 9'007'199'254'740'992;

/// What a proof cannot be given for is the fault of a parameter.
void write_refusal(const Error& problem, httplib::Response& res) {
    if (problem.code == Code::InvalidArgument) return write_bad_parameter(problem, res);
    write_problem(problem, res);
}

void get_checkpoint(const Context& context, const httplib::Request& req, httplib::Response& res) {
    if (const auto known = only_params(req, {}); !known) return write_bad_parameter(known.error(), res);
    const auto checkpoint = context.notary.checkpoint();
    if (!checkpoint) return write_problem(checkpoint.error(), res);
    res.set_content(*checkpoint, "text/plain; charset=utf-8");
}

void get_proof(const Context& context, const httplib::Request& req, httplib::Response& res) {
    if (const auto known = only_params(req, {"size"}); !known) return write_bad_parameter(known.error(), res);
    const std::string digits = req.matches[1];
    if (digits.size() > 16 || digits.find_first_not_of("0123456789") != std::string::npos)
        return write_bad_parameter(error(Code::InvalidArgument, "not a seq", "seq is 0, 1, 2 ...", "seq"), res);
    const auto size = number_of(req, "size", 1, kSeqMax);
    if (!size) return write_bad_parameter(size.error(), res);
    const auto proof = context.notary.prove(std::stoull(digits), *size);
    if (!proof) return write_refusal(proof.error(), res);
    const auto value = usecases::to_json(*proof);
    if (!value) return write_problem(value.error(), res);
    write_json(*value, res);
}

void get_consistency(const Context& context, const httplib::Request& req, httplib::Response& res) {
    if (const auto known = only_params(req, {"from", "to"}); !known) return write_bad_parameter(known.error(), res);
    const auto from = number_of(req, "from", 0, kSeqMax);
    if (!from) return write_bad_parameter(from.error(), res);
    const auto to = number_of(req, "to", 0, kSeqMax);
    if (!to) return write_bad_parameter(to.error(), res);
    const auto proof = context.notary.consistency(from->value_or(0), *to);
    if (!proof) return write_refusal(proof.error(), res);
    write_json(*proof, res);
}

}  // namespace

void route_ledger_proofs(http_engine::Server& server, Context& context) {
    const auto read = [&](Handle handle) { return guarded(context.authorizer, Role::Read, std::move(handle)); };
    server.Get("/v1/ledger/checkpoint",
               read([&context](const auto& req, auto& res, const Caller&) { get_checkpoint(context, req, res); }));
    server.Get("/v1/ledger/([^/]+)/proof",
               read([&context](const auto& req, auto& res, const Caller&) { get_proof(context, req, res); }));
    server.Get("/v1/ledger/consistency",
               read([&context](const auto& req, auto& res, const Caller&) { get_consistency(context, req, res); }));
    server.Get("/v1/ledger/keys", read([&context](const auto& req, auto& res, const Caller&) {
                   if (const auto known = only_params(req, {}); !known) return write_bad_parameter(known.error(), res);
                   write_json(context.notary.keys_json(), res);
               }));
}

}  // namespace helix::http
