#include "service/usecases/ledger_writer.hpp"

#include <algorithm>
#include <exception>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "service/wire/canonical_json.hpp"
#include "service/wire/canonical_text.hpp"
#include "service/wire/parse_json.hpp"
#include "service/wire/record_json.hpp"

namespace helix::usecases {
namespace {

using ledger::Record;

bool is_kind(std::string_view kind) {
    return !kind.empty() && kind.size() <= LedgerDraft::kKindBytesMax &&
           kind.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.-") == std::string_view::npos;
}

bool is_text(std::string_view text) {
    std::string scratch;
    return text.size() <= LedgerDraft::kTextBytesMax && wire::append_json_string(scratch, text);
}

Error wrong(const char* member, const char* wanted) {
    return error(Code::InvalidArgument, std::string("ledger draft: ") + member + " must be " + wanted, {}, member);
}

Result<std::string> canonical_body(std::string body) {
    if (body.size() <= LedgerDraft::kBodyBytesMax && wire::is_plainly_canonical(body)) return body;
    const auto value =
        wire::parse_json(body, {.depth = LedgerDraft::kBodyDepthMax, .bytes = LedgerDraft::kBodyBytesMax});
    if (!value) return value.error();
    if (!value->is_object()) return wrong("body", "a JSON object");
    return wire::canonical_json(*value);
}

/// Everything of the entry that does not depend on its place; done by each caller for itself, before it queues.
Result<ports::Entry> prepare(LedgerDraft draft) {
    if (!is_kind(draft.kind)) return wrong("kind", "1 to 128 of a-z 0-9 _ . -");
    if (!is_text(draft.target)) return wrong("target", "UTF-8 of at most 1024 bytes");
    if (!is_text(draft.actor)) return wrong("actor", "UTF-8 of at most 1024 bytes");
    auto body = canonical_body(std::move(draft.body));
    if (!body) return std::move(body).error();
    for (const std::string& name : draft.names)
        if (auto valid = ports::check_name(name); !valid) return valid.error();
    ports::Entry entry;
    entry.record.kind = std::move(draft.kind);
    entry.record.target = std::move(draft.target);
    entry.record.actor = std::move(draft.actor);
    entry.record.body = *std::move(body);
    entry.names = std::move(draft.names);
    entry.fence = std::move(draft.fence);
    return entry;
}

/// What becomes of a batch whose leader was stopped by an exception, which is that it had no memory. It must not need
/// any itself: so short a text is kept within the string.
Error interrupted() {
    return error(Code::UnknownOutcome, "interrupted");
}

}  // namespace

/// One caller's entry on its way, on the caller's stack. Its batch's leader has it while it commits.
struct LedgerWriter::Waiting {
    ports::Entry entry;
    Result<void> outcome = interrupted();  // unless the leader says otherwise
};

/// Entries that will be one commit. Whoever came first leads it; the others sleep until it is over, and are woken all
/// at once. Shared, since who wakes a sleeper does so when the sleeper may be gone already.
struct LedgerWriter::Batch {
    Batch() { members.reserve(kBatchMax); }

    std::vector<Waiting*> members;   // never more than it has room for
    bool over = false;               // guarded by the writer's mutex
    std::condition_variable turn;    // it is the first in line: its leader sleeps here
    std::condition_variable ending;  // it is over
};

Result<Record> LedgerWriter::append(LedgerDraft draft) {
    if (auto why = halted()) return *std::move(why);
    auto prepared = prepare(std::move(draft));
    if (!prepared) return std::move(prepared).error();
    Waiting mine;
    mine.entry = *std::move(prepared);

    std::unique_lock lock(mutex_);
    const Place place = enqueue(mine);
    see_through(place, lock);
    lock.unlock();
    if (!mine.outcome) return std::move(mine.outcome).error();
    return std::move(mine.entry.record);
}

Result<std::vector<Result<Record>>> LedgerWriter::append_each(std::vector<LedgerDraft> drafts) {
    if (auto why = halted()) return *std::move(why);
    std::vector<Waiting> mine(drafts.size());
    for (std::size_t i = 0; i < drafts.size(); ++i) {
        auto prepared = prepare(std::move(drafts[i]));
        if (!prepared) return std::move(prepared).error();
        mine[i].entry = *std::move(prepared);
    }
    std::vector<Place> places;
    places.reserve(mine.size());
    std::unique_lock lock(mutex_);
    std::exception_ptr failure;
    try {
        for (Waiting& one : mine) {
            Place place = enqueue(one);
            if (places.empty() || places.back().batch != place.batch) places.push_back(std::move(place));
        }
    } catch (...) {  // what is in line already must be seen through: others refer to it
        failure = std::current_exception();
    }
    for (const Place& place : places) see_through(place, lock);
    lock.unlock();
    if (failure) std::rethrow_exception(failure);
    std::vector<Result<Record>> outcomes;
    outcomes.reserve(mine.size());
    for (Waiting& one : mine) {
        if (one.outcome)
            outcomes.emplace_back(std::move(one.entry.record));
        else
            outcomes.emplace_back(std::move(one.outcome).error());
    }
    return outcomes;
}

/// Puts an entry into the last batch in line that has room; one that opens a batch leads it.
LedgerWriter::Place LedgerWriter::enqueue(Waiting& mine) {
    const bool opens = line_.empty() || line_.back()->members.size() >= kBatchMax;
    if (opens) line_.push_back(std::make_shared<Batch>());  // all that can throw: a batch without a leader never ends
    line_.back()->members.push_back(&mine);
    return {line_.back(), opens};
}

/// Returns when the batch is over, having led it if that is this caller's part. Batches are led in the order of the
/// line, one at a time, so records are committed in the order in which they came.
void LedgerWriter::see_through(const Place& place, std::unique_lock<std::mutex>& lock) {
    Batch& batch = *place.batch;
    if (!place.leads) {
        batch.ending.wait(lock, [&] { return batch.over; });
        return;
    }
    batch.turn.wait(lock, [&] { return !leading_ && line_.front() == place.batch; });
    leading_ = true;
    line_.pop_front();  // who comes from now on is of the next one
    lock.unlock();
    try {
        commit(batch.members);
    } catch (...) {
        head_known_ = false;  // and every member has the outcome that it began with
    }
    lock.lock();
    leading_ = false;
    batch.over = true;
    const std::shared_ptr<Batch> next = line_.empty() ? nullptr : line_.front();
    // Told without the lock, which who is woken needs at once; and these first, so that those of them who append again
    // are still of the next batch: the larger it is, the less of a commit each pays.
    lock.unlock();
    batch.ending.notify_all();
    if (next) next->turn.notify_one();
    lock.lock();
}

/// Takes the entry out of the batch that made the store refuse it; false when it was not for one entry's sake. Of two
/// with one name it is the later: the earlier may have been the first to have it.
bool LedgerWriter::drop_refused(std::vector<Waiting*>& batch, const Error& refusal) {
    const auto refused = std::find_if(batch.rbegin(), batch.rend(), [&](const Waiting* waiting) {
        const ports::Entry& entry = waiting->entry;
        if (refusal.code == Code::AlreadyExists)
            return std::find(entry.names.begin(), entry.names.end(), refusal.where) != entry.names.end();
        return refusal.code == Code::PreconditionFailed && entry.fence && entry.fence->lease == refusal.where;
    });
    if (refused == batch.rend()) return false;
    batch.erase(std::next(refused).base());
    return true;
}

/// Commits the batch. An entry that the store refuses for its own sake (a name, a fence) fails alone; the others try
/// again without it.
void LedgerWriter::commit(std::vector<Waiting*> batch) {
    std::uint64_t conflicts = 0;
    std::uint64_t committed = 0;
    for (int attempt = 0; attempt < kAttemptsMax && !batch.empty();) {
        for (Waiting* waiting : batch) waiting->outcome = interrupted();  // not what the try before came to
        const Result<void> outcome = try_commit(batch);
        for (Waiting* waiting : batch) waiting->outcome = outcome;
        if (outcome) {
            committed = batch.size();
            break;
        }
        head_known_ = false;
        if (outcome.error().code == Code::Conflict) {
            ++conflicts;
            ++attempt;
            continue;
        }
        if (!drop_refused(batch, outcome.error())) break;
    }
    if (committed > 0 && told_) told_();
    const std::lock_guard lock(mutex_);
    counts_.conflicts += conflicts;
    counts_.records += committed;
    if (committed > 0) ++counts_.commits;
}

Result<void> LedgerWriter::try_commit(const std::vector<Waiting*>& batch) {
    if (!head_known_)
        if (auto read = read_head(); !read) return read;
    std::optional<ledger::Head> head = head_;
    std::vector<ports::Entry> entries;
    entries.reserve(batch.size());
    for (Waiting* waiting : batch) {
        Record& record = waiting->entry.record;
        record.seq = head ? head->seq + 1 : 0;
        record.id = ids_.ulid();
        record.at_us = clock_.now_us();
        if (auto sealed = wire::seal(record, head ? head->hash : ledger::Digest{}, sha256_); !sealed) return sealed;
        if (auto is_signed = sign(record); !is_signed) return is_signed;
        head = ledger::Head{record.seq, record.hash};
        entries.push_back(std::move(waiting->entry));
    }
    const auto done = store_.commit(entries);
    for (std::size_t i = 0; i < batch.size(); ++i) batch[i]->entry = std::move(entries[i]);
    if (!done) return done;
    head_ = head;
    if (head) remember(*head);
    return {};
}

Result<void> LedgerWriter::read_head() {
    auto head = store_.head();
    if (!head) return head.error();
    if (const auto seen = newest()) {
        const auto lost = [&](const std::string& what) {
            return error(Code::DataLoss,
                         "the ledger's store " + what + ", though record " + std::to_string(seen->seq) +
                             " was seen in it: it is another store, or an older state of it",
                         "bring back the store that has it; for a standby: let it catch up before it takes over",
                         "seq " + std::to_string(seen->seq));
        };
        if (!*head) return lost("is empty");
        if ((*head)->seq < seen->seq) return lost("ends with record " + std::to_string((*head)->seq));
        const auto there = store_.hashes(seen->seq, 1);
        if (!there) return there.error();
        if (there->empty() || there->front() != seen->hash) return lost("has another record in its place");
    }
    head_ = *head;
    head_known_ = true;
    if (head_) remember(*head_);
    return {};
}

std::optional<ledger::Head> LedgerWriter::newest() const {
    const std::lock_guard lock(mutex_);
    return newest_;
}

void LedgerWriter::remember(const ledger::Head& head) {
    const std::lock_guard lock(mutex_);
    if (!newest_ || newest_->seq < head.seq) newest_ = head;
}

Result<void> LedgerWriter::sign(Record& record) const {
    if (signer_ == nullptr) return {};
    auto signature = signer_->sign(ledger::as_message(record.hash));
    if (!signature) return std::move(signature).error();
    record.signature = *std::move(signature);
    return {};
}

void LedgerWriter::halt(const Error& why) {
    const std::lock_guard lock(mutex_);
    halted_ = why;
}

std::optional<Error> LedgerWriter::halted() const {
    const std::lock_guard lock(mutex_);
    return halted_;
}

LedgerWriter::Counts LedgerWriter::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

std::size_t LedgerWriter::waiting() const {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    for (const auto& batch : line_) count += batch->members.size();
    return count;
}

}  // namespace helix::usecases
