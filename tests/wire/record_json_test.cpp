#include "service/wire/record_json.hpp"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "adapters/openssl_digest/sha256.hpp"
#include "service/wire/canonical_json.hpp"

namespace helix::wire {
namespace {

using nlohmann::json;

ledger::Record sample() {
    ledger::Record record;
    record.seq = 7;
    record.id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    record.at_us = 1'763'694'245'000'006;
    record.kind = "helix.cycle";
    record.target = "prod \"eu\"";
    record.actor = "user:zoë";
    record.body = R"({"a":[1,{"b":"}"}],"verdict":"PASS"})";
    ledger::Digest previous{};
    previous[0] = 0xAB;
    EXPECT_TRUE(openssl_digest::seal(record, previous).ok());
    return record;
}

TEST(RecordJson, HashesTheCanonicalTextOfAllFieldsButTheHash) {
    const ledger::Record record = sample();
    std::string bytes;
    ASSERT_TRUE(hashed_bytes(record, bytes).ok());
    EXPECT_EQ(bytes,
              "{\"actor\":\"user:zoë\",\"at\":\"2025-11-21T03:04:05.000006Z\",\"body\":{\"a\":[1,{\"b\":\"}\"}],"
              "\"verdict\":\"PASS\"},\"gamma1\":\"14.134725141734693\",\"id\":\"01ARZ3NDEKTSV4RRFFQ69G5FAV\","
              "\"kind\":\"helix.cycle\",\"prev_hash\":\"ab" +
                  std::string(62, '0') + "\",\"seq\":7,\"target\":\"prod \\\"eu\\\"\",\"v\":1}");
    json fields = *to_json(record);
    fields.erase("hash");
    EXPECT_EQ(bytes, *canonical_json(fields));
    EXPECT_EQ(record.hash, openssl_digest::sha256(bytes));
}

TEST(RecordJson, TextIsCanonicalAndReadsBack) {
    const ledger::Record record = sample();
    const std::string text = *record_text(record);
    EXPECT_EQ(text, *canonical_json(*to_json(record)));
    const auto back = parse_record(text);
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(*record_text(*back), text);
    EXPECT_EQ(back->body, record.body);
    EXPECT_EQ(back->hash, record.hash);
}

TEST(RecordJson, TheSignatureStandsOutsideTheHash) {
    ledger::Record record = sample();
    std::string before, after;
    ASSERT_TRUE(hashed_bytes(record, before).ok());
    record.signature = ledger::Signature{"example.com/helix+00c0ffee", {}};
    record.signature->bytes.fill(0xA5);
    ASSERT_TRUE(hashed_bytes(record, after).ok());
    EXPECT_EQ(before, after);
    const std::string text = *record_text(record);
    EXPECT_NE(text.find(R"("seq":7,"signature":{"key":"example.com/helix+00c0ffee","sig":"paWl)"), std::string::npos);
    EXPECT_EQ(text, *canonical_json(*to_json(record)));
    EXPECT_EQ(parse_record(text)->signature, record.signature);
}

TEST(RecordJson, RefusesASignatureOfAnotherShape) {
    ledger::Record record = sample();
    record.signature = ledger::Signature{"key", {}};
    const json good = *to_json(record);
    for (const json& wrong : {json("text"), json{{"key", "key"}}, json{{"key", ""}, {"sig", good["signature"]["sig"]}},
                              json{{"key", "key"}, {"sig", "paWl"}}, json{{"key", "key"}, {"sig", 1}},
                              json{{"key", "key"}, {"sig", good["signature"]["sig"]}, {"alg", "none"}}}) {
        json value = good;
        value["signature"] = wrong;
        EXPECT_EQ(record_from_json(value).error().where, "/signature") << wrong;
    }
}

// Otherwise a body could carry the members after it, and two different records would give the same bytes.
TEST(RecordJson, RefusesABodyThatIsNotExactlyOneObject) {
    for (const char* bad :
         {"", "{", "[]", "1", "{}{}", "{},\"gamma1\":\"0\"", "{\"a\":\"}", " {}", "{} ", "{\"a\":{}"}) {
        ledger::Record record = sample();
        record.body = bad;
        std::string bytes;
        EXPECT_FALSE(hashed_bytes(record, bytes).ok()) << bad;
    }
}

TEST(RecordJson, ARecordThatNoWriterLeavesGivesNoDigest) {
    std::string scratch;
    const ledger::Record good = sample();
    EXPECT_EQ(*recompute(good, &openssl_digest::sha256, scratch), good.hash);
    ledger::Record record = good;
    for (const std::string& body :
         {std::string(R"({ "a":1})"), std::string(R"({"b":1,"a":2})"), std::string(R"({"a":1,"a":2})"),
          std::string(R"({"a":})"), std::string(R"({"a":1.0})"), std::string(R"({"a":"\u0041"})"),
          R"({"a":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}"}) {
        record.body = body;
        EXPECT_FALSE(recompute(record, &openssl_digest::sha256, scratch).ok()) << body.substr(0, 40);
    }
    for (const char* body : {"{}", R"({"a":0.5,"é":"\n"})", R"({"a":12345678901234567})"}) {
        record.body = body;
        EXPECT_EQ(recompute(record, &openssl_digest::sha256, scratch).ok(),
                  body != std::string(R"({"a":12345678901234567})"))
            << body;
    }
    record = good;
    record.id = "not a ulid";
    EXPECT_FALSE(recompute(record, &openssl_digest::sha256, scratch).ok());
}

TEST(RecordJson, RefusesTextsThatAreNotUtf8) {
    for (auto member : {&ledger::Record::kind, &ledger::Record::target, &ledger::Record::actor, &ledger::Record::id}) {
        ledger::Record record = sample();
        record.*member = "\xFF";
        EXPECT_FALSE(record_text(record).ok());
    }
}

TEST(RecordJson, NamesTheMemberThatIsWrong) {
    const json good = *to_json(sample());
    const auto complaint = [&](const char* member, const json& value) {
        json bad = good;
        if (value.is_discarded())
            bad.erase(member);
        else
            bad[member] = value;
        const auto read = record_from_json(bad);
        return read ? "accepted" : read.error().where;
    };
    for (const char* member :
         {"v", "seq", "id", "at", "kind", "target", "actor", "gamma1", "body", "prev_hash", "hash"})
        EXPECT_EQ(complaint(member, json(json::value_t::discarded)), "/" + std::string(member));
    EXPECT_EQ(complaint("seq", -1), "/seq");
    EXPECT_EQ(complaint("seq", "7"), "/seq");
    EXPECT_EQ(complaint("at", "2025-11-21T03:04:05Z"), "/at");
    EXPECT_EQ(complaint("hash", std::string(64, 'A')), "/hash");
    EXPECT_EQ(complaint("id", "01ARZ3NDEKTSV4RRFFQ69G5FAU"), "/id");
    EXPECT_EQ(complaint("gamma1", "14.13"), "/gamma1");
    EXPECT_EQ(complaint("body", json::array()), "/body");
    EXPECT_EQ(complaint("v", 0), "/v");
    json more = good;
    more["extra"] = 1;
    EXPECT_FALSE(record_from_json(more).ok());
}

TEST(RecordJson, SaysThatARecordIsOfANewerFormat) {
    json newer = *to_json(sample());
    newer["v"] = ledger::kFormatVersion + 1;
    newer["something_new"] = true;
    EXPECT_EQ(record_from_json(newer).error().code, Code::Unimplemented);
}

}  // namespace
}  // namespace helix::wire
