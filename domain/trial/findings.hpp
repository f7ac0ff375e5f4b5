#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/trial/reports.hpp"
#include "domain/trial/subject.hpp"

/// What the five testimonies have in common.
namespace helix::trial {

/// One finding as a gate wrote it, before it is counted once with others like it.
struct Finding {
    Grade grade = Grade::Recorded;
    std::string policy;
    std::string rule;
    std::string container;
    std::string message;
    std::string carrier;     ///< what carries it: copies of one carrier are one finding
    std::int64_t count = 1;  ///< findings in that carrier
    Micros at = 0;           ///< 0: not known
    Ref ref;
};

/// Collects findings and counts each defect once. The order in which they come, and copies, make no difference.
class Findings {
public:
    void add(Finding finding) { findings_.push_back(std::move(finding)); }
    [[nodiscard]] bool empty() const { return findings_.empty(); }

    /// Sets defects and raw of the testimony.
    void put_into(Testimony& testimony) &&;

private:
    std::vector<Finding> findings_;
};

/// One defect out of two accounts of it: the graver grade with its message, the larger count, the wider time.
/// Commutative, associative and idempotent.
Defect merged(const Defect& a, const Defect& b);

/// Whether two defects are the same one: equal policy, rule and container.
bool same_defect(const Defect& a, const Defect& b);
/// Orders by policy, rule, container.
bool defect_before(const Defect& a, const Defect& b);

/// At most Defect::kRefsMax of them, sorted, each once.
std::vector<Ref> some_of(std::vector<Ref> refs);

/// `text` cut to at most `bytes_max`, never within a character.
std::string cut(std::string_view text, std::size_t bytes_max = Defect::kMessageBytesMax);

/// What can be said before anything is heard: the API is not served or cannot be read, or the subject is not there.
std::optional<Testimony> unheard(Gate gate, const Standing& standing, const Subject& subject);

/// An object of the subject's current revision.
struct Part {
    enum class Kind : std::uint8_t { None, Workload, ReplicaSet, Pod };
    Kind kind = Kind::None;
    std::string uid;
    Micros since = 0;  ///< evidence from before that time is not about it
};

/// Which object of the current revision `about` names: by UID where it has one, else by kind, namespace and name. Those
/// of former revisions, and namesakes, are None.
Part part_of(const Subject& subject, const About& about);

/// The container that a message names ("container <web> has no limits"); empty when it names none, or several.
std::string container_named_in(std::string_view message, const Subject& subject);

}  // namespace helix::trial
