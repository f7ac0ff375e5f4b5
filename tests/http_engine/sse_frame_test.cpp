#include "service/http/engine/sse_frame.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/http_engine/sse_reader.hpp"

namespace helix::http_engine {
namespace {

using testing::read_events;
using testing::SeenEvent;

/// Text made of what could break a frame, and of anything else.
rc::Gen<std::string> hostile_text() {
    const auto piece = rc::gen::oneOf(
        rc::gen::element<std::string>("\r", "\n", "\r\n", std::string(1, '\0'), "\n\n", "data: x", "id: 9", "event: e",
                                      ":", " ", "retry: 1", "\xE2\x80\xA8", "\xEF\xBB\xBF"),
        rc::gen::arbitrary<std::string>());
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece),
                        [](const std::vector<std::string>& pieces) {
                            std::string out;
                            for (const auto& p : pieces) out += p;
                            return out;
                        });
}

/// `text` with the line ends and NULs that a reader of the frame will see.
std::string normalised(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r') {
            if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
            out += '\n';
        } else if (text[i] == '\0') {
            out += "\xEF\xBF\xBD";
        } else {
            out += text[i];
        }
    }
    return out;
}

TEST(SseFrame, IsWhatTheStandardSays) {
    EXPECT_EQ(sse_event(7, "node.floor", "{}"), "id: 7\nevent: node.floor\ndata: {}\n\n");
    EXPECT_EQ(sse_body("a", "x\ny"), "event: a\ndata: x\ndata: y\n\n");
    EXPECT_EQ(sse_comment(""), ":\n\n");
    EXPECT_EQ(sse_comment("by\ne"), ": by e\n\n");
    EXPECT_EQ(sse_type("a\nb c"), "a_b_c");
    EXPECT_EQ(sse_type(""), "message");
}

// Whatever the type and the data, one event stays one, and says what it said.
RC_GTEST_PROP(SseFrameLaw, NoTextForgesAFrame, ()) {
    const std::string type = *hostile_text();
    const std::string data = *hostile_text();
    const auto id = *rc::gen::arbitrary<std::uint64_t>();
    const std::vector<SeenEvent> expected{SeenEvent{std::to_string(id), sse_type(type), normalised(data)}};
    RC_ASSERT(read_events(sse_event(id, type, data)) == expected);
}

RC_GTEST_PROP(SseFrameLaw, ACommentIsNeverAnEvent, ()) {
    RC_ASSERT(read_events(sse_comment(*hostile_text()) + "data: after\n\n") ==
              (std::vector<SeenEvent>{SeenEvent{"", "", "after"}}));
}

}  // namespace
}  // namespace helix::http_engine
