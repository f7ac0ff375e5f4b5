#include "service/wire/certificate_json.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "adapters/openssl_digest/sha256.hpp"
#include "service/wire/canonical_json.hpp"
#include "service/wire/parse_json.hpp"
#include "service/wire/verdict_json.hpp"
#include "tests/domain/random_certificate.hpp"

namespace helix::wire {
namespace {

using namespace helix::testing;  // NOLINT(google-build-using-namespace): test vocabulary
using nlohmann::json;
using openssl_digest::sha256;

json break_verdict() {
    return to_json(*gate::judge(two_nodes().state, {}, scale("web", 30), settings()), sha256);
}

json certificate_of(const gate::Verdict& verdict) {
    return to_json(verdict, sha256).at("certificate");
}

/// Calls `visit` with every integer below `value`, in number or in text form.
template <class Visit>
void each_integer(json& value, const Visit& visit) {
    if (value.is_structured()) {
        for (json& item : value) each_integer(item, visit);
        return;
    }
    const bool digits = value.is_string() && !value.get<std::string>().empty() &&
                        value.get<std::string>().size() < 21 &&
                        value.get<std::string>().find_first_not_of("0123456789.") == std::string::npos;
    if (value.is_number_integer() || digits) visit(value);
}

void change(json& integer) {
    if (integer.is_number_integer()) {
        integer = integer.get<std::int64_t>() + 1;
    } else {
        std::string text = integer;
        text.back() = text.back() == '9' ? '0' : static_cast<char>(text.back() + 1);
        integer = text;
    }
}

TEST(VerdictJson, SaysWhatBreaksAndHow) {
    const json verdict = break_verdict();
    EXPECT_EQ(verdict.at("passed"), false);
    EXPECT_EQ(verdict.at("why"), "floor-break");
    EXPECT_EQ(verdict.at("engine"), "builtin");
    const json& worst = verdict.at("counterexample").at(0);
    EXPECT_TRUE(worst.at("unit") == "n1" || worst.at("unit") == "n2");
    EXPECT_EQ(worst.at("pods").at(0).at("owner"), "Deployment shop/web");
    EXPECT_GT(worst.at("pods").at(0).at("count"), 0);
    EXPECT_FALSE(verdict.at("break").empty());
    EXPECT_TRUE(verdict.contains("max_safe"));
    EXPECT_EQ(verdict.at("model_hash"), verdict.at("certificate").at("model_hash"));
}

TEST(VerdictJson, APassHasNoCounterexample) {
    const json verdict = to_json(*gate::judge(two_nodes().state, {}, scale("web", 2), settings()), sha256);
    EXPECT_EQ(verdict.at("passed"), true);
    EXPECT_FALSE(verdict.contains("counterexample"));
    EXPECT_TRUE(verdict.at("break").empty());
}

TEST(CertificateJson, WritesBigNumbersAsStrings) {
    const json certificate = break_verdict().at("certificate");
    EXPECT_EQ(certificate.at("gamma1"), "14134725141734693");
    EXPECT_EQ(certificate.at("scale"), "100000000000000000");
    EXPECT_EQ(certificate.at("units").at(0).at("floor_share"), "14134725141734693");
    EXPECT_TRUE(certificate.at("units").at(0).at("capacity").is_number_integer());
}

TEST(CertificateJson, VerifiesFromItsText) {
    const auto text = canonical_json(break_verdict().at("certificate"));
    ASSERT_TRUE(text);
    const auto summary = parse_json(*text).and_then([](json&& value) { return verify_certificate(value, sha256); });
    ASSERT_TRUE(summary) << summary.error().message;
    EXPECT_FALSE(summary->passed);
    EXPECT_EQ(summary->why, "floor-break");
    EXPECT_EQ(summary->digest.size(), 64U);
}

TEST(CertificateJson, RefusesOtherForms) {
    const json good = break_verdict().at("certificate");
    const auto refused = [&](const std::string& pointer, const json& value) {
        json changed = good;
        changed[json::json_pointer(pointer)] = value;
        return !certificate_from_json(changed).ok();
    };
    EXPECT_TRUE(certificate_from_json(good));
    EXPECT_TRUE(refused("/extra", 1));
    EXPECT_TRUE(refused("/gamma1", 14134725141734693LL));
    EXPECT_TRUE(refused("/units/0/used", "5"));
    EXPECT_TRUE(refused("/units/0/used", 5.5));
    EXPECT_TRUE(refused("/units/0/used", "99999999999999999999"));
    EXPECT_TRUE(refused("/units/0/placed", 5));
    EXPECT_TRUE(refused("/why", "because"));
    EXPECT_TRUE(refused("/after_pct_est", "85.8"));
    EXPECT_FALSE(verify_certificate(json::array(), sha256));
}

// Every certificate that is written verifies; with any integer changed it does not.
RC_GTEST_PROP(CertificateJson, VerifiesUntilAnyIntegerIsChanged, ()) {
    const gate::Verdict verdict = random_verdict();
    json certificate = certificate_of(verdict);
    const auto read = certificate_from_json(certificate);
    RC_ASSERT(read.ok());
    RC_ASSERT(*read == gate::certify(verdict));
    if (const auto verified = verify_certificate(certificate, sha256); !verified) RC_FAIL(verified.error().message);
    each_integer(certificate, [&](json& integer) {
        const json before = integer;
        change(integer);
        if (verify_certificate(certificate, sha256)) RC_FAIL("a changed integer was taken: " + before.dump());
        integer = before;
    });
}

// A forger who also writes fresh digests still meets the arithmetic.
TEST(CertificateJson, FreshDigestsDoNotSaveAForgery) {
    gate::Certificate forged = gate::certify(*gate::judge(two_nodes().state, {}, scale("web", 30), settings()));
    forged.passed = true;
    forged.why = gate::Why::Safe;
    for (gate::CertificateUnit& unit : forged.units) {
        unit.why = gate::Why::Safe;
        unit.placed.assign(unit.placed.size(), 0);
        unit.after = unit.settled = unit.used;
    }
    const auto written = certificate_json(forged, sha256);
    ASSERT_TRUE(written);
    const auto verified = verify_certificate(*written, sha256);
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().code, Code::InvalidArgument);
}

}  // namespace
}  // namespace helix::wire
