import Helix.Model
/-
Every reachable state is feasible: what the steps keep, so that the gate need look at states alone.
-/
namespace Helix

theorem goneOf_grows (us : List Nat) {b c : List Bool} (h : Goes b c) : Le (goneOf us b) (goneOf us c) := by
  induction h generalizing us with
  | here bs =>
    cases us with
    | nil => exact Le.refl
    | cons u us => exact Le.add_right (Le.zero 1) _
  | later b _ ih =>
    cases us with
    | nil => exact Le.refl
    | cons u us => exact Le.add_left _ (ih us)

theorem leftOf_falls (us : List Nat) {b c : List Bool} (h : Goes b c) : Le (leftOf us c) (leftOf us b) := by
  induction h generalizing us with
  | here bs =>
    cases us with
    | nil => exact Le.refl
    | cons u us => exact Le.add_right (Le.zero 1) _
  | later b _ ih =>
    cases us with
    | nil => exact Le.refl
    | cons u us => exact Le.add_left _ (ih us)

theorem freed_grows (f : Ask → Nat) (os : List Old) {g h : List (List Bool)} (s : Leaves g h) :
    Le (freed f os g) (freed f os h) := by
  induction s generalizing os with
  | here s gs =>
    cases os with
    | nil => exact Le.refl
    | cons o os => exact Le.add_right (Le.mul_right (goneOf_grows o.uses s) _) _
  | later g _ ih =>
    cases os with
    | nil => exact Le.refl
    | cons o os => exact Le.add_left _ (ih os)

theorem cond_mono {a b : Nat} (h : Le a b) (x : Bool) (c : Nat) : Le (cond x a c) (cond x b c) := by
  cases x with
  | false => exact Le.refl
  | true => exact h

theorem left_falls (key : Nat) (os : List Old) {g h : List (List Bool)} (s : Leaves g h) :
    Le (left key os h) (left key os g) := by
  induction s generalizing os with
  | here s gs =>
    cases os with
    | nil => exact Le.refl
    | cons o os => exact Le.add_right (cond_mono (leftOf_falls o.uses s) _ 0) _
  | later g _ ih =>
    cases os with
    | nil => exact Le.refl
    | cons o os => exact Le.add_left _ (ih os)

theorem least2_mono {a b : Nat} (m : Nat) (h : Le a b) : Le (least2 m a) (least2 m b) :=
  le_least2 (least2_left m a) (Le.trans (least2_right m a) h)

theorem beq_zero {l : Nat} (h : Nat.beq l 0 = true) : l = 0 := by
  cases l with
  | zero => rfl
  | succ l => exact never h

theorem oldFirst_mono {l m : Nat} (most : Nat) (h : Le m l) :
    Le (cond (Nat.beq l 0) most 0) (cond (Nat.beq m 0) most 0) := by
  cases e : Nat.beq l 0 with
  | false => exact Le.zero _
  | true =>
    have lz : l = 0 := beq_zero e
    have mz : m = 0 := Le.eq_zero (lz ▸ h)
    have one : cond (Nat.beq m 0) most 0 = most := by rw [mz] <;> rfl
    exact Le.of_eq one.symm

theorem tieMost_mono (c : Come) {l m : Nat} (h : Le m l) : Le (tieMost c l) (tieMost c m) :=
  match c with
  | ⟨_, _, _, _, 0, _, _, _⟩ => Le.refl
  | ⟨_, _, _, most, 1, _, _, _⟩ => oldFirst_mono most h
  | ⟨_, _, _, most, k + 2, total, _, _⟩ => least2_mono most (Le.sub_left total h)

theorem Bounded.mono {l m : Nat → Nat} (h : (k : Nat) → Le (m k) (l k)) :
    (cs : List Come) → (ns : List Nat) → Bounded cs ns l → Bounded cs ns m := by
  intro cs
  induction cs with
  | nil => intro _ _; exact True.intro
  | cons c cs ih => intro ns b; exact ⟨Le.trans b.1 (tieMost_mono c (h c.key)), ih (tl ns) b.2⟩

theorem Fits.more {x debt a b : Nat} (h : Fits x debt a) (g : Le a b) : Fits x debt b := by
  cases h with
  | inl z => exact Or.inl z
  | inr r => exact Or.inr (Le.trans r g)

theorem asked_nothing (f : Ask → Nat) (cs : List Come) : asked f cs (nothing cs) = 0 := by
  induction cs with
  | nil => rfl
  | cons c cs ih =>
    have h : asked f (c :: cs) (nothing (c :: cs)) = 0 * f c.ask + asked f cs (nothing cs) := rfl
    rw [h, ih, zero_mul] <;> rfl

theorem bounded_nothing (cs : List Come) (l : Nat → Nat) : Bounded cs (nothing cs) l := by
  induction cs with
  | nil => exact True.intro
  | cons c cs ih => exact ⟨Le.zero _, ih⟩

theorem Admitted.fits {before after debt avail : Nat} (h : Admitted before after debt avail)
    (g : Fits before debt avail) : Fits after debt avail := by
  cases h with
  | inl e => exact e.symm ▸ g
  | inr r => exact Or.inr r

theorem Reach.feasible {n : Node} {s : State} (r : Reach n s) : Feasible n s := by
  induction r with
  | start =>
    exact ⟨bounded_nothing _ _, Or.inl (asked_nothing _ _), Or.inl (asked_nothing _ _), Or.inl (asked_nothing _ _)⟩
  | leave _ step ih =>
    exact ⟨Bounded.mono (fun k => left_falls k _ step) _ _ ih.bounded,
      Fits.more ih.mem (Le.add_left _ (freed_grows _ _ step)),
      Fits.more ih.cpu (Le.add_left _ (freed_grows _ _ step)),
      Fits.more ih.pods (Le.add_left _ (freed_grows _ _ step))⟩
  | land _ _ made mem cpu pods ih =>
    exact ⟨made, Admitted.fits mem ih.mem, Admitted.fits cpu ih.cpu, Admitted.fits pods ih.pods⟩

end Helix
