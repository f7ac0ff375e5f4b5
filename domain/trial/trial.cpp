#include "domain/trial/trial.hpp"

namespace helix::trial {
namespace {

constexpr Micros kSecond = 1'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kDay97 = 20'584;  // 2026-05-11, in days since 1970-01-01

std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
    return value / by - (value % by < 0 ? 1 : 0);
}

struct Date {
    std::int64_t year = 0;
    std::int64_t month = 0;
    std::int64_t day = 0;
};

/// The Gregorian date of a day since 1970-01-01. Years begin in March here, so that a leap day ends one; 400 of them
/// have 146097 days.
Date date_of(std::int64_t days) {
    const std::int64_t since_march_0 = days + 719'468;
    const std::int64_t era = floor_divide(since_march_0, 146'097);
    const std::int64_t of_era = since_march_0 - era * 146'097;
    const std::int64_t year_of_era = (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
    const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t month_from_march = (5 * of_year + 2) / 153;
    const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    return {year, month, of_year - (153 * month_from_march + 2) / 5 + 1};
}

std::string padded(std::int64_t value, std::size_t width) {
    std::string digits = std::to_string(value);
    return digits.size() >= width ? digits : std::string(width - digits.size(), '0') + digits;
}

}  // namespace

std::string describe(const SubjectRef& subject) {
    std::string kind = subject.kind;
    for (char& letter : kind)
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    return kind + "/" + subject.name + " (" + subject.ns + ")";
}

std::optional<Hundredths> parse_warmth(std::string_view text) {
    const std::size_t dot = text.find('.');
    const std::string_view whole = text.substr(0, dot);
    const std::string_view decimals = dot == std::string_view::npos ? "0" : text.substr(dot + 1);
    if (whole != "0" && whole != "1") return std::nullopt;
    if (decimals.empty() || decimals.size() > 2) return std::nullopt;
    Hundredths value = whole == "1" ? 100 : 0;
    Hundredths each = 10;
    for (const char digit : decimals) {
        if (digit < '0' || digit > '9') return std::nullopt;
        value += each * (digit - '0');
        each = 1;
    }
    if (value > 100) return std::nullopt;
    return value;
}

std::int64_t day_of(Micros at) {
    return floor_divide(floor_divide(at, kSecond), kSecondsPerDay) - kDay97 + 97;
}

std::string mecipol_id(std::string_view trial_id, Micros at) {
    const std::int64_t seconds = floor_divide(at, kSecond);
    const std::int64_t days = floor_divide(seconds, kSecondsPerDay);
    const std::int64_t of_day = seconds - days * kSecondsPerDay;
    const Date date = date_of(days);
    return std::string(trial_id) + "-" + padded(date.year, 4) + padded(date.month, 2) + padded(date.day, 2) + "T" +
           padded(of_day / 3600, 2) + padded(of_day / 60 % 60, 2) + padded(of_day % 60, 2) + "Z";
}

}  // namespace helix::trial
