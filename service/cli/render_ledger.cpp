#include "service/cli/humanize.hpp"
#include "service/cli/json_view.hpp"
#include "service/cli/printable.hpp"
#include "service/cli/render.hpp"

namespace helix::cli {
namespace {

/// What a record is about, in a few words.
std::string summary(const Json& body) {
    std::string result = text(body, "status");
    const auto add = [&](const Json& action, const std::string& outcome) {
        if (!action.is_object()) return;
        result += (result.empty() ? "" : "; ") + text(action, "verb") + " " + describe_object(member(action, "object"));
        if (!outcome.empty()) result += " " + outcome;
    };
    add(member(body, "action"), flag(member(body, "verdict"), "passed") ? "passed" : "");
    for (const Json& receipt : member(body, "actions")) add(member(receipt, "action"), text(receipt, "outcome"));
    return result;
}

}  // namespace

std::string render_ledger(const Json& page, const View& view) {
    std::vector<Column> columns{{"SEQ", true}, {"AGE", true}, {"KIND"}, {"TARGET"}, {"ACTOR"}, {"ABOUT"}, {"HASH"}};
    if (view.wide) columns.insert(columns.begin() + 1, {"AT"});
    Table table(std::move(columns));
    for (const Json& record : member(page, "items")) {
        std::vector<Cell> row{text(record, "seq"),
                              human_age_of(text(record, "at"), view.now_us),
                              text(record, "kind"),
                              text(record, "target"),
                              text(record, "actor"),
                              summary(member(record, "body")),
                              view.wide ? text(record, "hash") : text(record, "hash").substr(0, 12)};
        if (view.wide) row.insert(row.begin() + 1, Cell(text(record, "at")));
        table.add(std::move(row));
    }
    return table.empty() ? "no records\n" : table.render(view.style);
}

std::string render_record(const Json& record, const View& view) {
    std::string result;
    for (const char* key : {"seq", "id", "at", "kind", "target", "actor", "hash", "prev_hash"}) {
        const std::string name(key);
        result += view.style.paint(Paint::Dim, name) + std::string(11 - name.size(), ' ') +
                  printable(text(record, key)) + "\n";
    }
    if (const Json& signature = member(record, "signature"); signature.is_object())
        result += view.style.paint(Paint::Dim, "signed by") + "  " + printable(text(signature, "key")) + "\n";
    const Json& body = member(record, "body");
    if (member(body, "links").is_array() && !view.wide) return result + "\n" + render_cycle(body, view);
    return result + "\n" + to_json_text(body) + "\n";
}

std::string render_report(const Json& report, const View& view) {
    const std::string records = text(report, "records");
    const Json& head = member(report, "head");
    if (flag(report, "ok")) {
        std::string result =
            view.style.paint(Paint::Green, "ok") + "  " + records + " records, every hash and link holds\n";
        const std::string with_signature = text(report, "signed");
        if (!with_signature.empty() && with_signature != "0") result += "  signed: " + with_signature + " records\n";
        if (const Json& checkpoint = member(report, "checkpoint"); checkpoint.is_object()) {
            const std::string key = text(checkpoint, "signed_by");
            result += "  checkpoint: of " + printable(text(checkpoint, "size")) + " records, " +
                      (key.empty() ? "signature not checked: give --keys" : "signed by " + printable(key)) + "\n";
        }
        if (head.is_object()) result += "  head: " + printable(text(head, "seq") + ":" + text(head, "hash")) + "\n";
        return result;
    }
    const std::string broken = view.style.paint(Paint::Red, "BROKEN") + "  ";
    const std::string fault = printable(text(report, "fault"));  // it names the seq, where a record is to blame
    const bool of_record = member(report, "first_bad_seq").is_number() && text(report, "fault_kind") != "tree-node";
    if (!of_record) return broken + fault + "\n";
    return broken + "first bad record: " + fault + "\n  " + records + " records were read\n";
}

}  // namespace helix::cli
