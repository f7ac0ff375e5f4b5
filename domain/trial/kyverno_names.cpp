#include "domain/trial/kyverno_names.hpp"

#include <algorithm>

namespace helix::trial {
namespace {

constexpr std::string_view kAutogen = "autogen-";
constexpr std::string_view kAutogenCronjob = "autogen-cronjob-";
constexpr std::size_t kRuleNameMax = 63;

std::string_view without_autogen(std::string_view rule) {
    for (const std::string_view prefix : {kAutogenCronjob, kAutogen})
        if (rule.substr(0, prefix.size()) == prefix) return rule.substr(prefix.size());
    return rule;
}

char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

}  // namespace

bool is_kyverno(std::string_view source) {
    constexpr std::string_view kKind = "Policy";
    if (source.size() >= kKind.size() && source.substr(source.size() - kKind.size()) == kKind) return true;
    constexpr std::string_view kName = "kyverno";
    return std::equal(source.begin(), source.end(), kName.begin(), kName.end(),
                      [](char a, char b) { return lower(a) == b; });
}

void KyvernoRules::add(const std::string& policy, const std::string& rule) {
    if (without_autogen(rule).size() == rule.size()) plain_[policy].push_back(rule);
}

std::string KyvernoRules::of(const std::string& policy, const std::string& rule) const {
    const std::string_view name = without_autogen(rule);
    const bool is_cut = name.size() < rule.size() && rule.size() == kRuleNameMax;
    const auto plain = plain_.find(policy);
    if (!is_cut || plain == plain_.end()) return std::string(name);
    for (const std::string& whole : plain->second)
        if (std::string_view(whole).substr(0, name.size()) == name) return whole;
    return std::string(name);
}

}  // namespace helix::trial
