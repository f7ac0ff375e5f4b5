#include "service/app/policies.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include <unistd.h>

namespace helix::app {

Result<void> unpack_policies(const std::string& folder) {
    std::error_code problem;
    std::filesystem::remove_all(folder, problem);
    for (const EmbeddedPolicy& policy : embedded_policies()) {
        const std::filesystem::path path = std::filesystem::path(folder) / policy.name;
        std::filesystem::create_directories(path.parent_path(), problem);
        std::ofstream file(path, std::ios::binary);
        file << policy.text;
        file.close();
        if (!file)
            return error(Code::Unavailable, "cannot write " + path.string(), "give court.policies or another state");
    }
    return {};
}

Result<std::string> find_program(const std::string& program) {
    if (program.find('/') != std::string::npos) return program;
    const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nobody sets it
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');)
        if (const std::string found = folder + "/" + program; !folder.empty() && access(found.c_str(), X_OK) == 0)
            return found;
    return error(Code::NotFound, "\"" + program + "\" is not in PATH", "install it or give court.conftest its path");
}

}  // namespace helix::app
