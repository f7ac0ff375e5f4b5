#include <algorithm>

#include <CLI/CLI.hpp>

#include "service/cli/commands.hpp"

namespace helix::cli {
namespace {

/// One command with what may follow it.
struct Place {
    std::string path;                                           ///< "act scale"; empty at the top
    std::vector<std::pair<std::string, std::string>> commands;  ///< name and description
    std::vector<std::pair<std::string, std::string>> flags;
    std::string formats;  ///< what -o takes here: "table wide json yaml"
};

/// The words that --output takes, as its type shows them in help: "TEXT:{table,wide}"; empty without such a flag.
std::string formats_of(const CLI::App& app) {
    const CLI::Option* output = app.get_option_no_throw("--output");
    if (output == nullptr) return {};
    std::string type = output->get_type_name();
    const std::size_t begin = type.find('{');
    const std::size_t end = type.find('}');
    if (begin == std::string::npos || end == std::string::npos || end < begin) return {};
    std::string words = type.substr(begin + 1, end - begin - 1);
    std::replace(words.begin(), words.end(), ',', ' ');
    return words;
}

void collect(const CLI::App& app, const std::string& path, const std::string& formats, std::vector<Place>& places) {
    Place place{path, {}, {}, formats_of(app)};
    if (place.formats.empty()) place.formats = formats;
    for (const CLI::Option* option : app.get_options())
        for (const std::string& name : option->get_lnames())
            place.flags.emplace_back("--" + name, option->get_description());
    const auto subcommands = app.get_subcommands([](const CLI::App*) { return true; });
    for (const CLI::App* sub : subcommands) place.commands.emplace_back(sub->get_name(), sub->get_description());
    const std::string inherited = place.formats;
    places.push_back(std::move(place));
    for (const CLI::App* sub : subcommands)
        collect(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), inherited, places);
}

std::string names(const std::vector<std::pair<std::string, std::string>>& entries) {
    std::string result;
    for (const auto& [name, about] : entries) result += (result.empty() ? "" : " ") + name;
    return result;
}

/// A case per place, for bash and zsh.
std::string cases(const std::vector<Place>& places) {
    std::string text;
    const std::string globals = names(places.front().flags);
    for (const Place& place : places) {
        const std::string own = place.path.empty() ? "" : names(place.flags) + " ";
        text += "    '" + place.path + "') commands='" + names(place.commands) + "'; flags='" + own + globals +
                "'; formats='" + place.formats + "' ;;\n";
    }
    return text;
}

/// Finds out which place the words before the cursor lead to; `words` and `last` are the shell's.
std::string walk(const std::vector<Place>& places, const std::string& words) {
    std::string known;
    for (const Place& place : places)
        if (!place.path.empty()) known += (known.empty() ? "" : "|") + ("'" + place.path + "'");
    return "  local place='' word candidate commands flags formats\n  for word in " + words +
           "; do\n    candidate=\"${place:+$place }$word\"\n    case \"$candidate\" in\n      " + known +
           ") place=\"$candidate\" ;;\n    esac\n  done\n  case \"$place\" in\n" + cases(places) + "  esac\n";
}

std::string bash_script(const std::string& program, const std::vector<Place>& places) {
    return "# bash completion for " + program + ": source <(" + program + " completion bash)\n_" + program +
           "() {\n  local "
           "cur=\"${COMP_WORDS[COMP_CWORD]}\"\n" +
           walk(places, "\"${COMP_WORDS[@]:1:COMP_CWORD-1}\"") +
           "  if [[ ${COMP_WORDS[COMP_CWORD-1]} == @(-o|--output) ]]; then\n"
           "    COMPREPLY=($(compgen -W \"$formats\" -- \"$cur\"))\n"
           "  elif [[ $cur == -* ]]; then\n    COMPREPLY=($(compgen -W \"$flags\" -- \"$cur\"))\n"
           "  elif [[ -n $commands ]]; then\n    COMPREPLY=($(compgen -W \"$commands\" -- \"$cur\"))\n"
           "  else\n    COMPREPLY=($(compgen -f -- \"$cur\"))\n  fi\n}\ncomplete -F _" +
           program + " " + program + "\n";
}

std::string zsh_script(const std::string& program, const std::vector<Place>& places) {
    return "#compdef " + program + "\n# zsh completion for " + program + ": source <(" + program +
           " completion zsh)\n_" + program + "() {\n" + walk(places, "\"${(@)words[2,CURRENT-1]}\"") +
           "  if [[ ${words[CURRENT-1]} == (-o|--output) ]]; then\n    compadd -- ${=formats}\n"
           "  elif [[ ${words[CURRENT]} == -* ]]; then\n    compadd -- ${=flags}\n  elif [[ -n $commands ]]; then\n"
           "    compadd -- ${=commands}\n  else\n    _files\n  fi\n}\ncompdef _" +
           program + " " + program + "\n";
}

std::string fish_quoted(const std::string& text) {
    std::string result = "'";
    for (const char c : text) result += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string{c};
    return result + "'";
}

std::string fish_script(const std::string& program, const std::vector<Place>& places) {
    const std::string complete = "complete -c " + program;
    std::string text =
        "# fish completion for " + program + ": " + program + " completion fish | source\n" + complete + " -f\n";
    for (const Place& place : places) {
        std::string condition = "not __fish_seen_subcommand_from " + names(places.front().commands);
        if (!place.path.empty()) {
            condition.clear();
            for (std::size_t begin = 0; begin < place.path.size();) {
                const std::size_t end = std::min(place.path.find(' ', begin), place.path.size());
                condition += (condition.empty() ? "" : "; and ") +
                             ("__fish_seen_subcommand_from " + place.path.substr(begin, end - begin));
                begin = end + 1;
            }
            if (!place.commands.empty()) condition += "; and not __fish_seen_subcommand_from " + names(place.commands);
        }
        for (const auto& [name, about] : place.commands)
            text += complete + " -n " + fish_quoted(condition) + " -a " + name + " -d " + fish_quoted(about) + "\n";
        for (const auto& [flag, about] : place.flags)
            text += complete + (place.path.empty() ? "" : " -n " + fish_quoted(condition)) + " -l " + flag.substr(2) +
                    (flag == "--output" ? " -s o -x -a " + fish_quoted(place.formats) : "") + " -d " +
                    fish_quoted(about) + "\n";
    }
    return text;
}

}  // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
    std::vector<Place> places;
    collect(app, "", "", places);
    if (shell == "bash") return bash_script(app.get_name(), places);
    if (shell == "zsh") return zsh_script(app.get_name(), places);
    if (shell == "fish") return fish_script(app.get_name(), places);
    return {};
}

}  // namespace helix::cli
