#include "service/cli/sse.hpp"

#include <charconv>

namespace helix::cli {

bool SseParser::feed(std::string_view piece, const std::function<bool(const SseEvent&)>& take) {
    for (const char c : piece) {
        const bool second_half = after_cr_ && c == '\n';
        after_cr_ = c == '\r';
        if (second_half) continue;
        if (c == '\r' || c == '\n') {
            const bool go_on = end_line(take);
            line_.clear();
            if (!go_on) return false;
        } else if (line_.size() < kFrameBytesMax) {
            line_ += c;
        } else {
            oversized_ = true;
        }
    }
    return true;
}

void SseParser::restart() {
    line_.clear();
    after_cr_ = has_data_ = oversized_ = false;
    event_ = {last_id_, {}, {}};
}

bool SseParser::end_line(const std::function<bool(const SseEvent&)>& take) {
    if (line_.empty()) {
        bool go_on = true;
        last_id_ = event_.id;  // only now: a frame that was cut off has not been seen
        if (has_data_ && !oversized_) {
            if (event_.type.empty()) event_.type = "message";
            go_on = take(event_);
        }
        has_data_ = oversized_ = false;
        event_.type.clear();
        event_.data.clear();
        return go_on;
    }
    const std::size_t colon = line_.find(':');
    if (colon == 0) return true;  // a comment: the heartbeat
    const std::string name = line_.substr(0, colon);
    std::string value = colon == std::string::npos ? "" : line_.substr(colon + 1);
    if (!value.empty() && value.front() == ' ') value.erase(0, 1);
    if (name == "data") {
        if (has_data_) event_.data += '\n';
        has_data_ = true;
        oversized_ = oversized_ || event_.data.size() + value.size() > kFrameBytesMax;
        if (!oversized_) event_.data += value;
    } else if (name == "event") {
        event_.type = value;
    } else if (name == "id" && value.find('\0') == std::string::npos) {
        event_.id = value;
    } else if (name == "retry") {
        int wait_ms = 0;
        const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), wait_ms);
        if (failure == std::errc{} && end == value.data() + value.size() && wait_ms >= 0) retry_ms_ = wait_ms;
    }
    return true;
}

}  // namespace helix::cli
