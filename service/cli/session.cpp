#include "service/cli/session.hpp"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include <unistd.h>

#include "service/cli/json_view.hpp"
#include "service/cli/printable.hpp"

namespace helix::cli {
namespace {

constexpr std::size_t kInputBytesMax = 64UL * 1024UL * 1024UL;
constexpr std::size_t kPageSize = 1000;

}  // namespace

Result<std::string> read_input(const std::string& path) {
    std::ifstream file;
    if (path != "-") {
        file.open(path, std::ios::binary);
        if (!file) return error(Code::NotFound, "the file cannot be read", "name a file, or - for stdin", path);
    }
    std::istream& in = path == "-" ? std::cin : file;
    std::string text;
    std::string piece(65536, '\0');
    while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0) {
        text.append(piece, 0, static_cast<std::size_t>(in.gcount()));
        if (text.size() > kInputBytesMax) return error(Code::InvalidArgument, "the file is over 64 MiB", "", path);
    }
    if (in.bad()) return error(Code::NotFound, "the file cannot be read", "name a file, or - for stdin", path);
    return text;
}

Session::Session(const Globals& globals) : globals_(globals) {
    const char* no_color = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): before any thread
    colour_ = !globals.no_color && (no_color == nullptr || *no_color == '\0') && ::isatty(STDOUT_FILENO) == 1;
}

View Session::view() const {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return {Style{colour_}, globals_.output == "wide",
            std::chrono::duration_cast<std::chrono::microseconds>(now).count()};
}

Result<Api> Session::api() const {
    Endpoint endpoint{globals_.server, {}, globals_.ca, globals_.timeout_s};
    if (!globals_.token_file.empty()) {
        auto token = read_input(globals_.token_file);
        if (!token) return std::move(token).error();
        const std::size_t begin = token->find_first_not_of(" \t\r\n");
        const std::size_t end = token->find_last_not_of(" \t\r\n");
        endpoint.token = begin == std::string::npos ? "" : token->substr(begin, end - begin + 1);
        if (endpoint.token.empty() || endpoint.token.find_first_of(" \t\r\n") != std::string::npos)
            return error(Code::InvalidArgument, "not a token file", "it holds one token and nothing else",
                         globals_.token_file);
    }
    return Api::open(std::move(endpoint));
}

Result<std::string> Session::target(Api& api) const {
    if (!globals_.target.empty()) return globals_.target;
    auto answer = api.get("/v1/targets");
    if (!answer) return std::move(answer).error();
    // A refusal is left to the request that follows: the service says it better.
    if (!answer->ok()) return std::string{};
    const Json& items = member(answer->body, "items");
    if (items.is_array() && items.size() == 1) return text(items[0], "name");
    std::string names;
    for (const Json& item : items) names += (names.empty() ? "" : ", ") + text(item, "name");
    return error(Code::InvalidArgument, "which target is meant?",
                 names.empty() ? "configure a target" : "name it with --target: " + names, "--target");
}

void Session::show(const Json& value, const std::function<std::string()>& human) const {
    if (globals_.output == "json")
        std::cout << to_json_text(value) << '\n';
    else if (globals_.output == "yaml")
        std::cout << to_yaml_text(value);
    else
        std::cout << human();
    std::cout.flush();
}

void Session::say(const std::string& what) const {
    std::cerr << "helix: " << printable(what) << '\n';
}

Exit Session::fail(const Error& failure) const {
    std::cerr << render_error(failure);
    return exit_of(failure.code);
}

Exit Session::refuse(const Answer& answer, const Json& request) const {
    if (!answer.from_helix) {
        say("status " + std::to_string(answer.status) + " without a problem document (" + globals_.server +
            "); mend: check that --server is a helix service");
        return exit_of_problem(answer.status, "");
    }
    const Json& cycle = member(answer.body, "cycle");
    const Json& verdict = member(answer.body, "verdict");
    if (structured())
        show(answer.body, {});
    else if (cycle.is_object())
        std::cout << render_cycle(cycle, view());
    else if (verdict.is_object())
        std::cout << render_verdict(verdict, request, text(request, "target"), view());
    std::cout.flush();
    std::cerr << render_problem(answer.body, answer.status, answer.retry_after_s);
    return exit_of_problem(answer.status, answer.problem_type());
}

Exit Session::list(const std::string& path, const char* paging, std::size_t limit,
                   const std::function<std::string(const Json&, const View&)>& human) const {
    auto api_opened = api();
    if (!api_opened) return fail(api_opened.error());
    const char joint = path.find('?') == std::string::npos ? '?' : '&';
    Json whole;
    std::string next;
    do {
        std::string page = path;
        if (paging != nullptr) {
            const std::size_t have = whole.is_object() ? whole["items"].size() : 0;
            page += joint + std::string("limit=") + std::to_string(std::min(kPageSize, limit - have));
            if (!next.empty()) page += std::string("&") + paging + "=" + next;
        }
        auto answer = api_opened->get(page);
        if (!answer) return fail(answer.error());
        if (!answer->ok()) return refuse(*answer);
        if (paging != nullptr && !member(answer->body, "items").is_array())
            return fail(
                error(Code::Internal, "the answer has no items", "check that --server is a helix service", path));
        const std::string after = text(answer->body, "next");
        if (whole.is_null()) {
            whole = std::move(answer->body);
        } else {
            for (Json& item : answer->body["items"]) whole["items"].push_back(std::move(item));
            whole["next"] = answer->body.value("next", Json());
        }
        if (after == next) break;  // an odd service must not keep us here
        next = after;
    } while (paging != nullptr && !next.empty() && whole["items"].size() < limit);
    show(whole, [&] { return human(whole, view()); });
    return Exit::Done;
}

}  // namespace helix::cli
