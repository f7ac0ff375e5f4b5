#pragma once

#include <array>
#include <vector>

#include "domain/trial/evidence.hpp"

namespace helix::trial {

/// What was ever held against one revision of the subject: evidence stays when the report it came from is gone.
///
/// Not thread-safe.
class Journal {
public:
    /// One line of the journal: a defect that is new, or one whose count has grown.
    struct Line {
        Gate gate = Gate::Conftest;
        Defect defect;
    };

    /// Takes note of what a gate says now.
    /// @return what is new enough to be recorded: a defect not known before, one that is graver than before, or one
    ///         whose count has doubled since it was last recorded
    std::vector<Line> note(const Testimony& testimony);

    /// What was recorded before (after a restart).
    void restore(const Line& line);

    /// The testimony with everything noted: defects of now and of before, each once, with the larger count. A gate
    /// that is clean now but was not before has Violations.
    [[nodiscard]] Testimony complete(Testimony testimony) const;

    [[nodiscard]] std::size_t size() const;

private:
    struct Noted {
        Defect defect;
        std::int64_t recorded_count = 0;
    };
    std::array<std::vector<Noted>, kGates.size()> noted_;  // each sorted by (policy, rule, container)
};

}  // namespace helix::trial
