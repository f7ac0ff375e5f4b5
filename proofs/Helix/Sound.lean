import Helix.Gate
import Helix.Reach
/-
What a passed gate means.
-/
namespace Helix

theorem keeps_sound {n : Node} {more less : Nat} (h : keeps n more less = true) : KeepsWith n more less :=
  Le.of_ble _ _ h

theorem KeepsWith.less {n : Node} {a b r s : Nat} (k : KeepsWith n b r) (h : Le a b) (g : Le r s) : KeepsWith n a s :=
  Le.trans (Le.add_left _ (Le.mul_left scale (Le.add_left n.used h)))
    (Le.trans k (Le.mul_left scale (Le.add_left n.cap g)))

/-- A positive number times a positive number is not zero. -/
theorem mul_positive {a b : Nat} (ha : Le 1 a) (hb : Le 1 b) : Le 1 (a * b) :=
  Le.trans (Le.mul_left 1 hb) (Le.mul_right ha b)

theorem beq_false_positive {a : Nat} (h : Nat.beq a 0 = false) : Le 1 a := by
  cases a with
  | zero => exact never h.symm
  | succ a => exact Le.succ (Le.zero a)

/-- What the guess stands for: as many as `k + 1` find no room. -/
theorem no_more {a taken debt avail k j x : Nat} (ha : Le 1 a) (no : Nat.ble ((k + 1) * a + (debt + taken)) avail = false)
    (hx : Le (taken + j * a) x) (fits : Fits x debt avail) : Le j k := by
  cases Le.either j k with
  | inl h => exact h
  | inr h =>
    have some : Le ((k + 1) * a) (j * a) := Le.mul_right h a
    have one : Le 1 (j * a) := Le.trans (mul_positive (Le.succ (Le.zero k)) ha) some
    cases fits with
    | inl z =>
      have bad : Le 1 0 := Le.trans (Le.trans one (Le.trans (Le.right taken (j * a)) hx)) (Le.of_eq z)
      exact Le.not_succ_zero bad
    | inr r =>
      have much : Le ((k + 1) * a + (debt + taken)) avail :=
        Le.trans (Le.add_right some (debt + taken))
          (Le.trans (Le.of_eq (Eq.trans (congrArg (fun y => j * a + y) (add_comm debt taken))
            (Eq.trans (add_assoc (j * a) taken debt).symm (congrArg (fun y => y + debt) (add_comm (j * a) taken)))))
            (Le.trans (Le.add_right hx debt) r))
      exact never (Eq.trans (Le.ble much).symm no).symm

/-- `cut` never takes away a count that finds room. -/
theorem le_cut {a taken debt avail m j x : Nat} (hm : Le j m) (hx : Le (taken + j * a) x) (fits : Fits x debt avail) :
    Le j (cut a (debt + taken) avail m) :=
  cond_cases (fun y => Le j y) (Nat.beq a 0) (fun _ => hm) (fun positive =>
    cond_cases (fun y => Le j y) _ (fun _ => hm) (fun no =>
      le_least2 hm (no_more (beq_false_positive positive) no hx fits)))

/-- The three amounts find room. -/
structure AllFit (x y z : Nat) (debt avail : Ask) : Prop where
  mem : Fits x debt.mem avail.mem
  cpu : Fits y debt.cpu avail.cpu
  pods : Fits z debt.pods avail.pods

theorem le_fit {c : Come} {debt taken avail : Ask} {m j x y z : Nat} (hm : Le j m) (hx : Le (taken.mem + j * c.ask.mem) x)
    (hy : Le (taken.cpu + j * c.ask.cpu) y) (hz : Le (taken.pods + j * c.ask.pods) z) (h : AllFit x y z debt avail) :
    Le j (fit c (plus debt taken) avail m) :=
  le_cut (le_cut (le_cut hm hz h.pods) hy h.cpu) hx h.mem

theorem tieMost_most (c : Come) (l : Nat) : Le (tieMost c l) c.most :=
  match c with
  | ⟨_, _, _, _, 0, _, _, _⟩ => Le.refl
  | ⟨_, _, _, most, 1, _, _, _⟩ => cond_cases (fun y => Le y most) (Nat.beq l 0) (fun _ => Le.refl) (fun _ => Le.zero most)
  | ⟨_, _, _, most, k + 2, total, _, _⟩ => least2_left most (total - l)

/-- What has landed uses no more than all that fits, each kind for itself. -/
theorem added_bound {debt avail : Ask} {x y z : Nat} (h : AllFit x y z debt avail) (l : Nat → Nat) (cs : List Come) :
    (ns : List Nat) → Bounded cs ns l → Le (asked Ask.mem cs ns) x → Le (asked Ask.cpu cs ns) y →
      Le (asked Ask.pods cs ns) z → Le (added cs ns) (bound debt avail cs) := by
  induction cs with
  | nil => intro _ _ _ _ _; exact Le.refl
  | cons c cs ih =>
    intro ns b hx hy hz
    have first (a t : Nat) : Le (0 + a) (a + t) := Le.trans (Le.of_eq (zero_add a)) (Le.left a t)
    have one : Le (hd 0 ns) (fit c (plus debt ⟨0, 0, 0⟩) avail c.most) :=
      le_fit (Le.trans b.1 (tieMost_most c _)) (Le.trans (first _ _) hx) (Le.trans (first _ _) hy)
        (Le.trans (first _ _) hz) h
    exact Le.add (Le.mul_right one c.each)
      (ih (tl ns) b.2 (Le.trans (Le.right _ _) hx) (Le.trans (Le.right _ _) hy) (Le.trans (Le.right _ _) hz))

/-- A branch that is kept keeps every count that finds room. -/
theorem place_sound {n : Node} {debt avail : Ask} {less : Nat} {l : Nat → Nat} {x y z : Nat}
    (h : AllFit x y z debt avail) (cs : List Come) :
    (taken : Ask) → (more : Nat) → place n debt avail less l cs taken more = true → (ns : List Nat) → Bounded cs ns l →
      Le (taken.mem + asked Ask.mem cs ns) x → Le (taken.cpu + asked Ask.cpu cs ns) y →
      Le (taken.pods + asked Ask.pods cs ns) z → KeepsWith n (more + added cs ns) less := by
  induction cs with
  | nil => intro _ _ p _ _ _ _ _; exact keeps_sound p
  | cons c cs ih =>
    intro taken more p ns b hx hy hz
    cases either p with
    | inl all =>
      have small : Le (added (c :: cs) ns) (bound debt avail (c :: cs)) :=
        added_bound h l (c :: cs) ns b (Le.trans (Le.right _ _) hx) (Le.trans (Le.right _ _) hy)
          (Le.trans (Le.right _ _) hz)
      exact KeepsWith.less (keeps_sound all) (Le.add_left more small) Le.refl
    | inr each =>
      have first (t a r : Nat) : Le (t + a) (t + (a + r)) := Le.add_left t (Le.left a r)
      have some : Le (hd 0 ns) (fit c (plus debt taken) avail (tieMost c (l c.key))) :=
        le_fit b.1 (Le.trans (first _ _ _) hx) (Le.trans (first _ _ _) hy) (Le.trans (first _ _ _) hz) h
      have so : place n debt avail less l cs (addAsk taken (hd 0 ns) c.ask) (more + hd 0 ns * c.each) = true :=
        upTo_all (f := fun k => place n debt avail less l cs (addAsk taken k c.ask) (more + k * c.each)) each some
      have rest := ih (addAsk taken (hd 0 ns) c.ask) (more + hd 0 ns * c.each) so (tl ns) b.2
        (Le.trans (Le.of_eq (add_assoc _ _ _)) hx) (Le.trans (Le.of_eq (add_assoc _ _ _)) hy)
        (Le.trans (Le.of_eq (add_assoc _ _ _)) hz)
      have same : more + hd 0 ns * c.each + added cs (tl ns) = more + added (c :: cs) ns := add_assoc _ _ _
      exact same ▸ rest

/-- `v` stands at `j` of the list, with `left` entries after it. -/
inductive At : List Nat → Nat → Nat → Nat → Prop where
  | here (v : Nat) (vs : List Nat) : At (v :: vs) 0 (size vs) v
  | later (w : Nat) {vs : List Nat} {j m v : Nat} (h : At vs j m v) : At (w :: vs) (j + 1) m v

theorem At.resize {vs : List Nat} {j m k v : Nat} (h : At vs j m v) (e : m = k) : At vs j k v := e ▸ h

theorem size_weave (u p : Nat) (rs : List Nat) : size (weave u p rs) = size rs + 1 := by
  induction rs generalizing p with
  | nil => rfl
  | cons r rs ih => exact congrArg Nat.succ (ih r)

/-- One more pod that stays. -/
theorem weave_stay (u : Nat) {rs : List Nat} {j m v : Nat} (h : At rs j m v) :
    (p : Nat) → ∃ w, At (weave u p rs) j (m + 1) w ∧ Le w v := by
  induction h with
  | here v vs =>
    intro p
    exact ⟨least2 v (u + p), At.resize (At.here _ _) (size_weave u v vs), least2_left v (u + p)⟩
  | later r _ ih =>
    intro p
    cases ih r with
    | intro w hw => exact ⟨w, At.later _ hw.1, hw.2⟩

/-- One more pod that goes. -/
theorem weave_go (u : Nat) (rs : List Nat) : (p j m v : Nat) → At (p :: rs) j m v →
    ∃ w, At (weave u p rs) j m w ∧ Le w (u + v) := by
  induction rs with
  | nil =>
    intro p j m v h
    cases h with
    | here => exact ⟨u + p, At.here _ _, Le.refl⟩
    | later _ g => exact (nomatch g)
  | cons r rs ih =>
    intro p j m v h
    cases h with
    | here => exact ⟨least2 r (u + p), At.resize (At.here _ _) (size_weave u r rs), least2_right r (u + p)⟩
    | later _ g =>
      cases ih r _ _ _ g with
      | intro w hw => exact ⟨w, At.later _ hw.1, hw.2⟩

theorem extend_stay (u : Nat) {rs : List Nat} {j m v : Nat} (h : At rs j m v) :
    ∃ w, At (extend u rs) j (m + 1) w ∧ Le w v := by
  cases h with
  | here v vs => exact ⟨v, At.resize (At.here v (weave u v vs)) (size_weave u v vs), Le.refl⟩
  | later r g =>
    cases weave_stay u g r with
    | intro w hw => exact ⟨w, At.later _ hw.1, hw.2⟩

theorem extend_go (u : Nat) {rs : List Nat} {j m v : Nat} (h : At rs j m v) :
    ∃ w, At (extend u rs) (j + 1) m w ∧ Le w (u + v) := by
  cases rs with
  | nil => exact (nomatch h)
  | cons r rs =>
    cases weave_go u rs r _ _ _ h with
    | intro w hw => exact ⟨w, At.later _ hw.1, hw.2⟩

/-- Whoever of a class has gone, the list knows their number, and released no more than they did. -/
theorem leastOut_sound (us : List Nat) : (bs : List Bool) →
    ∃ v, At (leastOut us) (goneOf us bs) (leftOf us bs) v ∧ Le v (outOf us bs) := by
  induction us with
  | nil => intro _; exact ⟨0, At.here 0 [], Le.refl⟩
  | cons u us ih =>
    intro bs
    cases ih (tl bs) with
    | intro v hv =>
      cases e : hd false bs with
      | false =>
        cases extend_stay u hv.1 with
        | intro w hw =>
          have g : goneOf (u :: us) bs = goneOf us (tl bs) :=
            Eq.trans (congrArg (fun b => cond b 1 0 + goneOf us (tl bs)) e) (zero_add _)
          have l : leftOf (u :: us) bs = leftOf us (tl bs) + 1 :=
            Eq.trans (congrArg (fun b => cond b 0 1 + leftOf us (tl bs)) e) (add_comm 1 _)
          have o : outOf (u :: us) bs = outOf us (tl bs) :=
            Eq.trans (congrArg (fun b => cond b u 0 + outOf us (tl bs)) e) (zero_add _)
          exact ⟨w, g.symm ▸ l.symm ▸ hw.1, o.symm ▸ Le.trans hw.2 hv.2⟩
      | true =>
        cases extend_go u hv.1 with
        | intro w hw =>
          have g : goneOf (u :: us) bs = goneOf us (tl bs) + 1 :=
            Eq.trans (congrArg (fun b => cond b 1 0 + goneOf us (tl bs)) e) (add_comm 1 _)
          have l : leftOf (u :: us) bs = leftOf us (tl bs) :=
            Eq.trans (congrArg (fun b => cond b 0 1 + leftOf us (tl bs)) e) (zero_add _)
          have o : outOf (u :: us) bs = u + outOf us (tl bs) :=
            congrArg (fun b => cond b u 0 + outOf us (tl bs)) e
          exact ⟨w, g.symm ▸ l.symm ▸ hw.1, o.symm ▸ Le.trans hw.2 (Le.add_left u hv.2)⟩

theorem overRow_sound {vs : List Nat} {j m v : Nat} (h : At vs j m v) :
    (i : Nat) → (f : Nat → Nat → Nat → Bool) → overRow vs i f = true → f (i + j) m v = true := by
  induction h with
  | here v vs => intro i f p; exact (both p).1
  | later w _ ih =>
    intro i f p
    have next := ih (i + 1) f (both p).2
    exact succ_add i _ ▸ next

theorem goneOf_size (us : List Nat) : (bs : List Bool) → Le (goneOf us bs) (size us) := by
  induction us with
  | nil => intro _; exact Le.refl
  | cons u us ih =>
    intro bs
    have one : Le (cond (hd false bs) 1 0) 1 := cond_cases (fun y => Le y 1) _ (fun _ => Le.refl) (fun _ => Le.zero 1)
    exact Le.trans (Le.add one (ih (tl bs))) (Le.of_eq (add_comm 1 _))

/-- Nobody gives back more than all do. -/
theorem freed_widen (f : Ask → Nat) (hf : (a : Ask) → (k : Nat) → (b : Ask) → f (addAsk a k b) = f a + k * f b)
    (os : List Old) : (avail : Ask) → (gs : List (List Bool)) → Le (f avail + freed f os gs) (f (widen avail os)) := by
  induction os with
  | nil => intro _ _; exact Le.refl
  | cons o os ih =>
    intro avail gs
    have all := ih (addAsk avail (size o.uses) o.ask) (tl gs)
    have some : Le (f avail + goneOf o.uses (hd [] gs) * f o.ask) (f (addAsk avail (size o.uses) o.ask)) :=
      Le.trans (Le.add_left _ (Le.mul_right (goneOf_size o.uses _) _)) (Le.of_eq (hf _ _ _).symm)
    exact Le.trans (Le.of_eq (add_assoc _ _ _).symm) (Le.trans (Le.add_right some _) all)

/-- The room when those marked have gone. -/
def after (avail : Ask) (os : List Old) (gs : List (List Bool)) : Ask :=
  ⟨avail.mem + freed Ask.mem os gs, avail.cpu + freed Ask.cpu os gs, avail.pods + freed Ask.pods os gs⟩

theorem AllFit.widen {x y z : Nat} {debt avail : Ask} {os : List Old} {gs : List (List Bool)}
    (h : AllFit x y z debt (after avail os gs)) : AllFit x y z debt (widen avail os) :=
  ⟨Fits.more h.mem (freed_widen Ask.mem (fun _ _ _ => rfl) os avail gs),
    Fits.more h.cpu (freed_widen Ask.cpu (fun _ _ _ => rfl) os avail gs),
    Fits.more h.pods (freed_widen Ask.pods (fun _ _ _ => rfl) os avail gs)⟩

/-- A search that succeeds keeps the floor whoever has gone and whatever has landed. -/
theorem search_sound {n : Node} {ns : List Nat} (os : List Old) :
    (avail : Ask) → (less : Nat) → (l : Nat → Nat) → search n os avail less l = true → (gs : List (List Bool)) →
      Bounded n.come ns (fun k => l k + left k os gs) →
      AllFit (asked Ask.mem n.come ns) (asked Ask.cpu n.come ns) (asked Ask.pods n.come ns) n.debt (after avail os gs) →
      KeepsWith n (added n.come ns) (less + out os gs) := by
  induction os with
  | nil =>
    intro avail less l p gs b h
    have fits : AllFit (asked Ask.mem n.come ns) (asked Ask.cpu n.come ns) (asked Ask.pods n.come ns) n.debt avail :=
      ⟨h.mem, h.cpu, h.pods⟩
    have all := place_sound fits n.come ⟨0, 0, 0⟩ 0 p ns b (Le.of_eq (zero_add _)) (Le.of_eq (zero_add _))
      (Le.of_eq (zero_add _))
    exact KeepsWith.less all (Le.of_eq (zero_add _).symm) Le.refl
  | cons o os ih =>
    intro avail less l p gs b h
    cases either p with
    | inl all =>
      have small := added_bound (AllFit.widen h) _ n.come ns b Le.refl Le.refl Le.refl
      exact KeepsWith.less (keeps_sound all) small (Le.left _ _)
    | inr each =>
      cases leastOut_sound o.uses (hd [] gs) with
      | intro v hv =>
        have row := overRow_sound hv.1 0 _ each
        have so : search n os (addAsk avail (goneOf o.uses (hd [] gs)) o.ask) (less + v)
            (bump l o.key (leftOf o.uses (hd [] gs))) = true := zero_add (goneOf o.uses (hd [] gs)) ▸ row
        have rest := ih _ _ _ so (tl gs) (Bounded.mono (fun k => Le.of_eq (add_assoc _ _ _)) _ _ b)
          ⟨Fits.more h.mem (Le.of_eq (add_assoc _ _ _).symm), Fits.more h.cpu (Le.of_eq (add_assoc _ _ _).symm),
            Fits.more h.pods (Le.of_eq (add_assoc _ _ _).symm)⟩
        exact KeepsWith.less rest Le.refl
          (Le.trans (Le.of_eq (add_assoc _ _ _)) (Le.add_left _ (Le.add_right hv.2 _)))

theorem Feasible.allFit {n : Node} {s : State} (h : Feasible n s) :
    AllFit (asked Ask.mem n.come s.counts) (asked Ask.cpu n.come s.counts) (asked Ask.pods n.come s.counts) n.debt
      (after n.room n.old s.gone) := ⟨h.mem, h.cpu, h.pods⟩

/-- A safe unit keeps its floor in every feasible state. -/
theorem safe_sound {n : Node} (p : safe n = true) {s : State} (h : Feasible n s) : Keeps n s :=
  KeepsWith.less
    (search_sound n.old n.room 0 (fun _ => 0) p s.gone
      (Bounded.mono (fun _ => Le.of_eq (zero_add _)) _ _ h.bounded) (Feasible.allFit h))
    Le.refl (Le.of_eq (zero_add _))

end Helix
