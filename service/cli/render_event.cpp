#include "service/cli/humanize.hpp"
#include "service/cli/json_view.hpp"
#include "service/cli/printable.hpp"
#include "service/cli/render.hpp"

namespace helix::cli {
namespace {

std::string floor_line(const Json& data) {
    const auto used = number(member(data, "used_pct"));
    const auto headroom = integer(member(data, "headroom"));
    return text(data, "unit") + "  " + (used ? human_percent(*used, 2) : "no metrics") +
           (headroom ? ", headroom " + human_bytes(*headroom) : "");
}

std::string about(const std::string& type, const Json& data) {
    if (type == "node.floor") return floor_line(data);
    if (type == "pod.count")
        return text(data, "bound") + " bound, " + text(data, "pending") + " pending, " + text(data, "terminating") +
               " ending";
    if (type == "wpa.score")
        return text(data, "kind") + " " + text(data, "namespace") + "/" + text(data, "name") + "  " +
               text(data, "score") + (flag(data, "proxy") ? " (proxy)" : "");
    if (type == "silo.stats") {
        std::string line = std::to_string(member(data, "containers").size()) + " containers";
        for (const Json& one : member(data, "containers"))
            line += ", " + text(one, "name") + " " +
                    (member(one, "used").is_null() ? text(one, "state") : human_bytes(*integer(member(one, "used"))));
        return line;
    }
    if (type == "helix.verdict") return text(data, "verb") + " " + text(data, "object") + "  " + text(data, "reason");
    if (type == "ledger.record")
        return "seq " + text(data, "seq") + " " + text(data, "kind") + " by " + text(data, "actor");
    if (type == "trial.phase" || type == "trial.verdict")
        return text(data, "namespace") + "/" + text(data, "trial") + "  " + text(data, "phase") + "  " +
               text(data, "verdict") + (flag(data, "final") ? ", final" : "") + "  warmth " + text(data, "warmth");
    if (type == "helix.cycle") {
        std::string line = text(data, "id") + " " + text(data, "status");
        for (const Json& action : member(data, "actions"))
            line += "; " + text(action, "verb") + " " + text(action, "object") + " " + text(action, "outcome");
        return line;
    }
    return data.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string render_event(const Json& event, const View& view) {
    const std::string type = text(event, "type");
    const Json& data = member(event, "data");
    const std::string at = text(event, "time");
    const std::string clock = at.size() >= 19 ? at.substr(11, 8) : "--:--:--";
    const std::string target = text(data, "target");
    std::string verdict;
    if (flag(data, "break") || (type == "helix.verdict" && !flag(data, "passed")))
        verdict = view.style.paint(Paint::Red, "BREAK ");
    else if (type == "helix.verdict")
        verdict = view.style.paint(Paint::Green, "PASS ");
    else if (type == "gap")
        verdict = view.style.paint(Paint::Yellow, "events were missed: ");
    std::string shown = printable(type);
    shown.append(width(shown) < 14 ? 14 - width(shown) : 0, ' ');
    return printable(clock) + "  " + shown + (target.empty() ? "" : printable(target) + "  ") + verdict +
           printable(about(type, data)) + "\n";
}

std::string render_error(const Error& failure) {
    std::string line = "helix: " + failure.message;
    if (!failure.where.empty()) line += " (" + failure.where + ")";
    if (failure.retry_after_s > 0) line += "; retry after " + std::to_string(failure.retry_after_s) + " s";
    if (!failure.mend.empty()) line += "; mend: " + failure.mend;
    return printable(line) + "\n";
}

std::string render_problem(const Json& problem, int status, int retry_after_s) {
    Error failure;
    failure.message = text(problem, "detail");
    if (failure.message.empty()) failure.message = text(problem, "title");
    if (failure.message.empty()) failure.message = "the service answered with status " + std::to_string(status);
    failure.where = text(problem, "where");
    failure.mend = text(problem, "mend");
    failure.retry_after_s = retry_after_s;
    return render_error(failure);
}

}  // namespace helix::cli
