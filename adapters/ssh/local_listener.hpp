#pragma once

#include <string>

namespace helix::ssh {

/// Listens on an abstract Unix socket, to which this process alone may connect.
///
/// Abstract: it is no file, so none is left behind, and none has to be kept from others. Whoever else learns the name
/// is let in by the kernel and shown out by accept().
class LocalListener {
public:
    /// @param name  without the leading NUL, at most 100 bytes
    explicit LocalListener(const std::string& name);
    ~LocalListener();
    LocalListener(const LocalListener&) = delete;
    LocalListener& operator=(const LocalListener&) = delete;

    /// -1: it could not be opened.
    [[nodiscard]] int fd() const { return fd_; }
    /// The next connection of this process, which does not block and is the caller's to close; -1: none waits.
    [[nodiscard]] int accept() const;

private:
    const int fd_;
};

/// A name that nobody guesses.
std::string random_name(std::string beginning);

}  // namespace helix::ssh
