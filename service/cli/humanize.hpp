#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace helix::cli {

/// Bytes in the largest binary unit that leaves at least 1: "512 B", "1.5 KiB", "7.5 GiB"; one decimal.
std::string human_bytes(std::int64_t bytes);

/// A number with its thousands set apart: "1,234,567".
std::string human_count(std::uint64_t count);

/// "85.865275 %", at most `decimals` of them, rounded up, trailing zeros left out.
std::string human_percent(double percent, int decimals = 6);

/// Of a share in percent given as decimal digits: cut after `decimals`.
std::string human_percent_digits(std::string_view digits, std::size_t decimals = 2);

/// "5s", "3m", "2h", "4d"; "0s" for what is not in the past.
std::string human_age(std::int64_t age_us);

/// `at` (RFC 3339) as an age before `now_us`; "-" when it is empty or not a time.
std::string human_age_of(std::string_view at, std::int64_t now_us);

}  // namespace helix::cli
