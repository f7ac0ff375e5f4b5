#pragma once

#include <array>
#include <cstdint>
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

/// Some of the five gates.
class GateSet {
public:
    constexpr GateSet() = default;
    constexpr GateSet(std::initializer_list<Gate> gates) {
        for (const Gate gate : gates) add(gate);
    }
    static constexpr GateSet all() {
        return {Gate::Conftest, Gate::Kyverno, Gate::Gatekeeper, Gate::Falco, Gate::Trivy};
    }

    constexpr void add(Gate gate) { bits_ |= bit(gate); }
    [[nodiscard]] constexpr bool has(Gate gate) const { return (bits_ & bit(gate)) != 0; }
    [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }

    friend constexpr GateSet operator|(GateSet a, GateSet b) {
        GateSet both;
        both.bits_ = a.bits_ | b.bits_;
        return both;
    }
    friend constexpr bool operator==(const GateSet&, const GateSet&) = default;

private:
    static constexpr unsigned bit(Gate gate) { return 1U << static_cast<unsigned>(gate); }
    unsigned bits_ = 0;
};

/// The SOSTLE layer that a workload wants to enter.
enum class Layer : std::uint8_t { L0, L1, L2, L3, L4, L5, L6, L7 };

/// "L0", ...
std::string_view to_string(Layer layer);
std::optional<Layer> parse_layer(std::string_view text);

/// What a layer asks for, beyond what holds everywhere.
struct LayerLaw {
    Hundredths floor = 0;
    GateSet required;                     ///< gates that must have testified for an ADMIT
    bool denies_gatekeeper_deny = false;  ///< a Gatekeeper violation with action deny is a hard deny
    bool denies_falco_high = false;       ///< so is a high Falco alert
    bool strict = false;                  ///< so are medium Falco alerts and every violation; images need digests
    bool closed = false;                  ///< nothing is ever admitted
    bool immaculate = false;              ///< ADMIT asks for five clean gates and warmth 1.00
    bool approval = false;                ///< ADMIT asks for an approval: Kay's at L5, MEGSCIFIAR's at L7
    std::string_view note;                ///< for the record: "SSO-gated, full sweep"
};

const LayerLaw& law_of(Layer layer);

}  // namespace helix::trial
