#pragma once

#include <string_view>

/// Files of the repository that are part of the program.
namespace helix::http::embedded {

extern const std::string_view openapi;    ///< openapi/helix.yaml
extern const std::string_view page_html;  ///< web/index.html
extern const std::string_view page_js;    ///< web/page.js
extern const std::string_view page_css;   ///< web/page.css

}  // namespace helix::http::embedded
