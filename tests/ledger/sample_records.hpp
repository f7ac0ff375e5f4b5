#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "adapters/openssl_digest/sha256.hpp"
#include "domain/ledger/chain.hpp"
#include "domain/ledger/record.hpp"
#include "domain/ledger/ulid.hpp"

namespace helix::ledger {

/// A record that stands after `head`, not sealed yet. Even and odd seqs differ in kind, three targets take turns.
inline Record sample_after(const std::optional<Head>& head) {
    Record record;
    record.seq = head ? head->seq + 1 : 0;
    record.id = encode_ulid(1'700'000'000'000 + record.seq, UlidTail{});
    record.at_us = 1'700'000'000'000'000 + static_cast<std::int64_t>(record.seq);
    record.kind = record.seq % 2 == 0 ? "test.even" : "test.odd";
    record.target = "target-" + std::to_string(record.seq % 3);
    record.actor = "someone";
    record.body = R"({"n":)" + std::to_string(record.seq) + R"(,"note":"twelve bytes"})";
    return record;
}

inline void seal_sample(Record& record, const std::optional<Head>& head) {
    ASSERT_TRUE(openssl_digest::seal(record, head ? head->hash : Digest{}).ok());
}

/// A whole chain of `count` records.
inline std::vector<Record> sample_chain(std::uint64_t count) {
    std::vector<Record> chain;
    std::optional<Head> head;
    while (chain.size() < count) {
        chain.push_back(sample_after(head));
        seal_sample(chain.back(), head);
        head = Head{chain.back().seq, chain.back().hash};
    }
    return chain;
}

/// All fields, to be compared and printed.
inline auto as_tuple(const Record& r) {
    return std::tie(r.seq, r.id, r.at_us, r.kind, r.target, r.actor, r.body, r.prev_hash, r.hash, r.signature,
                    r.format);
}

}  // namespace helix::ledger
