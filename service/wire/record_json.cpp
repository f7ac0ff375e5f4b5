#include "service/wire/record_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "domain/ledger/keys.hpp"
#include "domain/ledger/ulid.hpp"
#include "service/wire/base64.hpp"
#include "service/wire/canonical_json.hpp"
#include "service/wire/canonical_text.hpp"
#include "service/wire/parse_json.hpp"
#include "service/wire/timestamps.hpp"

namespace helix::wire {
namespace {

using ledger::Record;
using nlohmann::json;

constexpr int kDepthMax = 512;  ///< of a stored body; what is appended is bounded more tightly

/// Where the string that opens at `opening` is closed; npos when it is not.
std::size_t closing_quote(std::string_view text, std::size_t opening) {
    for (std::size_t at = opening;;) {
        at = text.find('"', at + 1);
        if (at == std::string_view::npos) return at;
        const std::size_t escapes = at - 1 - text.find_last_not_of('\\', at - 1);
        if (escapes % 2 == 0) return at;
    }
}

/// Whether `text` is one object and nothing else, as far as braces, brackets and quotes tell.
bool is_one_object(std::string_view text) {
    if (text.size() < 2 || text.front() != '{') return false;
    std::size_t depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"') {
            i = closing_quote(text, i);
            if (i == std::string_view::npos) return false;
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if (c == '}' || c == ']') {
            if (--depth == 0) return i + 1 == text.size();
        }
    }
    return false;
}

template <class Integer>
void append_number(std::string& out, Integer value) {
    std::array<char, 24> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    out.append(buffer.data(), end.ptr);
}

std::string base64_of(const ledger::SignatureBytes& bytes) {
    return to_base64(std::string(bytes.begin(), bytes.end()));
}

/// `,"signature":{...}`; false when the key id is not valid UTF-8.
bool append_signature(std::string& out, const ledger::Signature& signature) {
    out += R"(,"signature":{"key":)";
    const bool valid = append_json_string(out, signature.key_id);
    out += R"(,"sig":")" + base64_of(signature.bytes) + R"("})";
    return valid;
}

/// Whether `body` is the canonical text of one object, as every writer leaves it. Of any other text two readers may
/// make two things: of one with a name twice, say.
bool is_canonical(const std::string& body) {
    if (is_plainly_canonical(body)) return true;
    const auto value = parse_json(body, {.depth = kDepthMax, .bytes = body.size() + 1});
    if (!value || !value->is_object()) return false;
    const auto text = canonical_json(*value);
    return text && *text == body;
}

Error not_canonical() {
    return error(Code::InvalidArgument, "the body is not one object in its canonical spelling", {}, "body");
}

Error no_object() {
    return error(Code::InvalidArgument, "the record's body is not one JSON object", {}, "body");
}

/// All members in canonical order; what is not hashed (`hash`, `signature`) only when asked for.
Result<void> write_members(const Record& record, bool whole, std::string& out) {
    if (record.seq > static_cast<std::uint64_t>(kExactIntegerMax))
        return error(Code::InvalidArgument, "the record's seq is beyond 2^53", {}, "seq");
    out.clear();
    out += R"({"actor":)";
    bool valid = append_json_string(out, record.actor);
    out += R"(,"at":")";
    append_rfc3339(out, record.at_us);
    out += R"(","body":)";
    out += record.body;
    out += R"(,"gamma1":")";
    out += ledger::kGamma1;
    if (whole) {
        out += R"(","hash":")";
        ledger::append_hex(out, record.hash);
    }
    out += R"(","id":)";
    valid = append_json_string(out, record.id) && valid;
    out += R"(,"kind":)";
    valid = append_json_string(out, record.kind) && valid;
    out += R"(,"prev_hash":")";
    ledger::append_hex(out, record.prev_hash);
    out += R"(","seq":)";
    append_number(out, record.seq);
    if (whole && record.signature) valid = append_signature(out, *record.signature) && valid;
    out += R"(,"target":)";
    valid = append_json_string(out, record.target) && valid;
    out += R"(,"v":)";
    append_number(out, record.format);
    out += '}';
    if (!valid) return error(Code::InvalidArgument, "a text of the record is not valid UTF-8");
    return {};
}

Error wrong(std::string_view member, std::string_view wanted) {
    return error(Code::InvalidArgument, "ledger record: \"" + std::string(member) + "\" must be " + std::string(wanted),
                 {}, "/" + std::string(member));
}

/// Reads the members of one object and keeps the first complaint.
class Members {
public:
    explicit Members(const json& object) : object_(object) {}

    std::string text(const char* name) {
        const json* value = find(name);
        if (value == nullptr || !value->is_string()) return complain(name, "a string"), std::string();
        return value->get<std::string>();
    }

    std::uint64_t number(const char* name) {
        const json* value = find(name);
        const bool whole = value != nullptr && value->is_number_integer();
        if (!whole || (!value->is_number_unsigned() && value->get<std::int64_t>() < 0))
            return complain(name, "a whole number >= 0"), 0;
        return value->get<std::uint64_t>();
    }

    ledger::Digest digest(const char* name) {
        ledger::Digest out{};
        if (!ledger::from_hex(text(name), out)) complain(name, "64 lower-case hexadecimal digits");
        return out;
    }

    std::int64_t time(const char* name) {
        const std::string written = text(name);
        const auto at_us = from_rfc3339(written);
        if (!at_us || to_rfc3339(*at_us) != written)
            return complain(name, "an RFC 3339 time in UTC with six decimals"), 0;
        return *at_us;
    }

    std::string object(const char* name) {
        const json* value = find(name);
        if (value == nullptr || !value->is_object()) return complain(name, "an object"), std::string();
        auto canonical = canonical_json(*value);
        if (canonical) return *std::move(canonical);
        return complain(name, "expressible as canonical JSON"), std::string();
    }

    std::optional<ledger::Signature> signature(const char* name) {
        const json* value = find(name);
        if (value == nullptr) return std::nullopt;
        constexpr const char* kWanted = "{key, sig}: a key id, and 64 bytes in base64";
        const bool shaped = value->is_object() && value->size() == 2 && value->contains("key") &&
                            value->contains("sig") && value->at("key").is_string() && value->at("sig").is_string();
        if (!shaped) return complain(name, kWanted), std::nullopt;
        ledger::Signature signature{value->at("key").get<std::string>(), {}};
        const auto bytes = from_base64(value->at("sig").get<std::string>());
        if (signature.key_id.empty() || !bytes || bytes->size() != signature.bytes.size())
            return complain(name, kWanted), std::nullopt;
        std::transform(bytes->begin(), bytes->end(), signature.bytes.begin(),
                       [](char c) { return static_cast<std::uint8_t>(c); });
        return signature;
    }

    void require(bool condition, const char* name, const char* wanted) {
        if (!condition) complain(name, wanted);
    }

    [[nodiscard]] const Result<void>& verdict() const { return verdict_; }

private:
    const json* find(const char* name) const {
        const auto it = object_.find(name);
        return it == object_.end() ? nullptr : &*it;
    }
    void complain(const char* name, const char* wanted) {
        if (verdict_) verdict_ = wrong(name, wanted);
    }

    const json& object_;
    Result<void> verdict_;
};

constexpr std::size_t kMemberCount = 11;  ///< without the signature

}  // namespace

Result<void> hashed_bytes(const Record& record, std::string& out) {
    if (!is_one_object(record.body)) return no_object();
    return write_members(record, false, out);
}

Result<void> seal(Record& record, const ledger::Digest& prev_hash, ledger::Sha256 sha256) {
    record.prev_hash = prev_hash;
    std::string scratch;
    if (auto done = hashed_bytes(record, scratch); !done) return done;
    record.hash = sha256(scratch);
    return {};
}

Result<ledger::Digest> recompute(const Record& record, ledger::Sha256 sha256, std::string& scratch) {
    if (!is_canonical(record.body)) return not_canonical();
    if (!ledger::is_ulid(record.id)) return error(Code::InvalidArgument, "the id is not a ULID");
    if (auto done = write_members(record, false, scratch); !done) return done.error();
    return sha256(scratch);
}

Result<std::string> record_text(const Record& record) {
    if (!is_canonical(record.body)) return not_canonical();
    std::string out;
    if (auto done = write_members(record, true, out); !done) return done.error();
    return out;
}

Result<json> to_json(const Record& record) {
    return parse_json(record.body, {.depth = kDepthMax, .bytes = std::numeric_limits<std::size_t>::max()})
        .and_then([&](json&& body) -> Result<json> {
            json value{{"seq", record.seq},
                       {"id", record.id},
                       {"at", to_rfc3339(record.at_us)},
                       {"kind", record.kind},
                       {"target", record.target},
                       {"actor", record.actor},
                       {"gamma1", ledger::kGamma1},
                       {"body", std::move(body)},
                       {"prev_hash", ledger::to_hex(record.prev_hash)},
                       {"hash", ledger::to_hex(record.hash)},
                       {"v", record.format}};
            if (record.signature)
                value["signature"] = {{"key", record.signature->key_id}, {"sig", base64_of(record.signature->bytes)}};
            return value;
        });
}

Result<Record> record_from_json(const json& value) {
    if (!value.is_object()) return error(Code::InvalidArgument, "ledger record: not a JSON object");
    Members in(value);
    const std::uint64_t version = in.number("v");
    if (in.verdict() && std::cmp_greater(version, ledger::kFormatVersion))
        return error(Code::Unimplemented,
                     "ledger record: format version " + std::to_string(version) +
                         " is newer than this program knows (" + std::to_string(ledger::kFormatVersion) + ")",
                     "read it with a newer helix", "/v");
    in.require(std::cmp_equal(version, ledger::kFormatVersion), "v", "a format version that exists");
    Record record;
    record.seq = in.number("seq");
    in.require(record.seq <= static_cast<std::uint64_t>(kExactIntegerMax), "seq", "at most 2^53");
    record.id = in.text("id");
    in.require(ledger::is_ulid(record.id), "id", "a ULID");
    record.at_us = in.time("at");
    record.kind = in.text("kind");
    record.target = in.text("target");
    record.actor = in.text("actor");
    in.require(in.text("gamma1") == ledger::kGamma1, "gamma1", "14.134725141734693");
    record.body = in.object("body");
    record.prev_hash = in.digest("prev_hash");
    record.hash = in.digest("hash");
    record.signature = in.signature("signature");
    if (!in.verdict()) return in.verdict().error();
    if (value.size() != kMemberCount + (record.signature ? 1 : 0))
        return error(Code::InvalidArgument, "ledger record: it has members of no meaning");
    return record;
}

Result<Record> parse_record(std::string_view text) {
    return parse_json(text).and_then(record_from_json);
}

}  // namespace helix::wire
