#include "adapters/ledger_memory/memory_outbox_store.hpp"

namespace helix::ledger_memory {

using ports::DeadLetter;
using ports::OutboxCursor;

Result<OutboxCursor> MemoryOutboxStore::begin(const std::string& destination, std::uint64_t start) {
    const std::lock_guard lock(mutex_);
    return cursors_.try_emplace(destination, OutboxCursor{start}).first->second;
}

Result<void> MemoryOutboxStore::move(const std::string& destination, std::uint64_t expected, const OutboxCursor& to,
                                     const std::optional<DeadLetter>& letter) {
    const std::lock_guard lock(mutex_);
    const auto found = cursors_.find(destination);
    if (found == cursors_.end() || found->second.next_seq != expected) return ports::cursor_moved(destination);
    found->second = to;
    if (letter) letters_[destination][letter->seq] = *letter;
    return {};
}

Result<std::vector<DeadLetter>> MemoryOutboxStore::dead_letters(const std::string& destination, std::uint64_t from_seq,
                                                                std::size_t limit) {
    const std::lock_guard lock(mutex_);
    std::vector<DeadLetter> page;
    const Letters& letters = letters_[destination];
    for (auto at = letters.lower_bound(from_seq); at != letters.end() && page.size() < limit; ++at)
        page.push_back(at->second);
    return page;
}

Result<std::uint64_t> MemoryOutboxStore::count_dead_letters(const std::string& destination) {
    const std::lock_guard lock(mutex_);
    return std::uint64_t{letters_[destination].size()};
}

Result<std::optional<DeadLetter>> MemoryOutboxStore::first_to_resend(const std::string& destination) {
    const std::lock_guard lock(mutex_);
    for (const auto& [seq, letter] : letters_[destination])
        if (letter.attempts == 0) return std::optional(letter);
    return std::optional<DeadLetter>{};
}

Result<void> MemoryOutboxStore::update(const std::string& destination, const DeadLetter& letter) {
    const std::lock_guard lock(mutex_);
    Letters& letters = letters_[destination];
    const auto found = letters.find(letter.seq);
    if (found == letters.end()) return ports::no_dead_letter(destination, letter.seq);
    found->second = letter;
    return {};
}

Result<void> MemoryOutboxStore::remove(const std::string& destination, std::uint64_t seq) {
    const std::lock_guard lock(mutex_);
    if (letters_[destination].erase(seq) == 0) return ports::no_dead_letter(destination, seq);
    return {};
}

}  // namespace helix::ledger_memory
