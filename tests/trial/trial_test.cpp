#include "domain/trial/trial.hpp"

#include <gtest/gtest.h>

namespace helix::trial {
namespace {

constexpr Micros kSecond = 1'000'000;
constexpr Micros kHour = 3600 * kSecond;

TEST(Duration, ReadsWhatGoReads) {
    EXPECT_EQ(parse_duration("24h"), 24 * kHour);
    EXPECT_EQ(parse_duration("1h30m"), kHour * 3 / 2);
    EXPECT_EQ(parse_duration("1.5h"), kHour * 3 / 2);
    EXPECT_EQ(parse_duration(".5s"), kSecond / 2);
    EXPECT_EQ(parse_duration("1.s"), kSecond);
    EXPECT_EQ(parse_duration("0s"), 0);
    EXPECT_EQ(parse_duration("0"), 0);
    EXPECT_EQ(parse_duration("+2m"), 120 * kSecond);
    EXPECT_EQ(parse_duration("3us4\u00b5s5\u03bcs"), 12);
    EXPECT_EQ(parse_duration("1500ns"), 1);
    EXPECT_EQ(parse_duration("0.000000000000000000001h"), 0);
    EXPECT_EQ(parse_duration("1m1h"), 61 * 60 * kSecond);
}

TEST(Duration, RefusesJunkAndWhatIsBeyondTenYears) {
    for (const char* text : {"", "24", "h", "-1h", "+", ".", ".h", "1 h", "1d", "1h ", "1e3s", "1h-1m", "--1h", "0x1h",
                             "90000h", "99999999999999999999h", "9223372036854775807s", "1\xc2"})
        EXPECT_EQ(parse_duration(text), std::nullopt) << text;
    EXPECT_TRUE(parse_duration("87600h"));
}

TEST(Duration, IsPrintedAsGoPrintsIt) {
    EXPECT_EQ(to_duration(24 * kHour), "24h0m0s");
    EXPECT_EQ(to_duration(90 * kSecond), "1m30s");
    EXPECT_EQ(to_duration(1'500'000), "1.5s");
    EXPECT_EQ(to_duration(60'000'001), "1m0.000001s");
    EXPECT_EQ(to_duration(1'500), "1.5ms");
    EXPECT_EQ(to_duration(2), "2\u00b5s");
    EXPECT_EQ(to_duration(0), "0s");
    for (const Micros duration : {Micros{1}, Micros{999'999}, kSecond, 61 * kSecond, kHour + 1, 8760 * kHour + 123'456})
        EXPECT_EQ(parse_duration(to_duration(duration)), duration) << duration;
}

TEST(Warmth, IsReadInHundredths) {
    EXPECT_EQ(parse_warmth("0.5"), 50);
    EXPECT_EQ(parse_warmth("0.05"), 5);
    EXPECT_EQ(parse_warmth("1"), 100);
    EXPECT_EQ(parse_warmth("1.00"), 100);
    EXPECT_EQ(parse_warmth("0"), 0);
    for (const char* text :
         {"", ".7", ".70", "0.", "0.555", "1.01", "2", "-0", "-0.5", "+1", "01", "0.5 ", "5e-1", "0,5", "0.5.5", "nan"})
        EXPECT_EQ(parse_warmth(text), std::nullopt) << text;
}

// 2026-05-11T21:57:09Z, the seed's first verdict.
constexpr Micros kFirstVerdict = 1'778'536'629 * kSecond;

TEST(Calendar, CountsDaysFromTheEpochOfDay97) {
    EXPECT_EQ(day_of(kFirstVerdict), 97);
    EXPECT_EQ(day_of(1'778'457'600 * kSecond), 97);      // that day's first moment
    EXPECT_EQ(day_of(1'778'457'600 * kSecond - 1), 96);  // and the one before
    EXPECT_EQ(day_of(-1), 97 - 20'584 - 1);
}

TEST(Calendar, NamesARecordByItsTime) {
    EXPECT_EQ(mecipol_id("TRB-CHAOS-001", kFirstVerdict), "TRB-CHAOS-001-20260511T215709Z");
    EXPECT_EQ(mecipol_id("T", 0), "T-19700101T000000Z");
    EXPECT_EQ(mecipol_id("T", 951'782'399 * kSecond), "T-20000228T235959Z");
    EXPECT_EQ(mecipol_id("T", 951'782'400 * kSecond), "T-20000229T000000Z");
    EXPECT_EQ(mecipol_id("T", 951'868'800 * kSecond), "T-20000301T000000Z");
    EXPECT_EQ(mecipol_id("T", 4'107'542'399 * kSecond), "T-21000228T235959Z");
    EXPECT_EQ(mecipol_id("T", 4'107'542'400 * kSecond), "T-21000301T000000Z");
    EXPECT_EQ(mecipol_id("T", -1), "T-19691231T235959Z");
}

TEST(SubjectRef, IsWrittenAsInTheRecord) {
    EXPECT_EQ(describe({"Deployment", "pemos-system", "mefine-static"}), "deployment/mefine-static (pemos-system)");
}

TEST(Law, NamesAreReadBack) {
    for (const Gate gate : kGates) EXPECT_EQ(parse_gate(to_string(gate)), gate);
    for (const char* name : {"L0", "L1", "L2", "L3", "L4", "L5", "L6", "L7"})
        EXPECT_EQ(to_string(parse_layer(name).value()), name);
    for (const char* name : {"", "l2", "L8", "L", "L22"}) EXPECT_EQ(parse_layer(name), std::nullopt);
    for (const char* name : {"", "Falco", "opa"}) EXPECT_EQ(parse_gate(name), std::nullopt);
}

}  // namespace
}  // namespace helix::trial
