#pragma once

#include <string>
#include <string_view>

#include "domain/trial/reports.hpp"
#include "domain/trial/subject.hpp"

/// Which objects a Gatekeeper constraint looks at, as its `spec.match` says.
namespace helix::trial {

/// One object of the subject, as a constraint sees it.
struct Target {
    std::string group;  ///< "" for Pods
    std::string kind;
    std::string name;
    const cluster::Labels* labels = nullptr;
    bool named = true;  ///< false: it does not exist yet, so that its name is not known
};

/// Whether `glob` matches: "*" at its front, its end, or both stands for anything.
bool glob_matches(std::string_view glob, std::string_view text);

/// Whether the constraint looks at the object in the subject's namespace.
bool covers(const ConstraintMatch& match, const Target& target, const Subject& subject);

}  // namespace helix::trial
