#pragma once

#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace helix::test_support {

/// What a finished child process has left behind.
struct ProcessResult {
    int exit_code = -1;  ///< 128 + signal number when a signal ended it
    std::string output;  ///< standard output; standard error goes to that of the test
};

/// Runs `argv` to its end with the test's environment plus `environment` ("NAME=value" each); argv[0] is looked up
/// in PATH. Throws std::system_error when it cannot be started.
ProcessResult run_process(const std::vector<std::string>& argv, const std::vector<std::string>& environment = {});

/// Waits until `holds`, asking every 20 ms; false after `seconds`.
bool eventually(int seconds, const std::function<bool()>& holds);

/// A child process whose output the test reads, and whose input closes when the test process ends in whatever way.
/// Not safe for several threads.
class ChildProcess {
public:
    /// Throws std::system_error when it cannot be started.
    explicit ChildProcess(const std::vector<std::string>& argv, const std::vector<std::string>& environment = {});
    /// close_input() and wait(), so what is run here must heed one of the two, or have been ended before.
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// The next piece of its standard output; empty at its end.
    std::string read_some() const;
    void close_input();
    void signal(int number) const;
    /// Its exit code, or 128 + the signal that ended it; the same when asked again.
    int wait();

private:
    pid_t pid_ = -1;
    int input_ = -1;
    int output_ = -1;
    int exit_code_ = -1;
};

}  // namespace helix::test_support
