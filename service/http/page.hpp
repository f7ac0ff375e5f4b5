#pragma once

#include <vector>

#include <httplib.h>
#include <nlohmann/json.hpp>

#include "domain/core/result.hpp"

namespace helix::http {

/// Refuses a page that cannot be. Errors: InvalidArgument naming the parameter.
Result<void> check_page(const httplib::Request& req);

/// Answers `all` from the query's offset on, at most its limit of them, as openapi's pages.
void write_page(std::vector<nlohmann::json> all, const httplib::Request& req, httplib::Response& res);

}  // namespace helix::http
