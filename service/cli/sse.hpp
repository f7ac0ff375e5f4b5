#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace helix::cli {

/// One frame of a stream of server-sent events.
struct SseEvent {
    std::string id;    ///< of the last frame that had one
    std::string type;  ///< "message" when the frame names none
    std::string data;
};

/// Cuts a stream of server-sent events into frames, whatever the pieces it arrives in (WHATWG HTML, 9.2.6).
///
/// A frame over `kFrameBytesMax` is dropped. Threads: one at a time.
class SseParser {
public:
    static constexpr std::size_t kFrameBytesMax = 8UL * 1024UL * 1024UL;

    /// Calls `take` with each frame that `piece` completes; stops early when it returns false, and returns that.
    bool feed(std::string_view piece, const std::function<bool(const SseEvent&)>& take);

    /// A new connection: what was not completed is forgotten, the last id is kept.
    void restart();

    /// Of the last frame that was whole.
    [[nodiscard]] const std::string& last_id() const { return last_id_; }
    /// The wait before reconnecting that the service asked for; -1 when it did not.
    [[nodiscard]] int retry_ms() const { return retry_ms_; }

private:
    bool end_line(const std::function<bool(const SseEvent&)>& take);

    std::string line_;
    bool after_cr_ = false;
    bool has_data_ = false;
    bool oversized_ = false;
    SseEvent event_;
    std::string last_id_;
    int retry_ms_ = -1;
};

}  // namespace helix::cli
