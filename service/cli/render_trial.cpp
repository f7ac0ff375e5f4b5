#include <algorithm>
#include <array>
#include <cmath>

#include "service/cli/humanize.hpp"
#include "service/cli/json_view.hpp"
#include "service/cli/printable.hpp"
#include "service/cli/render.hpp"

namespace helix::cli {
namespace {

Paint paint_of(const std::string& word) {
    if (word == "ADMIT" || word == "PASS") return Paint::Green;
    if (word == "DENY" || word == "FAIL") return Paint::Red;
    if (word == "WATCH" || word == "WARN") return Paint::Yellow;
    return Paint::Dim;
}

/// "0.65", "-0.05"
std::string two_decimals(const Json& value) {
    const auto figure = number(value);
    if (!figure) return "-";
    const long hundredths = std::lround(*figure * 100);
    const long magnitude = std::labs(hundredths);
    const std::string cents = std::to_string(magnitude % 100);
    return (hundredths < 0 ? "-" : "") + std::to_string(magnitude / 100) + "." + (cents.size() < 2 ? "0" : "") + cents;
}

std::string bar(double warmth, const View& view, Paint paint) {
    constexpr int kCells = 20;
    const int full = static_cast<int>(std::lround(std::clamp(warmth, 0.0, 1.0) * kCells));
    std::string cells;
    std::string rest;
    for (int i = 0; i < full; ++i) cells += "█";
    for (int i = full; i < kCells; ++i) rest += "░";
    return view.style.paint(paint, cells) + rest;
}

std::string padded(std::string shown, std::size_t columns) {
    shown.append(width(shown) < columns ? columns - width(shown) : 0, ' ');
    return shown;
}

/// "3 warns", or why there is nothing to count.
std::string about_gate(const Json& gate) {
    std::string counts;
    const Json& all = member(gate, "counts");
    if (all.is_object())
        for (const auto& [what, count] : all.items())
            if (integer(count).value_or(0) > 0) counts += (counts.empty() ? "" : ", ") + text(count) + " " + what;
    const std::string message = text(gate, "message");
    return counts + (counts.empty() || message.empty() ? "" : "; ") + message;
}

std::string phase_name(const std::string& gate) {
    constexpr std::array<std::pair<const char*, const char*>, 5> kPhases = {{{"conftest", "PRECHECK"},
                                                                             {"kyverno", "ADMISSION"},
                                                                             {"gatekeeper", "ADMISSION"},
                                                                             {"falco", "RUNTIME"},
                                                                             {"trivy", "IMAGE SCAN"}}};
    for (const auto& [name, phase] : kPhases)
        if (gate == name) return phase;
    return {};
}

std::string standing(const Json& trial, const View& view) {
    const std::string verdict = text(trial, "verdict");
    return view.style.paint(paint_of(verdict), printable(verdict)) + (flag(trial, "final") ? ", final" : ", not final");
}

std::string lines_of(const Json& list, const std::string& before) {
    std::string lines;
    for (const Json& one : list) lines += before + printable(text(one)) + "\n";
    return lines;
}

}  // namespace

std::string render_trial(const Json& trial, const View& view) {
    const Json& warmth = member(trial, "warmth");
    const std::string verdict = text(trial, "verdict");
    std::string tree = view.style.paint(Paint::Bold, printable(text(trial, "trial"))) + " (" +
                       printable(text(trial, "namespace")) + ")  " + printable(text(trial, "subject")) + " -> " +
                       printable(text(trial, "layer")) + "\n";
    for (const Json& gate : member(trial, "gates")) {
        const std::string name = text(gate, "name");
        const std::string state = text(gate, "state");
        const std::string shown = padded(printable(state), 13);
        tree += "├─ " + padded(phase_name(name), 10) + "  " + padded(printable(name), 10) + "  " +
                view.style.paint(paint_of(state), shown) + "  " + printable(about_gate(gate)) + "\n";
    }
    const auto value = number(member(warmth, "value"));
    tree += "└─ " + padded("SCORING", 10) + "  " + bar(value.value_or(0), view, paint_of(verdict)) + "  " +
            two_decimals(member(warmth, "value")) + "  floor " + two_decimals(member(warmth, "floor")) + "  " +
            standing(trial, view) + "  (" + printable(text(trial, "phase")) + ")\n";
    tree += lines_of(member(trial, "hardDenies"), "   denied: ");
    tree += lines_of(member(trial, "caps"), "   no ADMIT: ");
    for (const char* key : {"problem", "stalled", "approvalProblem"})
        if (const std::string problem = text(trial, key); !problem.empty()) tree += "   " + printable(problem) + "\n";
    if (const std::string by = text(trial, "approvedBy"); !by.empty()) tree += "   approved by " + printable(by) + "\n";
    if (const std::string id = text(trial, "mecipol"); !id.empty()) tree += "   record " + printable(id) + "\n";
    return tree;
}

std::string render_explanation(const Json& trial, const View& view) {
    std::string shown = render_trial(trial, view);
    const Json& warmth = member(trial, "warmth");
    Table sum({{"WARMTH", true}, {"GATE"}, {"BECAUSE"}});
    sum.add({two_decimals(member(warmth, "base")), "", "base"});
    for (const char* kind : {"deductions", "bonuses"})
        for (const Json& term : member(warmth, kind)) {
            const auto count = integer(member(term, "count")).value_or(1);
            sum.add({two_decimals(member(term, "amount")), text(term, "gate"),
                     text(term, "rule") + (count > 1 ? " (seen " + std::to_string(count) + " times)" : "")});
        }
    sum.add({two_decimals(member(warmth, "value")), "",
             flag(warmth, "capped") ? "in all; " + two_decimals(member(warmth, "raw")) + " before it was cut to 0 .. 1"
                                    : "in all"});
    shown += "\n" + sum.render(view.style);
    const Json& raise = member(trial, "wouldRaise");
    if (!raise.is_array() || raise.empty()) return shown;
    Table mends({{"GIVES BACK", true}, {"WHAT"}, {"MEND"}});
    for (const Json& one : raise)
        mends.add({"+" + two_decimals(member(one, "givesBack")), text(one, "what"), text(one, "mend")});
    return shown + "\n" + mends.render(view.style);
}

std::string render_trials(const Json& page, const View& view) {
    std::vector<Column> columns{{"TARGET"},       {"NAMESPACE"}, {"TRIAL"}, {"SUBJECT"}, {"LAYER"},
                                {"WARMTH", true}, {"VERDICT"},   {"FINAL"}, {"PHASE"},   {"AGE", true}};
    if (view.wide)
        for (const char* title : {"ENDS", "CREW", "RECORD"}) columns.push_back({title});
    Table table(std::move(columns));
    for (const Json& one : member(page, "items")) {
        const Json& subject = member(one, "subject");
        const std::string verdict = text(one, "verdict");
        std::vector<Cell> row{text(one, "target"),
                              text(one, "namespace"),
                              text(one, "name"),
                              text(subject, "kind") + " " + text(subject, "namespace") + "/" + text(subject, "name"),
                              text(one, "layer"),
                              two_decimals(member(one, "warmth")),
                              Cell(verdict, paint_of(verdict)),
                              flag(one, "final") ? "yes" : "no",
                              text(one, "phase"),
                              human_age_of(text(one, "started_at"), view.now_us)};
        if (view.wide)
            for (const char* key : {"ends_at", "crew", "mecipol"}) row.emplace_back(text(one, key));
        table.add(std::move(row));
    }
    return table.empty() ? "no trials\n" : table.render(view.style);
}

std::string render_trial_verdict(const Json& verdict, const View& view) {
    const std::string id = text(verdict, "mecipol");
    return standing(verdict, view) + "  warmth " + two_decimals(member(verdict, "warmth")) + "  floor " +
           two_decimals(member(verdict, "floor")) + (id.empty() ? "" : "  " + printable(id)) + "\n";
}

std::string render_mecipol_records(const Json& page, const View& view) {
    Table table(
        {{"SEQ", true}, {"RECORD"}, {"TRIAL"}, {"SUBJECT"}, {"LAYER"}, {"WARMTH", true}, {"VERDICT"}, {"SCORED"}});
    for (const Json& one : member(page, "items")) {
        const Json& body = member(one, "body");
        const std::string verdict = text(body, "verdict");
        table.add({text(one, "seq"), text(body, "mecipol"), text(body, "namespace") + "/" + text(body, "trial"),
                   text(member(body, "subject"), "text"), text(member(body, "sostle"), "layer"),
                   two_decimals(member(member(body, "warmth"), "value")), Cell(verdict, paint_of(verdict)),
                   text(body, "scoredAt")});
    }
    return table.empty() ? "no verdicts yet\n" : table.render(view.style);
}

}  // namespace helix::cli
