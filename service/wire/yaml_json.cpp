#include "service/wire/yaml_json.hpp"

#include <cmath>
#include <exception>
#include <sstream>
#include <utility>
#include <vector>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "service/wire/canonical_json.hpp"
#include "service/wire/yaml_scalar.hpp"

namespace helix::wire {
namespace {

using nlohmann::json;

std::string place(const YAML::Mark& mark) {
    if (mark.is_null()) return {};
    return "line " + std::to_string(mark.line + 1) + ", column " + std::to_string(mark.column + 1);
}

/// How the builder stops the library's parser; never leaves this file.
struct Refused : std::exception {
    Refused(std::string said, const YAML::Mark& mark) : what_is_wrong(std::move(said)), where(place(mark)) {}
    std::string what_is_wrong;
    std::string where;
};

/// Builds the value from the parser's events. Aliases are refused as they are met, so that nothing is ever expanded.
class Builder : public YAML::EventHandler {
public:
    explicit Builder(const YamlLimits& limits) : limits_(limits) {}

    /// The document that was read last; the count of nodes goes on.
    json take() { return std::exchange(root_, json()); }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { put(nullptr, mark, "null"); }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        throw Refused("aliases are not taken; write the value out", mark);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
        const bool plain = tag == "?" || tag.empty();
        if (!plain && tag != "!" && tag != "tag:yaml.org,2002:str") refuse_tag(tag, mark);
        if (plain && value == "<<" && expects_key()) throw Refused("merge keys are not taken", mark);
        put(plain ? resolve_plain_scalar(value) : json(value), mark, value);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                         YAML::EmitterStyle::value) override {
        if (tag != "tag:yaml.org,2002:seq") check_tag(tag, mark);
        open(json::array(), mark);
    }
    void OnSequenceEnd() override { open_.pop_back(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                    YAML::EmitterStyle::value) override {
        if (tag != "tag:yaml.org,2002:map") check_tag(tag, mark);
        open(json::object(), mark);
    }
    void OnMapEnd() override { open_.pop_back(); }

private:
    struct Open {
        json* container;
        std::string key;
        bool has_key = false;
    };

    [[noreturn]] static void refuse_tag(const std::string& tag, const YAML::Mark& mark) {
        throw Refused("the tag " + tag.substr(0, 64) + " is not taken", mark);
    }
    static void check_tag(const std::string& tag, const YAML::Mark& mark) {
        if (!tag.empty() && tag != "?" && tag != "!") refuse_tag(tag, mark);
    }

    [[nodiscard]] bool expects_key() const {
        return !open_.empty() && open_.back().container->is_object() && !open_.back().has_key;
    }

    void count(const YAML::Mark& mark) {
        if (++nodes_ > limits_.nodes) throw Refused("more than " + std::to_string(limits_.nodes) + " nodes", mark);
    }

    void put(json value, const YAML::Mark& mark, const std::string& spelling) {
        count(mark);
        if (expects_key()) return set_key(value, mark);
        if (value.is_number_float() && !std::isfinite(value.get<double>()))
            throw Refused(spelling + " has no form in JSON", mark);
        place_value(std::move(value));
    }

    void set_key(const json& value, const YAML::Mark& mark) {
        Open& map = open_.back();
        if (value.is_null()) throw Refused("null cannot be a key", mark);
        if (value.is_string()) {
            map.key = value.get<std::string>();
        } else if (value.is_number_float()) {
            const double number = value.get<double>();
            if (!std::isfinite(number)) throw Refused("this number cannot be a key", mark);
            map.key = es6_number(number);
        } else {
            map.key = value.dump();
        }
        if (map.container->contains(map.key))
            throw Refused("the key \"" + map.key.substr(0, 64) + "\" is there twice", mark);
        map.has_key = true;
    }

    json* place_value(json value) {
        if (open_.empty()) return &(root_ = std::move(value));
        Open& parent = open_.back();
        if (parent.container->is_array())
            return &parent.container->get_ref<json::array_t&>().emplace_back(std::move(value));
        parent.has_key = false;
        return &((*parent.container)[parent.key] = std::move(value));
    }

    void open(json container, const YAML::Mark& mark) {
        count(mark);
        if (expects_key()) throw Refused("a key must be a scalar", mark);
        if (open_.size() >= limits_.depth) throw Refused("nested deeper than " + std::to_string(limits_.depth), mark);
        json* placed = place_value(std::move(container));
        open_.push_back({placed, {}, false});
    }

    YamlLimits limits_;
    json root_;
    std::vector<Open> open_;  // a parent does not grow while a child is open
    std::size_t nodes_ = 0;
};

Error refused(const std::string& what, std::string where = {}) {
    return error(Code::InvalidArgument, "not valid YAML: " + what, {}, std::move(where));
}

/// What the library would silently take for something else.
std::string unreadable(const std::string& text) {
    std::string scratch;
    if (text.find('\0') != std::string::npos) return "it holds a NUL";
    if (!append_json_string(scratch, text)) return "it is not UTF-8";
    return {};
}

}  // namespace

Result<std::vector<json>> yaml_documents(const std::string& text, const YamlLimits& limits) {
    if (text.size() > limits.bytes)
        return error(Code::ResourceExhausted, "YAML text of " + std::to_string(text.size()) +
                                                  " bytes is over the limit of " + std::to_string(limits.bytes));
    if (const std::string problem = unreadable(text); !problem.empty()) return refused(problem);
    try {
        std::istringstream in(text);
        YAML::Parser parser(in);
        Builder builder(limits);
        std::vector<json> documents;
        while (parser.HandleNextDocument(builder))
            if (json document = builder.take(); !document.is_null()) documents.push_back(std::move(document));
        return documents;
    } catch (const Refused& stop) {
        return refused(stop.what_is_wrong, stop.where);
    } catch (const YAML::Exception& failure) {
        return refused(failure.msg, place(failure.mark));
    } catch (const std::exception& failure) {
        return refused(failure.what());
    }
}

Result<json> yaml_to_json(const std::string& text, const YamlLimits& limits) {
    auto documents = yaml_documents(text, limits);
    if (!documents) return std::move(documents).error();
    if (documents->size() > 1) return refused("it has several documents; send one at a time");
    return documents->empty() ? json(nullptr) : std::move(documents->front());
}

}  // namespace helix::wire
