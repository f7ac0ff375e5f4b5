#include "domain/gate/reason.hpp"

#include <array>
#include <charconv>
#include <cstdlib>

#include "domain/cluster/floor.hpp"

namespace helix::gate {
namespace {

constexpr std::array<std::string_view, 3> kReferences = {"γ₁", "gamma1", "14.134725141734693"};
constexpr std::int64_t kPoint = 1'000'000;  // one percentage point in millionths

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

/// Where `word` stands in `text` as a word of its own; npos when it does not.
std::size_t find_word(std::string_view text, std::string_view word, std::size_t from = 0) {
    for (std::size_t at = text.find(word, from); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const bool starts = at == 0 || !is_word(text[at - 1]);
        const std::size_t end = at + word.size();
        const bool dot_ends = end < text.size() && text[end] == '.' && (end + 1 == text.size() || text[end + 1] == ' ');
        if (starts && (end == text.size() || !is_word(text[end]) || dot_ends)) return at;
    }
    return std::string_view::npos;
}

/// A percentage "91 %", "91.5%" that begins in `text` within a short distance, in millionths of a percent.
struct Stated {
    std::int64_t micro_pct = 0;
    bool found = false;
};

Stated percent_in(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] < '0' || text[at] > '9') continue;
        if (at > 0 && is_word(text[at - 1])) continue;  // part of a name
        std::int64_t whole = 0;
        std::int64_t micro = 0;
        std::size_t end = at;
        while (end < text.size() && text[end] >= '0' && text[end] <= '9' && end - at < 6)
            whole = whole * 10 + (text[end++] - '0');
        if (end < text.size() && text[end] == '.') {
            ++end;
            std::int64_t unit = 100'000;
            for (; end < text.size() && text[end] >= '0' && text[end] <= '9'; ++end, unit /= 10)
                micro += unit * (text[end] - '0');
        }
        std::size_t sign = end;
        while (sign < text.size() && text[sign] == ' ') ++sign;
        if (sign < text.size() && text[sign] == '%') return {whole * kPoint + micro, true};
        at = end;
    }
    return {};
}

bool names_a_unit(std::string_view reason, const cluster::State& state) {
    for (cluster::NodeId id = 0; id < state.rows().size(); ++id)
        if (state.rows()[id].live && find_word(reason, state.node(id).name) != std::string_view::npos) return true;
    return false;
}

bool states_a_signal(std::string_view reason, const cluster::State& state) {
    const std::string text = lower(reason);
    constexpr std::array<std::string_view, 6> kWords = {"break", "floor", "headroom", "memory", "pressure", "relief"};
    for (const std::string_view word : kWords)
        if (text.find(word) != std::string::npos) return true;
    return percent_in(reason).found || names_a_unit(reason, state);
}

/// The number that `reason` states of one unit, checked against what the state shows.
Result<void> check_claim(std::string_view reason, const std::string& unit, const cluster::UnitRow& row) {
    for (std::size_t at = find_word(reason, unit); at != std::string_view::npos; at = find_word(reason, unit, at + 1)) {
        const std::string_view after = reason.substr(at + unit.size());
        const std::size_t clause_end = after.find_first_of(";,\n");
        const Stated stated = percent_in(after.substr(0, clause_end));
        if (!stated.found) continue;
        if (row.scraped_at == 0)
            return error(Code::InvalidArgument,
                         "the reason states a figure for " + unit + ", whose use is not known now",
                         "leave the figure out or wait for metrics", "reason");
        const std::int64_t shown = cluster::used_micro_pct(row.capacity, row.used);
        if (std::llabs(shown - stated.micro_pct) <= kPoint) continue;
        return error(Code::InvalidArgument,
                     "the reason says " + unit + " is at " + cluster::micro_pct_text(stated.micro_pct) +
                         " %, the snapshot shows " + cluster::micro_pct_text(shown) + " %",
                     "state what the snapshot shows, within 1 point", "reason");
    }
    return {};
}

bool needs_reason(Verb verb) {
    return link_of(verb) == Link::Delete;
}

}  // namespace

bool references_floor(std::string_view reason) {
    for (const std::string_view reference : kReferences)
        if (reason.find(reference) != std::string_view::npos) return true;
    return false;
}

Result<void> check_reason(const Action& action, const cluster::State& state) {
    constexpr const char* kMend =
        "write which floor signal it answers, like \"γ₁: n2 at 91 %, evict to bring it back above its floor\"";
    const std::string_view reason = action.reason;
    if (needs_reason(action.verb)) {
        const std::string verb(to_string(action.verb));
        if (reason.empty()) return error(Code::InvalidArgument, verb + " needs a reason", kMend, "reason");
        if (!references_floor(reason))
            return error(Code::InvalidArgument, "the reason for " + verb + " does not reference the γ₁ floor", kMend,
                         "reason");
        if (!states_a_signal(reason, state))
            return error(Code::InvalidArgument, "the reason for " + verb + " does not say what floor signal it answers",
                         kMend, "reason");
    }
    if (percent_in(reason).found) {
        for (cluster::NodeId id = 0; id < state.rows().size(); ++id) {
            if (!state.rows()[id].live) continue;
            if (const auto claim = check_claim(reason, state.node(id).name, state.rows()[id]); !claim) return claim;
        }
    }
    return {};
}

}  // namespace helix::gate
