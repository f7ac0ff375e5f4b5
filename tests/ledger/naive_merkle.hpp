#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "adapters/openssl_digest/sha256.hpp"
#include "domain/ledger/digest.hpp"
#include "domain/ledger/record.hpp"

/// RFC 9162, section 2.1, written down as it is defined there: recursive, over the whole list. The tests hold the real
/// one against it.
namespace helix::ledger::naive {

using Hashes = std::vector<Digest>;

inline std::string text(const Digest& digest) {
    return {digest.begin(), digest.end()};
}

inline std::size_t k(std::size_t n) {
    std::size_t power = 1;
    while (power * 2 < n) power *= 2;
    return power;
}

inline Hashes part(const Hashes& d, std::size_t from, std::size_t to) {
    return {d.begin() + static_cast<std::ptrdiff_t>(from), d.begin() + static_cast<std::ptrdiff_t>(to)};
}

inline Digest mth(const Hashes& d) {
    if (d.empty()) return openssl_digest::sha256("");
    if (d.size() == 1) return openssl_digest::sha256(std::string(1, '\0') + text(d[0]));
    const std::size_t middle = k(d.size());
    return openssl_digest::sha256("\x01" + text(mth(part(d, 0, middle))) + text(mth(part(d, middle, d.size()))));
}

inline Hashes path(std::size_t m, const Hashes& d) {
    if (d.size() == 1) return {};
    const std::size_t middle = k(d.size());
    Hashes proof = m < middle ? path(m, part(d, 0, middle)) : path(m - middle, part(d, middle, d.size()));
    proof.push_back(m < middle ? mth(part(d, middle, d.size())) : mth(part(d, 0, middle)));
    return proof;
}

inline Hashes subproof(std::size_t m, const Hashes& d, bool b) {
    if (m == d.size()) return b ? Hashes{} : Hashes{mth(d)};
    const std::size_t middle = k(d.size());
    if (m <= middle) {
        Hashes proof = subproof(m, part(d, 0, middle), b);
        proof.push_back(mth(part(d, middle, d.size())));
        return proof;
    }
    Hashes proof = subproof(m - middle, part(d, middle, d.size()), false);
    proof.push_back(mth(part(d, 0, middle)));
    return proof;
}

inline Hashes consistency(std::size_t m, const Hashes& d) {
    return subproof(m, d, true);
}

/// Hashes that can be told apart.
inline Hashes numbered(std::size_t count) {
    Hashes hashes;
    while (hashes.size() < count) hashes.push_back(openssl_digest::sha256(std::to_string(hashes.size())));
    return hashes;
}

}  // namespace helix::ledger::naive
