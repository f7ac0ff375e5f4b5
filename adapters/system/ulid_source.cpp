#include "adapters/system/ulid_source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include <sys/random.h>

namespace helix::system {
namespace {

void fill_random(ledger::UlidTail& tail) {
    std::size_t filled = 0;
    while (filled < tail.size()) {
        const ssize_t got = getrandom(tail.data() + filled, tail.size() - filled, 0);
        if (got > 0) {
            filled += static_cast<std::size_t>(got);
        } else if (errno != EINTR) {
            std::fputs("helix: the kernel gives no random numbers\n", stderr);
            std::abort();
        }
    }
}

}  // namespace

std::string UlidSource::ulid() {
    const std::lock_guard lock(mutex_);
    const auto now_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(clock_.now_us(), 0)) / 1000U;
    if (now_ms > last_ms_) {
        last_ms_ = now_ms;
        fill_random(tail_);
        tail_[0] &= 0x7FU;  // room to count: 2^79 ids before the tail could wrap
    } else if (!ledger::increment(tail_)) {
        ++last_ms_;
    }
    return ledger::encode_ulid(last_ms_, tail_);
}

}  // namespace helix::system
