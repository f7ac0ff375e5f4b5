#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "adapters/kube_objects/decoder.hpp"

// Whatever arrives, decoding answers: complete, or an error; never a crash or a read past the end.
namespace helix::kube_objects {
namespace {

std::string sample(const std::string& name) {
    const std::ifstream file(std::string(HELIX_SAMPLES) + "/" + name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST(Truncation, EveryPrefixOfAWatchLineIsRefused) {
    Decoder decoder;
    const std::string line = sample("watch-pods.jsonl").substr(0, sample("watch-pods.jsonl").find('\n'));
    ASSERT_TRUE(decoder.decode_watch_line(line, Kind::Pod).ok());
    for (std::size_t length = 0; length < line.size(); ++length)
        ASSERT_FALSE(decoder.decode_watch_line(std::string_view(line).substr(0, length), Kind::Pod).ok()) << length;
}

RC_GTEST_PROP(Truncation, APrefixOfAListIsRefused, ()) {
    static const std::string whole = sample("pods.json");
    const std::string trimmed = whole.substr(0, whole.rfind('}') + 1);
    std::string prefix = trimmed.substr(0, *rc::gen::inRange<std::size_t>(0, trimmed.size()));
    Decoder decoder;
    std::size_t items = 0;
    RC_ASSERT(!decoder.decode_list(prefix, Kind::Pod, [&](Object&&) { ++items; }).ok());
    RC_ASSERT(items <= 3U);
}

RC_GTEST_PROP(Damage, ChangedBytesNeverCrash, (const std::vector<std::pair<std::uint16_t, char>>& changes)) {
    static const std::string whole = sample("pods.json");
    std::string page = whole;
    for (const auto& [at, byte] : changes) page[at % page.size()] = byte;
    Decoder decoder;
    std::size_t items = 0;
    const auto read = decoder.decode_list(page, Kind::Pod, [&](Object&&) { ++items; });
    if (read.ok()) RC_ASSERT(read->items == items);
}

RC_GTEST_PROP(Damage, AnyTextIsAnswered, (const std::string& text)) {
    Decoder decoder;
    const auto manifest = decoder.decode_manifest(text);
    RC_ASSERT(!manifest.ok());
    RC_ASSERT(!decoder.decode_watch_line(text, Kind::Node).ok());
}

}  // namespace
}  // namespace helix::kube_objects
