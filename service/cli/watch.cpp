#include <algorithm>
#include <chrono>
#include <iostream>
#include <thread>

#include "service/cli/commands.hpp"
#include "service/cli/json_view.hpp"
#include "service/cli/sse.hpp"
#include "service/wire/parse_json.hpp"

namespace helix::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kWaitMost{30'000};

std::string path_of(const Session& session, const WatchOptions& options) {
    std::string query;
    const auto add = [&](const char* name, const std::string& value) {
        query += (query.empty() ? "?" : "&") + std::string(name) + "=" + url_encoded(value);
    };
    if (!options.types.empty()) add("types", options.types);
    if (!session.globals().target.empty()) add("targets", session.globals().target);
    if (!options.snapshot) add("snapshot", "0");
    return "/v1/stream" + query;
}

void print(const Session& session, const WatchOptions& options, const SseEvent& frame) {
    auto event = wire::parse_json(frame.data, {.inexact_integers = true});
    if (!event) return session.say("an event that is not JSON was left out (id " + frame.id + ")");
    if (!options.trial.empty() && text(member(*event, "data"), "trial") != options.trial) return;
    if (session.globals().output == "json")
        std::cout << to_json_text(*event, true) << '\n';
    else if (session.globals().output == "yaml")
        std::cout << "---\n" << to_yaml_text(*event);
    else
        std::cout << render_event(*event, session.view());
    std::cout.flush();
}

/// Whether another try may help.
bool passes_by(const Answer& answer) {
    return answer.status == 200 || answer.status == 429 || answer.status >= 500;
}

}  // namespace

Exit watch(const Session& session, const WatchOptions& options) {
    auto api = session.api();
    if (!api) return session.fail(api.error());
    SseParser parser;
    int shown = 0;
    bool connected_once = false;
    milliseconds wait{0};
    const auto take_piece = [&](std::string_view piece) {
        connected_once = true;
        wait = milliseconds{0};
        const bool wanted = parser.feed(piece, [&](const SseEvent& frame) {
            print(session, options, frame);
            return !(options.count > 0 && ++shown >= options.count) && std::cout.good();
        });
        return wanted;
    };
    while (true) {
        parser.restart();
        const auto answer = api->stream(path_of(session, options), parser.last_id(), take_piece);
        if (!std::cout.good() || (options.count > 0 && shown >= options.count)) return Exit::Done;
        if (!answer && (!connected_once || answer.error().code == Code::PermissionDenied))
            return session.fail(answer.error());
        if (answer && (!passes_by(*answer) || (!connected_once && answer->status != 200)))
            return session.refuse(*answer);
        const int by_stream_ms = parser.retry_ms() < 0 ? 500 : std::max(parser.retry_ms(), 50);
        const milliseconds asked{answer && answer->retry_after_s > 0 ? answer->retry_after_s * 1000 : by_stream_ms};
        wait = std::min(kWaitMost, std::max(asked, wait * 2));
        session.say("the stream ended; going on after event " +
                    (parser.last_id().empty() ? "(none)" : parser.last_id()) + " in " + std::to_string(wait.count()) +
                    " ms");
        std::this_thread::sleep_for(wait);
    }
}

}  // namespace helix::cli
