#pragma once

#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/kube_objects/json_reader.hpp"
#include "domain/cluster/objects.hpp"
#include "domain/trial/evidence.hpp"
#include "domain/trial/reports.hpp"
#include "domain/trial/trial.hpp"

/// What the readers of trials and reports share. Anybody may write these objects, so nothing of them is trusted: texts
/// and lists are bounded, and what cannot be read becomes a report that says so instead of an end of the watch.
namespace helix::kube_objects {

using JsonObject = simdjson::ondemand::object;

/// More than this of one list (results, violations, vulnerabilities) makes a report unreadable. The API server keeps
/// objects under 1.5 MiB: no honest list comes near.
inline constexpr std::size_t kEntriesMax = 20'000;

/// A string, cut to trial::Defect::kMessageBytesMax bytes, never within a character.
std::string cut_text_of(Value& value);

/// Throws Malformed when `list` is full.
template <class T>
void expect_room(const std::vector<T>& list) {
    if (list.size() >= kEntriesMax) throw Malformed("", "is longer than " + std::to_string(kEntriesMax));
}

/// The metadata of a trial or report.
struct Identity {
    trial::Ref ref;  ///< without the kind
    std::int64_t generation = 0;
    bool deleting = false;
    cluster::Labels labels;
    cluster::Labels annotations;  ///< sorted; only those of eose.ca and of the Trivy operator
    trial::About owner;           ///< the controller; with none, the first owner
};

Identity read_identity(Value& metadata);

/// The value of `key`, or an empty string.
std::string value_of(const cluster::Labels& labels, std::string_view key);

/// An ObjectReference: kind, namespace, name, uid.
trial::About read_about(Value& value);

/// What can be told of an object that is not as it should be: kind, namespace, name, UID and version. When it throws,
/// `ref` has what came before that place.
void salvage_ref(JsonObject& object, trial::Ref& ref);

/// "spec.duration: is no duration"
std::string describe(const Malformed& problem);

/// One object's text within a list or watch line, read by a parser of its own: what is found wrong in it leaves the
/// reading of its neighbours alone.
class ItemText {
public:
    /// `raw` lies in a buffer with the parser's padding behind it.
    void enter(std::string_view raw) { raw_ = raw; }

    /// The object from its beginning. Throws simdjson_error when it is none.
    JsonObject object() {
        document_ = parser_.iterate(
            simdjson::padded_string_view(raw_.data(), raw_.size(), raw_.size() + simdjson::SIMDJSON_PADDING));
        return document_.get_object();
    }

private:
    std::string_view raw_;
    simdjson::ondemand::parser parser_;
    simdjson::ondemand::document document_;
};

template <class Report>
void assign_ref(Report& report, trial::Ref&& ref) {
    report.ref = std::move(ref);
}
void assign_ref(trial::Trial& trial, trial::Ref&& ref);

/// What `read(object)` returns; when the object is malformed, a Report of which only its
/// names (`ref`) and `problem` are filled.
template <class Report, class F>
Report read_or_mark(ItemText& item, F&& read) {
    Report broken;
    try {
        JsonObject object = item.object();
        return read(object);
    } catch (const Malformed& problem) {
        broken.problem = describe(problem);
    } catch (const simdjson::simdjson_error& problem) {
        broken.problem = problem.what();
    }
    trial::Ref ref;
    try {
        JsonObject object = item.object();
        salvage_ref(object, ref);
    } catch (const Malformed&) {  // what was found until then will do
    } catch (const simdjson::simdjson_error&) {
    }
    assign_ref(broken, std::move(ref));
    return broken;
}

}  // namespace helix::kube_objects
