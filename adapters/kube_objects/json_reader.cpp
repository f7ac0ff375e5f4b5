#include "adapters/kube_objects/json_reader.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "domain/cluster/quantity.hpp"

namespace helix::kube_objects {
namespace {

constexpr std::int64_t kAmountMax = std::int64_t{1} << 50;

/// The text of a quantity, without quotes.
std::string_view quantity_text(Value& value) {
    if (value.type() != simdjson::ondemand::json_type::number) return view_of(value);
    std::string_view token = value.raw_json_token();
    const auto end = token.find_last_not_of(" \t\r\n");
    token = token.substr(0, end == std::string_view::npos ? 0 : end + 1);
    if (value.get_double().error() != simdjson::SUCCESS) throw Malformed("", "is not a quantity");
    return token;
}

std::int64_t bounded(const Result<std::int64_t>& parsed) {
    if (parsed) return std::min(*parsed, kAmountMax);
    if (parsed.error().message.find("too large") != std::string::npos) return kAmountMax;
    throw Malformed("", parsed.error().message);
}

/// Takes exactly `digits` digits off the front of `text`.
bool take_number(std::string_view& text, std::size_t digits, int& number) {
    if (text.size() < digits) return false;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + digits, number);
    if (problem != std::errc{} || end != text.data() + digits || number < 0) return false;
    text.remove_prefix(digits);
    return true;
}

bool take_char(std::string_view& text, char wanted) {
    if (text.empty() || text.front() != wanted) return false;
    text.remove_prefix(1);
    return true;
}

/// ".123456789" in microseconds; nothing is 0.
std::int64_t take_fraction(std::string_view& text) {
    if (!take_char(text, '.')) return 0;
    std::int64_t micros = 0;
    std::int64_t unit = 100'000;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        micros += unit * (text.front() - '0');
        unit /= 10;
        text.remove_prefix(1);
    }
    return micros;
}

/// "Z" or "+02:00" in seconds east of UTC.
bool take_zone(std::string_view& text, int& offset_s) {
    if (take_char(text, 'Z') || take_char(text, 'z')) return text.empty();
    const bool west = !text.empty() && text.front() == '-';
    if (!west && (text.empty() || text.front() != '+')) return false;
    text.remove_prefix(1);
    int hours = 0;
    int minutes = 0;
    if (!take_number(text, 2, hours) || !take_char(text, ':') || !take_number(text, 2, minutes)) return false;
    offset_s = (hours * 60 + minutes) * 60 * (west ? -1 : 1);
    return text.empty() && hours < 24 && minutes < 60;
}

}  // namespace

Malformed Malformed::under(std::string_view parent) const {
    std::string path(parent);
    if (!path_.empty() && path_.front() != '[') path += '.';
    return Malformed(path + path_, why_);
}

std::string_view view_of(Value& value) {
    return value.get_string();
}

std::string text_of(Value& value) {
    return std::string(view_of(value));
}

std::int64_t integer_of(Value& value) {
    return value.get_int64();
}

bool truth_of(Value& value) {
    return value.get_bool();
}

std::int64_t quantity_of(Value& value) {
    return bounded(cluster::parse_quantity(quantity_text(value)));
}

std::int64_t milli_quantity_of(Value& value) {
    return bounded(cluster::parse_milli_quantity(quantity_text(value)));
}

std::int64_t micros_of(Value& value) {
    std::string_view text = view_of(value);
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    bool good = take_number(text, 4, year) && take_char(text, '-') && take_number(text, 2, month) &&
                take_char(text, '-') && take_number(text, 2, day) && (take_char(text, 'T') || take_char(text, 't')) &&
                take_number(text, 2, hour) && take_char(text, ':') && take_number(text, 2, minute) &&
                take_char(text, ':') && take_number(text, 2, second);
    const std::int64_t fraction = take_fraction(text);
    int offset_s = 0;
    good = good && take_zone(text, offset_s) && hour < 24 && minute < 60 && second <= 60;
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!good || !date.ok()) throw Malformed("", "is not an RFC 3339 time");
    const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
    const std::int64_t seconds = days * 86'400 + hour * 3'600 + minute * 60 + second - offset_s;
    return seconds * 1'000'000 + fraction;
}

std::uint64_t digest_of(std::string_view json) {
    std::uint64_t digest = 0xcbf29ce484222325U;  // FNV-1a
    bool quoted = false;
    bool escaped = false;
    for (const char c : json) {
        if (!quoted && (c == ' ' || c == '\n' || c == '\t' || c == '\r')) continue;
        if (c == '"' && !escaped) quoted = !quoted;
        escaped = quoted && c == '\\' && !escaped;
        digest = (digest ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    return digest;
}

std::uint64_t digest_of(simdjson::ondemand::object& object) {
    const std::string_view raw = object.raw_json();
    const std::uint64_t digest = digest_of(raw);
    if (object.reset().error() != simdjson::SUCCESS) throw Malformed("", "is no object");
    return digest;
}

}  // namespace helix::kube_objects
