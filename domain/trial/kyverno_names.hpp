#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

/// How Kyverno calls itself and its rules in its reports.
namespace helix::trial {

/// "kyverno", "KyvernoValidatingPolicy", "ValidatingAdmissionPolicy", ...: whether Kyverno signs its results so.
bool is_kyverno(std::string_view source);

/// Finds out which rule a name stands for: a rule for Pods that was applied to their controller is called
/// "autogen-NAME" or "autogen-cronjob-NAME", cut to 63 characters.
class KyvernoRules {
public:
    /// Takes note of a name that a policy's results use.
    void add(const std::string& policy, const std::string& rule);
    /// The rule's own name, as far as the names noted tell it.
    [[nodiscard]] std::string of(const std::string& policy, const std::string& rule) const;

private:
    std::map<std::string, std::vector<std::string>> plain_;  // by policy
};

}  // namespace helix::trial
