#include <algorithm>
#include <cstddef>

#include "service/cli/json_view.hpp"
#include "service/cli/printable.hpp"
#include "service/cli/render.hpp"

namespace helix::cli {

std::string render_note(const std::string& note) {
    std::string result;
    for (std::size_t begin = 0; begin < note.size();) {
        const std::size_t end = std::min(note.find('\n', begin), note.size());
        result += printable(note.substr(begin, end - begin)) + "\n";
        begin = end + 1;
    }
    return result;
}

std::string render_proof(const Json& proof, const View& view) {
    const Json& record = member(proof, "record");
    std::string result = "record " + printable(text(record, "seq")) + " (" + printable(text(record, "kind")) +
                         ") is among the first " + printable(text(proof, "size")) + ":\n";
    result += "  leaf of  " + printable(text(record, "hash")) + "\n";
    for (const Json& one : member(proof, "path"))
        result += "  with     " + printable(one.is_string() ? one.get<std::string>() : std::string()) + "\n";
    result += "  root     " + printable(text(proof, "root")) + "\n";
    if (!text(proof, "checkpoint").empty()) result += "\n" + render_note(text(proof, "checkpoint"));
    return result + (view.wide ? "" : "\nkeep it: -o json > FILE; check it anywhere: helix verify proof FILE\n");
}

std::string render_proof_report(const Json& report, const View& view) {
    const std::string seq = printable(text(report, "seq"));
    if (!flag(report, "ok"))
        return view.style.paint(Paint::Red, "NOT PROVED") + "  record " + seq + ": " +
               printable(text(report, "fault")) + "\n";
    std::string result = view.style.paint(Paint::Green, "ok") + "  record " + seq + " is among the first " +
                         printable(text(report, "size")) + " records";
    const std::string origin = text(report, "origin");
    result += origin.empty() ? "\n" : " of " + printable(origin) + "\n";
    const auto key = [&](const char* name, const char* what) {
        const std::string id = text(report, name);
        result +=
            std::string("  ") + what + (id.empty() ? ": signature not checked" : " signed by " + printable(id)) + "\n";
    };
    key("record_key", "record");
    key("checkpoint_key", "checkpoint");
    return result;
}

std::string render_keys(const Json& keys, const View&) {
    std::string result;
    for (const Json& key : member(keys, "keys")) result += printable(text(key, "verifier")) + "\n";
    return result.empty() ? "# this deployment does not sign\n" : result;
}

}  // namespace helix::cli
