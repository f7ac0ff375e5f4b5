#include <algorithm>
#include <cctype>

#include "adapters/kube_objects/evidence_projections.hpp"

namespace helix::kube_objects {
namespace {

using trial::ImageReport;
using trial::Vulnerability;

constexpr std::string_view kTtl = "trivy-operator.aquasecurity.github.io/report-ttl";

std::string upper(std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

std::int64_t count_of(Value& value) {
    return std::clamp<std::int64_t>(integer_of(value), 0, std::int64_t{1} << 40);
}

void read_summary(Value& value, ImageReport& report) {
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "criticalCount") report.critical = count_of(field);
        if (key == "highCount") report.high = count_of(field);
        if (key == "mediumCount" || key == "lowCount" || key == "unknownCount") report.lower += count_of(field);
    });
}

void read_artifact(Value& value, ImageReport& report) {
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "repository") report.repository = cut_text_of(field);
        if (key == "tag") report.tag = cut_text_of(field);
        if (key == "digest") report.digest = cut_text_of(field);
    });
}

Vulnerability read_vulnerability(Value& value) {
    Vulnerability one;
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "vulnerabilityID") one.id = cut_text_of(field);
        if (key == "severity") one.severity = upper(cut_text_of(field));
        if (key == "resource") one.resource = cut_text_of(field);
        if (key == "fixedVersion") one.fixed_in = cut_text_of(field);
    });
    return one;
}

/// The list counts where it holds more than the summary says.
struct Listed {
    std::int64_t critical = 0;
    std::int64_t high = 0;
};

void read_body(Value& value, ImageReport& report, Listed& listed) {
    each_field(value, [&](std::string_view key, Value& field) {
        if (key == "summary") read_summary(field, report);
        if (key == "artifact") read_artifact(field, report);
        if (key == "updateTimestamp") report.updated_at = micros_of(field);
        if (key == "scanner")
            each_field(field, [&](std::string_view part, Value& inner) {
                if (part == "version") report.scanner_version = cut_text_of(inner);
            });
        if (key != "vulnerabilities") return;
        each_item(field, [&](Value& one) {
            Vulnerability read = read_vulnerability(one);
            if (read.severity != "CRITICAL" && read.severity != "HIGH") return;
            ++(read.severity == "CRITICAL" ? listed.critical : listed.high);
            expect_room(report.vulnerabilities);
            report.vulnerabilities.push_back(std::move(read));
        });
    });
}

/// The scanned object by its owner reference, else as the labels name it. A name that is no label's value is given by
/// its hash, and in full by an annotation.
trial::About owner_of(Identity&& identity) {
    if (identity.owner != trial::About{}) {
        trial::About owner = std::move(identity.owner);
        owner.ns = identity.ref.ns;
        return owner;
    }
    trial::About owner;
    owner.kind = value_of(identity.labels, "trivy-operator.resource.kind");
    owner.ns = value_of(identity.labels, "trivy-operator.resource.namespace");
    owner.name = value_of(identity.labels, "trivy-operator.resource.name");
    if (owner.name.empty()) owner.name = value_of(identity.annotations, "trivy-operator.resource.name");
    if (owner.ns.empty()) owner.ns = identity.ref.ns;
    return owner;
}

}  // namespace

ImageReport read_image_report(JsonObject& object) {
    ImageReport report;
    Identity identity;
    Listed listed;
    std::string kind;
    bool scanned = false;
    each_field(object, [&](std::string_view key, Value& field) {
        if (key == "kind") kind = cut_text_of(field);
        if (key == "metadata") identity = read_identity(field);
        if (key != "report") return;
        scanned = true;
        read_body(field, report, listed);
    });
    if (!scanned) throw Malformed("report", "is missing");
    report.critical = std::max(report.critical, listed.critical);
    report.high = std::max(report.high, listed.high);
    report.ref = identity.ref;
    report.ref.kind = std::move(kind);
    report.container = value_of(identity.labels, "trivy-operator.container.name");
    const std::string ttl = value_of(identity.annotations, kTtl);
    report.superseded = ttl == "0s" || ttl == "0";
    report.owner = owner_of(std::move(identity));
    return report;
}

trial::ScanSettings read_scan_settings(JsonObject& object) {
    trial::ScanSettings settings;
    each_field(object, [&](std::string_view key, Value& field) {
        if (key == "metadata") settings.ref = read_identity(field).ref;
        if (key != "data") return;
        each_field(field, [&](std::string_view name, Value& value) {
            if (name == "trivy.severity") {
                const std::string scanned = upper(text_of(value));  // "CRITICAL,HIGH,..."
                settings.leaves_out_grave =
                    scanned.find("CRITICAL") == std::string::npos || scanned.find("HIGH") == std::string::npos;
            }
            if (name ==
                "trivy.ignoreUnfixed") {  // Trivy takes "true", "t" and "1"; whatever is no plain no counts as one
                const std::string said = upper(text_of(value));
                settings.leaves_out_unfixed = !said.empty() && said != "FALSE" && said != "F" && said != "0";
            }
        });
    });
    settings.ref.kind = "ConfigMap";
    return settings;
}

}  // namespace helix::kube_objects
