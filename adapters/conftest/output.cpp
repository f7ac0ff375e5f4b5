#include "adapters/conftest/output.hpp"

#include <algorithm>
#include <string>
#include <tuple>

#include <nlohmann/json.hpp>

#include "domain/trial/findings.hpp"
#include "service/wire/parse_json.hpp"

namespace helix::conftest {
namespace {

using nlohmann::json;
using Kind = trial::ManifestFinding::Kind;

Error unexpected(const std::string& what) {
    return error(Code::InvalidArgument, "conftest's answer: " + what);
}

/// The member when it is text, cut; else nothing.
std::string text(const json& object, const char* name) {
    if (!object.is_object()) return {};
    const auto found = object.find(name);
    if (found == object.end() || !found->is_string()) return {};
    return trial::cut(found->get_ref<const std::string&>());
}

/// Appends the results of one list of one namespace.
Result<void> read_list(const json& entry, const char* name, Kind kind, Output& output) {
    const auto list = entry.find(name);
    if (list == entry.end() || list->is_null()) return {};
    if (!list->is_array()) return unexpected(std::string(name) + " is no list");
    for (const json& one : *list) {
        if (!one.is_object() || !one.contains("msg") || !one["msg"].is_string())
            return unexpected(std::string(name) + " holds something without a message");
        if (output.findings.size() >= kFindingsMax)
            return error(Code::ResourceExhausted, "more than " + std::to_string(kFindingsMax) + " findings");
        const json metadata = one.value("metadata", json::object());
        trial::ManifestFinding& finding = output.findings.emplace_back();
        finding.kind = kind;
        finding.message = text(one, "msg");
        finding.rule = text(metadata, "query");
        finding.container = text(metadata, "container");
        finding.policy = text(metadata, "policy");
        if (finding.policy.empty()) finding.policy = text(entry, "namespace");
    }
    return {};
}

Result<void> read_entry(const json& entry, Output& output) {
    if (!entry.is_object()) return unexpected("an entry is no object");
    const auto successes = entry.find("successes");
    if (successes == entry.end() || !successes->is_number_integer() || *successes < 0)
        return unexpected("successes is no count");
    output.successes += successes->get<std::int64_t>();
    for (const auto& [name, kind] : {std::pair{"failures", Kind::Deny}, std::pair{"warnings", Kind::Warn},
                                     std::pair{"exceptions", Kind::Exception}})
        if (auto read = read_list(entry, name, kind, output); !read) return read;
    return {};
}

}  // namespace

Result<Output> read_output(std::string_view text) {
    wire::JsonLimits limits;
    limits.bytes = kOutputBytesMax;
    const auto parsed = wire::parse_json(text, limits);
    if (!parsed) return unexpected(parsed.error().message);
    if (!parsed->is_array()) return unexpected("is no list");
    Output output;
    for (const json& entry : *parsed)
        if (auto read = read_entry(entry, output); !read) return read.error();
    // conftest prints the namespaces in an order of its own at each run; the same manifest shall give the same record.
    std::ranges::sort(output.findings, {}, [](const trial::ManifestFinding& one) {
        return std::tie(one.rule, one.container, one.message, one.kind, one.policy);
    });
    return output;
}

}  // namespace helix::conftest
