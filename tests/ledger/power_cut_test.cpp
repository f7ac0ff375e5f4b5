// The power goes at any moment: what was synced is on the disk; of what was written since, any part may be, and the
// last of it may be torn in the middle of a page. The ledger opens again without hands, its chain is whole, and every
// record that was acknowledged is in it.
//
// Every write to the ledger's files is taken down as it goes to the system; from that the disk is made as it may have
// been.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "adapters/ledger_sqlite/sqlite_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/system/system_clock.hpp"
#include "adapters/system/ulid_source.hpp"
#include "service/usecases/ledger_writer.hpp"
#include "service/usecases/verify_ledger.hpp"
#include "tests/ledger/temp_folder.hpp"
#include "tests/support/amount.hpp"
#include "tests/support/next_definition.hpp"

namespace {

using helix::test_support::next_definition;

/// What went to the disk, in order. Of a file that is synced all writes before are safe.
struct Step {
    enum class Kind { Write, Truncate, Sync, Acknowledged } kind;
    std::string file;  ///< "power.sqlite", "power.sqlite-wal"
    std::uint64_t at;  ///< offset, size or seq
    std::string bytes;
};
std::vector<Step> steps;
bool recording = false;

/// The name of the ledger's file; empty for any other. (The -shm file is made anew by whoever opens the ledger first;
/// the -journal is gone before the first record.)
std::string ledger_file(int fd) {
    if (!recording) return {};
    char path[512];
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t size = readlink(link.c_str(), path, sizeof path);
    if (size <= 0) return {};
    const std::string_view whole(path, static_cast<std::size_t>(size));
    const std::size_t name = whole.rfind("/power.sqlite");
    if (name == std::string_view::npos || whole.ends_with("-shm") || whole.ends_with("-journal")) return {};
    return std::string(whole.substr(name + 1));
}

void note(Step::Kind kind, int fd, std::uint64_t at, std::string_view bytes = {}) {
    if (std::string file = ledger_file(fd); !file.empty()) steps.push_back({kind, file, at, std::string(bytes)});
}

std::string_view view(const void* bytes, std::size_t size) {
    return {static_cast<const char*>(bytes), size};
}

}  // namespace

// The program's own definitions come before the C library's, for SQLite's library, too.
extern "C" {
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
    static const auto real = next_definition<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
    note(Step::Kind::Write, fd, static_cast<std::uint64_t>(at), view(bytes, size));
    return real(fd, bytes, size, at);
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) {
    static const auto real = next_definition<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
    note(Step::Kind::Write, fd, static_cast<std::uint64_t>(at), view(bytes, size));
    return real(fd, bytes, size, at);
}
ssize_t write(int fd, const void* bytes, size_t size) {
    static const auto real = next_definition<ssize_t (*)(int, const void*, size_t)>("write");
    if (recording && !ledger_file(fd).empty()) std::abort();  // an offset of its own: not thought of here
    return real(fd, bytes, size);
}
int fsync(int fd) {
    static const auto real = next_definition<int (*)(int)>("fsync");
    note(Step::Kind::Sync, fd, 0);
    return real(fd);
}
int fdatasync(int fd) {
    static const auto real = next_definition<int (*)(int)>("fdatasync");
    note(Step::Kind::Sync, fd, 0);
    return real(fd);
}
int ftruncate(int fd, off_t size) noexcept {
    static const auto real = next_definition<int (*)(int, off_t)>("ftruncate");
    note(Step::Kind::Truncate, fd, static_cast<std::uint64_t>(size));
    return real(fd, size);
}
int ftruncate64(int fd, off64_t size) noexcept {
    static const auto real = next_definition<int (*)(int, off64_t)>("ftruncate64");
    note(Step::Kind::Truncate, fd, static_cast<std::uint64_t>(size));
    return real(fd, size);
}
}

namespace helix::ledger {
namespace {

constexpr std::size_t kSector = 512;

/// The files' bytes as the disk has them after the power went.
class Disk {
public:
    void take(const Step& step) {
        std::vector<const Step*>& pending = pending_[step.file];
        if (step.kind != Step::Kind::Sync) return pending.push_back(&step);
        for (const Step* one : pending) apply(*one, one->bytes.size());
        pending.clear();
    }

    /// Of what was not synced each piece may be there, and one may be torn between two sectors.
    void lose_power(std::mt19937_64& dice) {
        for (const auto& [file, pending] : pending_)
            for (const Step* one : pending) {
                if (dice() % 2 == 0) continue;
                const bool torn = dice() % 4 == 0 && one->bytes.size() > kSector;
                apply(*one, torn ? kSector * (1 + dice() % (one->bytes.size() / kSector)) : one->bytes.size());
            }
    }

    void write_to(const std::filesystem::path& folder) const {
        for (const auto& [file, bytes] : files_) std::ofstream(folder / file, std::ios::binary) << bytes;
    }

private:
    void apply(const Step& step, std::size_t size) {
        std::string& bytes = files_[step.file];
        if (step.kind == Step::Kind::Truncate) return bytes.resize(step.at);
        size = std::min(size, step.bytes.size());
        bytes.resize(std::max<std::size_t>(bytes.size(), step.at + size));
        bytes.replace(step.at, size, step.bytes, 0, size);
    }

    std::map<std::string, std::string> files_;
    std::map<std::string, std::vector<const Step*>> pending_;
};

const system::SystemClock kClock;

/// Appends enough for several checkpoints; takes everything down.
void run(const std::string& path) {
    recording = true;
    auto store = ledger_sqlite::SqliteLedgerStore::open(path);
    ASSERT_TRUE(store.ok()) << store.error().message;
    system::UlidSource ids(kClock);
    usecases::LedgerWriter writer(**store, kClock, ids, &openssl_digest::sha256);
    std::mt19937_64 dice(7);
    for (int i = 0; i < 400; ++i) {
        const std::string body = R"({"filler":")" + std::string(dice() % 20'000, 'x') + "\"}";
        const auto record = writer.append({"test.power", "t", "a", body, {"name:" + std::to_string(i)}});
        ASSERT_TRUE(record.ok()) << record.error().message;
        steps.push_back({Step::Kind::Acknowledged, {}, record->seq, {}});
    }
    recording = false;
}

TEST(PowerCut, LosesNothingThatWasAcknowledged) {
    {
        const TempFolder folder;
        run(folder.file("power.sqlite"));
    }
    const int cuts = test_support::amount("HELIX_POWER_CUTS", 300);
    std::size_t checkpoints = 0;
    for (const Step& step : steps)
        checkpoints += step.kind == Step::Kind::Sync && step.file == "power.sqlite" ? 1U : 0U;
    ASSERT_GT(checkpoints, 2U) << "the run is too short to move anything into the database";
    const auto first =
        static_cast<std::size_t>(std::find_if(steps.begin(), steps.end(),
                                              [](const Step& step) { return step.kind == Step::Kind::Acknowledged; }) -
                                 steps.begin());
    std::uint64_t unsaid = 0;
    for (int cut = 0; cut < cuts && !testing::Test::HasFailure(); ++cut) {
        std::mt19937_64 dice(static_cast<std::uint64_t>(cut));
        const std::size_t end = first + dice() % (steps.size() + 1 - first);
        Disk disk;
        std::uint64_t acknowledged = 0;  // how many
        for (std::size_t i = 0; i < end; ++i) {
            if (steps[i].kind == Step::Kind::Acknowledged)
                acknowledged = steps[i].at + 1;
            else
                disk.take(steps[i]);
        }
        disk.lose_power(dice);
        const TempFolder folder;
        disk.write_to(std::filesystem::path(folder.file(".")));
        auto store = ledger_sqlite::SqliteLedgerStore::open(folder.file("power.sqlite"));
        ASSERT_TRUE(store.ok()) << "cut " << cut << " at step " << end << ": " << store.error().message;
        const auto report = usecases::verify_ledger(**store, openssl_digest::sha256);
        ASSERT_TRUE(report.ok() && report->whole()) << "cut " << cut;
        const auto head = (*store)->head();
        ASSERT_TRUE(head.ok());
        const std::uint64_t there = *head ? (*head)->seq + 1 : 0;
        EXPECT_GE(there, acknowledged) << "cut " << cut << " at step " << end << " of " << steps.size();
        unsaid += there - std::min(there, acknowledged);
        system::UlidSource ids(kClock);
        usecases::LedgerWriter writer(**store, kClock, ids, &openssl_digest::sha256);
        EXPECT_TRUE(writer.append("test.power", "t", "a", "{}").ok()) << "cut " << cut;
    }
    std::printf("%d power cuts in %zu steps with %zu syncs of the database: %llu records more than were acknowledged\n",
                cuts, steps.size(), checkpoints, static_cast<unsigned long long>(unsaid));
}

}  // namespace
}  // namespace helix::ledger
