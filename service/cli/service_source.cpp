#include "service/cli/service_source.hpp"

#include <algorithm>
#include <string>

#include "service/cli/exit_codes.hpp"
#include "service/cli/json_view.hpp"
#include "service/wire/record_json.hpp"

namespace helix::cli {
namespace {

// Pages grow and shrink with the records, so that an answer stays well below what either side takes.
constexpr std::size_t kPageFirst = 50;
constexpr std::size_t kPageMax = 1000;
constexpr std::size_t kPageBytes = 4U * 1024U * 1024U;

Code code_of(const Answer& answer) {
    switch (exit_of_problem(answer.status, answer.problem_type())) {
        case Exit::Auth:
            return Code::PermissionDenied;
        case Exit::NotFound:
            return Code::NotFound;
        case Exit::Unavailable:
            return Code::Unavailable;
        case Exit::Refused:
            return Code::PreconditionFailed;
        default:
            return answer.problem_type() == "data-loss" ? Code::DataLoss : Code::Internal;
    }
}

Error refusal(const Answer& answer, const Endpoint& endpoint) {
    if (!answer.from_helix)
        return error(Code::Internal, "status " + std::to_string(answer.status) + " without a problem document",
                     "check that --server is a helix service", endpoint.server);
    const std::string detail = text(answer.body, "detail");
    return error(code_of(answer), detail.empty() ? text(answer.body, "title") : detail, text(answer.body, "mend"),
                 endpoint.server);
}

}  // namespace

Result<ServiceSource::Page> ServiceSource::page(const std::string& query) {
    auto answer = api_.get("/v1/ledger?" + query);
    if (!answer) return std::move(answer).error();
    if (!answer->ok()) return refusal(*answer, api_.endpoint());
    Json items = member(answer->body, "items");
    if (!items.is_array())
        return error(Code::Internal, "the answer has no items", "check that --server is a helix service",
                     api_.endpoint().server);
    const auto next = integer(member(answer->body, "next"));
    return Page{std::move(items), next && *next >= 0 ? std::optional(static_cast<std::uint64_t>(*next)) : std::nullopt};
}

Result<std::optional<std::uint64_t>> ServiceSource::last_seq() {
    const auto newest = page("order=desc&limit=1");
    if (!newest) return newest.error();
    if (newest->items.empty()) return std::optional<std::uint64_t>();
    const auto seq = integer(member(newest->items[0], "seq"));
    return seq && *seq >= 0 ? std::optional(static_cast<std::uint64_t>(*seq)) : std::nullopt;
}

Result<void> ServiceSource::scan(std::uint64_t from_seq, const Visitor& visit) {
    const ledger::Record none;
    std::size_t limit = kPageFirst;
    for (std::uint64_t next = from_seq;;) {
        const auto got = page("order=asc&limit=" + std::to_string(limit) + "&from=" + std::to_string(next));
        if (!got) return got.error();
        std::size_t bytes = 0;
        for (const Json& item : got->items) {
            const auto record = wire::record_from_json(item);
            if (!record && record.error().code == Code::Unimplemented) return record.error();
            const bool wanted =
                record ? visit(ports::FoundRecord{*record})
                       : visit(ports::FoundRecord{none, "the service's answer: " + record.error().message});
            if (!wanted) return {};
            if (record) bytes += record->body.size() + 512;
        }
        // Not by the number of items: the service ends a page early when its records are large.
        if (!got->next) return {};
        if (*got->next <= next)
            return error(Code::Internal, "the service answers the same page again",
                         "check that --server is a helix service", api_.endpoint().server);
        next = *got->next;
        const std::size_t each = std::max<std::size_t>(1, bytes / std::max<std::size_t>(1, got->items.size()));
        limit = std::clamp<std::size_t>(kPageBytes / each, 1, kPageMax);
    }
}

}  // namespace helix::cli
