#include "service/app/engines.hpp"

#include "adapters/lean_process/lean_engine.hpp"
#include "adapters/smt/smt_engine.hpp"

namespace helix::app {

usecases::Jury::Engines make_engines(const config::Config& config) {
    const std::chrono::milliseconds timeout(config.engine_timeout_ms);
    usecases::Jury::Engines engines;
    for (const std::string& name : config.engines) {
        if (name == "smt") engines.push_back(std::make_unique<smt::SmtEngine>(timeout));
        if (name == "lean") engines.push_back(std::make_unique<lean_process::LeanEngine>(config.lean_gate, timeout));
    }
    return engines;
}

}  // namespace helix::app
