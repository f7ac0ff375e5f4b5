// Whatever is done to one place of an export, verify finds it and names the seq where it begins.
#include <algorithm>
#include <random>
#include <sstream>

#include <gtest/gtest.h>

#include "service/wire/record_json.hpp"
#include "tests/ledger_export/exported.hpp"

namespace helix::ledger {
namespace {

constexpr std::uint64_t kRecords = 24;
constexpr unsigned kSeed = 20'261'121;

/// Texts with escapes, empty ones, bodies of several shapes.
std::vector<Record> varied_chain() {
    std::vector<Record> chain;
    std::optional<Head> head;
    const std::vector<std::string> texts{"local", "", "a \"quoted\" one", "γ₁", "tab\there"};
    const std::vector<std::string> bodies{"{}", R"({"verdict":{"passed":true}})",
                                          R"({"a":[1,2.5,{"b":"}"}],"z":null})"};
    while (chain.size() < kRecords) {
        Record record = sample_after(head);
        record.actor = texts[chain.size() % texts.size()];
        record.target = texts[(chain.size() + 1) % texts.size()];
        record.body = bodies[chain.size() % bodies.size()];
        seal_sample(record, head);
        head = Head{record.seq, record.hash};
        chain.push_back(record);
    }
    return chain;
}

class Mutation : public testing::Test {
protected:
    void SetUp() override {
        for (const Record& record : chain) lines.push_back(*wire::record_text(record) + "\n");
    }

    static std::string joined(const std::vector<std::string>& parts) {
        std::string text;
        for (const std::string& part : parts) text += part;
        return text;
    }

    /// The seq that verify names; -1 when it finds nothing. A newer format version names its line, which is the same.
    std::int64_t named(const std::string& text) const {
        write_file(path, text);
        const auto report = verify_file(path, head_of(chain));
        if (report) return report->bad ? static_cast<std::int64_t>(report->bad->seq) : -1;
        EXPECT_EQ(report.error().code, Code::Unimplemented) << report.error().message;
        const std::string& where = report.error().where;
        return std::stoll(where.substr(where.rfind(' '))) - 1;
    }

    /// Which line the byte at `offset` belongs to.
    std::int64_t line_at(std::size_t offset) const {
        std::int64_t line = 0;
        for (std::size_t end = lines[0].size(); offset >= end; end += lines[static_cast<std::size_t>(line)].size())
            ++line;
        return line;
    }

    TempFolder folder;
    std::string path = folder.file("export.jsonl");
    std::vector<Record> chain = varied_chain();
    std::vector<std::string> lines;
    std::mt19937 random{kSeed};
};

TEST_F(Mutation, AnUntouchedExportHolds) {
    EXPECT_EQ(named(joined(lines)), -1);
}

TEST_F(Mutation, EveryFlippedByteIsFound) {
    const std::string whole = joined(lines);
    for (int i = 0; i < 3000; ++i) {
        const std::size_t offset = std::uniform_int_distribution<std::size_t>(0, whole.size() - 1)(random);
        const int flip = std::uniform_int_distribution<int>(1, 255)(random);
        std::string text = whole;
        text[offset] = static_cast<char>(text[offset] ^ flip);
        ASSERT_EQ(named(text), line_at(offset)) << "byte " << offset << " xor " << flip << ", seed " << kSeed;
    }
}

TEST_F(Mutation, EveryTruncationIsFound) {
    const std::string whole = joined(lines);
    for (int i = 0; i < 1000; ++i) {
        const std::size_t size = std::uniform_int_distribution<std::size_t>(0, whole.size() - 1)(random);
        ASSERT_EQ(named(whole.substr(0, size)), line_at(size)) << "cut to " << size << " bytes, seed " << kSeed;
    }
}

TEST_F(Mutation, EveryDeletedSwappedOrRepeatedLineIsFound) {
    for (std::size_t first = 0; first < kRecords; ++first) {
        auto without = lines;
        without.erase(without.begin() + static_cast<std::ptrdiff_t>(first));
        ASSERT_EQ(named(joined(without)), static_cast<std::int64_t>(first));
        auto twice = lines;
        twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(first), lines[first]);
        ASSERT_NE(named(joined(twice)), -1);
        for (std::size_t second = first + 1; second < kRecords; ++second) {
            auto swapped = lines;
            std::swap(swapped[first], swapped[second]);
            ASSERT_EQ(named(joined(swapped)), static_cast<std::int64_t>(first)) << "with " << second;
        }
    }
}

TEST_F(Mutation, LinesOfAnotherLedgerAreFound) {
    auto other = chain;
    std::optional<Head> head;
    for (Record& record : other) {
        record.kind += ".forged";
        seal_sample(record, head);
        head = Head{record.seq, record.hash};
    }
    for (std::size_t at = 0; at < kRecords; ++at) {
        auto mixed = lines;
        mixed[at] = *wire::record_text(other[at]) + "\n";
        // A forged record 0 links to nothing before it: the next one shows it.
        ASSERT_EQ(named(joined(mixed)), static_cast<std::int64_t>(at == 0 ? 1 : at)) << at;
    }
}

}  // namespace
}  // namespace helix::ledger
