#include "service/wire/yaml_json.hpp"

#include <array>
#include <charconv>
#include <cstdlib>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

namespace helix::wire {
namespace {

using nlohmann::json;

constexpr std::size_t kBytesMax = 3U * 1024U * 1024U;
constexpr std::size_t kNodesMax = 10'000;
constexpr std::size_t kDepthMax = 64;

std::string place(const YAML::Mark& mark) {
    return "line " + std::to_string(mark.line + 1) + ", column " + std::to_string(mark.column + 1);
}

struct Refusal {
    Error error;
};

[[noreturn]] void refuse(const YAML::Mark& mark, const std::string& what, Code code = Code::InvalidArgument) {
    throw Refusal{error(code, what, "mend the YAML", place(mark))};
}

bool listed(const std::string& text, std::initializer_list<const char*> words) {
    for (const char* word : words)
        if (text == word) return true;
    return false;
}

/// A plain scalar's value by YAML 1.1's rules, as far as Kubernetes' reader follows them.
json plain(const std::string& text) {
    if (text.empty() || listed(text, {"~", "null", "Null", "NULL"})) return nullptr;
    if (listed(text, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"})) return true;
    if (listed(text, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"})) return false;
    std::int64_t number = 0;
    const char* first = text.data() + (text.front() == '+' ? 1 : 0);
    const char* last = text.data() + text.size();
    if (const auto [end, problem] = std::from_chars(first, last, number); problem == std::errc{} && end == last)
        return number;
    if (text.find_first_not_of("+-.0123456789eE") == std::string::npos &&
        text.find_first_of("0123456789") != std::string::npos) {
        char* end = nullptr;
        const double real = std::strtod(text.c_str(), &end);
        if (end == text.c_str() + text.size() && real - real == 0) return real;
    }
    return text;
}

/// Builds JSON from the parser's events, so that nothing is ever built beyond the bounds.
class Builder : public YAML::EventHandler {
public:
    json take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(mark, nullptr); }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark, "aliases are not taken"); }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
        if (in_map() && !key_) {
            if (value == "<<" && tag != "!") refuse(mark, "merge keys are not taken");
            if (levels_.back().is_object() && levels_.back().contains(value))
                refuse(mark, "the key " + value.substr(0, 80) + " is given twice");
            key_ = value;
            count(mark);
            return;
        }
        // yaml-cpp tags a quoted scalar "!", a plain one "?" or nothing.
        if (tag == "!" || tag == "tag:yaml.org,2002:str") return add(mark, value);
        if (!tag.empty() && tag != "?") refuse(mark, "tags are not taken");
        add(mark, plain(value));
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                         YAML::EmitterStyle::value) override {
        open(mark, tag, json::array());
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                    YAML::EmitterStyle::value) override {
        open(mark, tag, json::object());
    }
    void OnMapEnd() override { close(); }

private:
    [[nodiscard]] bool in_map() const { return !levels_.empty() && levels_.back().is_object(); }

    void count(const YAML::Mark& mark) {
        if (++nodes_ > kNodesMax) refuse(mark, "more than 10000 nodes", Code::ResourceExhausted);
    }

    void open(const YAML::Mark& mark, const std::string& tag, json empty) {
        count(mark);
        if (!tag.empty() && tag != "?" && tag != "!") refuse(mark, "tags are not taken");
        if (in_map() && !key_) refuse(mark, "a key is not a scalar");
        if (levels_.size() >= kDepthMax) refuse(mark, "nested deeper than 64 levels");
        levels_.push_back(std::move(empty));
        keys_.push_back(std::move(key_));
        key_.reset();
    }

    void close() {
        json done = std::move(levels_.back());
        levels_.pop_back();
        key_ = std::move(keys_.back());
        keys_.pop_back();
        put(std::move(done));
    }

    void add(const YAML::Mark& mark, json value) {
        count(mark);
        if (in_map() && !key_) refuse(mark, "a key is not a scalar");
        put(std::move(value));
    }

    void put(json value) {
        if (levels_.empty()) {
            root_ = std::move(value);
        } else if (levels_.back().is_array()) {
            levels_.back().push_back(std::move(value));
        } else {
            levels_.back()[*key_] = std::move(value);
            key_.reset();
        }
    }

    json root_;
    std::vector<json> levels_;
    std::vector<std::optional<std::string>> keys_;
    std::optional<std::string> key_;
    std::size_t nodes_ = 0;
};

}  // namespace

Result<std::vector<json>> yaml_documents(const std::string& text) {
    if (text.size() > kBytesMax) return error(Code::ResourceExhausted, "the YAML is over 3 MiB", "send less");
    std::vector<json> documents;
    try {
        std::istringstream stream(text);
        YAML::Parser parser(stream);
        for (;;) {
            Builder builder;
            if (!parser.HandleNextDocument(builder)) break;
            json document = builder.take();
            if (!document.is_null()) documents.push_back(std::move(document));
        }
    } catch (const Refusal& refusal) {
        return refusal.error;
    } catch (const YAML::Exception& problem) {
        return error(Code::InvalidArgument, "not YAML: " + problem.msg, "mend the YAML", place(problem.mark));
    }
    return documents;
}

Result<json> yaml_to_json(const std::string& text) {
    auto documents = yaml_documents(text);
    if (!documents) return std::move(documents).error();
    if (documents->size() > 1) return error(Code::InvalidArgument, "more than one YAML document", "send one");
    return documents->empty() ? json(nullptr) : std::move(documents->front());
}

}  // namespace helix::wire
