#include "adapters/ledger_git/commit_text.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "domain/ledger/digest.hpp"
#include "service/wire/parse_json.hpp"
#include "service/wire/record_line.hpp"

namespace helix::ledger_git {
namespace {

using nlohmann::json;

constexpr const char* kCommitter = "Helix Coaster";
constexpr const char* kAddress = "<ledger@helix.invalid>";
constexpr std::size_t kTextBytesMax = 200;
constexpr std::size_t kSubjectBytesMax = 72;

/// The kinds whose body is a judgement of this service. What others hold came from outside: an event may carry an
/// attribute `verdict`, and nobody has judged then.
constexpr std::array<std::string_view, 3> kJudging = {"helix.cycle", "helix.intent", "trial.verdict"};

/// At most `bytes_max` bytes of `text`, not ending inside a character.
std::string cut(std::string text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    std::size_t end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text.resize(end);
    return text;
}

/// One line that git takes as it is: control characters become blanks, blanks at the ends go.
std::string line_of(std::string_view text) {
    std::string line(text);
    for (char& c : line)
        if (static_cast<unsigned char>(c) < 0x20U || c == 0x7F) c = ' ';
    line = cut(std::move(line), kTextBytesMax);
    const std::size_t begin = line.find_first_not_of(' ');
    if (begin == std::string::npos) return {};
    return line.substr(begin, line.find_last_not_of(' ') + 1 - begin);
}

/// A name as git writes it before an address: without angle brackets, and never empty.
std::string name_of(std::string_view actor) {
    std::string name = line_of(actor);
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c == '<' || c == '>'; }, '_');
    return name.empty() ? "unknown" : name;
}

const json& member(const json& object, const char* key) {
    static const json kNone;
    if (!object.is_object()) return kNone;
    const auto found = object.find(key);
    return found == object.end() ? kNone : *found;
}

std::string word_of(const json& verdict) {
    if (verdict.is_string()) return line_of(verdict.get_ref<const std::string&>());
    const json& passed = member(verdict, "passed");
    if (!passed.is_boolean()) return {};
    return passed.get<bool>() ? "PASS" : "BREAK";
}

std::string message_of(const ledger::Record& record) {
    const std::string kind = line_of(record.kind);
    const std::string target = line_of(record.target);
    const std::string verdict = verdict_of(record);
    const std::string seq = std::to_string(record.seq);
    const std::string place = " (seq " + seq + ")";
    const std::string about = kind + (target.empty() ? "" : " " + target) + (verdict.empty() ? "" : ": " + verdict);
    std::string message = cut(about, kSubjectBytesMax - place.size()) + place + "\n\nSeq: " + seq + "\nKind: " + kind;
    if (!target.empty()) message += "\nTarget: " + target;
    message += "\nActor: " + name_of(record.actor);
    if (!verdict.empty()) message += "\nVerdict: " + verdict;
    return message + "\nHash: " + ledger::to_hex(record.hash) + "\nPrev-Hash: " + ledger::to_hex(record.prev_hash) +
           "\n";
}

}  // namespace

std::string verdict_of(const ledger::Record& record) {
    if (std::find(kJudging.begin(), kJudging.end(), record.kind) == kJudging.end()) return {};
    const auto body = wire::parse_json(record.body, {.depth = 512, .bytes = wire::kRecordBytesMax});
    if (!body) return {};
    if (std::string word = word_of(member(*body, "verdict")); !word.empty()) return word;
    bool passed = false;
    for (const json& action : member(*body, "actions")) {
        const std::string word = word_of(member(action, "verdict"));
        if (word == "BREAK") return word;
        passed = passed || word == "PASS";
    }
    return passed ? "PASS" : "";
}

std::string commit_text(const ledger::Record& record, std::string_view tree, std::string_view parent) {
    const std::string at = std::to_string(std::max<std::int64_t>(0, record.at_us / 1'000'000));
    std::string text = "tree ";
    text += tree;
    if (!parent.empty()) text.append("\nparent ").append(parent);
    text += "\nauthor " + name_of(record.actor) + " " + kAddress + " " + at + " +0000";
    text += std::string("\ncommitter ") + kCommitter + " " + kAddress + " " + at + " +0000\n\n";
    return text + message_of(record);
}

}  // namespace helix::ledger_git
