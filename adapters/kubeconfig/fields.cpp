#include "adapters/kubeconfig/fields.hpp"

#include <algorithm>
#include <utility>

namespace helix::kubeconfig {

Error wrong(const Place& place, const std::string& what, Code code, std::string mend) {
    std::string message = place.where() + ": ";
    if (!place.field.empty()) message += place.field + ": ";
    return error(code, message + what, std::move(mend), place.where());
}

std::string in_quotes(std::string_view name) {
    std::string text(name.substr(0, 100));
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    return "\"" + text + "\"";
}

Fields::Fields(YAML::Node node, Place place, std::optional<Error>& first_wrong)
    : node_(std::move(node)), place_(std::move(place)), first_wrong_(&first_wrong) {
    if (node_.IsNull()) return;
    if (!node_.IsMap()) {
        complain(place_, "must be a mapping");
        node_.reset(YAML::Node());  // an assignment would change the document
    }
}

void Fields::complain(const Place& at, const std::string& what) const {
    if (!first_wrong_->has_value()) *first_wrong_ = wrong(at, what);
}

YAML::Node Fields::get(const char* name) const {
    if (!node_.IsMap()) return YAML::Node();
    const YAML::Node& constant = node_;  // the constant operator[] does not add the field
    const YAML::Node found = constant[name];
    return found.IsDefined() ? found : YAML::Node();
}

bool Fields::has(const char* name) const {
    return !get(name).IsNull();
}

Place Fields::place(const char* name) const {
    Place at = place_;
    at.field += at.field.empty() ? name : std::string(".") + name;
    const YAML::Node value = get(name);
    if (!value.IsNull()) at.line = value.Mark().line + 1;
    return at;
}

std::string Fields::text(const char* name) const {
    const YAML::Node value = get(name);
    if (value.IsNull()) return {};
    if (!value.IsScalar()) {
        complain(place(name), "must be text");
        return {};
    }
    return value.Scalar();
}

bool Fields::flag(const char* name) const {
    const std::string value = text(name);
    if (value.empty() || value == "false") return false;
    if (value != "true") complain(place(name), "must be true or false");
    return value == "true";
}

Fields Fields::map(const char* name) const {
    return Fields(get(name), place(name), *first_wrong_);
}

YAML::Node Fields::sequence(const char* name) const {
    const YAML::Node value = get(name);
    if (value.IsNull() || value.IsSequence()) return value;
    complain(place(name), "must be a list");
    return YAML::Node();
}

Fields Fields::item(const YAML::Node& sequence, const char* name, std::size_t index) const {
    const YAML::Node& constant = sequence;
    const YAML::Node value = constant[index];
    Place at = place(name);
    at.field += "[" + std::to_string(index) + "]";
    at.line = value.Mark().line + 1;
    return Fields(value, std::move(at), *first_wrong_);
}

}  // namespace helix::kubeconfig
