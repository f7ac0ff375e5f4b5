#include "adapters/postgres/errors.hpp"

#include <algorithm>

#include <pqxx/pqxx>

namespace helix::postgres {
namespace {

struct Meaning {
    std::string_view sqlstate;  ///< whole, or its first two characters: the class
    Code code;
    const char* mend;
};

// The first that fits counts.
constexpr Meaning kMeanings[] = {
    {"HX001", Code::Conflict, ""},  // raised by our own triggers (migrations/postgres)
    {"HX002", Code::PermissionDenied, ""},
    {"HX003", Code::PermissionDenied, ""},
    {"53100", Code::Unavailable, "the server's disk is full: make room"},
    {"53300", Code::Unavailable, "the server has no connection left: raise max_connections"},
    {"53", Code::Unavailable, "the server is short of resources: see its log"},
    {"58", Code::Unavailable, "the server's disk refused: see its log"},
    {"57014", Code::Unavailable, "the server took too long: see its load and its disk"},
    {"57P", Code::Unavailable, "the server is being stopped or started"},
    {"55P03", Code::Unavailable, "another process holds a lock: try again"},
    {"25P03", Code::Unavailable, "the transaction stood idle for too long: try again"},
    {"25006", Code::Unavailable, "this server takes no writes: name the primary"},
    {"40", Code::Unavailable, "another transaction was in the way: try again"},
    {"08", Code::Unavailable, "check that the server runs and can be reached"},
    {"23505", Code::Conflict, ""},
    {"22", Code::InvalidArgument, "PostgreSQL cannot hold this text: it is not UTF-8, or has a zero byte"},
    {"54", Code::InvalidArgument, "the record is too large"},
    {"42501", Code::PermissionDenied, "grant the role its rights: see docs/postgresql.md"},
    {"42P01", Code::DataLoss, "the ledger's tables are gone: is this the database it was opened on?"},
    {"3F000", Code::DataLoss, "the ledger's schema is gone: is this the database it was opened on?"},
    {"XX001", Code::DataLoss, "the server found damaged data: restore it from a backup; keep the damaged one"},
    {"XX002", Code::DataLoss, "the server found a damaged index: REINDEX, then verify the ledger"},
};

/// One line, as our messages are.
std::string flattened(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
    return text;
}

}  // namespace

std::string sqlstate_of(const std::exception& failure) {
    const auto* sql = dynamic_cast<const pqxx::sql_error*>(&failure);
    if (sql != nullptr && !sql->sqlstate().empty()) return sql->sqlstate();
    // libpqxx 6 forgets the code where it has a class for it.
    const auto is = [&]<class T>(const T*) { return dynamic_cast<const T*>(&failure) != nullptr; };
    if (is(static_cast<const pqxx::insufficient_privilege*>(nullptr))) return "42501";
    if (is(static_cast<const pqxx::undefined_table*>(nullptr))) return "42P01";
    if (is(static_cast<const pqxx::disk_full*>(nullptr))) return "53100";
    if (is(static_cast<const pqxx::out_of_memory*>(nullptr))) return "53200";
    if (is(static_cast<const pqxx::too_many_connections*>(nullptr))) return "53300";
    if (is(static_cast<const pqxx::unique_violation*>(nullptr))) return "23505";
    if (is(static_cast<const pqxx::data_exception*>(nullptr))) return "22000";
    if (is(static_cast<const pqxx::transaction_rollback*>(nullptr))) return "40000";
    return {};
}

Error to_error(const std::exception& failure, std::string_view doing, const std::string& server) {
    const std::string state = sqlstate_of(failure);
    const std::string message = "ledger " + server + ": " + std::string(doing) + ": " + flattened(failure.what());
    if (state.empty() && dynamic_cast<const pqxx::failure*>(&failure) == nullptr)
        return error(Code::Internal, message, {}, server);  // our own misuse of the library
    if (state.empty())
        return error(Code::Unavailable, message, "check that the server runs and can be reached", server);
    for (const Meaning& meaning : kMeanings)
        if (state.starts_with(meaning.sqlstate))
            return error(meaning.code, message + " (SQLSTATE " + state + ")", meaning.mend, server);
    return error(Code::Internal, message + " (SQLSTATE " + state + ")", {}, server);
}

}  // namespace helix::postgres
