#include "service/app/record_folder.hpp"

#include <filesystem>
#include <system_error>

#include "adapters/durable_file/durable_file.hpp"

namespace helix::app {

Result<bool> keep_record(const std::string& folder, const std::string& name, const std::string& record) {
    constexpr const char* kWord = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    if (name.empty() || name.size() > 200 || name.find_first_not_of(kWord) != std::string::npos)
        return error(Code::InvalidArgument, "\"" + name.substr(0, 80) + "\" cannot be a file's name");
    const std::filesystem::path path = std::filesystem::path(folder) / (name + ".json");
    std::error_code problem;
    if (std::filesystem::exists(path, problem)) return false;
    std::filesystem::create_directories(folder, problem);
    if (auto kept = durable_file::replace(path.string(), record + "\n", 0644); !kept) return std::move(kept).error();
    return true;
}

}  // namespace helix::app
