#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <sys/types.h>

#include "domain/core/result.hpp"

namespace helix::durable_file {

/// A file descriptor, closed with its owner.
class Descriptor {
public:
    explicit Descriptor(int number = -1) : number_(number) {}
    ~Descriptor();
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    [[nodiscard]] int get() const { return number_; }

private:
    int number_;
};

/// What the system said last (errno), as our error. The one place where its codes become ours.
Error system_error(std::string_view doing, const std::string& path);

/// Writes all of it, however many calls that takes. Errors: system_error's, naming `path`.
Result<void> write_all(const Descriptor& file, std::string_view bytes, const std::string& path);

/// The file that is to take the place of another: .NAME.helix-draft in the same folder, which one that
/// died may have left.
///
/// It is ours alone, among all threads and processes, while this lives. One that is not put in place is removed.
class Draft {
public:
    enum class Others { Wait, Refuse };  ///< what to do while somebody else has one for the same path

    /// An empty one. Errors: Conflict while another has it, after 5 s when it was waited for; system_error's.
    static Result<Draft> begin(const std::string& path, mode_t mode, Others others);

    ~Draft();
    Draft(Draft&& other) noexcept = default;
    Draft& operator=(Draft&&) = delete;

    [[nodiscard]] const Descriptor& file() const { return file_; }

    /// Makes it the file at `path`: synced, renamed, the folder synced. Durable on return; a process that dies on the
    /// way leaves `path` as it was, or as it is to be. Errors: system_error's.
    Result<void> put_in_place();

private:
    Draft(std::string path, Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}

    std::string path_;
    Descriptor file_;  ///< none once it is put in place
};

/// Makes `path` hold `text` and nothing else, with `mode`, by way of a draft. Durable on return. Those who do so at
/// once wait for each other. Errors: those of a draft.
Result<void> replace(const std::string& path, std::string_view text, mode_t mode);

}  // namespace helix::durable_file
