import Helix.Sound
/-
The theorems about the gate, each named as docs/guarantees.md names it.
-/
namespace Helix

/-- `x` stands in the list. -/
inductive In {α : Type} (x : α) : List α → Prop where
  | here (xs : List α) : In x (x :: xs)
  | later (y : α) {xs : List α} (h : In x xs) : In x (y :: xs)

theorem allOf_in {α : Type} {f : α → Bool} {xs : List α} {x : α} (i : In x xs) : allOf f xs = true → f x = true := by
  induction i with
  | here xs => intro h; exact (both h).1
  | later y _ ih => intro h; exact ih (both h).2

theorem in_allOf {α : Type} {f : α → Bool} (xs : List α) : ((x : α) → In x xs → f x = true) → allOf f xs = true := by
  induction xs with
  | nil => intro _; rfl
  | cons x xs ih =>
    intro h
    have one : f x = true := h x (In.here xs)
    have rest : allOf f xs = true := ih (fun y i => h y (In.later x i))
    have e : allOf f (x :: xs) = (f x && allOf f xs) := rfl
    rw [e, one, rest] <;> rfl

theorem anyOf_in {α : Type} {f : α → Bool} {xs : List α} {x : α} (i : In x xs) : anyOf f xs = false → f x = false := by
  induction i with
  | here xs => intro h; exact (neither h).1
  | later y _ ih => intro h; exact ih (neither h).2

/-- Whose first part holds lacks the second. -/
theorem lacks {a b : Bool} (h : (a && b) = false) (ha : a = true) : b = false := by
  cases a with
  | false => exact never ha
  | true => exact h

/-- None of these has landed. -/
def AllZero : List Come → List Nat → Prop
  | [], _ => True
  | _ :: cs, ns => hd 0 ns = 0 ∧ AllZero cs (tl ns)

theorem asked_zero (f : Ask → Nat) (cs : List Come) : (ns : List Nat) → AllZero cs ns → asked f cs ns = 0 := by
  induction cs with
  | nil => intro _ _; rfl
  | cons c cs ih =>
    intro ns h
    have e : asked f (c :: cs) ns = hd 0 ns * f c.ask + asked f cs (tl ns) := rfl
    rw [e, h.1, ih (tl ns) h.2, zero_mul] <;> rfl

theorem added_zero (cs : List Come) : (ns : List Nat) → AllZero cs ns → added cs ns = 0 := by
  induction cs with
  | nil => intro _ _; rfl
  | cons c cs ih =>
    intro ns h
    have e : added (c :: cs) ns = hd 0 ns * c.each + added cs (tl ns) := rfl
    rw [e, h.1, ih (tl ns) h.2, zero_mul] <;> rfl

/-- Pods that find no room even once everybody has gone have not landed. -/
theorem counts_zero {n : Node} {x y z : Nat} (h : AllFit x y z n.debt (widest n)) (l : Nat → Nat) (cs : List Come) :
    ((c : Come) → In c cs → canLand n c = false) → (ns : List Nat) → Bounded cs ns l → Le (asked Ask.mem cs ns) x →
      Le (asked Ask.cpu cs ns) y → Le (asked Ask.pods cs ns) z → AllZero cs ns := by
  induction cs with
  | nil => intro _ _ _ _ _ _; exact True.intro
  | cons c cs ih =>
    intro cannot ns b hx hy hz
    have first (a t : Nat) : Le (0 + a) (a + t) := Le.trans (Le.of_eq (zero_add a)) (Le.left a t)
    have one : Le (hd 0 ns) (fit c (plus n.debt ⟨0, 0, 0⟩) (widest n) c.most) :=
      le_fit (Le.trans b.1 (tieMost_most c _)) (Le.trans (first _ _) hx) (Le.trans (first _ _) hy)
        (Le.trans (first _ _) hz) h
    have none : Le (fit c n.debt (widest n) c.most + 1) 1 := Le.not_ble _ _ (cannot c (In.here cs))
    exact ⟨Le.eq_zero (Le.trans one (Le.of_succ none)),
      ih (fun d i => cannot d (In.later c i)) (tl ns) b.2 (Le.trans (Le.right _ _) hx) (Le.trans (Le.right _ _) hy)
        (Le.trans (Le.right _ _) hz)⟩

theorem Feasible.nobody_lands {n : Node} {s : State} (h : Feasible n s)
    (cannot : (c : Come) → In c n.come → canLand n c = false) : AllZero n.come s.counts :=
  counts_zero (AllFit.widen (Feasible.allFit h)) _ n.come cannot s.counts h.bounded Le.refl Le.refl Le.refl

/-- Where the write lets pods go and does not raise, nobody at all can land. -/
theorem cannot_land {n : Node} (t : raises n = false) (g : letsGo n = true) (c : Come) (i : In c n.come) :
    canLand n c = false :=
  have one : ((c.own || n.changed || letsGo n) && canLand n c) = false :=
    anyOf_in (f := fun (c : Come) => (c.own || n.changed || letsGo n) && canLand n c) i t
  have may : (c.own || n.changed || letsGo n) = true := by
    rw [g]
    cases (c.own || n.changed) with
    | false => rfl
    | true => rfl
  lacks one may

theorem granted_raised {w : Write} {n : Node} (h : granted w n = true) (t : raises n = true) : safe n = true := by
  have e : granted w n = cond (raises n)
      (n.fresh && n.readable && allOf (fun (c : Come) => c.known || !(canLand n c)) n.come && safe n)
      (cond (letsGo n)
        (keeps n 0 0 || cond w.onlyReleases (w.relief || !n.fresh) (w.relief && Nat.ble 1 (releases n.old)))
        true) := rfl
  rw [e, t] at h
  exact (both h).2

/-- **A passed gate.** Every unit whose use the write could raise keeps its floor in every state that can be reached,
    wherever the scheduler puts the pods, and whoever leaves when. -/
theorem gate_sound {w : Write} (passed : gate w = true) {n : Node} (touched : In n w.nodes) (raised : raises n = true)
    {s : State} (reached : Reach n s) : Keeps n s :=
  safe_sound (granted_raised (allOf_in touched (both passed).2) raised) (Reach.feasible reached)

/-- The same for every feasible placement, reached or not. -/
theorem gate_sound_feasible {w : Write} (passed : gate w = true) {n : Node} (touched : In n w.nodes)
    (raised : raises n = true) {s : State} (feasible : Feasible n s) : Keeps n s :=
  safe_sound (granted_raised (allOf_in touched (both passed).2) raised) feasible

/-- **Relief never breaks.** On a unit that the write only lets pods of go, no state uses more than before; one that kept
    its floor keeps it. -/
theorem relief_never_breaks {n : Node} (lowered : raises n = false) (goes : letsGo n = true) {s : State}
    (reached : Reach n s) : NoHigher n s ∧ (keeps n 0 0 = true → Keeps n s) := by
  have none : added n.come s.counts = 0 :=
    added_zero _ _ (Feasible.nobody_lands (Reach.feasible reached) (cannot_land lowered goes))
  exact ⟨Le.add_left n.used (Le.trans (Le.of_eq none) (Le.zero _)),
    fun k => KeepsWith.less (keeps_sound k) (Le.of_eq none) (Le.zero _)⟩

/-- **A scale-down passes.** A write from which no pod comes, on units that keep their floor, passes whatever its reason
    and whatever the switch for relief says. -/
theorem scale_down_passes {w : Write} (known : w.modelled = true) (nobody : (n : Node) → In n w.nodes → n.come = [])
    (above : (n : Node) → In n w.nodes → keeps n 0 0 = true) : gate w = true := by
  have each : allOf (granted w) w.nodes = true := in_allOf w.nodes (fun n i => by
    have calm : raises n = false := by
      have e : raises n = anyOf (fun (c : Come) => (c.own || n.changed || letsGo n) && canLand n c) n.come := rfl
      rw [e, nobody n i] <;> rfl
    have e : granted w n = cond (raises n)
        (n.fresh && n.readable && allOf (fun (c : Come) => c.known || !(canLand n c)) n.come && safe n)
        (cond (letsGo n)
          (keeps n 0 0 || cond w.onlyReleases (w.relief || !n.fresh) (w.relief && Nat.ble 1 (releases n.old)))
          true) := rfl
    rw [e, calm, above n i]
    cases letsGo n with
    | false => rfl
    | true => rfl)
  have e : gate w = (w.modelled && allOf (granted w) w.nodes) := rfl
  rw [e, known, each] <;> rfl

end Helix
