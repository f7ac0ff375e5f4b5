#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace helix::trial {

/// Warmth in hundredths: 100 is 1.00. All scoring is done in these whole numbers.
using Hundredths = std::int64_t;

/// Who may testify, in the order in which a record lists them.
enum class Gate : std::uint8_t { Conftest, Kyverno, Gatekeeper, Falco, Trivy };
inline constexpr std::array<Gate, 5> kGates = {Gate::Conftest, Gate::Kyverno, Gate::Gatekeeper, Gate::Falco,
                                               Gate::Trivy};

/// "conftest", "kyverno", ...
std::string_view to_string(Gate gate);
std::optional<Gate> parse_gate(std::string_view text);

/// Some of the `kCount` values of an enumeration that counts from 0.
template <class E, unsigned kCount>
class EnumSet {
public:
    constexpr EnumSet() = default;
    constexpr EnumSet(std::initializer_list<E> values) {
        for (const E value : values) add(value);
    }
    static constexpr EnumSet all() {
        EnumSet every;
        every.bits_ = (1U << kCount) - 1U;
        return every;
    }

    constexpr void add(E value) { bits_ |= bit(value); }
    [[nodiscard]] constexpr bool has(E value) const { return (bits_ & bit(value)) != 0; }
    [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
    [[nodiscard]] constexpr int size() const { return std::popcount(bits_); }

    friend constexpr EnumSet operator|(EnumSet a, EnumSet b) { return of(a.bits_ | b.bits_); }
    friend constexpr EnumSet operator&(EnumSet a, EnumSet b) { return of(a.bits_ & b.bits_); }
    friend constexpr EnumSet operator-(EnumSet a, EnumSet b) { return of(a.bits_ & ~b.bits_); }
    friend constexpr bool operator==(const EnumSet&, const EnumSet&) = default;

private:
    static constexpr unsigned bit(E value) { return 1U << static_cast<unsigned>(value); }
    static constexpr EnumSet of(unsigned bits) {
        EnumSet some;
        some.bits_ = bits;
        return some;
    }
    unsigned bits_ = 0;
};

/// Some of the five gates.
using GateSet = EnumSet<Gate, kGates.size()>;

/// What kind of defect it is: decides its weight and whether it is a hard deny.
enum class Grade : std::uint8_t {
    ConftestDeny,
    ConftestWarn,
    KyvernoViolation,
    GatekeeperViolation,  ///< enforcement action deny
    GatekeeperWarn,       ///< enforcement action warn: weighs as a conftest warning
    FalcoCritical,
    FalcoHigh,
    FalcoMedium,
    FalcoLow,
    TrivyCritical,
    TrivyHigh,
    Recorded,  ///< weighs nothing, but the gate is not clean: dry run, unscored, a CVE below high
    Waived,    ///< an exception was made for it: weighs nothing, but the gate is not clean
};
inline constexpr unsigned kGradeCount = 13;
using GradeSet = EnumSet<Grade, kGradeCount>;

/// "conftest-deny", ...
std::string_view to_string(Grade grade);

/// In the order of Grade; negative or 0.
inline constexpr std::array<Hundredths, kGradeCount> kWeights = {-30, -5, -25, -25, -5, -100, -35,
                                                                 -15, -5, -40, -15, 0,  0};

/// The weight of one defect of that grade, negative or 0.
constexpr Hundredths weight_of(Grade grade) {
    return kWeights[static_cast<std::size_t>(grade)];
}

/// What one clean gate adds, and what a container without limits takes (once, however many there are).
inline constexpr Hundredths kCleanBonus = 10;
inline constexpr Hundredths kUnlimitedWeight = -20;
/// From the floor to the least warmth that is admitted.
inline constexpr Hundredths kAdmitMargin = 20;

/// The graver of two grades: the heavier one, of equal ones the first.
Grade graver(Grade a, Grade b);

/// The SOSTLE layer that a workload wants to enter.
enum class Layer : std::uint8_t { L0, L1, L2, L3, L4, L5, L6, L7 };

/// "L0", ...
std::string_view to_string(Layer layer);
std::optional<Layer> parse_layer(std::string_view text);

/// What a layer asks for, beyond what holds everywhere.
struct LayerLaw {
    Hundredths floor = 0;
    GateSet required;         ///< gates that must have testified for an ADMIT
    GradeSet denies;          ///< hard denies: one of these denies whatever the warmth, at once
    bool limits = false;      ///< no ADMIT while a container lacks limits
    bool digests = false;     ///< no ADMIT while an image is not named by its digest
    bool closed = false;      ///< nothing is ever admitted
    bool immaculate = false;  ///< ADMIT asks for five clean gates and warmth 1.00
    bool approval = false;    ///< ADMIT asks for an approval: Kay's at L5, MEGSCIFIAR's at L7
    std::string_view note;    ///< for the record: "local-only, SSO gate"
};

const LayerLaw& law_of(Layer layer);

}  // namespace helix::trial
