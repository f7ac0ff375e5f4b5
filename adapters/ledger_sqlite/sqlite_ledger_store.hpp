#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapters/ledger_sqlite/connection.hpp"
#include "service/ports/lease_store.hpp"
#include "service/ports/ledger_store.hpp"
#include "service/ports/tree_store.hpp"

namespace helix::ledger_sqlite {

struct Options {
    /// How the file is examined before it is used. quick_check reads every page.
    enum class Check {
        Bounded,  ///< quick_check up to `check_bytes_max`; past it only the file's length, its first and last record
        Full,     ///< quick_check, however long it takes
    };
    Check check = Check::Bounded;
    std::int64_t check_bytes_max = 64LL * 1024 * 1024;
    int busy_timeout_ms = 5000;  ///< how long to wait for another process's transaction
};

/// The ledger in one SQLite file, in WAL mode with synchronous=FULL: an append is in the log and synced on return.
///
/// One connection writes, under a lock; reads have their own and never wait for the writer. Several stores, also in
/// several processes on one machine, may stand on one file (not on a network file system). The rule "one past the
/// head" is in the file's own triggers. Leases run by this machine's wall clock.
///
/// What SQLite's checks cannot see (a changed text, a tail cut off with its pages) is `verify`'s to find.
class SqliteLedgerStore final : public ports::LedgerStore, public ports::LeaseStore, public ports::TreeStore {
public:
    /// Opens or creates the file, brings its schema up to date and examines it.
    /// Errors: DataLoss naming the file when it is damaged; PreconditionFailed when it is newer than this program or
    /// not a ledger; Unavailable when it cannot be opened.
    static Result<std::unique_ptr<SqliteLedgerStore>> open(const std::string& path, const Options& options = {});

    ~SqliteLedgerStore() override;
    SqliteLedgerStore(const SqliteLedgerStore&) = delete;
    SqliteLedgerStore& operator=(const SqliteLedgerStore&) = delete;

    Result<void> commit(std::span<const ports::Entry> entries) override;
    Result<std::optional<ledger::Head>> head() override;
    Result<ledger::Record> read(std::uint64_t seq) override;
    Result<std::optional<std::uint64_t>> find(std::string_view name) override;
    Result<std::vector<ledger::Digest>> hashes(std::uint64_t from_seq, std::size_t count) override;
    Result<std::vector<ledger::Record>> list(const ports::LedgerQuery& query) override;
    Result<void> scan(std::uint64_t from_seq, const Visitor& visit) override;

    Result<ports::Lease> acquire(const std::string& name, const std::string& holder,
                                 std::chrono::milliseconds ttl) override;
    Result<void> renew(const ports::Lease& lease, std::chrono::milliseconds ttl) override;
    Result<void> release(const ports::Lease& lease) override;

    Result<std::vector<ledger::Digest>> tree_nodes(unsigned level, std::uint64_t from, std::size_t count) override;
    Result<std::uint64_t> tree_nodes_end(unsigned level) override;
    Result<void> put_tree_nodes(unsigned level, std::uint64_t from, std::span<const ledger::Digest> nodes) override;

private:
    struct Writer;
    struct Reader;

    SqliteLedgerStore(std::string path, const Options& options);

    template <class Work>
    auto in_transaction(std::string_view doing, Work&& work) -> decltype(work());
    Result<std::unique_ptr<Reader>> borrow();
    void give_back(std::unique_ptr<Reader> reader);

    const std::string path_;
    const Options options_;
    std::mutex write_mutex_;
    std::unique_ptr<Writer> writer_;
    std::mutex readers_mutex_;
    std::vector<std::unique_ptr<Reader>> idle_readers_;
};

}  // namespace helix::ledger_sqlite
