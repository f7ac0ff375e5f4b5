#include "service/app/record_folder.hpp"

#include <filesystem>
#include <fstream>
#include <system_error>

namespace helix::app {

Result<bool> keep_record(const std::string& folder, const std::string& name, const std::string& record) {
    constexpr const char* kWord = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if (name.empty() || name.size() > 200 || name.find_first_not_of(kWord) != std::string::npos)
        return error(Code::InvalidArgument, "\"" + name.substr(0, 80) + "\" cannot be a file's name");
    const std::filesystem::path path = std::filesystem::path(folder) / (name + ".json");
    const std::filesystem::path draft = path.string() + ".draft";
    std::error_code problem;
    if (std::filesystem::exists(path, problem)) return false;
    std::filesystem::create_directories(folder, problem);
    {
        std::ofstream file(draft, std::ios::binary | std::ios::trunc);
        file << record << '\n';
        file.close();
        if (!file) return error(Code::Unavailable, "cannot write " + draft.string());
    }
    std::filesystem::rename(draft, path, problem);
    if (problem) return error(Code::Unavailable, "cannot write " + path.string() + ": " + problem.message());
    return true;
}

}  // namespace helix::app
