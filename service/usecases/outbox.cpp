#include "service/usecases/outbox.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "service/ports/fault_point.hpp"
#include "service/wire/record_json.hpp"
#include "service/wire/timestamps.hpp"

namespace helix::usecases {
namespace {

constexpr std::int64_t kStoreRetryUs = 1'000'000;
// Read at once: so many records, or up to the one with which they come to so many bytes. Each destination has a page.
constexpr std::size_t kPage = 32;
constexpr std::size_t kPageBytes = 1U << 20U;
constexpr std::uint64_t kSkippedMax = 100'000;  // passed over before that is saved

/// Where a new destination begins.
Result<std::uint64_t> start_of(const Destination& destination, ports::LedgerStore& ledger) {
    if (destination.from_beginning) return std::uint64_t{0};
    const auto head = ledger.head();
    if (!head) return head.error();
    return *head ? (*head)->seq + 1 : 0;
}

}  // namespace

Result<std::string> outgoing_event(const ledger::Record& record, const std::string& origin) {
    const auto data = wire::record_text(record);
    if (!data) return data.error();
    nlohmann::json head = {{"specversion", "1.0"},
                           {"id", record.id},
                           {"source", origin},
                           {"type", "ca.eose.helix." + record.kind},
                           {"time", wire::to_rfc3339(record.at_us)},
                           {"datacontenttype", "application/json"}};
    if (!record.target.empty()) head["subject"] = record.target;
    std::string text = head.dump();
    text.pop_back();
    return text + ",\"data\":" + *data + "}";
}

Outbox::Outbox(Destination destination, Ports ports) : destination_(std::move(destination)), ports_(std::move(ports)) {}

std::int64_t Outbox::turn() {
    const auto wait = step();
    const std::lock_guard lock(mutex_);
    shown_problem_ = wait ? std::string() : wait.error().message;
    return wait ? *wait : kStoreRetryUs;
}

Result<std::int64_t> Outbox::step() {
    if (auto saved = save(); !saved) return std::move(saved).error();
    if (!loaded_)
        if (auto loaded = open(); !loaded) return std::move(loaded).error();
    if (const std::int64_t wait = not_before_steady_ - ports_.clock.steady_us(); wait > 0) {
        show(State::Waiting);
        return wait;
    }
    const auto letter = ports_.store.first_to_resend(destination_.name);
    if (!letter) return letter.error();
    const auto record = next_record();
    if (!record) return record.error();
    if (*record == nullptr && !*letter) {
        if (auto idle = save_place(); !idle) return std::move(idle).error();
        show(State::Idle);
        return kPollUs;
    }
    const bool had_lease = lease_.has_value();
    const auto mine = hold_lease();
    if (!mine) return mine.error();
    if (!*mine) {
        loaded_ = false;
        show(State::Elsewhere);
        return kPollUs;
    }
    if (!had_lease) {  // whoever held it before may have come further
        loaded_ = false;
        return std::int64_t{0};
    }
    show(State::Sending);
    return *letter ? deliver(**letter) : deliver(**record);
}

Result<void> Outbox::open() {
    const auto start = start_of(destination_, ports_.ledger);
    if (!start) return start.error();
    auto cursor = ports_.store.begin(destination_.name, *start);
    if (!cursor) return std::move(cursor).error();
    cursor_ = *std::move(cursor);
    saved_next_ = cursor_.next_seq;
    read_ahead_.clear();
    // A wall clock that was set back must not stretch the wait.
    const std::int64_t wait =
        std::clamp<std::int64_t>(cursor_.not_before_us - ports_.clock.now_us(), 0, destination_.rules.asked_max_us);
    not_before_steady_ = ports_.clock.steady_us() + wait;
    loaded_ = true;
    show(State::Idle);
    return {};
}

/// Saves what the last delivery came to, if that is not done yet.
Result<void> Outbox::save() {
    if (!unsaved_) return {};
    ports::fault_point("outbox.move.before");
    auto moved = ports_.store.move(destination_.name, saved_next_, unsaved_->to, unsaved_->letter);
    ports::fault_point("outbox.move.after");
    if (!moved && moved.error().code != Code::Conflict) return moved;
    if (moved) {
        cursor_ = std::move(unsaved_->to);
        saved_next_ = cursor_.next_seq;
    } else {
        loaded_ = false;  // another process goes on with it
        lease_.reset();
    }
    unsaved_.reset();
    return {};
}

/// The next record of a chosen type, the cursor being moved up to it; nullptr when there is none yet.
Result<const ledger::Record*> Outbox::next_record() {
    while (read_ahead_.empty()) {
        auto page = ports_.ledger.list({.from_seq = cursor_.next_seq, .limit = kPage, .bytes_max = kPageBytes});
        if (!page) return std::move(page).error();
        if (page->empty()) return nullptr;
        const std::uint64_t end = page->back().seq + 1;
        for (ledger::Record& record : *page)
            if (is_wanted(destination_.types, record.kind)) read_ahead_.push_back(std::move(record));
        if (!read_ahead_.empty()) break;
        cursor_.next_seq = end;
        if (end - saved_next_ < kSkippedMax) continue;
        if (auto saved = save_place(); !saved) return std::move(saved).error();
        if (!loaded_ || stopping_) return nullptr;
    }
    cursor_.next_seq = read_ahead_.front().seq;
    return &read_ahead_.front();
}

/// Whether this process may send now. Errors: those of the store.
Result<bool> Outbox::hold_lease() {
    const std::int64_t now = ports_.clock.steady_us();
    if (lease_ && now - renewed_at_ < std::chrono::microseconds(kLease).count() / 3) return true;
    renewed_at_ = now;
    if (lease_) {
        const auto renewed = ports_.leases.renew(*lease_, kLease);
        if (renewed) return true;
        if (renewed.error().code != Code::PreconditionFailed) return renewed.error();
        lease_.reset();
        return false;
    }
    auto taken = ports_.leases.acquire("outbox:" + destination_.name, ports_.holder, kLease);
    if (taken) {
        lease_ = *std::move(taken);
        return true;
    }
    if (taken.error().code == Code::Conflict) return false;
    return std::move(taken).error();
}

/// Saves how far the walk came over records of no interest. The lease stays: it runs out by itself, and until then
/// the next event needs no new one.
Result<void> Outbox::save_place() {
    if (!loaded_ || cursor_.next_seq == saved_next_) return {};
    unsaved_ = Move{cursor_, {}};
    return save();
}

Result<ports::SendReply> Outbox::send(const ledger::Record& record) {
    const auto event = outgoing_event(record, ports_.origin);
    if (!event) return event.error();
    ports::fault_point("outbox.send.before");
    auto reply = ports_.sender.send(*event);
    ports::fault_point("outbox.send.after");
    return reply;
}

Result<std::int64_t> Outbox::deliver(const ledger::Record& record) {
    const auto reply = send(record);
    if (!reply) return reply.error();
    if (stopping_ && reply->status == 0) return kPollUs;  // we ended it ourselves: no failure of theirs
    const int attempts = cursor_.attempts + 1;
    const Judgement judgement = judge(*reply, attempts, ports_.random(), destination_.rules);
    const std::int64_t now = ports_.clock.now_us();
    const std::int64_t next_try = judgement.wait_us > 0 ? now + judgement.wait_us : 0;
    switch (judgement.fate) {
        case Fate::Delivered:
            ++delivered_;
            unsaved_ = Move{{record.seq + 1, 0, 0, {}}, {}};
            break;
        case Fate::TryAgain:
            ++failed_;
            unsaved_ = Move{{record.seq, attempts, next_try, judgement.why}, {}};
            break;
        case Fate::GiveUp:
            ++given_up_;
            unsaved_ = Move{{record.seq + 1, 0, next_try, judgement.why},
                            ports::DeadLetter{record.seq, attempts, now, judgement.why}};
            break;
    }
    if (judgement.fate != Fate::TryAgain) read_ahead_.pop_front();  // `record` ends here
    not_before_steady_ = ports_.clock.steady_us() + judgement.wait_us;
    if (auto saved = save(); !saved) return std::move(saved).error();
    show(judgement.wait_us > 0 ? State::Waiting : State::Sending);
    return judgement.wait_us;
}

/// Sends a dead letter once; it stays one when that fails.
Result<std::int64_t> Outbox::deliver(ports::DeadLetter letter) {
    ports::SendReply reply;
    const auto record = ports_.ledger.read(letter.seq);
    if (record) {
        const auto sent = send(*record);
        if (!sent) return sent.error();
        if (stopping_ && sent->status == 0) return kPollUs;
        reply = *sent;
    } else if (record.error().code == Code::NotFound) {
        reply.detail = record.error().message;
    } else {
        return record.error();
    }
    const Judgement judgement = judge(reply, 1, ports_.random(), destination_.rules);
    ports::fault_point("letter.before");
    Result<void> kept;
    if (judgement.fate == Fate::Delivered) {
        ++delivered_;
        kept = ports_.store.remove(destination_.name, letter.seq);
        if (cursor_.attempts == 0 && !cursor_.last_error.empty()) {  // what failed last was delivered after all
            cursor_.last_error.clear();
            unsaved_ = Move{cursor_, {}};
        }
    } else {
        ++failed_;
        letter.attempts = 1;
        letter.at_us = ports_.clock.now_us();
        letter.last_error = judgement.why;
        kept = ports_.store.update(destination_.name, letter);
    }
    ports::fault_point("letter.after");
    if (!kept && kept.error().code != Code::NotFound) return std::move(kept).error();
    if (auto saved = save(); !saved) return std::move(saved).error();
    return std::int64_t{0};
}

void Outbox::stop() {
    stopping_ = true;
    ports_.sender.stop();
}

void Outbox::finish() {
    const bool saved = save().ok();                                         // if not, one event is sent again
    if (lease_ && saved && ports_.leases.release(*lease_)) lease_.reset();  // else it runs out
}

void Outbox::show(State state) {
    const std::lock_guard lock(mutex_);
    shown_state_ = state;
    shown_cursor_ = cursor_;
}

Result<Outbox::Status> Outbox::status() const {
    const auto head = ports_.ledger.head();
    if (!head) return head.error();
    const auto dead = ports_.store.count_dead_letters(destination_.name);
    if (!dead) return dead.error();
    Status status;
    {
        const std::lock_guard lock(mutex_);
        status.state = shown_state_;
        status.cursor = shown_cursor_;
        if (!shown_problem_.empty()) status.cursor.last_error = shown_problem_;
    }
    const std::uint64_t end = *head ? (*head)->seq + 1 : 0;
    status.lag_records = end > status.cursor.next_seq ? end - status.cursor.next_seq : 0;
    status.dead_letters = *dead;
    status.delivered_total = delivered_;
    status.failed_total = failed_;
    status.given_up_total = given_up_;
    return status;
}

Result<std::vector<ports::DeadLetter>> Outbox::dead_letters(std::uint64_t from_seq, std::size_t limit) const {
    return ports_.store.dead_letters(destination_.name, from_seq, limit);
}

Result<ports::DeadLetter> Outbox::dead_letter(std::uint64_t seq) const {
    const auto page = ports_.store.dead_letters(destination_.name, seq, 1);
    if (!page) return page.error();
    if (page->empty() || page->front().seq != seq) return ports::no_dead_letter(destination_.name, seq);
    return page->front();
}

Result<void> Outbox::resend(std::uint64_t seq) {
    auto letter = dead_letter(seq);
    if (!letter) return std::move(letter).error();
    if (letter->attempts == 0) return {};
    letter->attempts = 0;
    letter->at_us = ports_.clock.now_us();
    ports::fault_point("resend.before");
    auto marked = ports_.store.update(destination_.name, *letter);
    ports::fault_point("resend.after");
    return marked;
}

std::string_view to_string(Outbox::State state) {
    switch (state) {
        case Outbox::State::Idle:
            return "idle";
        case Outbox::State::Sending:
            return "sending";
        case Outbox::State::Waiting:
            return "waiting";
        case Outbox::State::Elsewhere:
            return "elsewhere";
    }
    return "idle";
}

Outbox* find(const Outboxes& outboxes, std::string_view name) {
    const auto found = std::find_if(outboxes.begin(), outboxes.end(),
                                    [&](const auto& one) { return one->destination().name == name; });
    return found == outboxes.end() ? nullptr : found->get();
}

}  // namespace helix::usecases
