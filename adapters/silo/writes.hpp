#pragma once

#include <atomic>
#include <chrono>
#include <functional>

#include "adapters/docker/engine.hpp"
#include "service/ports/target.hpp"

namespace helix::silo {

/// C, U and D of a Docker host: each write goes to the very container that `before` saw, once; when its answer is lost,
/// the container itself is asked what became of it.
///
/// Thread safety: any method from any thread.
class Writes {
public:
    /// @param read_back_time  for how long the engine may still be at a write whose answer was lost, beside the grace
    ///                        period that the write gives
    Writes(docker::Engine& engine, std::chrono::milliseconds read_back_time)
        : engine_(engine), read_back_time_(read_back_time) {}

    /// Errors: InvalidArgument for what is no container or no verb of containers.
    static Result<void> check(const gate::Action& action);

    Result<ports::Before> look(const gate::Action& action);
    ports::WriteResult write(const gate::Action& action, const ports::Before& before,
                             const ports::WriteContext& context);
    ports::WriteResult read_back(const gate::Action& action, const ports::Before& before,
                                 const ports::WriteContext& context);

    /// What is read back is read no more, and told as it was seen last.
    void stop() { stopping_ = true; }

private:
    ports::WriteResult look_back(const gate::Action& action, const ports::Before& before,
                                 const ports::WriteContext& context);
    bool look_until(std::chrono::milliseconds most, const std::function<bool()>& tells) const;
    ports::WriteResult settle(const Error& failure, const gate::Action& action, const ports::Before& before,
                              const ports::WriteContext& context);
    Result<std::string> find_made(const Error& failure, const gate::Action& action, const std::string& mark);
    ports::WriteResult create(const gate::Action& action, const ports::WriteContext& context);
    Result<void> perform(const gate::Action& action, const std::string& id);
    ports::WriteResult judge(const gate::Action& action, const ports::Before& before, const std::string& mark,
                             const Result<docker::Container>& now);

    docker::Engine& engine_;
    const std::chrono::milliseconds read_back_time_;
    std::atomic<bool> stopping_{false};
};

}  // namespace helix::silo
