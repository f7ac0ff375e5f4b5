#include "service/cli/object_ref.hpp"

#include <algorithm>
#include <array>

#include "service/cli/json_view.hpp"
#include "service/cli/printable.hpp"

namespace helix::cli {
namespace {

struct Kind {
    std::string_view name;
    std::string_view brief;  ///< kubectl's short name
    bool cluster_scoped = false;
};

constexpr std::array<Kind, 26> kKinds{{
    {"Deployment", "deploy"},
    {"StatefulSet", "sts"},
    {"DaemonSet", "ds"},
    {"ReplicaSet", "rs"},
    {"ReplicationController", "rc"},
    {"Job", ""},
    {"CronJob", "cj"},
    {"Pod", "po"},
    {"Container", "", true},
    {"Node", "no", true},
    {"Namespace", "ns", true},
    {"ConfigMap", "cm"},
    {"Secret", ""},
    {"Service", "svc"},
    {"ServiceAccount", "sa"},
    {"HorizontalPodAutoscaler", "hpa"},
    {"PodDisruptionBudget", "pdb"},
    {"Ingress", "ing"},
    {"PersistentVolumeClaim", "pvc"},
    {"PersistentVolume", "pv", true},
    {"StorageClass", "sc", true},
    {"Role", ""},
    {"RoleBinding", ""},
    {"ClusterRole", "", true},
    {"ClusterRoleBinding", "", true},
    {"NetworkPolicy", "netpol"},
}};

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return result;
}

const Kind* find(std::string_view word) {
    const std::string wanted = lower(word);
    for (const Kind& kind : kKinds) {
        const std::string name = lower(kind.name);
        const std::string plural =
            name.back() == 'y' ? name.substr(0, name.size() - 1) + "ies" : name + (name.back() == 's' ? "es" : "s");
        if (wanted == name || wanted == plural || (!kind.brief.empty() && wanted == kind.brief)) return &kind;
    }
    return nullptr;
}

}  // namespace

std::string kind_of(std::string_view word) {
    if (const Kind* kind = find(word)) return std::string(kind->name);
    return !word.empty() && word.front() >= 'A' && word.front() <= 'Z' ? std::string(word) : std::string{};
}

Result<Json> take_object(std::vector<std::string>& words, const std::string& ns, std::string_view default_kind) {
    if (words.empty()) return error(Code::InvalidArgument, "no object is named", "write it like deployment/cart");
    std::string kind_word;
    std::string name;
    std::size_t used = 1;
    if (const std::size_t slash = words[0].find('/'); slash != std::string::npos) {
        kind_word = words[0].substr(0, slash);
        name = words[0].substr(slash + 1);
    } else if (!default_kind.empty()) {
        kind_word = default_kind;
        name = words[0];
    } else if (words.size() >= 2) {
        kind_word = words[0];
        name = words[1];
        used = 2;
    }
    const std::string kind = kind_of(kind_word);
    if (kind.empty() || name.empty())
        return error(Code::InvalidArgument, "not an object: " + words[0],
                     "write it like deployment/cart, or an unlisted kind as manifests do: CronTab/my");
    words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(used));
    Json object = {{"kind", kind}, {"name", name}};
    const Kind* known = find(kind);
    if (known != nullptr && known->cluster_scoped) return object;
    if (!ns.empty()) object["namespace"] = ns;
    if (known != nullptr && ns.empty()) object["namespace"] = "default";
    return object;
}

std::string object_words(const Json& object) {
    const std::string kind = text(object, "kind");
    const std::string word = find(kind) != nullptr ? lower(kind) : kind;
    const std::string ns = text(object, "namespace");
    return shell_quoted(word + "/" + text(object, "name")) + (ns.empty() ? "" : " -n " + shell_quoted(ns));
}

std::string shell_quoted(std::string_view word) {
    const auto plain = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               std::string_view("-_./:=,@%+").find(c) != std::string_view::npos;
    };
    if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return std::string(word);
    std::string result = "'";
    for (const char c : printable(word)) {
        if (c == '\'')
            result += "'\\''";
        else
            result += c;
    }
    return result + "'";
}

}  // namespace helix::cli
