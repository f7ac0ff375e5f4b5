import Helix
/-
For readers on a current Lean: the results again with the library's own `≤`. Nothing else of the package needs this file,
and old Lean versions, whose library names differ, need not accept it.
-/
namespace Helix

theorem Le.toLe {a b : Nat} (h : Le a b) : a ≤ b := by
  induction h with
  | refl => exact Nat.le.refl
  | step _ ih => exact Nat.le.step ih

theorem Le.ofLe {a b : Nat} (h : a ≤ b) : Le a b := by
  induction h with
  | refl => exact Le.refl
  | step _ ih => exact Le.step ih

/-- `gate_sound`: the unit's floor, as docs/gate.md has it, without a subtraction. -/
theorem gate_sound' {w : Write} (passed : gate w = true) {n : Node} (touched : In n w.nodes)
    (raised : raises n = true) {s : State} (reached : Reach n s) :
    n.share * n.cap + scale * (n.used + added n.come s.counts) ≤ scale * (n.cap + out n.old s.gone) :=
  Le.toLe (gate_sound passed touched raised reached)

/-- `relief_never_breaks`: what has landed never outweighs what has gone. -/
theorem relief_never_breaks' {n : Node} (lowered : raises n = false) (goes : letsGo n = true) {s : State}
    (reached : Reach n s) : n.used + added n.come s.counts ≤ n.used + out n.old s.gone :=
  Le.toLe (relief_never_breaks lowered goes reached).1

theorem warmth_bounds' (clean : Nat) (deductions : List Nat) : Warmth.warmth clean deductions ≤ 100 :=
  Le.toLe (Warmth.warmth_bounds clean deductions).2

end Helix
