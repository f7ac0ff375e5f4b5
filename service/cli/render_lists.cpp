#include "service/cli/humanize.hpp"
#include "service/cli/json_view.hpp"
#include "service/cli/printable.hpp"
#include "service/cli/render.hpp"

namespace helix::cli {
namespace {

std::string bytes_of(const Json& object, const char* key) {
    const auto value = integer(member(object, key));
    return value ? human_bytes(*value) : "-";
}

Cell unit_state(const Json& unit) {
    if (flag(unit, "break")) return {"BREAK", Paint::Red};
    if (flag(unit, "stale")) return {"stale", Paint::Yellow};
    if (!flag(unit, "ready")) return {"not ready", Paint::Yellow};
    if (!flag(unit, "schedulable")) return {"ok, cordoned", Paint::Yellow};
    return {"ok", Paint::Green};
}

}  // namespace

std::string render_targets(const Json& page, const View& view) {
    Table table({{"TARGET"},
                 {"KIND"},
                 {"STATE"},
                 {"UNITS", true},
                 {"BREAK", true},
                 {"PODS", true},
                 {"AGE", true},
                 {"CONNECTIONS", true},
                 {"ADDRESS"}});
    for (const Json& target : member(page, "items")) {
        const auto below = integer(member(target, "units_break")).value_or(0);
        const auto age = number(member(target, "age_s"));
        const Json& connections = member(target, "connections");
        const bool synced = flag(target, "synced");
        const std::string problem = text(target, "problem");
        table.add({text(target, "name"), text(target, "kind"),
                   Cell(!synced           ? "not synced"
                        : problem.empty() ? "synced"
                                          : "not fresh",
                        synced && problem.empty() ? Paint::Green : Paint::Yellow),
                   text(target, "units"), Cell(std::to_string(below), below > 0 ? Paint::Red : Paint::None),
                   text(target, "pods"), age ? human_age(static_cast<std::int64_t>(*age * 1e6)) : "-",
                   text(connections, "open") + " (" + text(connections, "opened_total") + " opened)",
                   text(target, "address")});
    }
    std::string result = table.empty() ? "no targets\n" : table.render(view.style);
    for (const Json& target : member(page, "items"))
        if (const std::string problem = text(target, "problem"); !problem.empty())
            result += printable(text(target, "name") + ": " + problem) + "\n";
    return result;
}

std::string render_units(const Json& page, const View& view) {
    std::vector<Column> columns{{"TARGET"},       {"UNIT"},           {"USED", true},    {"CAPACITY", true},
                                {"USED %", true}, {"HEADROOM", true}, {"FLOOR %", true}, {"PODS", true},
                                {"AGE", true},    {"STATE"}};
    if (view.wide)
        for (const char* title : {"USED BYTES", "LIMIT BYTES", "CAPACITY BYTES", "FREE CPU", "FREE REQUESTS"})
            columns.push_back({title, true});
    Table table(std::move(columns));
    for (const Json& unit : member(page, "items")) {
        const auto used = number(member(unit, "used_pct"));
        const bool below = flag(unit, "break");
        std::vector<Cell> row{
            text(unit, "target"),
            text(unit, "unit"),
            bytes_of(unit, "used"),
            bytes_of(unit, "capacity"),
            Cell(used ? human_percent(*used, view.wide ? 6 : 2) : "-", below ? Paint::Red : Paint::None),
            Cell(bytes_of(unit, "headroom"), below ? Paint::Red : Paint::None),
            human_percent_digits(text(unit, "floor_pct"), view.wide ? 15 : 2),
            text(unit, "pods"),
            human_age_of(text(unit, "scraped_at"), view.now_us),
            unit_state(unit)};
        if (view.wide) {
            for (const char* key : {"used", "limit", "capacity"}) row.emplace_back(text(unit, key));
            const Json& free = member(unit, "free");
            row.emplace_back(free.is_object() ? text(free, "cpu_milli") + "m" : "-");
            row.emplace_back(bytes_of(free, "memory"));
        }
        table.add(std::move(row));
    }
    return table.empty() ? "no units\n" : table.render(view.style);
}

std::string render_workloads(const Json& page, const View& view) {
    std::vector<Column> columns{{"TARGET"},     {"NAMESPACE"},          {"WORKLOAD"},  {"DESIRED", true},
                                {"PODS", true}, {"ONE MORE POD", true}, {"WPA", true}, {"STATE"}};
    if (view.wide) columns.push_back({"RESOURCE VERSION", true});
    Table table(std::move(columns));
    for (const Json& workload : member(page, "items")) {
        const Json& wpa = member(workload, "wpa");
        const bool rolling = flag(workload, "rolling");
        std::vector<Cell> row{text(workload, "target"),
                              text(workload, "namespace"),
                              text(workload, "kind") + "/" + text(workload, "name"),
                              text(workload, "kind") == "DaemonSet" ? "-" : text(workload, "desired"),
                              text(workload, "pods"),
                              bytes_of(workload, "estimate"),
                              wpa.is_object() ? text(wpa, "score") + (flag(wpa, "proxy") ? " (proxy)" : "") : "-",
                              Cell(rolling ? "rolling" : "steady", rolling ? Paint::Yellow : Paint::None)};
        if (view.wide) row.emplace_back(text(workload, "resource_version"));
        table.add(std::move(row));
    }
    return table.empty() ? "no workloads\n" : table.render(view.style);
}

}  // namespace helix::cli
