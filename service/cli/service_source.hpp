#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "service/cli/http_api.hpp"
#include "service/ports/record_source.hpp"

namespace helix::cli {

/// The ledger as the service hands it out: GET /v1/ledger, page after page.
///
/// Errors: those of Api::get, and what the service answered (Unavailable, PermissionDenied, DataLoss ...).
class ServiceSource final : public ports::RecordSource {
public:
    explicit ServiceSource(Api api) : api_(std::move(api)) {}

    Result<std::optional<std::uint64_t>> last_seq() override;
    Result<void> scan(std::uint64_t from_seq, const Visitor& visit) override;

private:
    struct Page {
        nlohmann::json items;
        std::optional<std::uint64_t> next;  ///< where the next page begins; none: this is the last
    };
    Result<Page> page(const std::string& query);

    Api api_;
};

}  // namespace helix::cli
