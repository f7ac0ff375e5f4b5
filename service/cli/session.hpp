#pragma once

#include <functional>
#include <string>

#include <nlohmann/json.hpp>

#include "service/cli/exit_codes.hpp"
#include "service/cli/http_api.hpp"
#include "service/cli/render.hpp"

namespace helix::cli {

/// The flags that every command takes.
struct Globals {
    std::string server = "http://127.0.0.1:8765";
    std::string token_file;
    std::string ca;
    std::string output = "table";
    std::string target;
    std::string reason;
    std::string idempotency_key;
    int timeout_s = 60;
    bool dry_run = false;
    bool no_color = false;
};

/// One run of a client command: where the service is, and how results and failures are shown.
///
/// Results go to stdout, everything else to stderr. Threads: one.
class Session {
public:
    explicit Session(const Globals& globals);

    [[nodiscard]] const Globals& globals() const { return globals_; }
    [[nodiscard]] View view() const;
    [[nodiscard]] bool structured() const { return globals_.output == "json" || globals_.output == "yaml"; }

    /// Errors: those of Api::open, and NotFound or InvalidArgument for the token file.
    Result<Api> api() const;
    /// The target that is meant: --target, else the only one there is.
    Result<std::string> target(Api& api) const;

    /// Prints `value` as JSON or YAML, or what `human` makes of it.
    void show(const nlohmann::json& value, const std::function<std::string()>& human) const;
    /// Writes one line to stderr, with "helix: " before it.
    void say(const std::string& what) const;

    Exit fail(const Error& failure) const;
    /// Shows a refusal: its verdict or receipt on stdout, one line on stderr. `request` is what was asked.
    Exit refuse(const Answer& answer, const nlohmann::json& request = {}) const;

    /// GETs `path`, with every further page of `items` up to `limit` when `paging` names the parameter of the next one.
    Exit list(const std::string& path, const char* paging, std::size_t limit,
              const std::function<std::string(const nlohmann::json&, const View&)>& human) const;

private:
    Globals globals_;
    bool colour_ = false;
};

/// The whole of the file at `path`, or of stdin for "-". Errors: NotFound; InvalidArgument over 64 MiB.
Result<std::string> read_input(const std::string& path);

}  // namespace helix::cli
