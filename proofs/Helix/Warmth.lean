import Helix.Order
/-
The warmth of a trial, in exact hundredths: base 100, deductions, 10 for each clean gate, kept within 0 .. 100.
-/
namespace Helix.Warmth

def base : Nat := 100
def bonus : Nat := 10

def total : List Nat → Nat
  | [] => 0
  | d :: ds => d + total ds

/-- A natural number does not go below 0: the subtraction is the lower end of the clamp. -/
def warmth (clean : Nat) (deductions : List Nat) : Nat := least2 (base + bonus * clean - total deductions) 100

inductive Verdict where
  | admit
  | watch
  | deny

/-- DENY when a hard deny holds or warmth < floor; WATCH below floor + 20; else ADMIT. -/
def verdict (hardDeny : Bool) (warmth floor : Nat) : Verdict :=
  cond hardDeny Verdict.deny
    (cond (Nat.ble floor warmth) (cond (Nat.ble (floor + 20) warmth) Verdict.admit Verdict.watch) Verdict.deny)

theorem least2_below {a b m : Nat} (h : Le a b) : Le (least2 a m) (least2 b m) :=
  le_least2 (Le.trans (least2_left a m) h) (least2_right a m)

/-- **Warmth is within 0 .. 100.** -/
theorem warmth_bounds (clean : Nat) (deductions : List Nat) :
    Le 0 (warmth clean deductions) ∧ Le (warmth clean deductions) 100 :=
  ⟨Le.zero _, least2_right _ 100⟩

/-- **Warmth is monotone**: one more deduction never raises it, nor does a gate that is no longer clean. -/
theorem warmth_monotone (clean : Nat) (d : Nat) (deductions : List Nat) :
    Le (warmth clean (d :: deductions)) (warmth clean deductions) ∧
    Le (warmth clean deductions) (warmth (clean + 1) deductions) :=
  ⟨least2_below (Le.sub_left _ (Le.right d (total deductions))),
    least2_below (Le.sub_right (Le.add_left base (Le.mul_left bonus (Le.left clean 1))) _)⟩

/-- **A hard deny wins**, whatever the warmth and the floor. -/
theorem hard_deny_wins (warmth floor : Nat) : verdict true warmth floor = Verdict.deny := rfl

/-- Below the floor nothing is admitted. -/
theorem below_floor_denies {w floor : Nat} (h : Le (w + 1) floor) : verdict false w floor = Verdict.deny := by
  have e : verdict false w floor =
      cond (Nat.ble floor w) (cond (Nat.ble (floor + 20) w) Verdict.admit Verdict.watch) Verdict.deny := rfl
  cases b : Nat.ble floor w with
  | false => rw [e, b] <;> rfl
  | true => exact Le.not_self (Le.trans h (Le.of_ble floor w b))

end Helix.Warmth
