#include "service/http/page.hpp"

#include <algorithm>

#include "service/http/handler.hpp"

namespace helix::http {
using nlohmann::json;

Result<void> check_page(const httplib::Request& req) {
    if (const auto limit = number_of(req, "limit", 1, 1000); !limit) return limit.error();
    if (const auto offset = number_of(req, "offset", 0, 10'000'000); !offset) return offset.error();
    return {};
}

void write_page(std::vector<nlohmann::json> all, const httplib::Request& req, httplib::Response& res) {
    const auto limit = number_of(req, "limit", 1, 1000);
    if (!limit) return write_bad_parameter(limit.error(), res);
    const auto offset = number_of(req, "offset", 0, 10'000'000);
    if (!offset) return write_bad_parameter(offset.error(), res);
    const std::size_t total = all.size();
    const std::size_t first = std::min<std::size_t>(offset->value_or(0), total);
    const std::size_t last = std::min<std::size_t>(first + limit->value_or(100), total);
    json items = json::array();
    for (std::size_t i = first; i < last; ++i) items.push_back(std::move(all[i]));
    json page = {{"items", std::move(items)}, {"total", total}, {"next", nullptr}};
    if (last < total) page["next"] = last;
    write_json(page, res);
}

}  // namespace helix::http
