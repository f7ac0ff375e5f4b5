#pragma once

#include <string>

namespace helix::ports {

/// What came of handing over one event.
struct SendReply {
    int status = 0;         ///< of HTTP; 0: no whole answer came
    int retry_after_s = 0;  ///< > 0 when the receiver named a time to wait
    std::string detail;     ///< for people, when it was not taken; never a secret, nothing that the receiver wrote
};

/// Hands events to one receiver outside.
///
/// Thread safety: send from one thread at a time, stop from any.
class EventSender {
public:
    virtual ~EventSender() = default;

    /// Sends one CloudEvent in structured mode and waits for the answer, for a bounded time. An event without a whole
    /// answer may have arrived: sending it again is right, its id tells the receiver.
    virtual SendReply send(const std::string& event_json) = 0;

    /// Ends a send that is under way, and every later one, with status 0.
    virtual void stop() = 0;
};

}  // namespace helix::ports
