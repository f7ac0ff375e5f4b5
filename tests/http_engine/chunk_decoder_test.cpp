#include "service/http/engine/chunk_decoder.hpp"

#include <cstdio>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace helix::http_engine {
namespace {

using Outcome = ChunkDecoder::Outcome;

Outcome decode(std::string text, std::string* body = nullptr, std::size_t bound = 1000) {
    std::string out;
    const Outcome outcome = ChunkDecoder().feed(text, out, bound);
    if (body != nullptr) *body = out + "|" + text;
    return outcome;
}

TEST(ChunkDecoder, ReadsSizesExtensionsAndTrailers) {
    std::string body;
    EXPECT_EQ(decode("5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nT: u\r\n\r\nGET", &body), Outcome::Done);
    EXPECT_EQ(body, "hello world|GET");
}

TEST(ChunkDecoder, RefusesMalformedFraming) {
    for (const char* text :
         {"\r\n", "x\r\n", "-5\r\n", "5 \r\n", "0x5\r\n", "5\nhello", "1\r\nab\r\n", "1\r\na\n", "5\r\rx\n", " 5\r\n"})
        EXPECT_EQ(decode(text), Outcome::Malformed) << text;
    EXPECT_EQ(decode(std::string(300, '0')), Outcome::Malformed);
}

TEST(ChunkDecoder, IsBounded) {
    EXPECT_EQ(decode("FFFFFFFFFFFFFFFF\r\n"), Outcome::TooLarge);
    EXPECT_EQ(decode("FFFFFFFFFFFFFFFFF\r\n"), Outcome::TooLarge);
    EXPECT_EQ(decode("3e9\r\n"), Outcome::TooLarge);
    std::string trailers = "0\r\n";
    for (int i = 0; i < 100; ++i) trailers += "T: " + std::string(100, 'x') + "\r\n";
    EXPECT_EQ(decode(trailers), Outcome::TooLarge);
}

// Any chunks, cut anywhere, give their concatenation.
RC_GTEST_PROP(ChunkDecoderLaw, PiecesDoNotMatter, ()) {
    const auto chunks = *rc::gen::container<std::vector<std::string>>(rc::gen::nonEmpty<std::string>());
    std::string wire;
    std::string expected;
    for (const auto& chunk : chunks) {
        std::array<char, 32> size{};
        std::snprintf(size.data(), size.size(), "%zx\r\n", chunk.size());
        wire += size.data() + chunk + "\r\n";
        expected += chunk;
    }
    wire += "0\r\n\r\n";
    ChunkDecoder decoder;
    std::string received;
    std::string body;
    Outcome outcome = Outcome::NeedMore;
    for (std::size_t at = 0; at < wire.size();) {
        RC_ASSERT(outcome == Outcome::NeedMore);
        const std::size_t count = std::min(wire.size() - at, *rc::gen::inRange<std::size_t>(1, 9));
        received += wire.substr(at, count);
        at += count;
        outcome = decoder.feed(received, body, 1'000'000);
    }
    RC_ASSERT(outcome == Outcome::Done);
    RC_ASSERT(body == expected);
    RC_ASSERT(received.empty());
}

}  // namespace
}  // namespace helix::http_engine
