#include "service/wire/certificate_json.hpp"

#include <array>
#include <optional>

#include "domain/cluster/floor.hpp"
#include "service/wire/canonical_json.hpp"
#include "service/wire/fields.hpp"

namespace helix::wire {
namespace {

using gate::Certificate;
using gate::CertificateUnit;
using gate::Coupling;
using gate::JudgedGroup;
using gate::JudgedLeaving;
using nlohmann::json;

std::string_view to_string(Coupling coupling) {
    constexpr std::array<std::string_view, 3> kNames = {"free", "old-first", "one-for-one"};
    return kNames[static_cast<std::size_t>(coupling)];
}

json amounts_json(const cluster::Amounts& amounts) {
    return {{"memory", exact_integer(amounts.memory)},
            {"cpu_milli", exact_integer(amounts.cpu_milli)},
            {"pods", exact_integer(amounts.pods)}};
}

json integers_json(const std::vector<std::int64_t>& values) {
    json list = json::array();
    for (const std::int64_t value : values) list.push_back(exact_integer(value));
    return list;
}

json group_json(const JudgedGroup& group) {
    return {{"owner", group.owner},
            {"origin", gate::to_string(group.origin)},
            {"count", exact_integer(group.count)},
            {"each", group.each ? exact_integer(*group.each) : json(nullptr)},
            {"request", amounts_json(group.request)},
            {"coupling", to_string(group.coupling)},
            {"coupled_total", exact_integer(group.coupled_total)}};
}

/// What the gate was given of a unit.
json inputs_json(const CertificateUnit& unit) {
    json leaving = json::array();
    for (const JudgedLeaving& old : unit.leaving)
        leaving.push_back(
            {{"request", amounts_json(old.request)}, {"uses", integers_json(old.uses)}, {"group", old.group}});
    return {{"unit", unit.unit},
            {"capacity", exact_integer(unit.capacity)},
            {"floor_share", exact_integer(unit.floor_share)},
            {"used", exact_integer(unit.used)},
            {"free", amounts_json(unit.free)},
            {"most", integers_json(unit.most)},
            {"leaving", std::move(leaving)}};
}

json unit_json(const CertificateUnit& unit) {
    json result = inputs_json(unit);
    result["why"] = gate::to_string(unit.why);
    result["exact"] = unit.exact;
    result["limit"] = exact_integer(unit.limit);
    result["placed"] = integers_json(unit.placed);
    for (std::size_t i = 0; i < unit.leaving.size(); ++i)
        result["leaving"][i]["gone"] = exact_integer(unit.leaving[i].gone);
    result["after"] = exact_integer(unit.after);
    result["settled"] = exact_integer(unit.settled);
    return result;
}

json groups_json(const Certificate& certificate) {
    json groups = json::array();
    for (const JudgedGroup& group : certificate.groups) groups.push_back(group_json(group));
    return groups;
}

Result<std::string> hash_of(const json& value, ledger::Sha256 sha256) {
    auto text = canonical_json(value);
    if (!text) return std::move(text).error();
    return ledger::to_hex(sha256(*text));
}

Result<std::string> model_hash(const Certificate& certificate, ledger::Sha256 sha256) {
    json units = json::array();
    for (const CertificateUnit& unit : certificate.units) units.push_back(inputs_json(unit));
    return hash_of({{"groups", groups_json(certificate)}, {"units", std::move(units)}}, sha256);
}

/// Everything but the digests.
json figures_json(const Certificate& certificate) {
    json units = json::array();
    for (const CertificateUnit& unit : certificate.units) units.push_back(unit_json(unit));
    return {{"version", certificate.version},
            {"gamma1", exact_integer(certificate.gamma1)},
            {"scale", exact_integer(certificate.scale)},
            {"passed", certificate.passed},
            {"why", gate::to_string(certificate.why)},
            {"effect", gate::to_string(certificate.effect)},
            {"groups", groups_json(certificate)},
            {"units", std::move(units)},
            {"worst", certificate.worst},
            {"after_pct_est", cluster::micro_pct_text(certificate.after_micro_pct)},
            {"state_version", exact_integer(certificate.state_version)},
            {"units_seen", exact_integer(certificate.units_seen)}};
}

/// The value of an enumeration whose names are to_string of 0 .. last.
template <class Enum, class Name>
Enum read_name(Fields& in, const char* member, Enum last, Name name) {
    const std::string text = in.text(member);
    for (int i = 0; i <= static_cast<int>(last); ++i)
        if (name(static_cast<Enum>(i)) == text) return static_cast<Enum>(i);
    in.complain(member, std::string(member) + " \"" + text.substr(0, 64) + "\" is not known");
    return Enum{};
}

gate::Why read_why(Fields& in) {
    return read_name(in, "why", gate::Why::Unmodelled, [](gate::Why why) { return gate::to_string(why); });
}

cluster::Amounts read_amounts(Fields& outer, const char* member) {
    const json* value = outer.need(member);
    if (value == nullptr) return {};
    Fields in(*value, outer.at(member));
    in.only({"memory", "cpu_milli", "pods"});
    const cluster::Amounts amounts{in.exact("memory"), in.exact("cpu_milli"), in.exact("pods")};
    if (!in.verdict()) outer.keep(in.verdict().error());
    return amounts;
}

/// Calls `each` with every item of the list `member` and its pointer; stops at the first complaint.
template <class Each>
void read_list(Fields& in, const char* member, Each each) {
    const json* value = in.need(member);
    if (value == nullptr) return;
    if (!value->is_array()) return in.complain(member, std::string(member) + " must be a list");
    for (std::size_t i = 0; i < value->size() && in.verdict(); ++i)
        each((*value)[i], in.at(member) + "/" + std::to_string(i));
}

std::vector<std::int64_t> read_integers(Fields& in, const char* member) {
    std::vector<std::int64_t> values;
    read_list(in, member, [&](const json& value, const std::string& where) {
        const auto number = read_exact_integer(value);
        if (!number) in.keep(error(Code::InvalidArgument, "not an integer in its one form", {}, where));
        values.push_back(number.value_or(0));
    });
    return values;
}

JudgedGroup read_group(const json& value, const std::string& where, Fields& outer) {
    Fields in(value, where);
    in.only({"owner", "origin", "count", "each", "request", "coupling", "coupled_total"});
    JudgedGroup group;
    group.owner = in.text("owner");
    group.origin =
        read_name(in, "origin", gate::Origin::Reservation, [](auto origin) { return gate::to_string(origin); });
    group.count = in.exact("count");
    if (const json* each = in.need("each"); each != nullptr && !each->is_null()) group.each = in.exact("each");
    group.request = read_amounts(in, "request");
    group.coupling = read_name(in, "coupling", Coupling::OneForOne, [](Coupling c) { return to_string(c); });
    group.coupled_total = in.exact("coupled_total");
    if (!in.verdict()) outer.keep(in.verdict().error());
    return group;
}

JudgedLeaving read_leaving(const json& value, const std::string& where, Fields& outer) {
    Fields in(value, where);
    in.only({"request", "uses", "group", "gone"});
    JudgedLeaving old;
    old.request = read_amounts(in, "request");
    old.uses = read_integers(in, "uses");
    old.group = static_cast<int>(in.integer("group", -1, std::numeric_limits<int>::max()));
    old.gone = in.exact("gone");
    if (!in.verdict()) outer.keep(in.verdict().error());
    return old;
}

CertificateUnit read_unit(const json& value, const std::string& where, Fields& outer) {
    Fields in(value, where);
    in.only({"unit", "why", "exact", "capacity", "floor_share", "limit", "used", "free", "most", "placed", "leaving",
             "after", "settled"});
    CertificateUnit unit;
    unit.unit = in.text("unit");
    unit.why = read_why(in);
    unit.exact = in.flag("exact");
    unit.capacity = in.exact("capacity");
    unit.floor_share = in.exact("floor_share");
    unit.limit = in.exact("limit");
    unit.used = in.exact("used");
    unit.free = read_amounts(in, "free");
    unit.most = read_integers(in, "most");
    unit.placed = read_integers(in, "placed");
    read_list(in, "leaving",
              [&](const json& item, const std::string& at) { unit.leaving.push_back(read_leaving(item, at, in)); });
    unit.after = in.exact("after");
    unit.settled = in.exact("settled");
    if (!in.verdict()) outer.keep(in.verdict().error());
    return unit;
}

/// Reads what micro_pct_text writes, in that one form.
std::int64_t read_percent(Fields& in, const char* member) {
    std::string digits = in.text(member, 20);
    if (const auto point = digits.find('.'); point != std::string::npos) digits.erase(point, 1);
    const bool numeric = !digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos;
    std::int64_t value = 0;
    for (const char c : numeric&& digits.size() <= 18 ? digits : std::string()) value = value * 10 + (c - '0');
    if (in.verdict() && cluster::micro_pct_text(value) != in.text(member))
        in.complain(member, std::string(member) + " is not a percentage with six decimals");
    return value;
}

Error forged(const char* member) {
    return error(Code::DataLoss, std::string("certificate: ") + member + " is not the digest of what it covers",
                 "do not rely on it: it was changed after it was written", std::string("/") + member);
}

}  // namespace

Result<json> certificate_json(const Certificate& certificate, ledger::Sha256 sha256) {
    json result = figures_json(certificate);
    auto model = model_hash(certificate, sha256);
    if (!model) return std::move(model).error();
    result["model_hash"] = *std::move(model);
    auto digest = hash_of(result, sha256);
    if (!digest) return std::move(digest).error();
    result["digest"] = *std::move(digest);
    return result;
}

Result<Certificate> certificate_from_json(const json& value) {
    Fields in(value, "");
    in.only({"version", "gamma1", "scale", "passed", "why", "effect", "groups", "units", "worst", "after_pct_est",
             "state_version", "units_seen", "model_hash", "digest"});
    Certificate read;
    read.version = in.integer("version", 0, 1'000'000);
    read.gamma1 = in.exact("gamma1");
    read.scale = in.exact("scale");
    read.passed = in.flag("passed");
    read.why = read_why(in);
    read.effect =
        read_name(in, "effect", gate::EffectKind::Move, [](gate::EffectKind kind) { return gate::to_string(kind); });
    read_list(in, "groups",
              [&](const json& item, const std::string& at) { read.groups.push_back(read_group(item, at, in)); });
    read_list(in, "units",
              [&](const json& item, const std::string& at) { read.units.push_back(read_unit(item, at, in)); });
    read.worst = in.integer("worst", -1, std::numeric_limits<int>::max());
    read.after_micro_pct = read_percent(in, "after_pct_est");
    read.state_version = in.exact_unsigned("state_version");
    read.units_seen = in.exact("units_seen");
    (void)in.text("model_hash", 64);
    (void)in.text("digest", 64);
    if (!in.verdict()) return in.verdict().error();
    return read;
}

Result<CertificateSummary> verify_certificate(const json& value, ledger::Sha256 sha256) {
    const auto certificate = certificate_from_json(value);
    if (!certificate) return certificate.error();
    json covered = value;
    covered.erase("digest");
    const auto digest = hash_of(covered, sha256);
    if (!digest) return digest.error();
    if (*digest != value.at("digest")) return forged("digest");
    const auto model = model_hash(*certificate, sha256);
    if (!model) return model.error();
    if (*model != value.at("model_hash")) return forged("model_hash");
    if (auto checked = gate::check(*certificate); !checked) return std::move(checked).error();
    CertificateSummary summary;
    summary.passed = certificate->passed;
    summary.why = gate::to_string(certificate->why);
    summary.after_pct = cluster::micro_pct_text(certificate->after_micro_pct);
    if (certificate->worst >= 0) summary.worst = certificate->units[static_cast<std::size_t>(certificate->worst)].unit;
    summary.units = certificate->units.size();
    summary.model_hash = *model;
    summary.digest = *digest;
    return summary;
}

}  // namespace helix::wire
