#include "domain/proof/lean_text.hpp"

#include <algorithm>

namespace helix::proof {
namespace {

constexpr int kLineVersion = 1;

/// Old pods of equal requests, as the Lean model has them.
struct OldClass {
    Amounts request;
    int arrival = -1;
    bool own = false;
    std::vector<Bytes> uses;
};

std::vector<OldClass> classes_of(const Unit& unit) {
    std::vector<OldClass> classes;
    for (const OldPod& old : unit.old) {
        auto found = std::find_if(classes.begin(), classes.end(), [&](const OldClass& one) {
            return one.request == old.request && one.arrival == old.arrival && one.own == old.own;
        });
        if (found == classes.end()) found = classes.insert(found, {old.request, old.arrival, old.own, {}});
        found->uses.push_back(old.use);
    }
    return classes;
}

/// Writes the members of structures and lists in the order in which the Lean types have them.
class Writer {
public:
    virtual ~Writer() = default;
    virtual void begin() {}
    virtual void end() {}
    virtual void begin_list(std::size_t size) = 0;
    virtual void end_list() {}
    virtual void flag(bool value) = 0;

    void number(std::int64_t value) {
        if (value < 0) negative_ = true;
        write(std::to_string(value));
    }
    void amounts(const Amounts& amounts) {
        begin();
        number(amounts.memory);
        number(amounts.cpu_milli);
        number(amounts.pods);
        end();
    }
    Result<std::string> finish(const char* last) {
        if (negative_)
            return error(Code::InvalidArgument, "a figure of the write is negative",
                         "look for a request or a use below zero");
        return text_ + last;
    }

protected:
    virtual void write(const std::string& word) = 0;
    std::string text_;

private:
    bool negative_ = false;
};

/// Integers with one blank between them; a list begins with its length.
class Line final : public Writer {
public:
    void begin_list(std::size_t size) override { write(std::to_string(size)); }
    void flag(bool value) override { write(value ? "1" : "0"); }

private:
    void write(const std::string& word) override { text_ += (text_.empty() ? "" : " ") + word; }
};

/// Anonymous constructors and list brackets.
class Term final : public Writer {
public:
    void begin() override { open("⟨"); }
    void end() override { close("⟩"); }
    void begin_list(std::size_t) override { open("["); }
    void end_list() override { close("]"); }
    void flag(bool value) override { write(value ? "true" : "false"); }

private:
    void open(const char* bracket) {
        write(bracket);
        fresh_ = true;
    }
    void close(const char* bracket) {
        text_ += bracket;
        fresh_ = false;
    }
    void write(const std::string& word) override {
        text_ += (fresh_ ? "" : ", ") + word;
        fresh_ = false;
    }
    bool fresh_ = true;
};

void write_arrivals(const Obligation& obligation, const Unit& unit, Writer& out) {
    const auto candidates =
        std::count_if(unit.most.begin(), unit.most.end(), [](std::int64_t most) { return most > 0; });
    out.begin_list(static_cast<std::size_t>(candidates));
    for (std::size_t i = 0; i < unit.most.size(); ++i) {
        if (unit.most[i] <= 0) continue;
        const Arrival& arrival = obligation.arrivals[i];
        out.begin();
        out.amounts(arrival.request);
        out.number(arrival.each.value_or(0));
        out.flag(arrival.each.has_value());
        out.number(unit.most[i]);
        out.number(static_cast<std::int64_t>(arrival.coupling));
        out.number(std::max<std::int64_t>(arrival.coupled_total, 0));
        out.flag(arrival.own);
        out.number(static_cast<std::int64_t>(i) + 1);
        out.end();
    }
    out.end_list();
}

void write_old(const Unit& unit, Writer& out) {
    const std::vector<OldClass> classes = classes_of(unit);
    out.begin_list(classes.size());
    for (const OldClass& old : classes) {
        out.begin();
        out.amounts(old.request);
        out.begin_list(old.uses.size());
        for (const Bytes use : old.uses) out.number(use);
        out.end_list();
        out.number(old.arrival + 1);
        out.flag(old.own);
        out.end();
    }
    out.end_list();
}

void write_unit(const Obligation& obligation, const Unit& unit, Writer& out) {
    const auto above = [](std::int64_t value) { return std::max<std::int64_t>(value, 0); };
    const Amounts& free = unit.free;
    out.begin();
    out.number(unit.capacity);
    out.number(unit.floor_share);
    out.number(unit.used);
    out.flag(unit.used_known);
    out.flag(unit.floor_known);
    out.flag(unit.changed);
    out.amounts({above(free.memory), above(free.cpu_milli), above(free.pods)});
    out.amounts({above(-free.memory), above(-free.cpu_milli), above(-free.pods)});
    write_arrivals(obligation, unit, out);
    write_old(unit, out);
    out.end();
}

void write_all(const Obligation& obligation, Writer& out) {
    out.flag(!obligation.unmodelled);
    out.flag(obligation.effect == gate::EffectKind::Release);
    out.flag(obligation.relief_granted);
    out.begin_list(obligation.units.size());
    for (const Unit& unit : obligation.units) write_unit(obligation, unit, out);
    out.end_list();
}

}  // namespace

Result<std::string> lean_line(const Obligation& obligation) {
    Line out;
    out.number(kLineVersion);
    write_all(obligation, out);
    return out.finish("\n");
}

Result<std::string> lean_term(const Obligation& obligation) {
    Term out;
    out.begin();
    write_all(obligation, out);
    out.end();
    return out.finish("");
}

}  // namespace helix::proof
