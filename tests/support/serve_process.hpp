#pragma once

#include <memory>
#include <string>
#include <vector>

#include <httplib.h>
#include <nlohmann/json.hpp>

#include "tests/support/process.hpp"

namespace helix::test_support {

/// The real `helix serve` as a child process, on a port of the system's choice. Its log goes to the test's stderr.
/// Not safe for several threads; each thread takes a client() of its own.
class ServeProcess {
public:
    /// Whether the program has been built.
    static bool available();
    static std::string program();

    /// Starts it with `arguments` after "serve". Throws std::runtime_error when it ends before it says where it is.
    explicit ServeProcess(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {});
    /// Ends it with SIGTERM.
    ~ServeProcess();

    [[nodiscard]] pid_t pid() const { return process_->pid(); }
    [[nodiscard]] const std::string& url() const { return url_; }
    [[nodiscard]] int port() const;

    /// A client that keeps its connection; plain HTTP towards 127.0.0.1.
    [[nodiscard]] std::unique_ptr<httplib::Client> client() const;

    /// Ends it with SIGTERM; its exit code.
    int stop();

private:
    std::unique_ptr<ChildProcess> process_;
    std::string url_;
};

/// The value of the metric `name` whose labels hold `label` (`target="x"`); -1 when there is none.
double metric(const std::string& text, const std::string& name, const std::string& label);

}  // namespace helix::test_support
