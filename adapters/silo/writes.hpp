#pragma once

#include "adapters/docker/engine.hpp"
#include "service/ports/target.hpp"

namespace helix::silo {

/// C, U and D of a Docker host: each write goes to the very container that `before` saw, once; when its answer is lost,
/// the container itself is asked what became of it.
///
/// Thread safety: any method from any thread.
class Writes {
public:
    explicit Writes(docker::Engine& engine) : engine_(engine) {}

    /// Errors: InvalidArgument for what is no container or no verb of containers.
    static Result<void> check(const gate::Action& action);

    Result<ports::Before> look(const gate::Action& action);
    ports::WriteResult write(const gate::Action& action, const ports::Before& before,
                             const ports::WriteContext& context);
    ports::WriteResult read_back(const gate::Action& action, const ports::Before& before,
                                 const ports::WriteContext& context);

private:
    ports::WriteResult create(const gate::Action& action, const ports::WriteContext& context);
    Result<void> perform(const gate::Action& action, const std::string& id);
    ports::WriteResult judge(const gate::Action& action, const ports::Before& before, const std::string& mark,
                             const Result<docker::Container>& now);

    docker::Engine& engine_;
};

}  // namespace helix::silo
