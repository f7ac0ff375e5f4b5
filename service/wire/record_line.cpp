#include "service/wire/record_line.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "domain/ledger/digest.hpp"
#include "domain/ledger/ulid.hpp"
#include "service/wire/base64.hpp"
#include "service/wire/parse_json.hpp"
#include "service/wire/record_json.hpp"
#include "service/wire/timestamps.hpp"

namespace helix::wire {
namespace {

using ledger::Record;

/// Takes a record's members off the line in their one order. A quote inside a JSON string has a backslash before it, so
/// `,"` cannot stand there: what looks like a member's name is one.
class Members {
public:
    explicit Members(std::string_view line) : rest_(line) {}

    bool skip(std::string_view text) {
        if (rest_.substr(0, text.size()) != text) return false;
        rest_.remove_prefix(text.size());
        return true;
    }

    /// A string without escapes, its quotes taken off; those that have some are left to the reader of all JSON.
    bool plain(std::string& out) {
        if (rest_.empty() || rest_.front() != '"') return false;
        const std::size_t end = rest_.find_first_of("\"\\", 1);
        if (end == std::string_view::npos || rest_[end] != '"') return false;
        out.assign(rest_.substr(1, end - 1));
        rest_.remove_prefix(end + 1);
        return true;
    }

    bool digest(ledger::Digest& out) {
        const bool read =
            rest_.size() > 66 && rest_[0] == '"' && rest_[65] == '"' && ledger::from_hex(rest_.substr(1, 64), out);
        if (read) rest_.remove_prefix(66);
        return read;
    }

    /// Also when there is none.
    bool signature(Record& record) {
        if (!skip(R"(,"signature":{"key":)")) return true;
        ledger::Signature read;
        std::string text;
        if (!plain(read.key_id) || !skip(R"(,"sig":)") || !plain(text) || !skip("}")) return false;
        const auto bytes = from_base64(text);
        if (!bytes || bytes->size() != read.bytes.size()) return false;
        std::transform(bytes->begin(), bytes->end(), read.bytes.begin(),
                       [](char c) { return static_cast<std::uint8_t>(c); });
        record.signature = std::move(read);
        return true;
    }

    bool number(std::uint64_t& out) {
        const auto [end, failure] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), out);
        if (failure != std::errc{}) return false;
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return true;
    }

    /// Everything before the last place where `next` stands.
    bool before_last(std::string_view next, std::string& out) {
        const std::size_t end = rest_.rfind(next);
        if (end == std::string_view::npos) return false;
        out.assign(rest_.substr(0, end));
        rest_.remove_prefix(end);
        return true;
    }

    [[nodiscard]] bool done() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

/// The usual line: no escapes in the members' texts. False when it is anything else.
bool read_usual(std::string_view line, Record& record) {
    Members in(line);
    std::string at;
    const bool read =
        in.skip(R"({"actor":)") && in.plain(record.actor) && in.skip(R"(,"at":)") && in.plain(at) &&
        in.skip(R"(,"body":)") && in.before_last(R"(,"gamma1":"14.134725141734693","hash":)", record.body) &&
        in.skip(R"(,"gamma1":"14.134725141734693","hash":)") && in.digest(record.hash) && in.skip(R"(,"id":)") &&
        in.plain(record.id) && in.skip(R"(,"kind":)") && in.plain(record.kind) && in.skip(R"(,"prev_hash":)") &&
        in.digest(record.prev_hash) && in.skip(R"(,"seq":)") && in.number(record.seq) && in.signature(record) &&
        in.skip(R"(,"target":)") && in.plain(record.target) && in.skip(R"(,"v":1})") && in.done();
    if (!read || !ledger::is_ulid(record.id)) return false;
    const auto at_us = from_rfc3339(at);
    if (!at_us) return false;
    record.at_us = *at_us;
    return true;
}

bool is_text_of(std::string_view line, const Record& record) {
    const auto text = record_text(record);
    return text && *text == line;
}

}  // namespace

Result<Record> read_record_line(std::string_view line) {
    Record record;
    if (read_usual(line, record) && is_text_of(line, record)) return record;
    // Anything unusual is read as JSON, which also knows best what is wrong with it.
    auto parsed = parse_json(line, {.depth = 512, .bytes = kRecordBytesMax}).and_then(record_from_json);
    if (parsed && !is_text_of(line, *parsed))
        return error(Code::InvalidArgument, "ledger record: it is not in its canonical spelling");
    return parsed;
}

std::optional<std::uint64_t> seq_of_line(std::string_view line) {
    constexpr std::string_view kName = R"(,"seq":)";
    const std::size_t found = line.rfind(kName);
    if (found == std::string_view::npos) return std::nullopt;
    const std::string_view digits = line.substr(found + kName.size());
    std::uint64_t seq = 0;
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), seq);
    if (failure != std::errc{} || end == digits.data() + digits.size()) return std::nullopt;
    return seq;
}

}  // namespace helix::wire
