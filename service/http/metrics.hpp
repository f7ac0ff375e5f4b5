#pragma once

#include <string>

#include "service/http/engine/server.hpp"
#include "service/http/engine/stream_hub.hpp"
#include "service/usecases/court/court.hpp"
#include "service/usecases/jury.hpp"
#include "service/usecases/ledger_writer.hpp"
#include "service/usecases/outbox.hpp"
#include "service/usecases/targets.hpp"

namespace helix::http {

/// What /metrics shows, gathered when it is asked for.
struct MetricSources {
    const usecases::Targets& targets;
    const usecases::LedgerWriter& writer;
    const http_engine::StreamHub& hub;
    const http_engine::Server& server;
    const usecases::Outboxes* outboxes = nullptr;                        ///< nullptr: none
    const usecases::Jury* jury = nullptr;                                ///< nullptr: none
    const std::vector<std::unique_ptr<court::Court>>* courts = nullptr;  ///< nullptr: none
    std::int64_t now_us = 0;                                             ///< phases are those of now
};

/// The figures in Prometheus' text format: prefix `helix_`, of trials `trendal_`, base units, written by
/// prometheus-cpp.
std::string metrics_text(const MetricSources& sources);

}  // namespace helix::http
