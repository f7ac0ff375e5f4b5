#include "adapters/postgres/session.hpp"

namespace helix::postgres {
namespace {

std::string settings_sql(const Bounds& bounds) {
    // Every question the ledger asks is answered from an index. Without enable_seqscan = off a plan made while a
    // table was small would read the whole of it once it has grown, until the server's statistics catch up.
    return "SET statement_timeout = " + std::to_string(bounds.statement_ms) +
           "; SET lock_timeout = " + std::to_string(bounds.lock_ms) +
           "; SET idle_in_transaction_session_timeout = " + std::to_string(bounds.idle_in_transaction_ms) +
           "; SET enable_seqscan = off; SET bytea_output = hex; SET standard_conforming_strings = on" +
           "; SET client_min_messages = error";
}

}  // namespace

Session::Session(const Conninfo& conninfo, const Bounds& bounds, Watchdog& dog)
    : connection_(conninfo.text), dog_(dog), patience_(bounds.silence_ms) {
    // Left to itself the library connects again in the middle of our transaction and runs the rest of it outside one.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    connection_.inhibit_reactivation(true);
#pragma GCC diagnostic pop
    execute(settings_sql(bounds));
    const auto self =
        execute("SELECT pid, extract(epoch FROM backend_start) FROM pg_stat_activity WHERE pid = pg_backend_pid()");
    backend_ = {self.at(0)[0].c_str(), self.at(0)[1].c_str()};
}

}  // namespace helix::postgres
