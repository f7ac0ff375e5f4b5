#include "service/http/engine/chunk_decoder.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace helix::http_engine {
namespace {

constexpr std::size_t kLineBytesMax = 256;
constexpr std::size_t kTrailerBytesMax = 4096;

}  // namespace

ChunkDecoder::Outcome ChunkDecoder::take_line(std::string_view line, std::size_t body_bytes,
                                              std::size_t body_bytes_max) {
    if (line.find_first_of(std::string_view("\r\0", 2)) != std::string_view::npos) return Outcome::Malformed;
    switch (part_) {
        case Part::Size: {
            const auto [end, fault] = std::from_chars(line.data(), line.data() + line.size(), left_, 16);
            const bool bare = end == line.data() + line.size();
            if (fault == std::errc::result_out_of_range) return Outcome::TooLarge;
            if (fault != std::errc{} || line.front() == '-' || (!bare && *end != ';')) return Outcome::Malformed;
            if (left_ > body_bytes_max - body_bytes) return Outcome::TooLarge;
            part_ = left_ == 0 ? Part::Trailer : Part::Data;
            return Outcome::NeedMore;
        }
        case Part::DataEnd:
            if (!line.empty()) return Outcome::Malformed;
            part_ = Part::Size;
            return Outcome::NeedMore;
        case Part::Trailer:
            if (line.empty()) return Outcome::Done;
            trailer_bytes_ += line.size();
            return trailer_bytes_ > kTrailerBytesMax ? Outcome::TooLarge : Outcome::NeedMore;
        case Part::Data:
            break;
    }
    return Outcome::Malformed;
}

ChunkDecoder::Outcome ChunkDecoder::feed(std::string& received, std::string& body, std::size_t body_bytes_max) {
    std::size_t used = 0;
    Outcome outcome = Outcome::NeedMore;
    while (outcome == Outcome::NeedMore && used < received.size()) {
        const std::string_view rest = std::string_view(received).substr(used);
        if (part_ == Part::Data) {
            const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size()));
            body.append(rest.substr(0, count));
            used += count;
            left_ -= count;
            if (left_ == 0) part_ = Part::DataEnd;
            continue;
        }
        const auto newline = rest.substr(0, kLineBytesMax).find('\n');
        if (newline == std::string_view::npos) {
            if (rest.size() >= kLineBytesMax) outcome = Outcome::Malformed;
            break;
        }
        if (newline == 0 || rest[newline - 1] != '\r') {
            outcome = Outcome::Malformed;
            break;
        }
        used += newline + 1;
        outcome = take_line(rest.substr(0, newline - 1), body.size(), body_bytes_max);
    }
    received.erase(0, used);
    return outcome;
}

}  // namespace helix::http_engine
