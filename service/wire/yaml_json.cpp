#include "service/wire/yaml_json.hpp"

#include <cmath>
#include <utility>
#include <vector>

#include <yaml.h>

#include "service/wire/canonical_json.hpp"
#include "service/wire/yaml_scalar.hpp"

namespace helix::wire {
namespace {

using nlohmann::json;

std::string place(const yaml_mark_t& mark) {
    return "line " + std::to_string(mark.line + 1) + ", column " + std::to_string(mark.column + 1);
}

Error refused(const std::string& what, std::string where = {}) {
    return error(Code::InvalidArgument, "not valid YAML: " + what,
                 "send one plain YAML document within the bounds, or JSON", std::move(where));
}

/// One event of the library's parser, freed with it.
class Event {
public:
    Event() = default;
    ~Event() { yaml_event_delete(&event_); }
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;

    yaml_event_t* operator->() { return &event_; }
    yaml_event_t* get() { return &event_; }
    [[nodiscard]] std::string place() const { return wire::place(event_.start_mark); }

private:
    yaml_event_t event_{};
};

/// The library's parser over a text that outlives it. It is a stream: no more is read than the events taken need.
class Parser {
public:
    explicit Parser(const std::string& text) {
        if (yaml_parser_initialize(&parser_) == 0) return;
        ready_ = true;
        yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
    }
    ~Parser() {
        if (ready_) yaml_parser_delete(&parser_);
    }
    Parser(const Parser&) = delete;
    Parser& operator=(const Parser&) = delete;

    Result<void> next(Event& event) {
        if (!ready_) return error(Code::ResourceExhausted, "no memory for the YAML reader");
        if (yaml_parser_parse(&parser_, event.get()) == 1) return {};
        const std::string what = parser_.problem == nullptr ? "it cannot be read" : parser_.problem;
        // What is wrong with the characters themselves has an offset alone.
        if (parser_.error == YAML_READER_ERROR) return refused(what, "byte " + std::to_string(parser_.problem_offset));
        return refused(what, place(parser_.problem_mark));
    }

private:
    yaml_parser_t parser_{};
    bool ready_ = false;
};

/// Builds the value from the parser's events. Aliases are refused as they are met, so that nothing is ever expanded.
class Builder {
public:
    explicit Builder(const YamlLimits& limits) : limits_(limits) {}

    /// Errors: InvalidArgument for what is not taken; the parse ends there.
    Result<void> take(Event& event) {
        switch (event->type) {
            case YAML_ALIAS_EVENT:
                return refused("aliases are not taken; write the value out", event.place());
            case YAML_SCALAR_EVENT:
                return scalar(event);
            case YAML_SEQUENCE_START_EVENT:
                return open(json::array(), event->data.sequence_start.tag, YAML_SEQ_TAG, event);
            case YAML_MAPPING_START_EVENT:
                return open(json::object(), event->data.mapping_start.tag, YAML_MAP_TAG, event);
            case YAML_SEQUENCE_END_EVENT:
            case YAML_MAPPING_END_EVENT:
                open_.pop_back();
                return {};
            default:
                return {};
        }
    }

    /// The document that was read last; the count of nodes goes on.
    json root() { return std::exchange(root_, json()); }

private:
    struct Open {
        json* container;
        std::string key;
        bool has_key = false;
    };

    static Error refuse_tag(std::string_view tag, const Event& event) {
        return refused("the tag " + std::string(tag.substr(0, 64)) + " is not taken", event.place());
    }

    [[nodiscard]] bool expects_key() const {
        return !open_.empty() && open_.back().container->is_object() && !open_.back().has_key;
    }

    Result<void> count(const Event& event) {
        if (++nodes_ <= limits_.nodes) return {};
        return refused("more than " + std::to_string(limits_.nodes) + " nodes", event.place());
    }

    Result<void> scalar(Event& event) {
        const auto& scalar = event->data.scalar;
        const std::string text(reinterpret_cast<const char*>(scalar.value), scalar.length);
        const std::string_view tag = scalar.tag == nullptr ? "" : reinterpret_cast<const char*>(scalar.tag);
        if (!tag.empty() && tag != YAML_STR_TAG) return refuse_tag(tag, event);
        const bool plain = scalar.plain_implicit != 0;
        if (plain && text == "<<" && expects_key()) return refused("merge keys are not taken", event.place());
        if (auto counted = count(event); !counted) return counted;
        json value = plain ? resolve_plain_scalar(text) : json(text);
        if (expects_key()) return set_key(value, event);
        if (value.is_number_float() && !std::isfinite(value.get<double>()))
            return refused(text.substr(0, 64) + " has no form in JSON", event.place());
        place_value(std::move(value));
        return {};
    }

    Result<void> set_key(const json& value, const Event& event) {
        Open& map = open_.back();
        if (value.is_null()) return refused("null cannot be a key", event.place());
        if (value.is_string()) {
            map.key = value.get<std::string>();
        } else if (value.is_number_float()) {
            const double number = value.get<double>();
            if (!std::isfinite(number)) return refused("this number cannot be a key", event.place());
            map.key = es6_number(number);
        } else {
            map.key = value.dump();
        }
        if (map.container->contains(map.key))
            return refused("the key \"" + map.key.substr(0, 64) + "\" is there twice", event.place());
        map.has_key = true;
        return {};
    }

    json* place_value(json value) {
        if (open_.empty()) return &(root_ = std::move(value));
        Open& parent = open_.back();
        if (parent.container->is_array())
            return &parent.container->get_ref<json::array_t&>().emplace_back(std::move(value));
        parent.has_key = false;
        return &((*parent.container)[parent.key] = std::move(value));
    }

    Result<void> open(json container, const yaml_char_t* tag, std::string_view own_tag, const Event& event) {
        const std::string_view named = tag == nullptr ? "" : reinterpret_cast<const char*>(tag);
        if (!named.empty() && named != "!" && named != own_tag) return refuse_tag(named, event);
        if (auto counted = count(event); !counted) return counted;
        if (expects_key()) return refused("a key must be a scalar", event.place());
        if (open_.size() >= limits_.depth)
            return refused("nested deeper than " + std::to_string(limits_.depth), event.place());
        json* placed = place_value(std::move(container));
        open_.push_back({placed, {}, false});
        return {};
    }

    YamlLimits limits_;
    json root_;
    std::vector<Open> open_;  // a parent does not grow while a child is open
    std::size_t nodes_ = 0;
};

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
        return error(Code::ResourceExhausted,
                     "YAML text of " + std::to_string(text.size()) + " bytes is over the limit of " +
                         std::to_string(limits.bytes),
                     "send it as JSON");
    if (const std::string problem = unreadable(text); !problem.empty()) return refused(problem);
    Parser parser(text);
    Builder builder(limits);
    std::vector<json> documents;
    for (;;) {
        Event event;
        if (auto read = parser.next(event); !read) return std::move(read).error();
        if (event->type == YAML_STREAM_END_EVENT) return documents;
        if (auto taken = builder.take(event); !taken) return std::move(taken).error();
        if (event->type != YAML_DOCUMENT_END_EVENT) continue;
        if (json document = builder.root(); !document.is_null()) documents.push_back(std::move(document));
    }
}

Result<json> yaml_to_json(const std::string& text, const YamlLimits& limits) {
    auto documents = yaml_documents(text, limits);
    if (!documents) return std::move(documents).error();
    if (documents->size() > 1) return refused("it has several documents; send one at a time");
    return documents->empty() ? json(nullptr) : std::move(documents->front());
}

}  // namespace helix::wire
