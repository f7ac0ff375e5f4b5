#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <yaml-cpp/yaml.h>

#include "domain/core/result.hpp"

namespace helix::kubeconfig {

/// Where a value stood: its file, its line, and the path of fields that leads to it ("users[2].user.exec").
struct Place {
    std::string file;
    int line = 0;  ///< from 1; 0: the whole file
    std::string field;

    [[nodiscard]] std::string where() const { return line == 0 ? file : file + ":" + std::to_string(line); }
};

/// `place` and what is wrong there, "config.yaml:14: contexts[2].context.cluster: no cluster named \"x\"".
Error wrong(const Place& place, const std::string& what, Code code = Code::InvalidArgument, std::string mend = "");

/// Text of a name from outside, fit for a message: bounded, without control characters, in quotes.
std::string in_quotes(std::string_view name);

/// A mapping that is read field by field; the first thing wrong is kept and the rest reads as absent, so that the
/// reader asks once at the end. Values never appear in an error.
class Fields {
public:
    Fields(YAML::Node node, Place place, std::optional<Error>& first_wrong);

    [[nodiscard]] bool has(const char* name) const;
    [[nodiscard]] std::string text(const char* name) const;
    [[nodiscard]] bool flag(const char* name) const;
    [[nodiscard]] Fields map(const char* name) const;           ///< absent reads as empty
    [[nodiscard]] YAML::Node sequence(const char* name) const;  ///< absent or null reads as empty
    [[nodiscard]] Fields item(const YAML::Node& sequence, const char* name, std::size_t index) const;
    [[nodiscard]] Place place(const char* name) const;  ///< of a field, or of the mapping when it is absent
    [[nodiscard]] const Place& place() const { return place_; }

private:
    [[nodiscard]] YAML::Node get(const char* name) const;
    void complain(const Place& at, const std::string& what) const;

    YAML::Node node_;
    Place place_;
    std::optional<Error>* first_wrong_;
};

}  // namespace helix::kubeconfig
