#include <algorithm>

#include "service/cli/humanize.hpp"
#include "service/cli/json_view.hpp"
#include "service/cli/printable.hpp"
#include "service/cli/render.hpp"

namespace helix::cli {
namespace {

std::string percent_of(const Json& object, const char* key) {
    const auto value = number(member(object, key));
    return value ? human_percent(*value) : "-";
}

const Json& certificate_unit(const Json& verdict, const std::string& name) {
    static const Json kNone;
    for (const Json& unit : member(member(verdict, "certificate"), "units"))
        if (text(unit, "unit") == name) return unit;
    return kNone;
}

/// The unit that decided, by the certificate.
std::string worst_unit(const Json& verdict) {
    const Json& certificate = member(verdict, "certificate");
    const Json& units = member(certificate, "units");
    const auto worst = integer(member(certificate, "worst"));
    if (!worst || *worst < 0 || !units.is_array() || static_cast<std::size_t>(*worst) >= units.size()) return {};
    return text(units[static_cast<std::size_t>(*worst)], "unit");
}

std::string limit_percent(const Json& certificate_unit) {
    const auto limit = integer(member(certificate_unit, "limit"));
    const auto capacity = integer(member(certificate_unit, "capacity"));
    if (!limit || !capacity || *capacity <= 0) return {};
    return human_percent(100.0 * static_cast<double>(*limit) / static_cast<double>(*capacity));
}

std::string broken_units(const Json& verdict, const View& view) {
    Table table({{"UNIT"}, {"WHY"}, {"NOW", true}, {"COULD REACH", true}, {"LIMIT", true}});
    for (const Json& unit : member(verdict, "break"))
        table.add({text(unit, "unit"), text(unit, "why"), percent_of(unit, "used_pct"),
                   Cell(percent_of(unit, "after_pct"), Paint::Red), percent_of(unit, "limit_pct")});
    return table.empty() ? "" : "\n" + table.render(view.style, 2);
}

std::string pods_by_owner(const Json& unit) {
    std::string result;
    for (const Json& pods : member(unit, "pods"))
        result += (result.empty() ? "" : ", ") + text(pods, "count") + " x " + text(pods, "owner");
    return result.empty() ? "-" : result;
}

std::string counterexample(const Json& verdict, const View& view) {
    Table table(
        {{"UNIT"}, {"NEW PODS"}, {"OLD GONE", true}, {"AFTER", true}, {"AFTER %", true}, {"FLOOR ALLOWS", true}});
    for (const Json& unit : member(verdict, "counterexample")) {
        const Json& known = certificate_unit(verdict, text(unit, "unit"));
        const auto after = integer(member(unit, "after"));
        const auto capacity = integer(member(known, "capacity"));
        const auto limit = integer(member(known, "limit"));
        const bool over = after && limit && *after > *limit;
        const std::string share =
            after && capacity && *capacity > 0
                ? human_percent(100.0 * static_cast<double>(*after) / static_cast<double>(*capacity))
                : "-";
        table.add({text(unit, "unit"), pods_by_owner(unit), text(unit, "gone"), after ? human_bytes(*after) : "-",
                   Cell(share, over ? Paint::Red : Paint::None),
                   limit ? human_bytes(*limit) + " (" + limit_percent(known) + ")" : "-"});
    }
    return table.empty() ? "" : "\n  A placement that breaks the floor:\n" + table.render(view.style, 2);
}

std::string remedies(const Json& verdict, const Json& action, const std::string& target) {
    const Json& list = member(verdict, "remedies");
    if (!list.is_array() || list.empty()) return {};
    std::string result = "\n  Remedies, judged by the gate itself:\n";
    for (const Json& remedy : list) {
        result += "  - " + printable(text(remedy, "what")) + "\n";
        Json mended = action;
        std::vector<std::string> commands;
        for (const Json& unit : member(remedy, "cordon")) {
            Json cordon = {{"verb", "cordon"}, {"object", {{"kind", "Node"}, {"name", text(unit)}}}};
            if (action.is_object() && action.contains("reason")) cordon["reason"] = action["reason"];
            commands.push_back(act_command(cordon, target));
        }
        const auto count = integer(member(remedy, "replicas"));
        if (count && text(action, "verb") == "scale") mended["replicas"] = *count;
        if (!commands.empty() || (count && text(action, "verb") == "scale"))
            commands.push_back(act_command(mended, target));
        for (const std::string& command : commands) result += "      " + command + "\n";
    }
    return result;
}

std::string heading(const Json& action) {
    const Json& object = member(action, "object");
    std::string result = text(action, "verb");
    if (object.is_object()) result += " " + describe_object(object);
    if (const auto replicas = integer(member(action, "replicas"))) result += " to " + std::to_string(*replicas);
    return printable(result);
}

}  // namespace

std::string render_verdict(const Json& verdict, const Json& action, const std::string& target, const View& view) {
    const bool passed = flag(verdict, "passed");
    std::string result =
        view.style.paint(passed ? Paint::Green : Paint::Red, passed ? "PASS" : "BREAK") + "  " + heading(action) + "\n";
    if (const std::string reason = text(verdict, "reason"); !reason.empty()) result += "  " + printable(reason) + "\n";
    const std::string worst = worst_unit(verdict);
    if (passed && !worst.empty()) {
        const std::string limit = limit_percent(certificate_unit(verdict, worst));
        result += "  fullest unit: " + printable(worst) + ", at most " + percent_of(verdict, "after_pct_est") +
                  " in use after" + (limit.empty() ? "" : "; its floor allows " + limit) + "\n";
    }
    if (!passed) result += broken_units(verdict, view) + counterexample(verdict, view);
    if (const auto most = integer(member(verdict, "max_safe")); most && (!passed || view.wide))
        result += std::string(passed ? "" : "\n") + "  max safe: " + std::to_string(*most) + "\n";
    if (!passed) result += remedies(verdict, action, target);
    if (view.wide) {
        result += "  why: " + printable(text(verdict, "why")) + "; effect: " + printable(text(verdict, "effect")) +
                  "; floor position: " + printable(text(verdict, "position")) + "\n";
        result += "  engine: " + printable(text(verdict, "engine")) + " " + printable(text(verdict, "engine_version")) +
                  "; model " + printable(text(verdict, "model_hash")) + "; certificate " +
                  printable(text(member(verdict, "certificate"), "digest")) + "\n";
    }
    return result;
}

std::string render_gate(const Json& answer, const Json& request, const View& view) {
    std::string result;
    const Json& actions = member(request, "actions");
    for (const Json& one : member(answer, "verdicts")) {
        const auto index = integer(member(one, "index")).value_or(0);
        Json action = request;
        if (actions.is_array() && index >= 0 && static_cast<std::size_t>(index) < actions.size())
            action = actions[static_cast<std::size_t>(index)];
        if (!action.is_object()) action = Json::object();
        if (!action.contains("object") && member(one, "object").is_object()) action["object"] = member(one, "object");
        result +=
            (result.empty() ? "" : "\n") + render_verdict(member(one, "verdict"), action, text(answer, "target"), view);
    }
    if (actions.is_array() && member(answer, "verdicts").is_array() &&
        actions.size() > member(answer, "verdicts").size())
        result += "\n" + std::to_string(actions.size() - member(answer, "verdicts").size()) +
                  " more not judged: the plan stops at the first BREAK\n";
    return result;
}

}  // namespace helix::cli
