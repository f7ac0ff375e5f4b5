#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "service/http/engine/request_head.hpp"

namespace helix::http_engine {

/// Takes a chunked body apart as it arrives, strictly: CRLF only, no bad sizes, bounded body, extensions and trailers.
///
/// Pure. One decoder per body.
class ChunkDecoder {
public:
    enum class Outcome { NeedMore, Done, Malformed, TooLarge };

    /// Moves what it can from the front of `received` to the end of `body`; after Done, `received` starts with the
    /// bytes behind the message.
    Outcome feed(std::string& received, std::string& body, std::size_t body_bytes_max);

private:
    enum class Part { Size, Data, DataEnd, Trailer };

    Outcome take_line(std::string_view line, std::size_t body_bytes, std::size_t body_bytes_max);

    Part part_ = Part::Size;
    std::uint64_t left_ = 0;  ///< bytes of the chunk still to come
    std::size_t trailer_bytes_ = 0;
};

}  // namespace helix::http_engine
