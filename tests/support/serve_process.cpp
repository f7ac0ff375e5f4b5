#include "tests/support/serve_process.hpp"

#include <csignal>
#include <sstream>
#include <stdexcept>

#include <unistd.h>

namespace helix::test_support {

std::string ServeProcess::program() {
    return HELIX_PROGRAM;
}

bool ServeProcess::available() {
    return access(HELIX_PROGRAM, X_OK) == 0;
}

ServeProcess::ServeProcess(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
    // The kernel ends it should the test die first.
    std::vector<std::string> argv{"setpriv", "--pdeathsig", "KILL", program(), "serve"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    process_ = std::make_unique<ChildProcess>(argv, environment);
    constexpr std::string_view kGreeting = "Helix Coaster at ";
    std::string said;
    while (said.find('\n') == std::string::npos) {
        const std::string piece = process_->read_some();
        if (piece.empty()) throw std::runtime_error("helix serve did not start; its message is above");
        said += piece;
    }
    const auto from = said.find(kGreeting) + kGreeting.size();
    url_ = said.substr(from, said.find('\n') - from - 1);  // without the slash at its end
}

ServeProcess::~ServeProcess() {
    stop();
}

int ServeProcess::stop() {
    process_->signal(SIGTERM);
    return process_->wait();
}

int ServeProcess::port() const {
    return std::stoi(url_.substr(url_.rfind(':') + 1));
}

std::unique_ptr<httplib::Client> ServeProcess::client() const {
    auto made = std::make_unique<httplib::Client>("127.0.0.1", port());
    made->set_keep_alive(true);
    made->set_tcp_nodelay(true);
    made->set_read_timeout(60);
    return made;
}

double metric(const std::string& text, const std::string& name, const std::string& label) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(name + "{") && line.find(label) != std::string::npos)
            return std::stod(line.substr(line.rfind(' ') + 1));
    return -1;
}

}  // namespace helix::test_support
