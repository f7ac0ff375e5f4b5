#pragma once

#include "adapters/config/config.hpp"
#include "service/usecases/jury.hpp"

namespace helix::app {

/// The proof engines beside the builtin one that `config` asks for.
usecases::Jury::Engines make_engines(const config::Config& config);

}  // namespace helix::app
