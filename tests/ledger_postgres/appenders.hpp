#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "adapters/ledger_postgres/postgres_ledger_store.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "adapters/system/system_clock.hpp"
#include "adapters/system/ulid_source.hpp"
#include "service/usecases/ledger_writer.hpp"
#include "service/usecases/verify_ledger.hpp"

namespace helix::ledger_postgres {

/// Threads that append without end through stores of their own (as processes would), and remember what they were told
/// of each record; every record carries a token of its own.
class Appenders {
public:
    Appenders(const std::string& url, const Options& options, std::size_t stores, std::size_t threads_each) {
        for (std::size_t s = 0; s < stores; ++s) {
            auto opened = PostgresLedgerStore::open(url, options);
            EXPECT_TRUE(opened.ok()) << opened.error().message;
            stores_.push_back(*std::move(opened));
            writers_.push_back(
                std::make_unique<usecases::LedgerWriter>(*stores_.back(), clock_, ids_, &openssl_digest::sha256));
            for (std::size_t t = 0; t < threads_each; ++t)
                threads_.emplace_back(
                    [this, &writer = *writers_.back(), name = std::to_string(s) + "." + std::to_string(t)](
                        const std::stop_token& stop) { append(writer, name, stop); });
        }
    }

    [[nodiscard]] std::size_t acknowledged() const {
        const std::lock_guard lock(mutex_);
        return acknowledged_.size();
    }

    /// Waits until `more` further records were acknowledged. False when that took too long.
    [[nodiscard]] bool await(std::size_t more, std::chrono::seconds patience) const {
        const std::size_t enough = acknowledged() + more;
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (acknowledged() < enough) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return true;
    }

    void stop() {
        for (auto& thread : threads_) thread.request_stop();
        threads_.clear();
    }

    /// What they were told against what is there; prints the counts.
    void compare_with(ports::LedgerStore& store) {
        std::map<std::string, int> times;
        ASSERT_TRUE(store
                        .scan(0,
                              [&](const ledger::Record& record) {
                                  ++times[record.target];
                                  return true;
                              })
                        .ok());
        std::size_t lost = 0, twice = 0, denied = 0;
        for (const auto& [token, seq] : acknowledged_) {
            lost += times.contains(token) ? 0U : 1U;
            const auto record = store.read(seq);
            EXPECT_TRUE(record.ok() && record->target == token) << token << " was acknowledged as seq " << seq;
        }
        for (const auto& [token, count] : times) twice += count > 1 ? 1U : 0U;
        for (const std::string& token : refused_) denied += times.contains(token) ? 1U : 0U;
        EXPECT_EQ(lost, 0U) << "acknowledged and not there";
        EXPECT_EQ(twice, 0U) << "there twice";
        EXPECT_EQ(denied, 0U) << "said not to be written, and there";
        EXPECT_EQ(odd_, "");
        const auto report = usecases::verify_ledger(store, &openssl_digest::sha256);
        ASSERT_TRUE(report.ok());
        EXPECT_TRUE(report->whole()) << report->why;
        std::printf(
            "  %zu acknowledged, %zu refused, %zu of unknown outcome; lost %zu, twice %zu; %llu records, whole\n",
            acknowledged_.size(), refused_.size(), unknown_.size(), lost, twice,
            static_cast<unsigned long long>(report->records));
    }

    [[nodiscard]] std::size_t unknown() const { return unknown_.size(); }

private:
    void append(usecases::LedgerWriter& writer, const std::string& name, const std::stop_token& stop) {
        for (int i = 0; !stop.stop_requested(); ++i) {
            const std::string token = name + "-" + std::to_string(i);
            const auto record = writer.append("test.fault", token, "test", "{}");
            const std::lock_guard lock(mutex_);
            if (record) {
                acknowledged_[token] = record->seq;
                continue;
            }
            if (record.error().code == Code::Unavailable)
                refused_.insert(token);
            else if (record.error().code == Code::UnknownOutcome)
                unknown_.insert(token);
            else
                odd_ = record.error().message;
            std::this_thread::sleep_for(std::chrono::milliseconds(2));  // as a caller who asks again, not a flood
        }
    }

    system::SystemClock clock_;
    system::UlidSource ids_{clock_};
    std::vector<std::unique_ptr<PostgresLedgerStore>> stores_;
    std::vector<std::unique_ptr<usecases::LedgerWriter>> writers_;
    mutable std::mutex mutex_;
    std::map<std::string, std::uint64_t> acknowledged_;
    std::set<std::string> refused_, unknown_;
    std::string odd_;  ///< an error that no fault explains
    std::vector<std::jthread> threads_;
};

}  // namespace helix::ledger_postgres
