#include "service/app/log.hpp"

#include <array>
#include <chrono>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "service/wire/timestamps.hpp"

namespace helix::app {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};

spdlog::logger& logger() {
    static const auto made = [] {
        auto fresh = spdlog::stderr_logger_mt("helix");
        fresh->set_pattern("%v");
        fresh->set_level(spdlog::level::info);
        fresh->flush_on(spdlog::level::warn);
        return fresh;
    }();
    return *made;
}

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
        case Level::Debug:
            return spdlog::level::debug;
        case Level::Info:
            return spdlog::level::info;
        case Level::Warning:
            return spdlog::level::warn;
        case Level::Error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

}  // namespace

bool set_log_level(std::string_view level) {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (kNames[i] != level) continue;
        logger().set_level(to_spdlog(static_cast<Level>(i)));
        return true;
    }
    return false;
}

void log(Level level, std::string_view event, const nlohmann::json& fields) {
    if (!logger().should_log(to_spdlog(level))) return;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    nlohmann::json line = fields;
    line["time"] = wire::to_rfc3339(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
    line["level"] = kNames[static_cast<std::size_t>(level)];
    line["event"] = event;
    logger().log(to_spdlog(level), line.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
}

}  // namespace helix::app
