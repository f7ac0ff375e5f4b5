import Helix.Theorems
/-
Two writes admitted one after the other.
-/
namespace Helix

def append {α : Type} : List α → List α → List α
  | [], ys => ys
  | x :: xs, ys => x :: append xs ys

/-- What is left of the counts behind those of `cs`. -/
def behind : List Come → List Nat → List Nat
  | [], ns => ns
  | _ :: cs, ns => behind cs (tl ns)

/-- An admitted write's pods are the background of the next. -/
def asBackground : List Come → List Come
  | [] => []
  | c :: cs => ⟨c.ask, c.each, c.known, c.most, c.tie, c.total, false, c.key⟩ :: asBackground cs

/-- The unit as the second write is judged on it: its own pods to come and to leave, and the first one's. -/
def joined (n : Node) (b : List Come) (olds : List Old) : Node :=
  ⟨n.cap, n.share, n.used, n.fresh, n.readable, n.changed, n.room, n.debt, append b (asBackground n.come),
    append olds n.old⟩

theorem asked_append (f : Ask → Nat) (b a : List Come) : (ns : List Nat) →
    asked f (append b (asBackground a)) ns = asked f b ns + asked f a (behind b ns) := by
  induction b with
  | nil =>
    induction a with
    | nil => intro _; rfl
    | cons c cs ih =>
      intro ns
      have e := ih (tl ns)
      have e' : asked f (asBackground cs) (tl ns) = asked f cs (tl ns) := Eq.trans e (zero_add _)
      have u : asked f (append [] (asBackground (c :: cs))) ns =
          hd 0 ns * f c.ask + asked f (asBackground cs) (tl ns) := rfl
      rw [u, e']
      exact (zero_add _).symm
  | cons c cs ih =>
    intro ns
    have u : asked f (append (c :: cs) (asBackground a)) ns =
        hd 0 ns * f c.ask + asked f (append cs (asBackground a)) (tl ns) := rfl
    rw [u, ih (tl ns)]
    exact (add_assoc _ _ _).symm

theorem added_append (b a : List Come) : (ns : List Nat) →
    added (append b (asBackground a)) ns = added b ns + added a (behind b ns) := by
  induction b with
  | nil =>
    induction a with
    | nil => intro _; rfl
    | cons c cs ih =>
      intro ns
      have e := ih (tl ns)
      have e' : added (asBackground cs) (tl ns) = added cs (tl ns) := Eq.trans e (zero_add _)
      have u : added (append [] (asBackground (c :: cs))) ns =
          hd 0 ns * c.each + added (asBackground cs) (tl ns) := rfl
      rw [u, e']
      exact (zero_add _).symm
  | cons c cs ih =>
    intro ns
    have u : added (append (c :: cs) (asBackground a)) ns =
        hd 0 ns * c.each + added (append cs (asBackground a)) (tl ns) := rfl
    rw [u, ih (tl ns)]
    exact (add_assoc _ _ _).symm

theorem bounded_background (a : List Come) (l : Nat → Nat) : (ns : List Nat) → Bounded (asBackground a) ns l →
    Bounded a ns l := by
  induction a with
  | nil => intro _ _; exact True.intro
  | cons c cs ih => intro ns h; exact ⟨h.1, ih (tl ns) h.2⟩

theorem bounded_append (b a : List Come) (l : Nat → Nat) : (ns : List Nat) →
    Bounded (append b (asBackground a)) ns l → Bounded b ns l ∧ Bounded a (behind b ns) l := by
  induction b with
  | nil => intro ns h; exact ⟨True.intro, bounded_background a l ns h⟩
  | cons c cs ih =>
    intro ns h
    have rest := ih (tl ns) h.2
    exact ⟨⟨h.1, rest.1⟩, rest.2⟩

theorem in_append {b a : List Come} {c : Come} (i : In c b) : In c (append b a) := by
  induction i with
  | here xs => exact In.here _
  | later y _ ih => exact In.later y ih

theorem Fits.less {x y debt avail : Nat} (h : Fits y debt avail) (g : Le x y) : Fits x debt avail := by
  cases h with
  | inl z => exact Or.inl (Le.eq_zero (Le.trans g (Le.of_eq z)))
  | inr r => exact Or.inr (Le.trans (Le.add_right g debt) r)

theorem own_cannot_land {n : Node} {c : Come} (t : raises n = false) (i : In c n.come) (own : c.own = true) :
    canLand n c = false :=
  have one : ((c.own || n.changed || letsGo n) && canLand n c) = false :=
    anyOf_in (f := fun (c : Come) => (c.own || n.changed || letsGo n) && canLand n c) i t
  have may : (c.own || n.changed || letsGo n) = true := by
    rw [own] <;> rfl
  lacks one may

/-- A state in which none of the second write's pods has landed is one of the first write alone. -/
theorem alone {n : Node} {b : List Come} {ns : List Nat} {gone : List (List Bool)} (own : (c : Come) → In c b → c.own = true)
    (calm : raises (joined n b []) = false) (h : Feasible (joined n b []) ⟨ns, gone⟩) :
    AllZero b ns ∧ Feasible n ⟨behind b ns, gone⟩ := by
  have bounds := bounded_append b n.come _ ns h.bounded
  have mem : Fits (asked Ask.mem b ns + asked Ask.mem n.come (behind b ns)) n.debt.mem
    (n.room.mem + freed Ask.mem n.old gone) := asked_append Ask.mem b n.come ns ▸ h.mem
  have cpu : Fits (asked Ask.cpu b ns + asked Ask.cpu n.come (behind b ns)) n.debt.cpu
    (n.room.cpu + freed Ask.cpu n.old gone) := asked_append Ask.cpu b n.come ns ▸ h.cpu
  have pods : Fits (asked Ask.pods b ns + asked Ask.pods n.come (behind b ns)) n.debt.pods
    (n.room.pods + freed Ask.pods n.old gone) := asked_append Ask.pods b n.come ns ▸ h.pods
  have all : AllFit (asked Ask.mem b ns + asked Ask.mem n.come (behind b ns))
    (asked Ask.cpu b ns + asked Ask.cpu n.come (behind b ns))
    (asked Ask.pods b ns + asked Ask.pods n.come (behind b ns)) n.debt (after n.room n.old gone) := ⟨mem, cpu, pods⟩
  have none : AllZero b ns := counts_zero (n := joined n b []) (AllFit.widen all) _ b
    (fun c i => own_cannot_land calm (in_append i) (own c i)) ns bounds.1 (Le.left _ _) (Le.left _ _) (Le.left _ _)
  exact ⟨none, ⟨bounds.2, Fits.less mem (Le.right _ _), Fits.less cpu (Le.right _ _), Fits.less pods (Le.right _ _)⟩⟩

theorem outOf_nobody (us : List Nat) : outOf us (nobody us) = 0 := by
  induction us with
  | nil => rfl
  | cons u us ih => exact Eq.trans (zero_add _) ih

theorem out_nobody (os : List Old) : out os (nobodyOf os) = 0 := by
  induction os with
  | nil => rfl
  | cons o os ih =>
    have e : out (o :: os) (nobodyOf (o :: os)) = outOf o.uses (nobody o.uses) + out os (nobodyOf os) := rfl
    rw [e, outOf_nobody, ih] <;> rfl

theorem untouched {n : Node} {b : List Come} {olds : List Old} (own : (c : Come) → In c b → c.own = true)
    (alone_safe : safe n = true) (e : olds = []) (t : raises (joined n b olds) = false) {s : State}
    (h : Feasible (joined n b olds) s) : Keeps (joined n b olds) s := by
  cases olds with
  | cons o os => exact (nomatch e)
  | nil =>
    cases s with
    | mk ns gone =>
      have one := alone own t h
      have k : KeepsWith n (added n.come (behind b ns)) (out n.old gone) := safe_sound alone_safe one.2
      have sums : added (append b (asBackground n.come)) ns = added n.come (behind b ns) := by
        rw [added_append, added_zero b ns one.1]
        exact zero_add _
      have k' : KeepsWith (joined n b []) (added n.come (behind b ns)) (out n.old gone) := k
      exact KeepsWith.less k' (Le.of_eq sums) Le.refl

/-- **Reservations compose.** The first write was admitted on this unit; the second was judged with the first one's pods
    as its background, and passed. Then in every interleaving of the two the unit keeps its floor: whether the second
    touches the unit, or lists nobody there. -/
theorem reservations_compose {w v : Write} {n : Node} {b : List Come} {olds : List Old}
    (first : granted w n = true) (raised : raises n = true) (second : granted v (joined n b olds) = true)
    (own : (c : Come) → In c b → c.own = true)
    (touched : olds = [] ∨ raises (joined n b olds) = true ∨ letsGo (joined n b olds) = true)
    {s : State} (reached : Reach (joined n b olds) s) : Keeps (joined n b olds) s := by
  have feasible := Reach.feasible reached
  have alone_safe : safe n = true := granted_raised first raised
  cases t : raises (joined n b olds) with
  | true => exact safe_sound (granted_raised second t) feasible
  | false =>
    cases g : letsGo (joined n b olds) with
    | true =>
      have none := added_zero _ _ (Feasible.nobody_lands feasible (cannot_land t g))
      have before : Keeps n (start n) := safe_sound alone_safe (Reach.feasible Reach.start)
      have still : KeepsWith n 0 0 := KeepsWith.less before (Le.zero _) (Le.of_eq (out_nobody n.old))
      have same : KeepsWith (joined n b olds) 0 0 := still
      exact KeepsWith.less same (Le.of_eq none) (Le.zero _)
    | false =>
      cases touched with
      | inr h =>
        cases h with
        | inl r => exact never (Eq.trans r.symm t).symm
        | inr r => exact never (Eq.trans r.symm g).symm
      | inl e =>
        exact untouched own alone_safe e t feasible

end Helix
