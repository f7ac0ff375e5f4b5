#include "adapters/openssl_signer/key_folder.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/durable_file/durable_file.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/openssl_signer/private_key.hpp"
#include "service/wire/verifier_key.hpp"

namespace helix::openssl_signer {
namespace {

namespace fs = std::filesystem;

using durable_file::Descriptor;

constexpr std::size_t kFileBytesMax = 16U * 1024U;

Error failed(const std::string& doing, const fs::path& file) {
    const std::string why = std::system_category().message(errno);
    return error(Code::Unavailable, "cannot " + doing + " " + file.string() + ": " + why, "check the folder's owner",
                 file.string());
}

/// Whether others than we may read the file. One of root's may be read by our group: a secret that was mounted for a
/// process that is not root cannot be given in any other way.
bool is_open_to_others(const struct stat& status) {
    const bool roots = status.st_uid == 0 && ::geteuid() != 0;
    return (status.st_mode & (roots ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO)) != 0;
}

/// The whole file; a private one must be readable by its owner alone. The check is of the file that is then read.
Result<std::string> read_file(const fs::path& path, bool is_private) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));  // NOLINT(cppcoreguidelines-pro-type-vararg)
    struct stat status {};
    if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return failed("read", path);
    if (is_private && is_open_to_others(status))
        return error(Code::PermissionDenied, path.string() + " may be read by others than its owner",
                     "chmod 600 " + path.string() + ", and make a new key if others had access", path.string());
    std::string text(kFileBytesMax + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed("read", path);
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    if (size > kFileBytesMax) return error(Code::InvalidArgument, path.string() + " is too large for a key");
    text.resize(size);
    return text;
}

/// The number of "0001.pub"; nothing for other files.
std::optional<int> number_of(const fs::path& file, std::string_view ending) {
    const std::string stem = file.stem().string();
    if (file.extension() != ending || stem.size() != 4 || stem.find_first_not_of("0123456789") != std::string::npos)
        return std::nullopt;
    return std::stoi(stem);
}

/// The numbers that have a file of this ending, the greatest first.
std::vector<int> numbers(const fs::path& folder, std::string_view ending) {
    std::vector<int> found;
    std::error_code ignored;  // a folder that cannot be read has no keys
    for (const auto& entry : fs::directory_iterator(folder, ignored))
        if (const auto number = number_of(entry.path(), ending)) found.push_back(*number);
    std::sort(found.rbegin(), found.rend());
    return found;
}

fs::path file_of(const fs::path& folder, int number, const char* ending) {
    const std::string digits = std::to_string(number);
    return folder / (std::string(4 - digits.size(), '0') + digits + ending);
}

Result<ledger::PublicKey> read_public(const fs::path& file) {
    auto text = read_file(file, false);
    if (!text) return std::move(text).error();
    auto keys = wire::parse_verifiers(*text, openssl_digest::sha256, file.string());
    if (!keys) return std::move(keys).error();
    if (keys->size() != 1)
        return error(Code::InvalidArgument, file.string() + " does not hold one public key", "", file.string());
    return keys->front();
}

/// A key that is not in a file yet.
struct NewKey {
    std::string pem;
    ledger::PublicKey public_key;
};

Result<NewKey> make_key(const std::string& name) {
    if (!ledger::is_key_name(name))
        return error(Code::InvalidArgument, "\"" + name + "\" cannot name a key",
                     "1 to 255 printable ASCII characters without blank and plus, like example.com/helix", "name");
    auto pem = generate_pem();
    if (!pem) return std::move(pem).error();
    const auto signer = signer_of_pem(*pem, name, "the new key");
    if (!signer) return signer.error();
    return NewKey{*std::move(pem), (*signer)->public_key()};
}

/// Makes what is missing of the folder and of those above it, each for its owner alone.
Result<void> make_private_folders(const fs::path& folder) {
    std::error_code ignored;
    if (folder.empty() || fs::is_directory(folder, ignored)) return {};
    if (auto above = make_private_folders(folder.parent_path()); !above) return above;
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return failed("make", folder);
    return {};
}

/// Waits until no other process makes keys in the folder, and keeps them waiting while the file is open. The kernel
/// lets go when the process ends, however it does.
Result<Descriptor> lock_folder(const fs::path& folder) {
    const fs::path path = folder / ".lock";
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg)
    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (file.get() < 0) return failed("make", path);
    while (::flock(file.get(), LOCK_EX) != 0)
        if (errno != EINTR) return failed("lock", path);
    return file;
}

/// Writes the key under the next number, the private one last: a pair is there when it is. The folder is locked.
Result<ledger::PublicKey> write_key(const fs::path& folder, const NewKey& key) {
    int number = 0;
    for (const char* ending : {".pub", ".pem"})
        if (const auto there = numbers(folder, ending); !there.empty()) number = std::max(number, there.front());
    if (++number > 9999)
        return error(Code::ResourceExhausted, folder.string() + " has 9999 keys", "begin a new folder");
    const std::string line = wire::to_verifier(key.public_key, openssl_digest::sha256) + "\n";
    if (auto kept = durable_file::replace(file_of(folder, number, ".pub"), line, 0644); !kept)
        return std::move(kept).error();
    if (auto kept = durable_file::replace(file_of(folder, number, ".pem"), key.pem, 0600); !kept)
        return std::move(kept).error();
    return key.public_key;
}

}  // namespace

bool has_keys(const std::string& folder) {
    return !numbers(folder, ".pem").empty();
}

Result<KeyFolder> load(const std::string& folder) {
    const std::vector<int> signing = numbers(folder, ".pem");
    if (signing.empty())
        return error(Code::NotFound, "no signing key in " + folder, "make one: helix keys generate " + folder, folder);
    KeyFolder keys;
    for (const int number : numbers(folder, ".pub")) {
        auto key = read_public(file_of(folder, number, ".pub"));
        if (!key) return std::move(key).error();
        keys.public_keys.push_back(*std::move(key));
    }
    const fs::path pem_file = file_of(folder, signing.front(), ".pem");
    const auto named = read_public(file_of(folder, signing.front(), ".pub"));
    if (!named) return named.error();
    const auto pem = read_file(pem_file, true);
    if (!pem) return pem.error();
    auto signer = signer_of_pem(*pem, named->name, pem_file.string());
    if (!signer) return std::move(signer).error();
    if ((*signer)->public_key() != *named)
        return error(Code::InvalidArgument, pem_file.string() + " and its .pub are of different keys",
                     "restore the pair, or make a new key", pem_file.string());
    keys.signer = *std::move(signer);
    return keys;
}

Result<ledger::PublicKey> generate(const std::string& folder, const std::string& name) {
    const auto key = make_key(name);
    if (!key) return key.error();
    if (auto made = make_private_folders(folder); !made) return std::move(made).error();
    const auto lock = lock_folder(folder);
    if (!lock) return lock.error();
    return write_key(folder, *key);
}

Result<std::optional<ledger::PublicKey>> generate_first(const std::string& folder, const std::string& name) {
    using Made = Result<std::optional<ledger::PublicKey>>;
    if (auto made = make_private_folders(folder); !made) return std::move(made).error();
    const auto lock = lock_folder(folder);
    if (has_keys(folder)) return Made(std::nullopt);  // also in a folder that may only be read, and never locked
    if (!lock) return lock.error();
    const auto key = make_key(name);
    if (!key) return key.error();
    auto written = write_key(folder, *key);
    if (!written) return std::move(written).error();
    return Made(*std::move(written));
}

}  // namespace helix::openssl_signer
