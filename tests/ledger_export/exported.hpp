#pragma once

#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "adapters/ledger_file/export_file.hpp"
#include "adapters/ledger_file/export_writer.hpp"
#include "adapters/openssl_digest/sha256.hpp"
#include "service/ports/record_source.hpp"
#include "service/usecases/export_ledger.hpp"
#include "service/usecases/verify_ledger.hpp"
#include "tests/ledger/sample_records.hpp"
#include "tests/ledger/temp_folder.hpp"

namespace helix::ledger {

/// Records in memory as a source.
class ChainSource final : public ports::RecordSource {
public:
    explicit ChainSource(std::vector<Record> chain) : chain_(std::move(chain)) {}

    Result<std::optional<std::uint64_t>> last_seq() override {
        return chain_.empty() ? std::optional<std::uint64_t>() : std::optional(chain_.back().seq);
    }
    Result<void> scan(std::uint64_t from_seq, const Visitor& visit) override {
        for (const Record& record : chain_)
            if (record.seq >= from_seq && !visit(ports::FoundRecord{record})) return {};
        return {};
    }

private:
    std::vector<Record> chain_;
};

inline std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::string& path, const std::string& content) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

/// Exports `chain` into the file at `path`, which is continued when it is there.
inline Result<usecases::ExportReport> export_to_file(const std::vector<Record>& chain, const std::string& path,
                                                     std::optional<std::uint64_t> from_seq = {}) {
    auto writer = ledger_file::ExportWriter::open(path, openssl_digest::sha256);
    if (!writer) return writer.error();
    ChainSource source(chain);
    return usecases::export_ledger(source, **writer, openssl_digest::sha256, from_seq);
}

inline Result<usecases::LedgerReport> verify_file(const std::string& path,
                                                  const std::optional<Head>& remembered = std::nullopt) {
    const auto file = ledger_file::ExportFile::open(path);
    if (!file) return file.error();
    return usecases::verify_records(**file, openssl_digest::sha256, {}, remembered);
}

inline Head head_of(const std::vector<Record>& chain) {
    return {chain.back().seq, chain.back().hash};
}

}  // namespace helix::ledger
