#include "adapters/falco/output_fields.hpp"

#include <charconv>

#include "domain/trial/findings.hpp"
#include "service/wire/fields.hpp"
#include "service/wire/timestamps.hpp"

namespace helix::falco {
namespace {

/// 8-4-4-4-12 hexadecimal digits. What some versions call a pod's ID is its sandbox's, which is no UID.
bool is_uid(const std::string& text) {
    constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (text.size() != kForm.size()) return false;
    for (std::size_t n = 0; n < text.size(); ++n) {
        const bool hexadecimal = std::string_view("0123456789abcdefABCDEF").find(text[n]) != std::string_view::npos;
        if (kForm[n] == '-' ? text[n] != '-' : !hexadecimal) return false;
    }
    return true;
}

}  // namespace

std::string OutputFields::one(const char* name) {
    simdjson::dom::element value;
    if (fields_.at_key(name).get(value) != simdjson::SUCCESS || value.is_null()) return {};
    if (value.is_object() || value.is_array()) {
        if (verdict_)
            verdict_ = error(Code::InvalidArgument, std::string("output_fields.") + name + " is no plain value", {},
                             wire::below("/output_fields", name));
        return {};
    }
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) return trial::cut(simdjson::minify(value));
    return text == "<NA>" ? std::string() : trial::cut(text);
}

std::string OutputFields::text(std::initializer_list<const char*> names) {
    for (const char* name : names)
        if (std::string value = one(name); !value.empty()) return value;
    return {};
}

trial::Micros OutputFields::event_time() {
    const std::string value = one("evt.time");
    const char* end = value.data() + value.size();
    std::int64_t nanos = 0;
    if (const auto whole = std::from_chars(value.data(), end, nanos); whole.ec == std::errc{} && whole.ptr == end)
        return nanos > 0 ? nanos / 1'000 : 0;
    double rough = 0;
    if (const auto wide = std::from_chars(value.data(), end, rough); wide.ec == std::errc{} && wide.ptr == end)
        return rough > 0 && rough < 9e18 ? static_cast<trial::Micros>(rough / 1'000) : 0;
    const auto time = wire::from_rfc3339(value);
    return time ? *time : 0;
}

Result<void> attribute(trial::FalcoAlert& alert, simdjson::dom::object fields) {
    OutputFields read(fields);
    alert.ns = read.text({"k8s.ns.name", "k8smeta.ns.name", "ka.target.namespace"});
    alert.pod = read.text({"k8s.pod.name", "k8smeta.pod.name"});
    // An event of the API server's audit log names what it was done to.
    if (alert.pod.empty() && read.text({"ka.target.resource"}) == "pods") alert.pod = read.text({"ka.target.name"});
    for (const char* name : {"k8s.pod.uid", "k8smeta.pod.uid", "k8s.pod.id"})
        if (std::string uid = read.text({name}); alert.pod_uid.empty() && is_uid(uid)) alert.pod_uid = std::move(uid);
    alert.container_id = read.text({"container.full_id", "container.id"});
    alert.container_name = read.text({"container.name", "k8s.container.name"});
    alert.image = read.text({"container.image", "container.image.repository"});
    if (alert.at == 0) alert.at = read.event_time();
    return read.verdict();
}

}  // namespace helix::falco
