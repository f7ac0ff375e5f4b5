#include "service/app/lean_check.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <vector>

#include "adapters/child_process/child_process.hpp"
#include "domain/proof/write_theorem.hpp"
#include "service/wire/certificate_json.hpp"
#include "service/wire/parse_json.hpp"

namespace helix::app {
namespace lean {
extern const std::string_view order;
extern const std::string_view model;
extern const std::string_view gate;
extern const std::string_view reach;
extern const std::string_view sound;
extern const std::string_view theorems;
}  // namespace lean

namespace {

constexpr std::chrono::minutes kTimeout{5};

/// The sources one after the other, without the lines that import one another.
std::string package() {
    std::string text;
    for (const std::string_view source :
         std::array{lean::order, lean::model, lean::gate, lean::reach, lean::sound, lean::theorems}) {
        std::istringstream lines{std::string(source)};
        for (std::string line; std::getline(lines, line);)
            if (!line.starts_with("import ")) text += line + "\n";
    }
    return text;
}

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : value;
}

/// Empty: there is none.
std::filesystem::path find_lean() {
    const std::string named = variable("LEAN");
    if (named.find('/') != std::string::npos) return named;
    std::istringstream folders(variable("PATH"));
    for (std::string folder; std::getline(folders, folder, ':');) {
        const std::filesystem::path path = std::filesystem::path(folder) / (named.empty() ? "lean" : named);
        std::error_code ignored;
        if (!folder.empty() && std::filesystem::is_regular_file(path, ignored)) return path;
    }
    return {};
}

Result<std::string> run_lean(const std::filesystem::path& program, const std::string& file) {
    child_process::Child child;
    child.program = program.string();
    child.arguments = {file};
    child.timeout = kTimeout;
    child.environment = {"PATH=" + variable("PATH"), "HOME=" + variable("HOME")};
    // Compilers of 2021 do not look for their library beside themselves.
    child.environment.push_back("LEAN_PATH=" + (program.parent_path().parent_path() / "lib" / "lean").string());
    auto ended = child_process::run_to_end(child, {});
    if (!ended) return std::move(ended).error();
    if (ended->exit_code == 0 && ended->output.find("does not depend on any axioms") != std::string::npos)
        return std::move(ended->output);
    std::string first = ended->output.substr(0, ended->output.find('\n'));
    return error(Code::DataLoss, "Lean refuses the theorem: " + first,
                 "do not rely on it: read what Lean says of the file", file);
}

}  // namespace

Result<std::string> check_with_lean(const std::string& certificate_json, const std::string& file) {
    const auto document = wire::parse_json(certificate_json, {64, 64U * 1024U * 1024U, false});
    if (!document) return document.error();
    const auto certificate = wire::certificate_from_json(*document);
    if (!certificate) return certificate.error();
    const auto text = proof::theorem_of(*certificate, package());
    if (!text) return text.error();
    std::ofstream out(file, std::ios::binary);
    out << *text;
    out.close();
    if (!out) return error(Code::PermissionDenied, "cannot write " + file, "name another file with --lean-file", file);
    const std::filesystem::path program = find_lean();
    if (program.empty())
        return "NOT CHECKED: there is no Lean here; its theorem is in " + file + ", any Lean 4 can check it";
    if (auto said = run_lean(program, file); !said) return said;
    return "Lean checks its theorem, without axioms; it is in " + file;
}

}  // namespace helix::app
