#include "service/cli/humanize.hpp"
#include "service/cli/json_view.hpp"
#include "service/cli/object_ref.hpp"
#include "service/cli/printable.hpp"
#include "service/cli/render.hpp"

namespace helix::cli {
namespace {

Paint paint_of(const std::string& state) {
    if (state == "done" || state == "applied") return Paint::Green;
    if (state == "running" || state == "unknown" || state == "dry-run") return Paint::Yellow;
    if (state == "blocked" || state == "failed" || state == "stopped" || state == "not-applied" ||
        state == "partly-applied")
        return Paint::Red;
    return Paint::None;
}

std::string versions(const Json& receipt) {
    const std::string before = text(receipt, "resource_version_before");
    const std::string after = text(receipt, "resource_version_after");
    if (before.empty() && after.empty()) return {};
    return "resourceVersion " + (before.empty() ? "(none)" : before) + " -> " + (after.empty() ? "(gone)" : after);
}

/// What an action receipt shows beyond its verdict.
std::string render_outcome(const Json& receipt, const View& view) {
    const std::string outcome = text(receipt, "outcome");
    std::string line = "  outcome: " + view.style.paint(paint_of(outcome), printable(outcome));
    for (const std::string& part : {text(receipt, "detail"), versions(receipt)})
        if (!part.empty()) line += "; " + printable(part);
    line += "\n";
    const Json& problem = member(receipt, "problem");
    if (problem.is_object()) line += "  problem: " + printable(text(problem, "detail")) + "\n";
    for (const Json& change : member(receipt, "diff"))
        line += "  diff: " + printable(text(change, "path")) + ": " + printable(member(change, "before").dump()) +
                " -> " + printable(member(change, "after").dump()) + "\n";
    Table actual({{"UNIT"}, {"USED", true}, {"NOW", true}, {"ESTIMATED", true}});
    for (const Json& unit : member(receipt, "actual")) {
        const auto used = integer(member(unit, "used"));
        actual.add({text(unit, "unit"), used ? human_bytes(*used) : "-",
                    human_percent(number(member(unit, "used_pct")).value_or(0)),
                    "<= " + human_percent(number(member(unit, "after_pct_est")).value_or(0))});
    }
    if (!actual.empty()) line += actual.render(view.style, 2);
    return line;
}

std::string links(const Json& cycle) {
    std::string result;
    for (const Json& link : member(cycle, "links"))
        result += (result.empty() ? "" : " -> ") + text(link, "link") + " " + text(link, "state");
    return printable(result);
}

std::string entry_words(const Json& action) {
    std::string words;
    const Json& set = member(action, "set");
    if (set.is_object())
        for (const auto& [key, value] : set.items()) words += " " + shell_quoted(key + "=" + text(value));
    for (const Json& key : member(action, "remove")) words += " " + shell_quoted(text(key) + "-");
    return words;
}

std::string quantity_words(const Json& resources, const char* which) {
    const Json& quantities = member(resources, which);
    if (!quantities.is_object() || quantities.empty()) return {};
    std::string list;
    for (const auto& [name, value] : quantities.items())
        list += (list.empty() ? "" : ",") + (value.is_null() ? name + "-" : name + "=" + text(value));
    return std::string(" --") + which + " " + shell_quoted(list);
}

}  // namespace

std::string render_cycle(const Json& cycle, const View& view) {
    const std::string status = text(cycle, "status");
    const std::string target = text(cycle, "target");
    std::string result;
    for (const Json& receipt : member(cycle, "actions")) {
        const Json& verdict = member(receipt, "verdict");
        const Json& action = member(receipt, "action");
        if (!result.empty()) result += "\n";
        if (verdict.is_object())
            result += render_verdict(verdict, action, target, view);
        else
            result +=
                "-     " + printable(text(action, "verb") + " " + describe_object(member(action, "object"))) + "\n";
        result += render_outcome(receipt, view);
    }
    result += "\n" + view.style.paint(paint_of(status), printable(status)) + "  cycle " + printable(text(cycle, "id")) +
              " on " + printable(target);
    if (const auto seq = integer(member(member(cycle, "ledger"), "receipt_seq")))
        result += "; receipt: helix ledger show " + std::to_string(*seq);
    result += "\n";
    if (const std::string turn = links(cycle); !turn.empty()) result += "  " + turn + "\n";
    if (view.wide)
        result += "  actor: " + printable(text(cycle, "actor")) + "; at " + printable(text(cycle, "at")) +
                  "; idempotency key: " + printable(text(cycle, "idempotency_key")) + "\n";
    return result;
}

std::string act_command(const Json& action, const std::string& target) {
    const std::string verb = text(action, "verb");
    std::string command = "helix act " + shell_quoted(verb);
    if (verb == "create" || verb == "apply") {
        command += " -f FILE";
    } else {
        command += " " + object_words(member(action, "object"));
    }
    if (const auto replicas = integer(member(action, "replicas")))
        command += " --replicas " + std::to_string(*replicas);
    command += entry_words(action);
    if (verb == "set-image") command += " " + shell_quoted(text(action, "container") + "=" + text(action, "image"));
    if (verb == "set-resources")
        command += (text(action, "container").empty() ? "" : " -c " + shell_quoted(text(action, "container"))) +
                   quantity_words(member(action, "resources"), "requests") +
                   quantity_words(member(action, "resources"), "limits");
    if (verb == "patch") command += " -p " + shell_quoted(member(action, "patch").dump());
    if (const auto grace = integer(member(action, "grace_period_seconds")))
        command += " --grace-period " + std::to_string(*grace);
    if (!target.empty()) command += " --target " + shell_quoted(target);
    if (const std::string reason = text(action, "reason"); !reason.empty())
        command += " --reason " + shell_quoted(reason);
    return command;
}

}  // namespace helix::cli
