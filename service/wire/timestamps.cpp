#include "service/wire/timestamps.hpp"

#include <algorithm>
#include <cstddef>

namespace helix::wire {
namespace {

constexpr std::int64_t kUsPerSecond = 1'000'000;
constexpr std::int64_t kUsPerDay = 86'400 * kUsPerSecond;
constexpr std::int64_t kMinUs = -62'167'219'200 * kUsPerSecond;      // 0000-01-01T00:00:00Z
constexpr std::int64_t kMaxUs = 253'402'300'800 * kUsPerSecond - 1;  // 9999-12-31T23:59:59.999999Z

struct Date {
    std::int64_t year, month, day;
};

/// Days since 1970-01-01 of a proleptic Gregorian date. The year starts in March, so that the leap day is its last.
/// Source: Hinnant, "chrono-compatible low-level date algorithms".
std::int64_t days_from_date(Date d) {
    const std::int64_t y = d.month <= 2 ? d.year - 1 : d.year;
    const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
    const std::int64_t year_of_era = y - era * 400;
    const std::int64_t day_of_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
    return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

/// The inverse of days_from_date.
Date date_from_days(std::int64_t days) {
    const std::int64_t z = days + 719'468;
    const std::int64_t era = (z >= 0 ? z : z - 146'096) / 146'097;
    const std::int64_t day_of_era = z - era * 146'097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t shifted = (5 * day_of_year + 2) / 153;
    const std::int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
    return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day_of_year - (153 * shifted + 2) / 5 + 1};
}

std::int64_t days_in_month(std::int64_t year, std::int64_t month) {
    if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

void put(char* out, std::int64_t value, int digits) {
    for (int i = digits; i-- > 0; value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

/// A cursor that reads fixed-width numbers and marks; once it failed it stays failed.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    std::int64_t number(std::size_t digits) {
        std::int64_t value = 0;
        if (rest_.size() < digits) ok_ = false;
        for (std::size_t i = 0; ok_ && i < digits; ++i) {
            if (rest_[i] < '0' || rest_[i] > '9') ok_ = false;
            value = value * 10 + (rest_[i] - '0');
        }
        if (ok_) rest_.remove_prefix(digits);
        return value;
    }

    /// Takes one character when it is one of `allowed`, and gives it back; otherwise 0.
    char any_of(std::string_view allowed) {
        if (!ok_ || rest_.empty() || allowed.find(rest_.front()) == std::string_view::npos) return '\0';
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }

    void mark(std::string_view allowed) {
        if (any_of(allowed) == '\0') ok_ = false;
    }

    [[nodiscard]] bool digit_next() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }
    void require(bool condition) { ok_ = ok_ && condition; }
    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool ok_ = true;
};

/// The decimals after the point, in microseconds.
std::int64_t read_fraction(Reader& in) {
    if (in.any_of(".") == '\0') return 0;
    in.require(in.digit_next());
    std::int64_t us = 0;
    int digits = 0;
    for (; in.ok() && in.digit_next() && digits < 9; ++digits) {
        const std::int64_t digit = in.number(1);
        if (digits < 6) us = us * 10 + digit;
    }
    for (; digits < 6; ++digits) us *= 10;
    return us;
}

/// The offset in seconds: "Z", or "+hh:mm" / "-hh:mm".
std::int64_t read_offset(Reader& in) {
    if (in.any_of("Zz") != '\0') return 0;
    const char sign = in.any_of("+-");
    in.require(sign != '\0');
    const std::int64_t hours = in.number(2);
    in.mark(":");
    const std::int64_t minutes = in.number(2);
    in.require(hours <= 23 && minutes <= 59);
    return (sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
}

}  // namespace

void append_rfc3339(std::string& out, std::int64_t at_us) {
    at_us = std::clamp(at_us, kMinUs, kMaxUs);
    std::int64_t days = at_us / kUsPerDay;
    std::int64_t rest = at_us % kUsPerDay;
    if (rest < 0) {
        --days;
        rest += kUsPerDay;
    }
    const Date date = date_from_days(days);
    const std::size_t at = out.size();
    out += "0000-00-00T00:00:00.000000Z";
    put(&out[at], date.year, 4);
    put(&out[at + 5], date.month, 2);
    put(&out[at + 8], date.day, 2);
    put(&out[at + 11], rest / (3600 * kUsPerSecond), 2);
    put(&out[at + 14], rest / (60 * kUsPerSecond) % 60, 2);
    put(&out[at + 17], rest / kUsPerSecond % 60, 2);
    put(&out[at + 20], rest % kUsPerSecond, 6);
}

std::string to_rfc3339(std::int64_t at_us) {
    std::string out;
    append_rfc3339(out, at_us);
    return out;
}

Result<std::int64_t> from_rfc3339(std::string_view text) {
    Reader in(text);
    Date date{};
    date.year = in.number(4);
    in.mark("-");
    date.month = in.number(2);
    in.mark("-");
    date.day = in.number(2);
    in.mark("Tt");
    const std::int64_t hour = in.number(2);
    in.mark(":");
    const std::int64_t minute = in.number(2);
    in.mark(":");
    std::int64_t second = in.number(2);
    std::int64_t us = read_fraction(in);
    const std::int64_t offset_s = read_offset(in);
    in.require(date.month >= 1 && date.month <= 12);
    in.require(date.day >= 1 && date.day <= days_in_month(date.year, date.month));
    in.require(hour <= 23 && minute <= 59 && second <= 60);
    if (!in.done())
        return error(Code::InvalidArgument, "not an RFC 3339 time: '" + std::string(text.substr(0, 64)) + "'",
                     "write it like 2026-11-21T03:04:05.000006Z");
    if (second == 60) {  // a leap second has no number of its own
        second = 59;
        us = kUsPerSecond - 1;
    }
    const std::int64_t seconds = days_from_date(date) * 86'400 + hour * 3600 + minute * 60 + second - offset_s;
    return std::clamp(seconds * kUsPerSecond + us, kMinUs, kMaxUs);
}

}  // namespace helix::wire
