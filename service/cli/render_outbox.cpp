#include "service/cli/humanize.hpp"
#include "service/cli/json_view.hpp"
#include "service/cli/printable.hpp"
#include "service/cli/render.hpp"

namespace helix::cli {
namespace {

std::string joined(const Json& texts) {
    std::string line;
    for (const Json& one : texts)
        if (one.is_string()) line += (line.empty() ? "" : ",") + one.get<std::string>();
    return line;
}

}  // namespace

std::string render_outbox(const Json& page, const View& view) {
    std::vector<Column> columns{{"DESTINATION"}, {"STATE"}, {"LAG", true}, {"ATTEMPTS", true},
                                {"DEAD", true},  {"TYPES"}, {"ADDRESS"}};
    if (view.wide)
        for (const Column& more : {Column{"NEXT SEQ", true}, Column{"DELIVERED", true}, Column{"NEXT TRY"}})
            columns.push_back(more);
    Table table(std::move(columns));
    for (const Json& one : member(page, "items")) {
        const std::string state = text(one, "state");
        const auto dead = integer(member(one, "dead_letters")).value_or(0);
        std::vector<Cell> row{text(one, "name"),
                              Cell(state, state == "waiting" ? Paint::Yellow : Paint::None),
                              text(one, "lag_records"),
                              text(one, "attempts"),
                              Cell(std::to_string(dead), dead > 0 ? Paint::Red : Paint::None),
                              joined(member(one, "types")),
                              text(one, "address")};
        if (view.wide)
            for (const char* key : {"next_seq", "delivered_total", "next_try_at"}) row.emplace_back(text(one, key));
        table.add(std::move(row));
    }
    std::string result = table.empty() ? "no destinations are configured\n" : table.render(view.style);
    for (const Json& one : member(page, "items"))
        if (const std::string problem = text(one, "last_error"); !problem.empty())
            result += printable(text(one, "name") + ": " + problem) + "\n";
    return result;
}

std::string render_dead_letters(const Json& page, const View& view) {
    std::vector<Column> columns{{"SEQ", true}, {"ATTEMPTS", true}, {"AGE", true}, {"STATE"}, {"LAST ERROR"}};
    if (view.wide) columns.push_back({"AT"});
    Table table(std::move(columns));
    for (const Json& one : member(page, "items")) {
        const bool pending = flag(one, "resend_pending");
        std::vector<Cell> row{text(one, "seq"), text(one, "attempts"), human_age_of(text(one, "at"), view.now_us),
                              Cell(pending ? "resending" : "given up", pending ? Paint::Yellow : Paint::None),
                              text(one, "last_error")};
        if (view.wide) row.emplace_back(text(one, "at"));
        table.add(std::move(row));
    }
    return table.empty() ? "no dead letters\n" : table.render(view.style);
}

}  // namespace helix::cli
