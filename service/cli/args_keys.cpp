#include <CLI/CLI.hpp>

#include "service/cli/commands.hpp"

namespace helix::cli {

void add_keys_commands(CLI::App& app, Invocation& invocation) {
    CLI::App* keys = app.add_subcommand("keys", "The deployment's signing keys")->fallthrough()->require_subcommand(1);
    CLI::App* generate =
        keys->add_subcommand("generate", "Make a signing key; it signs from the next start on")->fallthrough();
    struct Args {
        std::string folder;
        std::string name;
    };
    const auto args = std::make_shared<Args>();
    generate->add_option("folder", args->folder, "Folder of keys, as `signing:` names it; made when missing")
        ->required()
        ->type_name("DIR");
    generate->add_option("--name", args->name, "What it signs for, and how checkpoints name the ledger")
        ->required()
        ->type_name("NAME");
    generate->callback([&invocation, args] {
        invocation.command = [args, &invocation](const Session& session) {
            if (!invocation.service.generate_key)
                return session.fail(error(Code::Unimplemented, "this build cannot make keys"));
            const auto verifier = invocation.service.generate_key(args->folder, args->name);
            if (!verifier) return session.fail(verifier.error());
            session.show({{"verifier", *verifier}}, [&] { return *verifier + "\n"; });
            return Exit::Done;
        };
    });
}

}  // namespace helix::cli
