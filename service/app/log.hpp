#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace helix::app {

enum class Level { Debug, Info, Warning, Error };

/// Sets the least level that is written: "debug", "info", "warning" or "error". False when it is none of them.
bool set_log_level(std::string_view level);

/// Writes one line of JSON to stderr: time, level, event, and `fields`. Control characters are escaped by JSON itself.
/// Never give it a secret. Thread safety: any thread.
void log(Level level, std::string_view event, const nlohmann::json& fields = nlohmann::json::object());

}  // namespace helix::app
