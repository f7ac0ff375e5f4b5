#include "service/http/engine/request_head.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace helix::http_engine {
namespace {

bool is_token_char(char c) {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_value_char(char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(std::string_view a, std::string_view lower_b) {
    return a.size() == lower_b.size() &&
           std::equal(a.begin(), a.end(), lower_b.begin(), [](char x, char y) { return lower(x) == y; });
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// True when the comma-separated `list` has `lower_item`; parameters after ';' are not looked at.
bool list_has(std::string_view list, std::string_view lower_item) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        std::string_view item = list.substr(0, comma);
        item = trimmed(item.substr(0, item.find(';')));
        if (same(item, lower_item)) return true;
        if (comma == std::string_view::npos) break;
        list.remove_prefix(comma + 1);
    }
    return false;
}

std::optional<std::uint64_t> as_number(std::string_view digits) {
    std::uint64_t number = 0;
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (digits.empty() || digits.front() == '-' || fault != std::errc{} || end != digits.data() + digits.size())
        return std::nullopt;
    return number;
}

/// The fields read so far that decide how the message is framed.
struct Framing {
    std::optional<std::uint64_t> content_length;
    bool transfer_encoding = false;
    bool close = false;
    bool host = false;
};

std::optional<Refusal> read_request_line(std::string_view line, const HeadLimits& limits, RequestHead& out,
                                         bool& http11) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return Refusal::BadRequest;
    const std::string_view method = line.substr(0, first);
    const std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    const auto visible = [](char c) { return c > 0x20 && c < 0x7f; };
    if (!is_token(method) || target.empty() || !std::all_of(target.begin(), target.end(), visible))
        return Refusal::BadRequest;
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return Refusal::BadRequest;
    if (target.size() > limits.target_bytes_max) return Refusal::TargetTooLong;
    http11 = version == "HTTP/1.1";
    out.is_head = method == "HEAD";
    out.canonical.append(line).append("\r\n");
    return std::nullopt;
}

void pass_on(std::string_view name, std::string_view value, RequestHead& out) {
    out.canonical.append(name).append(": ");
    for (const char c : value) {
        if (c == '%')
            out.canonical += "%25";  // httplib decodes it back
        else
            out.canonical += c;
    }
    out.canonical += "\r\n";
}

/// Fields that httplib must not see: it sets the first four itself, and serves ranges without bounding their sum.
bool is_withheld(std::string_view name) {
    constexpr std::array<std::string_view, 8> kNames{"remote_addr", "remote_port", "local_addr", "local_port",
                                                     "range",       "if-range",    "keep-alive", "trailer"};
    return std::any_of(kNames.begin(), kNames.end(), [&](std::string_view n) { return same(name, n); });
}

std::optional<Refusal> read_field(std::string_view name, std::string_view value, Framing& framing, RequestHead& out) {
    if (same(name, "content-length")) {
        const auto length = as_number(value);
        if (!length || (framing.content_length && *framing.content_length != *length)) return Refusal::BadRequest;
        framing.content_length = length;
    } else if (same(name, "transfer-encoding")) {
        if (framing.transfer_encoding || !same(value, "chunked")) return Refusal::BadRequest;
        framing.transfer_encoding = true;
    } else if (same(name, "connection")) {
        framing.close = framing.close || list_has(value, "close");
    } else if (same(name, "expect")) {
        if (!same(value, "100-continue")) return Refusal::UnknownExpectation;
        out.expects_continue = true;
    } else if (same(name, "content-encoding")) {
        if (!same(value, "identity")) return Refusal::UnsupportedBody;
    } else if (same(name, "accept-encoding")) {
        if (list_has(value, "gzip")) pass_on(name, "gzip", out);  // httplib's brotli runs at its slowest level
    } else if (!is_withheld(name)) {
        if (same(name, "host")) {
            if (framing.host) return Refusal::BadRequest;
            framing.host = true;
        }
        constexpr std::string_view kMultipart = "multipart/";
        if (same(name, "content-type") && same(value.substr(0, kMultipart.size()), kMultipart))
            return Refusal::UnsupportedBody;
        pass_on(name, value, out);
    }
    return std::nullopt;
}

std::optional<Refusal> read_field_line(std::string_view line, Framing& framing, RequestHead& out) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return Refusal::BadRequest;
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (!std::all_of(value.begin(), value.end(), is_value_char)) return Refusal::BadRequest;
    return read_field(line.substr(0, colon), value, framing, out);
}

}  // namespace

std::variant<RequestHead, Refusal> parse_head(std::string_view head, const HeadLimits& limits) {
    RequestHead out;
    out.bytes = head.size();
    out.canonical.reserve(head.size() + 64);
    Framing framing;
    bool http11 = false;
    bool first_line = true;
    for (auto end = head.find("\r\n"); end != std::string_view::npos && end > 0; end = head.find("\r\n")) {
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(end + 2);
        const auto refusal =
            first_line ? read_request_line(line, limits, out, http11) : read_field_line(line, framing, out);
        if (refusal) return *refusal;
        first_line = false;
    }
    if (first_line || (http11 && !framing.host)) return Refusal::BadRequest;
    if (framing.transfer_encoding && (framing.content_length || !http11)) return Refusal::BadRequest;
    out.chunked = framing.transfer_encoding;
    out.content_length = framing.content_length.value_or(0);
    out.keep_alive = http11 && !framing.close;
    out.expects_continue = out.expects_continue && http11;
    return out;
}

HeadScanner::Outcome HeadScanner::scan(std::string_view received) {
    const std::string_view within = received.substr(0, limits_.bytes_max);
    for (; scanned_ < within.size(); ++scanned_) {
        const char c = within[scanned_];
        if (c == '\0') return Refusal::BadRequest;
        const bool after_cr = scanned_ > line_start_ && within[scanned_ - 1] == '\r';
        if (after_cr != (c == '\n')) return Refusal::BadRequest;  // CR and LF come only as a pair
        if (c != '\n') continue;
        const bool empty = scanned_ - line_start_ == 1;
        line_start_ = scanned_ + 1;
        if (!empty) {
            if (++lines_ > limits_.fields_max + 1) return Refusal::HeadTooLarge;
        } else if (lines_ == 0) {
            head_start_ = line_start_;
        } else {
            auto parsed = parse_head(within.substr(head_start_, line_start_ - head_start_), limits_);
            if (auto* refusal = std::get_if<Refusal>(&parsed)) return *refusal;
            auto& head = std::get<RequestHead>(parsed);
            head.bytes = line_start_;
            return std::move(head);
        }
    }
    if (received.size() >= limits_.bytes_max) return Refusal::HeadTooLarge;
    return NeedMore{};
}

}  // namespace helix::http_engine
